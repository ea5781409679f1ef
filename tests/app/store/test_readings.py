"""Steps of a reading: appended, in order, whole, and refused once final."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from app.store import DamagedRevision, ReadingIsFinal, Store, UnknownStudy
from tests.store_samples import T0, at, info


def begin(store: Store, number: int = 1):
    return store.remember_study(info(number), (), "", T0)


def test_a_new_study_has_no_reading(store):
    study = begin(store)
    assert store.latest(study) is None
    assert store.history(study) == ()


def test_each_gesture_appends_one_step(store):
    study = begin(store)
    for number in range(1, 6):
        revision = store.save(study, f'{{"step": {number}}}', f"gesture {number}", at(number), "reader")
        assert revision.number == number
    latest = store.latest(study)
    assert (latest.number, latest.document, latest.gesture) == (5, '{"step": 5}', "gesture 5")
    assert (latest.at, latest.who, latest.state) == (at(5), "reader", "draft")
    assert [step.number for step in store.history(study)] == [1, 2, 3, 4, 5]


def test_a_step_survives_closing(root):
    store = Store.open(folder=root)
    study = begin(store)
    store.save(study, "Größe: ½ µm", "typed", at(1), "Jörg")
    store.close()
    again = Store.open(folder=root)
    assert again.latest(study).document == "Größe: ½ µm"
    again.close()


def test_steps_of_two_studies_are_counted_apart(store):
    one, two = begin(store, 1), begin(store, 2)
    store.save(one, "a", "g", T0, "reader")
    assert store.save(two, "b", "g", T0, "reader").number == 1


def test_a_study_that_is_not_there_is_said(store):
    with pytest.raises(UnknownStudy, match="does not know this study"):
        store.save(99, "a", "g", T0, "reader")


@pytest.mark.parametrize("state", ["draft", "preliminary", None])
def test_a_final_reading_refuses_further_drafts(store, state):
    study = begin(store)
    store.save(study, "a", "sign", T0, "reader", state="final")
    with pytest.raises(ReadingIsFinal, match="begin an amendment"):
        store.save(study, "b", "phase", at(1), "reader", state=state)
    assert store.latest(study).document == "a"
    assert store.save(study, "c", "amend", at(2), "reader", state="amended").state == "amended"
    assert store.save(study, "d", "phase", at(3), "reader").state == "amended"
    with pytest.raises(ReadingIsFinal):
        store.save(study, "e", "back", at(4), "reader", state="draft")


def test_the_state_stays_until_it_is_changed(store):
    study = begin(store)
    store.save(study, "a", "g", T0, "reader", state="preliminary")
    assert store.save(study, "b", "g", at(1), "reader").state == "preliminary"


def test_a_damaged_step_is_said_and_the_one_before_is_found(store, root):
    study = begin(store)
    store.save(study, "first", "g", T0, "reader")
    store.save(study, "second", "g", at(1), "reader")
    with sqlite3.connect(root / "readings" / "readings.sqlite3") as raw:
        raw.execute("UPDATE revision SET document = x'00' WHERE number = 2")
    raw.close()
    with pytest.raises(DamagedRevision, match="Step 2 of this reading is damaged"):
        store.latest(study)
    assert store.latest_whole(study).document == "first"


def test_threads_do_not_lose_steps_to_each_other(store):
    study = begin(store)

    def work(name: str) -> None:
        for number in range(10):
            store.save(study, f"{name}{number}", "g", at(number), name)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    steps = store.history(study)
    assert [step.number for step in steps] == list(range(1, 31))
    for name in "abc":
        assert [s.document for s in steps if s.who == name] == [f"{name}{n}" for n in range(10)]
