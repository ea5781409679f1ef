"""Nothing of the patient, and no password, goes into a log or the text of an error."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text

from app.store import Store, StoreError
from tests.store_samples import T0, info

SECRETS = ("Probe", "P001", "A0001", "1.2.3.1", "the document")


def test_what_the_database_says_of_a_row_is_not_repeated(store, caplog):
    caplog.set_level(logging.DEBUG)
    study = store.remember_study(info(), (), "", T0)
    with store._database.writing() as connection:
        connection.execute(text("CREATE TRIGGER no BEFORE INSERT ON revision BEGIN SELECT RAISE(ABORT, 'Probe'); END"))
    with pytest.raises(StoreError) as caught:
        store.save(study, "the document", "g", T0, "reader")
    chain, error = [], caught.value
    while error is not None:
        chain.append(str(error))
        error = error.__cause__
    for secret in SECRETS:
        assert secret not in " ".join(chain)
        assert secret not in caplog.text
    assert str(caught.value).endswith("nothing was changed.")
    assert store.history(study) == ()


def test_the_engine_hides_values_even_where_somebody_prints_its_errors(store):
    assert store._database.engine.hide_parameters


def test_a_password_is_not_repeated(caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql://reader:secret@127.0.0.1:1/readings")
    assert "secret" not in str(caught.value) + caplog.text
