"""Joins table, levels, morphology and robustness to the session: what reader and images say of discs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6 import QtCore

from analysis.disc_measure import DiscMeasures, measure_disc
from analysis.levels import ImpossibleLevels, LevelLabel, levels_of, lumbar_count_of, relabel
from analysis.morphology import Morphology
from analysis.reading import exam_settings, voxel_key
from analysis.reanalysis import reanalysed
from analysis.robustness import Robustness, robustness
from analysis.types import ExamResult, Progress, Stop, Study
from analysis.undone import each_undone
from app.jobs import JobRunner
from app.live_refit import LiveRefit
from app.session import NO_VOXEL, ReadingSession
from widgets.level_editor import LevelEditor
from widgets.main_window import MainWindow
from widgets.morphology_panel import MorphologyPanel
from widgets.robustness_view import RobustnessView
from widgets.texts import tr
from widgets.undone_wording import undone_text

MEASURE, ROBUSTNESS = "measure", "robustness"
_ROBUSTNESS_SIZE = (820, 640)


class DiscDesk(QtCore.QObject):
    """Takes what the reader says of a disc to the reading, and shows it in table and panel."""

    def __init__(self, window: MainWindow, session: ReadingSession, jobs: JobRunner, live: LiveRefit) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._live = window, session, jobs, live
        self._measures: tuple[DiscMeasures, ...] = ()
        self._measured_study: Study | None = None
        self.levels: LevelEditor | None = None
        self.robustness: RobustnessView | None = None
        self._connect_table()
        self._connect_panel(window.morphology)
        session.study_changed.connect(self._forget_measures)
        session.selection_changed.connect(lambda _: self._show_panel())
        session.reading_changed.connect(self._show)
        session.exam_changed.connect(self._show)
        self._show()

    def _connect_table(self) -> None:
        table = self._window.discs
        table.morphology_changed.connect(self._grade)
        table.label_changed.connect(lambda index, label: self._number(index, label, self._count_with(label)))
        table.level_requested.connect(self._edit_levels)
        table.robustness_requested.connect(self.show_robustness)

    def _connect_panel(self, panel: MorphologyPanel) -> None:
        panel.gesture_began.connect(self._session.begin_gesture)
        panel.morphology_changed.connect(self._change_morphology)
        panel.gesture_ended.connect(self._session.end_gesture)

    # --- morphology ----------------------------------------------------------------------------------------------

    def _grade(self, index: int, morphology: Morphology) -> None:
        self._session.edit_voxel(
            tr("grades of {label}", label=self._session.acquisitions[index].label),
            index,
            replace(self._session.voxel_reading(index), morphology=morphology),
        )

    def _change_morphology(self, morphology: Morphology) -> None:
        session = self._session
        if session.selected != NO_VOXEL:
            voxel = replace(session.voxel_reading(session.selected), morphology=morphology)
            session.change_voxel(session.selected, voxel)

    def _forget_measures(self) -> None:
        self._jobs.cancel(MEASURE)
        self._measures, self._measured_study = (), None

    def measure(self) -> None:
        """Measure the discs on the images of a new study, in the background; nothing the second time.

        Called once the fits are done, which the reader waits for.
        """
        study = self._session.study
        if study is None or study is self._measured_study or not study.acquisitions or not study.volumes:
            return
        self._measured_study = study

        def work(_: Progress, stop: Stop) -> tuple[DiscMeasures, ...]:
            found = []
            for acquisition in study.acquisitions:
                if stop():
                    break
                found.append(measure_disc(acquisition.voxel, acquisition.frame_of_reference_uid, study.volumes))
            return tuple(found)

        self._jobs.start(MEASURE, tr("Measuring the discs"), work, done=self._measured, failed=self._say, quiet=True)

    @property
    def measures(self) -> Mapping[str, DiscMeasures]:
        """What the images say of the discs of the open study, by `voxel_key`; empty until it is measured."""
        study = self._measured_study
        if study is None or not self._measures:
            return {}
        return dict(zip((voxel_key(a) for a in study.acquisitions), self._measures, strict=True))

    def _measured(self, measures: tuple[DiscMeasures, ...]) -> None:
        self._measures = measures
        self._show_panel()

    # --- levels --------------------------------------------------------------------------------------------------

    def _labels(self) -> list[str]:
        return [acquisition.label for acquisition in self._session.acquisitions]

    def _count_with(self, label: str) -> int:
        return lumbar_count_of([*self._labels(), label])

    def _number(self, index: int, label: str, lumbar_count: int) -> None:
        """Give a disc its level and number the others after it, in one gesture."""
        session = self._session
        if session.study is None:
            return
        try:
            labels = relabel(session.acquisitions, index, label, lumbar_count)
        except ImpossibleLevels as error:
            self._say(str(error))
            return
        reading = session.reading
        for place, new in enumerate(labels):
            said, own = session.voxel_reading(place), session.study.acquisitions[place].label
            settings = replace(said.settings, label=None if new.label == own else new.label)
            reading = reading.with_voxel(voxel_key(session.acquisitions[place]), replace(said, settings=settings))
        session.edit(tr("level {label}", label=label), reading)
        if self.levels is not None:
            self.levels.hide()

    def _edit_levels(self, index: int) -> None:
        if self.levels is None:
            self.levels = LevelEditor(self._window)
            self.levels.setWindowFlag(QtCore.Qt.WindowType.Window)
            self.levels.setWindowTitle(tr("Level of a disc"))
            self.levels.preview_requested.connect(self._preview_levels)
            self.levels.label_changed.connect(self._number)
            self.levels.close_requested.connect(self.levels.hide)
            self._window.closing.connect(self.levels.close)
        self.levels.open_for(self._labels(), index)
        self.levels.show()
        self.levels.raise_()

    def _preview_levels(self, index: int, label: str, lumbar_count: int) -> None:
        if self.levels is None:
            return
        try:
            self.levels.show_preview(relabel(self._session.acquisitions, index, label, lumbar_count))
        except ImpossibleLevels as error:
            self.levels.show_preview((), str(error))

    # --- robustness ----------------------------------------------------------------------------------------------

    def show_robustness(self) -> None:
        """Show how the selected disc's evidence moves over fits and adjustments."""
        if self.robustness is None:
            self.robustness = RobustnessView(self._window)
            self.robustness.setWindowFlag(QtCore.Qt.WindowType.Window)
            self.robustness.setWindowTitle(tr("How robust is this?"))
            self.robustness.resize(*_ROBUSTNESS_SIZE)
            self.robustness.close_requested.connect(self.robustness.hide)
            self._window.closing.connect(self.robustness.close)
        self.robustness.show()
        self.robustness.raise_()
        self._refresh_robustness()

    def _refresh_robustness(self) -> None:
        session, view, known = self._session, self.robustness, self._live.known
        if view is None or not view.isVisible():
            return
        exam, protocol, index = session.exam, session.protocol, session.selected
        if known is None or exam is None or protocol is None or protocol.rules.evidence is None:
            view.clear(tr("There is no comparison of discs whose robustness could be shown."))
            return
        settings, bases = exam_settings(session.reading, known.study), self._live.bases_of(protocol)
        labels, calls = self._labels(), protocol.rules.evidence.lr_call

        def work(_: Progress, stop: Stop) -> Robustness:
            undone: list[tuple[str, ExamResult]] = [
                (undone_text(one, labels[one.voxel]), reanalysed(known, one.settings, bases, stop))
                for one in each_undone(settings)
            ]
            return robustness(exam, index, protocol, undone)

        def done(found: Robustness) -> None:
            if self.robustness is not None:
                self.robustness.set_robustness(found, calls)

        self._jobs.start(ROBUSTNESS, tr("Comparing fits"), work, done=done, failed=self._say, quiet=True)

    # --- what is shown -------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Bring table and panel to the reading."""
        session, table = self._session, self._window.discs
        count = len(session.acquisitions)
        compares = session.exam is not None and session.exam.compares
        table.set_read_only(bool(session.read_only))
        table.set_morphology([session.voxel_reading(index).morphology for index in range(count)] if compares else ())
        table.set_levels(self._levels() if compares else ())
        self._show_panel()

    def _levels(self) -> Sequence[LevelLabel]:
        return levels_of(self._session.acquisitions)

    def _show_panel(self) -> None:
        session, panel = self._session, self._window.morphology
        index = session.selected
        if index == NO_VOXEL:
            panel.clear()
            return
        acquisition = session.acquisitions[index]
        panel.set_voxel(voxel_key(acquisition), session.voxel_reading(index).morphology, acquisition.label)
        panel.set_measures(self._measures[index] if index < len(self._measures) else None)
        panel.setEnabled(not session.read_only)
        if not session.in_gesture:
            self._refresh_robustness()

    def _say(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)
