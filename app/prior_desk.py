"""An earlier exam of the same patient beside the open one: read and computed in the background, shown as what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6 import QtCore

from analysis.errors import DiscernError
from analysis.reading import Reading, exam_settings, reading_from_json, voxel_key
from analysis.types import ExamResult, Fit, Progress, Stop, Study, StudyInfo
from analysis.worklist import StudyId
from app.audit.events import AuditEvent, subject_of
from app.jobs import JobRunner
from app.report.source import PriorExam
from app.session import ReadingSession
from app.store import Store, user_name
from app.voxel_marks import marks_of
from widgets.disc_columns import PriorDisc
from widgets.main_window import MainWindow
from widgets.texts import tr

PRIOR = "prior"
ReadAndAnalyse = Callable[[Sequence[Path], Callable[[Study], Reading], Progress, Stop], tuple[Study, ExamResult]]
"""Reads the study under some paths and analyses it with the reading that belongs to it."""


class PriorDesk(QtCore.QObject):
    """Opens one prior at a time; another study, or the same patient's next, closes it."""

    changed = QtCore.Signal()

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        store: Store | None,
        read: ReadAndAnalyse,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._store, self._read = window, session, jobs, store, read
        self._prior: PriorExam | None = None
        session.study_changed.connect(self._forget)
        session.exam_changed.connect(self._show_table)

    def open(self, number: int) -> None:
        """Read a study of the store and show it as prior of the open one."""
        store, session = self._store, self._session
        if store is None or session.study is None:
            return
        study_id = StudyId(number)
        mine = session.study.info

        def work(progress: Progress, stop: Stop) -> PriorExam:
            readings: list[Reading] = []

            def reading_for(study: Study) -> Reading:
                if study.info.study_instance_uid == mine.study_instance_uid:
                    raise DiscernError(tr("This is the study that is open; choose an earlier one as its prior."))
                if not _same_patient(study.info, mine):
                    raise DiscernError(tr("That study is of another patient, or its headers do not say whose it is."))
                event = AuditEvent("study opened", user_name(), "as a prior", subject=subject_of(study.info))
                store.audit.record(event)
                revision = store.latest_whole(study_id)
                readings.append(reading_from_json(revision.document) if revision is not None else Reading())
                return readings[-1]

            study, exam = self._read(store.places(study_id), reading_for, progress, stop)
            return PriorExam(study, exam, readings[-1])

        self._jobs.start(PRIOR, tr("Opening the prior"), work, done=self._opened, failed=self._say)

    def _opened(self, prior: PriorExam) -> None:
        self._prior = prior
        marks = marks_of(prior.exam.voxels)
        self._window.grid.set_prior(prior.study.volumes, marks, tr("prior {date}", date=_date(prior.study)))
        self._window.spectrum.set_prior_known(True)
        self._show_table()
        self.changed.emit()

    @property
    def priors(self) -> tuple[PriorExam, ...]:
        """The earlier exams that the open one is compared with."""
        return () if self._prior is None else (self._prior,)

    def _forget(self) -> None:
        self._jobs.cancel(PRIOR)
        self._prior = None
        self._window.spectrum.set_prior_known(False)
        self._window.discs.set_priors(())
        self.changed.emit()

    def fit_at(self, label: str) -> tuple[str, Fit] | None:
        """Return the prior's fit at a level and what to call it."""
        prior = self._prior
        if prior is None:
            return None
        voxel = next((v for v in prior.exam.voxels if v.label == label and v.fit is not None), None)
        if voxel is None or voxel.fit is None:
            return None
        return f"{label}, {_date(prior.study)}", voxel.fit

    def _show_table(self) -> None:
        if self._prior is None or self._session.in_gesture:
            return
        prior = self._prior
        found: list[PriorDisc | None] = []
        for acquisition in self._session.acquisitions:
            voxel = next((v for v in prior.exam.voxels if v.label == acquisition.label), None)
            if voxel is None:
                found.append(None)
                continue
            grade = prior.reading.of(voxel_key(voxel.acquisition)).morphology.pfirrmann
            found.append(PriorDisc(prior.study.info.study_date, voxel.evidence, voxel.ratios, grade))
        self._window.discs.set_priors(found)

    def _say(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)


def read_prior(
    paths: Sequence[Path], reading_for: Callable[[Study], Reading], progress: Progress, stop: Stop
) -> tuple[Study, ExamResult]:
    """Read the first study with spectroscopy under some paths and analyse it; nothing of it is kept."""
    from analysis.pipeline import analyse
    from analysis.readers import read_studies
    from app.basis_cache import default_basis_cache
    from app.resource_files import chosen_protocol, load_spin_library

    studies = read_studies(paths, progress=progress, stop=stop)
    study = next((study for study in studies if study.acquisitions), studies[0])
    reading = reading_for(study)
    protocol, _ = chosen_protocol(study, reading.protocol_id)
    exam = analyse(
        study,
        protocol,
        load_spin_library(),
        settings=exam_settings(reading, study),
        progress=progress,
        stop=stop,
        simulate=default_basis_cache(),
    )
    return study, exam


def _same_patient(one: StudyInfo, other: StudyInfo) -> bool:
    """Whether two studies name the same patient; what a header does not say is never guessed."""
    same_id = one.patient_id is not None and one.patient_id == other.patient_id
    return same_id and one.patient_birth_date == other.patient_birth_date


def _date(study: Study) -> str:
    date = study.info.study_date
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if date and len(date) == 8 else tr("of unknown date")
