"""Keeps images, table and spectrum at the session's state: what is open, what was found, what is selected."""

from __future__ import annotations

from dataclasses import replace

from PySide6 import QtCore

from analysis.line_labels import line_labels
from app.analysis_desk import ANALYSE
from app.jobs import JobRunner
from app.nucleus_desk import NucleusDesk
from app.session import NO_VOXEL, ReadingSession
from app.voxel_marks import mark_of
from widgets.main_window import MainWindow
from widgets.overlays import VoxelMark
from widgets.texts import tr

LATER_MS = 1
"""Not 0, which Qt would serve before anything that the reader does meanwhile."""


class ViewDesk(QtCore.QObject):
    """Tells the views of the window what they show; everything of one voxel agrees because of it."""

    def __init__(self, window: MainWindow, session: ReadingSession, jobs: JobRunner, nuclei: NucleusDesk) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._nuclei = window, session, jobs, nuclei
        nuclei.offered_changed.connect(self._show_marks_anew)
        session.reading_changed.connect(self._show_marks)
        self._shown_marks: list[VoxelMark] | None = None
        self._had_exam = False
        session.study_changed.connect(self.show_study)
        session.exam_changed.connect(self._show_exam)
        session.selection_changed.connect(self._show_selection)
        session.preview_changed.connect(self._show_preview)
        session.pretest_changed.connect(window.discs.set_pretest)
        window.step_requested.connect(session.step)
        window.discs.voxel_selected.connect(session.select)
        window.discs.pretest_chosen.connect(session.set_pretest)
        window.discs.copied.connect(lambda: window.notices.add("info", tr("The table is on the clipboard.")))
        window.grid.voxel_clicked.connect(session.select)

    def show_study(self) -> None:
        """Bring banner and images to the open study."""
        study, window = self._session.study, self._window
        window.set_reading(study is not None)
        window.banner.set_study(study.info if study is not None else None)
        window.grid.set_volumes(study.volumes if study is not None else ())
        self._shown_marks, self._had_exam = None, False
        window.setWindowTitle("Discern")

    def _show_exam(self) -> None:
        session, window = self._session, self._window
        protocol = session.protocol
        ratios, pretests = (protocol.ratios, protocol.pretest) if protocol is not None else ((), ())
        self._show_marks()
        window.discs.set_exam(session.acquisitions, session.exam, ratios, pretests, live=session.in_gesture)
        if not session.in_gesture:
            window.fit_table()

    def _show_marks_anew(self) -> None:
        """Show the voxels as they are kept, also where the images show what the reader could not keep."""
        self._shown_marks = None
        self._show_marks()

    def _show_marks(self) -> None:
        marks = self.marks()
        if marks != self._shown_marks:
            self._shown_marks = marks
            self._window.grid.set_voxels(marks)

    def marks(self) -> list[VoxelMark]:
        """Return the voxels as they are drawn over the images."""
        exam, acquisitions = self._session.exam, self._session.acquisitions
        results = exam.voxels if exam is not None else (None,) * len(acquisitions)
        found = (mark_of(i, *pair) for i, pair in enumerate(zip(acquisitions, results, strict=True)))
        return [self._with_nucleus(mark) for mark in found if mark is not None]

    def _with_nucleus(self, mark: VoxelMark) -> VoxelMark:
        kept, offered = self._session.voxel_reading(mark.index).nucleus, self._nuclei.offered_for(mark.index)
        return replace(mark, nucleus=kept, offered=offered)

    def _show_selection(self, _: int) -> None:
        session, window = self._session, self._window
        window.grid.set_selected(session.selected)
        window.discs.set_selected(session.selected)
        if session.exam is not None and not self._had_exam:
            self._had_exam = True
            # The first results fill every view: the spectrum is drawn in a turn of the event loop of its own.
            QtCore.QTimer.singleShot(LATER_MS, self, self.show_spectrum)
        else:
            self.show_spectrum()

    def show_spectrum(self) -> None:
        """Bring spectrum and signals to the selected voxel, or say what is waited for."""
        session, window = self._session, self._window
        acquisition, result = session.selected_acquisition, session.selected_result
        waiting = tr("Fitting…") if self._jobs.is_running(ANALYSE) else tr("No fit yet: press F5 to fit the spectra.")
        if acquisition is None:
            waiting = tr("This study holds no spectroscopy.")
        protocol = session.protocol
        lines = line_labels(protocol.rules) if protocol is not None else ()
        window.spectrum.show_voxel(acquisition, result, waiting, lines, self._accepted())
        window.metabolites.set_result(result, live=session.in_gesture)

    def _accepted(self) -> dict[str, str]:
        """Return the reader's reason for each gate of the selected voxel that was accepted."""
        if self._session.selected == NO_VOXEL:
            return {}
        settings = self._session.voxel_reading(self._session.selected).settings
        return {override.gate: override.reason for override in settings.accepted_gates}

    def _show_preview(self, index: int) -> None:
        """Redraw what changes while a gesture lasts."""
        if index == self._session.selected:
            self.show_spectrum()
