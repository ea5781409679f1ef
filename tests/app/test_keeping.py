"""A reading that is closed, killed or held by somebody else, as the next reader finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from analysis.morphology import Morphology
from analysis.reading import Reading, VoxelReading
from analysis.types import FitSettings
from analysis.voxel_settings import VoxelSettings
from app.jobs import JobRunner
from app.keeping import Keeping
from app.session import ReadingSession
from app.store import ReadingLocked, Store
from tests.samples import sample_study

STUDY = sample_study()
STUDY_READING = Reading(protocol_id="disc")
EDITED = VoxelReading(VoxelSettings(fit=FitSettings(shift_ppm=0.01)), Morphology(pfirrmann=4))


@pytest.fixture
def jobs(qapp: object) -> Iterator[JobRunner]:
    jobs = JobRunner()
    yield jobs
    jobs.shut_down()


class Desk:
    """A session that is kept in a store."""

    def __init__(self, jobs: JobRunner, folder: Path) -> None:
        self.session = ReadingSession()
        self.keeping = Keeping(self.session, jobs, Store.open(folder=folder))
        self.said: list[str] = []
        self.keeping.noted.connect(self.said.append)
        self.keeping.trouble.connect(self.said.append)

    def open(self, qtbot: QtBot) -> None:
        opened: list[bool] = []
        self.keeping.open(STUDY, Reading(protocol_id="disc"), lambda: opened.append(True))
        qtbot.waitUntil(lambda: bool(opened), timeout=5000)


def test_a_reading_comes_back_as_it_was_left(jobs: JobRunner, tmp_path: Path, qtbot: QtBot) -> None:
    first = Desk(jobs, tmp_path)
    first.open(qtbot)
    assert first.session.reading.protocol_id == "disc"
    with qtbot.waitSignal(first.keeping.saved, timeout=5000):
        first.session.edit_voxel("shift", 1, EDITED)
    first.session.set_pretest(0.1)
    left = first.session.reading
    first.keeping.shut_down()
    second = Desk(jobs, tmp_path)
    second.open(qtbot)
    assert second.session.reading == left
    assert second.session.voxel_reading(1) == EDITED
    assert second.session.history.done == ()
    assert second.said == []
    second.keeping.shut_down()


def test_what_was_undone_is_undone_in_the_store_too(jobs: JobRunner, tmp_path: Path, qtbot: QtBot) -> None:
    first = Desk(jobs, tmp_path)
    first.open(qtbot)
    first.session.edit_voxel("shift", 1, EDITED)
    first.session.undo()
    store, number = first.keeping.store, first.keeping.study_id
    assert store is not None
    assert number is not None
    first.keeping.give_back()
    assert [revision.gesture for revision in store.history(number)] == ["shift", "undo shift"]
    first.keeping.shut_down()
    second = Desk(jobs, tmp_path)
    second.open(qtbot)
    assert second.session.voxel_reading(1) == VoxelReading()
    second.keeping.shut_down()


def test_the_second_reader_looks_on_and_is_told_who_holds_it(jobs: JobRunner, tmp_path: Path, qtbot: QtBot) -> None:
    first, second = Desk(jobs, tmp_path), Desk(jobs, tmp_path)
    first.open(qtbot)
    second.open(qtbot)
    assert "works on this reading since" in second.session.read_only
    assert second.said == [second.session.read_only]
    second.session.edit_voxel("shift", 1, EDITED)
    assert second.session.voxel_reading(1) == VoxelReading()
    first.keeping.shut_down()
    second.open(qtbot)
    assert second.session.read_only == ""
    second.keeping.shut_down()


def test_a_reading_that_cannot_be_understood_is_left_alone(jobs: JobRunner, tmp_path: Path, qtbot: QtBot) -> None:
    first = Desk(jobs, tmp_path)
    first.open(qtbot)
    store, number = first.keeping.store, first.keeping.study_id
    assert store is not None
    assert number is not None

    store.save(number, '{"schema": "discern-reading/9"}', "from the future", datetime.now(UTC), "somebody")
    first.open(qtbot)
    assert first.session.reading == Reading(protocol_id="disc")
    assert "begins anew" in first.said[-1]
    assert len(store.history(number)) == 1
    first.keeping.shut_down()


def test_without_a_store_studies_open_all_the_same(jobs: JobRunner, qapp: object) -> None:
    session = ReadingSession()
    keeping = Keeping(session, jobs, None)
    opened: list[bool] = []
    keeping.open(STUDY, Reading(), lambda: opened.append(True))
    assert opened
    assert session.study is STUDY
    session.edit_voxel("shift", 1, EDITED)
    keeping.shut_down()


def test_a_signed_reading_comes_back_final_and_can_be_amended(jobs: JobRunner, tmp_path: Path, qtbot: QtBot) -> None:
    first = Desk(jobs, tmp_path)
    first.open(qtbot)
    first.session.edit_voxel("shift", 1, EDITED)
    final = replace(first.session.reading, state="final")
    kept = first.keeping.sign_off(final, b"%PDF signed")
    first.keeping.settle(final, kept)
    assert first.session.read_only
    first.session.undo()
    first.session.set_pretest(0.1)
    assert first.session.reading == final
    first.keeping.shut_down()
    second = Desk(jobs, tmp_path)
    second.open(qtbot)
    assert second.session.reading == final
    assert "final" in second.session.read_only
    assert second.keeping.signed == kept
    second.keeping.amend(second.session.reading, "Wrong level", kept.sha256)
    second.session.set_pretest(0.1)
    second.keeping.shut_down()
    third = Desk(jobs, tmp_path)
    third.open(qtbot)
    reading = third.session.reading
    assert (reading.state, reading.amends, reading.amendment_reason) == ("amended", kept.sha256, "Wrong level")
    assert reading.pretest == 0.1
    assert not third.session.read_only
    again = third.keeping.sign_off(reading, b"%PDF amended")
    third.keeping.settle(reading, again)
    assert (again.number, again.amends) == (2, kept.sha256)
    third.keeping.shut_down()
    fourth = Desk(jobs, tmp_path)
    fourth.open(qtbot)
    assert fourth.session.read_only
    fourth.keeping.shut_down()


def test_a_reading_held_by_somebody_else_is_neither_signed_nor_amended(
    jobs: JobRunner, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = Desk(jobs, tmp_path), Desk(jobs, tmp_path)
    first.open(qtbot)
    second.open(qtbot)
    assert "works on this reading" in second.keeping.refusal
    with pytest.raises(ReadingLocked):
        second.keeping.sign_off(replace(STUDY_READING, state="final"), b"%PDF")
    assert first.keeping.refusal == ""
    first.keeping.shut_down()
    second.keeping.shut_down()


def test_without_a_store_an_amendment_is_dropped_all_the_same(jobs: JobRunner) -> None:
    session = ReadingSession()
    keeping = Keeping(session, jobs, None)
    keeping.open(STUDY, STUDY_READING, lambda: None)
    final = replace(session.reading, state="final")
    keeping.settle(final, None)
    keeping.amend(final, "Wrong level", "ab" * 32)
    session.set_pretest(0.1)
    heard: list[float] = []
    session.pretest_changed.connect(heard.append)
    amended, given = session.reading, []
    keeping.drop_amendment(final, given.append)
    assert given == [amended]
    assert session.reading == final
    assert session.read_only
    assert heard == [final.pretest]
    keeping.take_up(amended)
    assert session.reading == amended
    assert not session.read_only
    keeping.shut_down()
