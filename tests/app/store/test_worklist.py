"""The list of studies: what it shows, what narrows it, in which order, and who counts as the same patient."""

from __future__ import annotations

import pytest

from analysis.worklist import WorklistFilter
from tests.store_samples import T0, at, info


@pytest.fixture
def listed(store):
    made = {
        "old": info(1, patient_id="P1", patient_name="Müller^Jörg", study_date="20240301", accession_number="ACC-77"),
        "new": info(2, patient_id="P1", patient_name="MULLER^JOERG", study_date="20260301"),
        "other": info(3, patient_id="P2", patient_name="Smith_100%^Ann", study_date="20250601"),
        "undated": info(4, patient_id=None, patient_name=None, study_date=None, accession_number=None),
    }
    return {name: store.remember_study(one, (), f"/exams/{name}", T0) for name, one in made.items()}


def names(store, listed, **wanted):
    back = {study: name for name, study in listed.items()}
    return [back[row.study_id] for row in store.worklist(WorklistFilter(**wanted))]


def test_the_newest_comes_first_and_the_undated_last(store, listed):
    assert names(store, listed) == ["new", "other", "old", "undated"]


def test_a_row_says_what_the_headers_said(store, listed):
    row = next(row for row in store.worklist() if row.study_id == listed["old"])
    assert (row.patient_id, row.patient_name, row.accession_number) == ("P1", "Müller^Jörg", "ACC-77")
    assert (row.state, row.study_description, row.folder) == ("unread", "MR lumbar spine", "/exams/old")
    assert (row.first_seen_at, row.changed_at, row.held_by, row.copied) == (T0, None, None, False)


def test_saving_shows_in_the_row(store, listed):
    store.save(listed["other"], "a", "g", at(9), "reader", state="preliminary", protocol="disc")
    row = store.worklist(WorklistFilter(states=frozenset({"preliminary"})))[0]
    assert (row.study_id, row.changed_at, row.protocol) == (listed["other"], at(9), "disc")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"text": "muller"}, ["new", "old"]),
        ({"text": "jorg MÜLLER"}, ["old"]),
        ({"text": "p2"}, ["other"]),
        ({"text": "acc-77"}, ["old"]),
        ({"text": "100%"}, ["other"]),
        ({"text": "%"}, ["other"]),
        ({"text": "_100"}, ["other"]),
        ({"text": "'; DROP TABLE study; --"}, []),
        ({"text": "nobody"}, []),
        ({"date_from": "20250101"}, ["new", "other"]),
        ({"date_to": "20250601"}, ["other", "old"]),
        ({"date_from": "20250101", "date_to": "20251231"}, ["other"]),
        ({"states": frozenset({"unread"})}, ["new", "other", "old", "undated"]),
        ({"states": frozenset({"final"})}, []),
        ({"text": "muller", "date_from": "20260101"}, ["new"]),
    ],
)
def test_what_narrows_the_list(store, listed, wanted, found):
    assert names(store, listed, **wanted) == found


def test_priors_are_earlier_studies_of_the_same_patient(store, listed):
    assert [row.study_id for row in store.priors("P1", "20260301")] == [listed["old"]]
    assert store.priors("P1", "20240301") == []
    assert {row.study_id: row.priors for row in store.worklist()} == {
        listed["new"]: 1, listed["old"]: 0, listed["other"]: 0, listed["undated"]: 0,
    }  # fmt: skip


@pytest.mark.parametrize(("patient", "before"), [(None, "20260301"), ("", "20260301"), ("P1", None)])
def test_without_an_id_or_a_date_no_prior_is_guessed(store, listed, patient, before):
    assert store.priors(patient, before) == []


def test_two_persons_with_one_id_are_told_apart_by_their_birth_date(store):
    store.remember_study(info(1, patient_id="1", study_date="20200101", patient_birth_date="19500101"), (), "", T0)
    store.remember_study(info(2, patient_id="1", study_date="20210101", patient_birth_date="19800101"), (), "", T0)
    assert [row.priors for row in store.worklist()] == [0, 0]
    assert store.priors("1", "20210101", "19800101") == []
