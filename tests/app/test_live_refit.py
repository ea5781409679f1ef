"""Gestures, previews and final results together, on a simulated exam."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from analysis.basis import simulate_basis
from analysis.morphology import Morphology
from analysis.pipeline import BasisCache, analyse
from analysis.reading import VoxelReading, exam_settings, voxel_key
from analysis.types import ExamResult, FitSettings
from analysis.voxel_settings import VoxelSettings
from app.jobs import JobRunner
from app.live_refit import PREVIEW, REFIT, LiveRefit
from app.session import ReadingSession
from tests.benchmarks.simulated import exam, shipped, spin_library, study_of

DISC = shipped("disc")
STUDY = study_of(exam(1))


@pytest.fixture(scope="module")
def automatic() -> ExamResult:
    return analyse(STUDY, DISC, spin_library())


@pytest.fixture(scope="module")
def bases() -> BasisCache:
    return BasisCache(DISC, spin_library(), simulate_basis)


@pytest.fixture
def jobs(qapp: object) -> Iterator[JobRunner]:
    jobs = JobRunner()
    yield jobs
    jobs.shut_down()


@pytest.fixture
def session(qapp: object) -> ReadingSession:
    return ReadingSession()


@pytest.fixture
def live(session: ReadingSession, jobs: JobRunner, bases: BasisCache, automatic: ExamResult) -> LiveRefit:
    live = LiveRefit(session, jobs, lambda _: bases)
    session.open_study(STUDY)
    live.know(session.reading, automatic, DISC)
    session.set_exam(automatic, DISC)
    return live


def stiff(session: ReadingSession, ed: float, index: int = 0) -> VoxelReading:
    voxel = session.voxel_reading(index)
    return replace(voxel, settings=replace(voxel.settings, fit=FitSettings(baseline_ed_per_ppm=ed)))


def set_stiffness(session: ReadingSession, ed: float, index: int = 0) -> None:
    session.change(session.reading.with_voxel(voxel_key(session.acquisitions[index]), stiff(session, ed, index)))


def test_a_drag_previews_and_its_end_gives_the_final_numbers(
    session: ReadingSession, live: LiveRefit, automatic: ExamResult, qtbot: QtBot
) -> None:
    session.begin_gesture("baseline stiffness")
    set_stiffness(session, 3.0)
    with qtbot.waitSignal(session.exam_changed, timeout=5000):
        pass
    preview = session.exam
    assert preview is not None
    assert preview.voxels[0].fit is not automatic.voxels[0].fit
    assert preview.voxels[1].fit is automatic.voxels[1].fit
    assert preview.voxels[0].adjusted_by_reader
    with qtbot.waitSignal(live.settled, timeout=5000):
        session.end_gesture()
    assert live.current
    settings = exam_settings(session.reading, STUDY)
    anew = analyse(STUDY, DISC, spin_library(), settings=settings)
    assert session.exam is not None
    for voxel, other in zip(session.exam.voxels, anew.voxels, strict=True):
        assert voxel.ratios == other.ratios
        assert voxel.evidence == other.evidence


def test_undo_and_redo_restore_everything_exactly_and_at_once(
    session: ReadingSession, live: LiveRefit, jobs: JobRunner, automatic: ExamResult, qtbot: QtBot
) -> None:
    before = session.reading
    session.begin_gesture("baseline stiffness")
    for ed in (1.0, 1.5, 2.0, 3.0):
        set_stiffness(session, ed)
    with qtbot.waitSignal(live.settled, timeout=5000):
        session.end_gesture()
    adjusted, after = session.exam, session.reading
    assert len(session.history.done) == 1
    session.undo()
    assert session.exam is automatic
    assert session.reading is before
    assert not jobs.is_running(REFIT)
    session.redo()
    assert session.exam is adjusted
    assert session.reading is after
    assert live.current


def test_an_undo_before_the_results_were_there_still_ends_at_the_right_results(
    session: ReadingSession, live: LiveRefit, automatic: ExamResult, qtbot: QtBot
) -> None:
    session.edit("baseline stiffness", session.reading.with_voxel(voxel_key(STUDY.acquisitions[0]), stiff(session, 3)))
    session.undo()
    assert session.exam is automatic
    with qtbot.waitSignal(live.settled, timeout=5000):
        session.redo()
    assert session.exam is not None
    assert session.exam.voxels[0].adjusted_by_reader
    assert live.current


def test_what_changes_no_number_computes_nothing(
    session: ReadingSession, live: LiveRefit, jobs: JobRunner, automatic: ExamResult
) -> None:
    session.edit_voxel("Pfirrmann IV", 1, VoxelReading(morphology=Morphology(pfirrmann=4)))
    session.set_pretest(0.1)
    assert not jobs.is_running()
    assert session.exam is automatic
    assert [gesture.text for gesture in session.history.done] == ["Pfirrmann IV", "pre-test probability 10 %"]
    session.undo()
    session.undo()
    assert session.exam is automatic
    assert session.voxel_reading(1) == VoxelReading()


def test_a_new_name_needs_no_fit_and_keeps_the_edits(
    session: ReadingSession, live: LiveRefit, automatic: ExamResult, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(live.settled, timeout=5000):
        session.edit_voxel("level L6-S1", 4, VoxelReading(VoxelSettings(label="L6-S1")))
    assert session.exam is not None
    assert session.exam.voxels[4].label == "L6-S1"
    assert session.exam.voxels[4].fit is automatic.voxels[4].fit
    assert session.voxel_reading(4).settings.label == "L6-S1"


def test_settings_that_cannot_be_fitted_are_said_and_nothing_is_lost(
    session: ReadingSession, live: LiveRefit, qtbot: QtBot
) -> None:
    fit = FitSettings(ppm_range=(2.0, 2.01))
    with qtbot.waitSignal(live.settled, timeout=5000):
        session.edit_voxel("fit range", 0, VoxelReading(VoxelSettings(fit=fit)))
    assert session.exam is not None
    assert session.exam.voxels[0].fit is None
    assert session.exam.voxels[0].quality.reasons[0].endswith(".")
    session.undo()
    assert session.exam.voxels[0].fit is not None


def test_a_study_that_is_closed_stops_its_work(session: ReadingSession, live: LiveRefit, jobs: JobRunner) -> None:
    session.begin_gesture("baseline stiffness")
    set_stiffness(session, 3.0)
    session.open_study(None)
    assert not jobs.is_running(PREVIEW)
    assert not jobs.is_running(REFIT)


def test_nothing_changes_where_the_reading_is_read_only(session: ReadingSession, live: LiveRefit) -> None:
    session.open_study(STUDY, session.reading, read_only="The reading is signed.")
    session.edit_voxel("x", 0, VoxelReading(morphology=Morphology(pfirrmann=2)))
    assert session.voxel_reading(0) == VoxelReading()
    assert session.history.done == ()
