"""A prior beside the open study: its table column, its overlay, and whose study may be one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6 import QtWidgets
from pytestqt.qtbot import QtBot

from analysis.morphology import Morphology
from analysis.reading import Reading, VoxelReading, voxel_key
from analysis.types import Study
from analysis.worklist import StudyId
from app.jobs import JobRunner
from app.main import apply_look
from app.prior_desk import PriorDesk
from app.session import ReadingSession
from app.store import Store, files_of
from tests.samples import sample_exam, sample_study
from widgets.main_window import MainWindow

OPEN = sample_study()
EARLIER = replace(OPEN, info=replace(OPEN.info, study_instance_uid="2.25.77", study_date="20250301"))


class Bench:
    """A window with an open study, and a store that holds another one."""

    def __init__(self, qtbot: QtBot, jobs: JobRunner, folder: Path, other: Study) -> None:
        self.window, self.session, self.store = MainWindow(), ReadingSession(), Store.open(folder=folder)
        qtbot.addWidget(self.window)
        self.window.show()
        self.desk = PriorDesk(
            self.window, self.session, jobs, self.store,
            lambda paths, reading_for, *_: (reading_for(other), (other, sample_exam(other)))[1],
        )  # fmt: skip
        self.number = self.store.remember_study(other.info, files_of(other), "", datetime.now(UTC))
        self.session.open_study(OPEN)
        self.session.set_exam(sample_exam(OPEN))
        self.window.discs.set_exam(self.session.acquisitions, self.session.exam)

    def prior_texts(self) -> list[str]:
        model = self.window.discs.model
        return [line for line in model.as_csv().splitlines() if "2025" in line]


@pytest.fixture
def jobs(qapp: QtWidgets.QApplication) -> Iterator[JobRunner]:
    apply_look(qapp)
    jobs = JobRunner()
    yield jobs
    jobs.shut_down()


def test_a_prior_fills_its_column_with_date_and_grade(qtbot: QtBot, jobs: JobRunner, tmp_path: Path) -> None:
    bench = Bench(qtbot, jobs, tmp_path, EARLIER)
    graded = Reading().with_voxel(voxel_key(EARLIER.acquisitions[0]), VoxelReading(morphology=Morphology(pfirrmann=3)))
    bench.store.save(StudyId(bench.number), graded.to_json(), "graded", datetime.now(UTC), "somebody")
    with qtbot.waitSignal(bench.desk.changed, timeout=5000):
        bench.desk.open(bench.number)
    assert len(bench.prior_texts()) == len(OPEN.acquisitions)
    found = bench.desk.fit_at(OPEN.acquisitions[0].label)
    assert found is not None
    assert found[0].endswith("2025-03-01")
    bench.session.open_study(OPEN)
    assert bench.desk.fit_at(OPEN.acquisitions[0].label) is None
    bench.store.close()


@pytest.mark.parametrize(
    "info",
    [
        replace(EARLIER.info, patient_id="SOMEBODY-ELSE"),
        replace(EARLIER.info, patient_id=None),
        replace(EARLIER.info, patient_birth_date="19010101"),
        OPEN.info,
    ],
    ids=["another patient", "unknown patient", "another birth date", "the open study"],
)
def test_a_study_that_is_no_prior_is_refused_with_a_sentence(
    qtbot: QtBot, jobs: JobRunner, tmp_path: Path, info: object
) -> None:
    bench = Bench(qtbot, jobs, tmp_path, replace(EARLIER, info=info))  # type: ignore[arg-type]
    bench.desk.open(bench.number)
    qtbot.waitUntil(lambda: bool(bench.window.notices.shown), timeout=5000)
    assert bench.window.notices.shown[-1].severity == "error"
    assert bench.desk.fit_at(OPEN.acquisitions[0].label) is None
    bench.store.close()
