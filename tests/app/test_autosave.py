"""Gestures are saved in order and without waiting; trouble is said once, kept and tried again."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.autosave import SAVED_AGAIN, TAKEN_OVER, Autosave, Listener
from app.store import Store, StoreBusy, StoreError
from tests.store_samples import T0, at, info

ROOT = Path(__file__).resolve().parents[2]


class Ear:
    """Hears what the autosave says."""

    def __init__(self) -> None:
        self.saved: list[int] = []
        self.failed: list[str] = []
        self.recovered: list[str] = []
        self.changed = threading.Condition()

    def listener(self) -> Listener:
        return Listener(self._into(self.saved), self._into(self.failed), self._into(self.recovered))

    def _into(self, heard: list):
        def hear(what: object) -> None:
            with self.changed:
                heard.append(what)
                self.changed.notify_all()

        return hear

    def wait(self, condition) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, 10), (self.saved, self.failed, self.recovered)


class Keeper:
    """Stands for the store: it answers, holds, or refuses."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.beats = 0
        self.held = True

    def save(self, study_id, document, gesture, at, who, *, state=None, protocol=None) -> None:
        self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.steps.append(document)

    def drop_amendment(self, study_id, at, who) -> None:
        self.steps.append("dropped")

    def beat(self, study_id) -> bool:
        self.beats += 1
        return self.held


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def autosave(keeper: Keeper, ear: Ear) -> Iterator[Autosave]:
    saver = Autosave(keeper, 1, "reader", ear.listener(), retry_s=0.02, beat_s=0.05)
    yield saver
    keeper.gate.set()
    saver.close(1)


def test_gestures_are_saved_in_order_without_waiting(autosave, keeper, ear):
    keeper.gate.clear()
    start = time.perf_counter()
    for number in range(50):
        autosave.gesture_finished(str(number), "gesture")
    assert time.perf_counter() - start < 0.05
    assert autosave.waiting == 50
    keeper.gate.set()
    assert autosave.flush()
    assert keeper.steps == [str(number) for number in range(50)]
    ear.wait(lambda: ear.saved == list(range(49, -1, -1)))


def test_an_amendment_is_dropped_in_its_turn(autosave, keeper):
    keeper.gate.clear()
    autosave.gesture_finished("before", "gesture")
    autosave.amendment_dropped()
    autosave.gesture_finished("after", "amendment begun", state="amended")
    keeper.gate.set()
    assert autosave.flush()
    assert keeper.steps == ["before", "dropped", "after"]


def test_closing_saves_what_waits(autosave, keeper):
    for number in range(20):
        autosave.gesture_finished(str(number), "gesture")
    assert autosave.close() is None
    assert len(keeper.steps) == 20


def test_what_passes_is_said_once_and_tried_again_in_order(autosave, keeper, ear):
    keeper.error = StoreBusy("Busy.")
    for number in range(3):
        autosave.gesture_finished(str(number), "gesture")
    ear.wait(lambda: ear.failed)
    time.sleep(0.1)
    assert ear.failed == ["Busy."]
    assert autosave.trouble == "Busy."
    keeper.error = None
    assert autosave.flush()
    ear.wait(lambda: ear.recovered)
    assert ear.recovered == [SAVED_AGAIN]
    assert keeper.steps == ["0", "1", "2"]
    assert autosave.trouble is None


def test_what_does_not_pass_ends_the_saving(autosave, keeper, ear):
    keeper.error = StoreError("Final.")
    autosave.gesture_finished("0", "gesture")
    ear.wait(lambda: ear.failed == ["Final."])
    keeper.error = None
    autosave.gesture_finished("1", "gesture")
    assert autosave.close() == "The last 2 changes were not saved. Final."
    assert keeper.steps == []


def test_a_bug_is_said_without_its_text(autosave, keeper, ear, caplog):
    keeper.error = ValueError("Probe^Person")
    autosave.gesture_finished("0", "gesture")
    ear.wait(lambda: ear.failed)
    assert "Probe" not in ear.failed[0]
    assert "Probe" not in caplog.text
    assert "ValueError" in caplog.text


def test_closing_with_trouble_says_what_was_not_saved(autosave, keeper, ear):
    keeper.error = StoreBusy("Busy.")
    autosave.gesture_finished("0", "gesture")
    ear.wait(lambda: ear.failed)
    assert autosave.close(0.1) == "The last change of this reading was not saved. Busy."


def test_closing_with_trouble_does_not_make_the_reader_wait_and_tries_once_more(keeper, ear):
    saver = Autosave(keeper, 1, "reader", ear.listener(), retry_s=60)
    keeper.error = StoreBusy("Busy.")
    for number in range(3):
        saver.gesture_finished(str(number), "gesture")
    ear.wait(lambda: ear.failed)
    keeper.error = None
    start = time.perf_counter()
    assert saver.close() is None
    assert time.perf_counter() - start < 1
    assert keeper.steps == ["0", "1", "2"]


def test_it_keeps_the_lock_alive_and_says_when_it_is_lost(autosave, keeper, ear):
    end = time.monotonic() + 5
    while keeper.beats < 3 and time.monotonic() < end:
        time.sleep(0.01)
    assert keeper.beats >= 3
    keeper.held = False
    ear.wait(lambda: ear.failed == [TAKEN_OVER])


def test_a_database_without_room_is_said_and_filled_in_later(tmp_path, ear):
    store = Store.open(folder=tmp_path)
    study = store.remember_study(info(), (), "", T0)
    store.close()
    store = Store.open(folder=tmp_path)
    limit_pages(store, 40)
    saver = Autosave(store, study, "reader", ear.listener(), retry_s=0.02)
    for number in range(40):
        saver.gesture_finished(incompressible(number), f"gesture {number}", at=at(number))
    ear.wait(lambda: ear.failed)
    assert ear.failed[0].startswith("The disk is full, so the last change could not be saved")
    before = len(store.history(study))
    assert 0 < before < 40
    limit_pages(store, 100_000)
    assert saver.flush()
    ear.wait(lambda: ear.recovered)
    assert saver.close() is None
    assert [step.document for step in store.history(study)] == [incompressible(number) for number in range(40)]
    store.close()


def limit_pages(store: Store, pages: int) -> None:
    """Stand for a full disk: SQLite refuses to grow beyond so many pages, with the error of a full disk."""
    engine = store._database.engine
    engine.dispose()

    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def limit(connection, _) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}").close()


def incompressible(number: int) -> str:
    import random

    return random.Random(number).randbytes(6000).hex()


LIMITED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from analysis.types import StudyInfo
from app.store import Store, StoreError
import random
store = Store.open(folder=Path(sys.argv[1]))
study = store.remember_study(StudyInfo("1.2.3", patient_name="Probe^Person"), (), "", datetime.now(UTC))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
for number in range(1, 200):
    try:
        store.save(study, random.Random(number).randbytes(6000).hex(), "g", datetime.now(UTC), "reader")
    except StoreError as error:
        print(number - 1, type(error).__name__, error)
        break
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a file's size are those of POSIX")
def test_a_system_that_refuses_to_write_loses_nothing_that_was_saved(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    count, kind, sentence = done.stdout.split(" ", 2)
    assert kind in ("StoreWriteFailed", "StoreFull"), done.stdout
    assert "Probe" not in sentence
    store = Store.open(folder=tmp_path)
    study = store.worklist()[0].study_id
    assert len(store.history(study)) == int(count) > 0
    store.close()


def test_a_database_that_somebody_else_holds_is_said(tmp_path, ear, monkeypatch):
    monkeypatch.setattr("app.store.engine._PRAGMAS", ("busy_timeout=50", "journal_mode=WAL", "synchronous=FULL"))
    store, other = Store.open(folder=tmp_path), Store.open(folder=tmp_path)
    study = store.remember_study(info(), (), "", T0)
    saver = Autosave(store, study, "reader", ear.listener(), retry_s=0.02)
    with other._database.writing() as connection:
        connection.execute(text("UPDATE study SET folder = 'x'"))
        saver.gesture_finished("a", "gesture")
        ear.wait(lambda: ear.failed)
    assert ear.failed[0].startswith("Another program writes to the store of readings")
    assert saver.flush()
    assert saver.close() is None
    assert store.latest(study).document == "a"
    for one in (store, other):
        one.close()
