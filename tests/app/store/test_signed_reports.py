"""Signed files: kept with the step they sign, whole, and never replaced."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest
from sqlalchemy import text

from app.audit.events import event_in
from app.store import DamagedReport, ReadingIsFinal, ReadingLocked, Store
from app.store.engine import address, connect
from app.store.schema import bring_up_to_date
from tests.store_samples import T0, at, info

PDF = b"%PDF-1.7 signed \x00\xff"


def begin(store: Store):
    study = store.remember_study(info(1), (), "", T0)
    store.save(study, "draft", "typed", T0, "reader")
    return study


def test_report_and_final_step_are_kept_together(store):
    study = begin(store)
    assert store.signed_report(study) is None
    kept = store.sign_off(study, "signed text", PDF, at(1), "reader", state="final")
    assert (kept.number, kept.revision, kept.amends) == (1, 2, "")
    assert kept.sha256 == hashlib.sha256(PDF).hexdigest()
    latest = store.latest(study)
    assert (latest.state, latest.document, latest.number) == ("final", "signed text", 2)
    assert store.signed_report(study) == kept
    assert store.signed_pdf(kept) == PDF
    assert store.worklist()[0].state == "final"


def test_it_survives_closing(root):
    store = Store.open(folder=root)
    study = begin(store)
    store.sign_off(study, "d", PDF, at(1), "reader", state="final")
    store.close()
    again = Store.open(folder=root)
    assert again.signed_pdf(again.signed_report(study)) == PDF
    again.close()


def test_a_second_final_report_is_refused_and_leaves_the_first(store):
    study = begin(store)
    first = store.sign_off(study, "d", PDF, at(1), "reader", state="final")
    with pytest.raises(ReadingIsFinal):
        store.sign_off(study, "e", b"other", at(2), "reader", state="final")
    assert store.signed_report(study) == first
    assert store.latest(study).document == "d"


def test_an_amendment_names_what_it_replaces(store):
    study = begin(store)
    first = store.sign_off(study, "d", PDF, at(1), "reader", state="final")
    store.save(study, "e", "typed", at(2), "reader", state="amended")
    assert store.signed_report(study) == first
    second = store.sign_off(study, "e", b"amended", at(3), "reader", state="amended", amends=first.sha256)
    assert (second.number, second.revision, second.amends) == (2, 4, first.sha256)
    assert store.signed_report(study) == second
    assert store.signed_pdf(first) == PDF


def test_nothing_is_kept_where_somebody_else_has_the_reading(store, root):
    study = begin(store)
    other = Store.open(folder=root)
    assert other.lock(study, "ben").mine
    with pytest.raises(ReadingLocked):
        store.sign_off(study, "d", PDF, at(1), "anna", state="final")
    assert store.signed_report(study) is None
    assert store.latest(study).state == "draft"
    other.close()


def test_a_damaged_file_is_said(store, root):
    study = begin(store)
    kept = store.sign_off(study, "d", PDF, at(1), "reader", state="final")
    with sqlite3.connect(root / "readings" / "readings.sqlite3") as raw:
        raw.execute("UPDATE signed_report SET document = x'00'")
    raw.close()
    with pytest.raises(DamagedReport, match="report number 1 of this reading is damaged"):
        store.signed_pdf(kept)


def test_a_store_without_them_gets_a_place_for_them(root):
    store = Store.open(folder=root)
    study = begin(store)
    store.close()
    database = connect(address(f"sqlite:///{root / 'readings' / 'readings.sqlite3'}"))
    with database.writing() as connection:
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'signed_report'")).scalar_one()
        connection.execute(text("DROP TABLE audit_record"))
        connection.execute(text("DROP TABLE signed_report"))
        connection.execute(text("DELETE FROM schema_version"))
        connection.execute(text("INSERT INTO schema_version VALUES (1, 0)"))
    with database.writing() as connection:
        bring_up_to_date(connection, T0, newest=2)
        migrated = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'signed_report'")).scalar_one()
    database.close()
    assert made.split() == migrated.split()
    again = Store.open(folder=root)
    assert again.latest(study).document == "draft"
    assert again.sign_off(study, "d", PDF, at(1), "reader", state="final").number == 1
    again.close()


def amended(store: Store):
    """A reading that was signed, and an amendment of it that is not."""
    study = begin(store)
    report = store.sign_off(study, "signed text", PDF, at(1), "anna", state="final")
    store.save(study, "amended text", "amendment begun", at(2), "anna", state="amended")
    return study, report


def test_a_dropped_amendment_is_the_signed_reading_again_and_stays_in_the_history(store):
    study, report = amended(store)
    assert store.signed_step(study).document == "signed text"
    dropped = store.drop_amendment(study, at(3), "anna")
    assert (dropped.number, dropped.state, dropped.document) == (4, "final", "signed text")
    assert store.latest(study) == dropped
    assert [step.document for step in store.history(study)] == ["draft", "signed text", "amended text", "signed text"]
    assert store.worklist()[0].state == "final"
    assert store.signed_report(study) == report
    event = event_in(list(store.audit.records())[-1].content)[0]
    assert (event.action, event.text) == ("state changed", "step 4: amendment dropped; report 1 stays in force")
    assert event.objects[0].identifier == report.sha256
    assert store.audit.check().ok


def test_after_it_was_dropped_a_reading_takes_amendments_only(store):
    study, _ = amended(store)
    store.drop_amendment(study, at(3), "anna")
    with pytest.raises(ReadingIsFinal):
        store.save(study, "e", "typed", at(4), "anna")
    assert store.save(study, "e", "amendment begun", at(5), "anna", state="amended").number == 5


def test_dropping_the_second_amendment_goes_back_to_the_first(store):
    study, first = amended(store)
    store.sign_off(study, "amended text", b"second", at(3), "anna", state="amended", amends=first.sha256)
    store.save(study, "once more", "typed", at(4), "anna", state="amended")
    dropped = store.drop_amendment(study, at(5), "anna")
    assert (dropped.state, dropped.document) == ("amended", "amended text")


def test_nothing_is_dropped_where_nothing_is_signed_or_somebody_else_has_the_reading(store, root):
    study = begin(store)
    assert store.signed_step(study) is None
    with pytest.raises(ReadingIsFinal, match="no amendment to drop"):
        store.drop_amendment(study, at(1), "anna")
    signed, _ = amended(store)
    other = Store.open(folder=root)
    assert other.lock(signed, "ben").mine
    with pytest.raises(ReadingLocked):
        store.drop_amendment(signed, at(3), "anna")
    assert store.latest(signed).document == "amended text"
    other.close()
