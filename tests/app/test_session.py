from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from analysis.types import ExamResult, Study
from app.session import NO_VOXEL, ReadingSession
from tests.samples import sample_exam, sample_study


@pytest.fixture
def study() -> Study:
    return sample_study()


@pytest.fixture
def exam(study: Study) -> ExamResult:
    return sample_exam(study)


@pytest.fixture
def session(qapp: object) -> ReadingSession:
    return ReadingSession()


def test_a_new_session_is_empty(session: ReadingSession) -> None:
    assert (session.study, session.exam, session.selected) == (None, None, NO_VOXEL)
    assert session.acquisitions == ()
    assert session.selected_acquisition is None
    session.step(1)
    session.select(0)
    assert session.selected == NO_VOXEL


def test_opening_announces_study_exam_and_selection(session: ReadingSession, study: Study, qtbot: QtBot) -> None:
    signals = [session.study_changed, session.exam_changed, session.selection_changed]
    with qtbot.waitSignals(signals, timeout=1000, order="strict"):
        session.open_study(study)
    assert session.selected_acquisition is study.acquisitions[0]


def test_another_study_drops_the_results_of_the_first(session: ReadingSession, study: Study, exam: ExamResult) -> None:
    session.open_study(study)
    session.set_exam(exam)
    assert session.selected_result is exam.voxels[0]
    session.open_study(sample_study())
    assert session.exam is None
    assert session.selected_result is None


def test_results_keep_the_selected_voxel_also_in_another_order(
    session: ReadingSession, study: Study, exam: ExamResult
) -> None:
    session.open_study(study)
    session.select(3)
    session.set_exam(replace(exam, voxels=tuple(reversed(exam.voxels))))
    assert session.selected == 1
    assert session.selected_acquisition is study.acquisitions[3]


def test_step_stops_at_the_ends(session: ReadingSession, study: Study, qtbot: QtBot) -> None:
    session.open_study(study)
    with qtbot.assertNotEmitted(session.selection_changed):
        session.step(-1)
    for _ in range(9):
        session.step(1)
    assert session.selected == 4


def test_selecting_nonsense_changes_nothing(session: ReadingSession, study: Study, qtbot: QtBot) -> None:
    session.open_study(study)
    with qtbot.assertNotEmitted(session.selection_changed):
        session.select(5)
        session.select(-3)
        session.select(0)


def test_pretest_is_announced_once(session: ReadingSession, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.pretest_changed, timeout=1000) as changed:
        session.set_pretest(0.5)
    assert changed.args == [0.5]
    with qtbot.assertNotEmitted(session.pretest_changed):
        session.set_pretest(0.5)
