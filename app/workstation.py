"""Joins session, jobs and window: what the reader asks becomes work, what changed becomes views."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.line_labels import line_labels
from analysis.protocol import Protocol
from analysis.reading import Reading, exam_settings
from analysis.types import ExamResult, Progress, Stop, Study
from analysis.voxel_settings import ExamSettings
from app.disc_desk import DiscDesk
from app.edit_desk import EditDesk
from app.jobs import JobRunner
from app.keeping import Keeping
from app.live_refit import BasesOf, LiveRefit
from app.prior_desk import PriorDesk, read_prior
from app.report_desk import ReportDesk, WriteReport
from app.session import NO_VOXEL, ReadingSession
from app.side_windows import SideWindows
from app.spectrum_desk import SpectrumDesk
from app.store import Store
from app.voxel_marks import mark_of
from app.worklist_desk import WorklistDesk
from widgets import wording
from widgets.main_window import MainWindow
from widgets.overlays import VoxelMark

FirstLook = Callable[[Sequence[Path], Stop], Study | None]
ReadStudies = Callable[[Sequence[Path], Progress, Stop], tuple[Study, ...]]
ChooseProtocol = Callable[[Study, str | None], tuple[Protocol, str]]
Analyse = Callable[[Study, Protocol, ExamSettings, Progress, Stop], ExamResult]

OPEN, ANALYSE = "open", "analyse"
_MOST_WARNINGS = 2


@dataclass(frozen=True)
class Services:
    """The work that the workstation starts; all of it runs on worker threads."""

    read_studies: ReadStudies
    choose_protocol: ChooseProtocol
    analyse: Analyse
    bases_of: BasesOf
    write_report: WriteReport | None = None
    store: Store | None = None
    first_look: FirstLook | None = None


@dataclass(frozen=True, eq=False)
class _Analysed:
    reading: Reading
    protocol: Protocol
    why: str
    exam: ExamResult
    seconds: float


class Workstation(QtCore.QObject):
    """Opens studies, has them analysed, and keeps every view at the session's state."""

    settled = QtCore.Signal()
    """Nothing more will happen by itself: the study is open and analysed, or it is said why not."""
    _glimpsed = QtCore.Signal(object)
    """The first images of a study that is still being read, from the thread that reads it."""
    bug_reported = QtCore.Signal(str)
    """Takes a sentence from any thread to the notice bar."""

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        services: Services,
        protocol_id: str | None = None,
    ) -> None:
        super().__init__()
        self._window, self._session, self._jobs, self._services = window, session, jobs, services
        self._protocol_id = protocol_id
        self._why = ""
        self._asked_protocol = protocol_id
        self._shown_marks: list[VoxelMark] | None = None
        self._studies: tuple[Study, ...] = ()
        self._last_folder = ""
        self.side_windows = SideWindows(window, session)
        self.reports = ReportDesk(window, session, jobs, services.write_report)
        self.live = LiveRefit(session, jobs, services.bases_of)
        self.edits = EditDesk(window, session, self.live)
        self.prior = PriorDesk(window, session, jobs, services.store, read_prior)
        self.beside = SpectrumDesk(window, session, jobs, self.edits, self.prior)
        self.discs = DiscDesk(window, session, jobs, self.live)
        self.keeping = Keeping(session, jobs, services.store)
        self.worklist = WorklistDesk(window, jobs, services.store, self.open_paths, self.prior.open)
        self._connect_session()
        self._connect_window()
        self._connect_jobs()
        self._show_study()
        self._offer_report()

    # --- wiring --------------------------------------------------------------------------------------------------

    def _connect_session(self) -> None:
        self._session.study_changed.connect(self._show_study)
        self._session.exam_changed.connect(self._show_exam)
        self._session.selection_changed.connect(self._show_selection)
        self._session.preview_changed.connect(self._show_preview)
        self._session.pretest_changed.connect(self._window.discs.set_pretest)
        self._session.history_changed.connect(self._show_history)
        self._session.reading_changed.connect(self._on_reading)
        self.live.failed.connect(lambda sentence: self._window.notices.add("error", sentence))
        self.live.settled.connect(lambda: self._window.set_status("All fits current"))
        self._connect_keeping()

    def _connect_keeping(self) -> None:
        notices, keeping = self._window.notices, self.keeping
        keeping.trouble.connect(lambda sentence: notices.add("error", sentence))
        keeping.recovered.connect(lambda sentence: notices.add("info", sentence))
        keeping.noted.connect(lambda sentence: notices.add("warning", sentence))
        keeping.saved.connect(lambda waiting: self._window.set_saved("Reading saved" if not waiting else "Saving…"))

    def _connect_window(self) -> None:
        window = self._window
        window.paths_dropped.connect(self.open_paths)
        window.folder_requested.connect(self.ask_for_folder)
        window.files_requested.connect(self.ask_for_files)
        window.step_requested.connect(self._session.step)
        window.escape_pressed.connect(self._on_escape)
        window.worklist_requested.connect(self.worklist.show)
        window.volume_requested.connect(lambda: self.side_windows.show_volume(self._marks()))
        window.undo_requested.connect(self._undo)
        window.redo_requested.connect(self._redo)
        window.analyse_requested.connect(self.analyse)
        window.protocol_requested.connect(self._on_protocol)
        window.study_requested.connect(lambda index: self._open(self._studies[index]))
        window.report_requested.connect(self.reports.ask)
        window.export_requested.connect(self.ask_for_export)
        window.details_requested.connect(self.side_windows.show_details)
        window.keys_requested.connect(lambda: self.side_windows.show_help(0))
        window.about_requested.connect(lambda: self.side_windows.show_help(1))
        window.discs.voxel_selected.connect(self._session.select)
        window.discs.pretest_chosen.connect(self._session.set_pretest)
        window.discs.copied.connect(lambda: window.notices.add("info", "The table is on the clipboard."))
        window.grid.voxel_clicked.connect(self._session.select)
        self._glimpsed.connect(self._show_glimpse, QtCore.Qt.ConnectionType.QueuedConnection)
        self.bug_reported.connect(lambda text: window.notices.add("error", text))

    def _connect_jobs(self) -> None:
        progress = self._window.progress
        self._jobs.started.connect(progress.start)
        self._jobs.progressed.connect(progress.advance)
        self._jobs.ended.connect(progress.finish)
        progress.cancel_requested.connect(self._jobs.cancel)

    # --- opening -------------------------------------------------------------------------------------------------

    def ask_for_folder(self) -> None:
        """Let the reader choose a folder to open."""
        folder = QtWidgets.QFileDialog.getExistingDirectory(self._window, "Open a study", self._last_folder)
        if folder:
            self.open_paths([Path(folder)])

    def ask_for_files(self) -> None:
        """Let the reader choose files to open."""
        names, _ = QtWidgets.QFileDialog.getOpenFileNames(self._window, "Open files of a study", self._last_folder)
        if names:
            self.open_paths([Path(name) for name in names])

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Read studies in the background; what is open stays until the new one is read."""
        if not paths:
            return
        self._last_folder = str(paths[0].parent)
        wanted = tuple(paths)
        self._window.set_status("Opening…")
        self._window.empty.set_waiting("Opening the study…")
        services, look = self._services, self._services.first_look if self._session.study is None else None

        def work(progress: Progress, stop: Stop) -> tuple[Study, ...]:
            if look is not None:
                self._glimpsed.emit(look(wanted, stop))
            return services.read_studies(wanted, progress, stop)

        self._jobs.start(
            OPEN,
            "Opening the study",
            work,
            done=self._on_read,
            failed=self._on_open_failed,
            cancelled=self._on_open_cancelled,
        )

    def _show_glimpse(self, study: Study | None) -> None:
        """Show the first images of a study while the rest is read; nothing of it can be worked on yet."""
        if study is not None and self._session.study is None and self._jobs.is_running(OPEN):
            self._window.set_reading(True)
            self._window.banner.set_study(study.info)
            self._window.grid.set_volumes(study.volumes)
            self._window.spectrum.show_voxel(None, None, "The study is still being read.", ())

    def _on_read(self, studies: tuple[Study, ...]) -> None:
        self._window.notices.clear()
        self._studies = studies
        self._window.set_studies([wording.study_line(study.info) for study in studies])
        chosen = next((study for study in studies if study.acquisitions), studies[0])
        if len(studies) > 1:
            text = f"{len(studies)} studies were read; the menu Study > Studies that were read changes between them."
            self._window.notices.add("info", text)
        self._open(chosen)

    def _open(self, study: Study) -> None:
        fresh = Reading(protocol_id=self._protocol_id, pretest=self._session.pretest)
        self.keeping.open(study, fresh, self._on_opened)

    def _on_opened(self) -> None:
        if self._session.study is not None:
            self._tell_warnings(self._session.study)
        self.analyse()

    def _tell_warnings(self, study: Study) -> None:
        for text in study.warnings[:_MOST_WARNINGS]:
            self._window.notices.add("warning", text)
        if len(study.warnings) > _MOST_WARNINGS:
            more = len(study.warnings) - _MOST_WARNINGS
            self._window.notices.add("info", f"{more} more warnings are listed under Details.")
        if study.skipped:
            count = len(study.skipped)
            files = "1 file was" if count == 1 else f"{count} files were"
            self._window.notices.add("info", f"{files} skipped; Details says why.")

    def _on_open_failed(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)
        self._rest()

    def _on_open_cancelled(self) -> None:
        self._window.notices.add("info", "Opening was cancelled; nothing was changed.")
        self._rest()

    def _rest(self) -> None:
        """Say how things stand once nothing is under way."""
        if self._jobs.is_running(OPEN) or self._jobs.is_running(ANALYSE):
            return
        self._window.empty.set_waiting(None)
        if self._session.study is None:
            self._show_study()
            self._window.set_status("No study is open")
        elif self._session.exam is not None:
            self._window.set_status("All fits current")
        self.settled.emit()

    # --- analysing -----------------------------------------------------------------------------------------------

    def analyse(self) -> None:
        """Process, fit and compare the open study in the background."""
        study = self._session.study
        if study is None:
            return
        if not study.acquisitions:
            self._window.notices.add("warning", "This study holds no spectroscopy that can be read, only images.")
            self._window.set_status("Nothing to fit")
            self._rest()
            return
        services, reading = self._services, self._session.reading
        settings = exam_settings(reading, study)
        self._asked_protocol = reading.protocol_id

        def work(progress: Progress, stop: Stop) -> _Analysed:
            began = time.monotonic()
            protocol, why = services.choose_protocol(study, reading.protocol_id)
            exam = services.analyse(study, protocol, settings, progress, stop)
            return _Analysed(reading, protocol, why, exam, time.monotonic() - began)

        self._window.set_status("Fitting…")
        self._jobs.start(
            ANALYSE,
            "Fitting the spectra",
            work,
            done=self._on_analysed,
            failed=self._on_analysis_failed,
            cancelled=self._on_analysis_cancelled,
        )
        self._show_spectrum()

    def _on_analysed(self, analysed: _Analysed) -> None:
        self._why = analysed.why
        self.live.know(analysed.reading, analysed.exam, analysed.protocol)
        self._session.set_exam(analysed.exam, analysed.protocol, analysed.reading)
        self.live.settle()
        for text in analysed.exam.warnings[:_MOST_WARNINGS]:
            self._window.notices.add("warning", text)
        self._rest()
        self._window.set_status(f"All fits current · {_count(len(analysed.exam.voxels))} in {analysed.seconds:.1f} s")

    def _on_analysis_failed(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)
        self._stop_waiting("The spectra could not be fitted; press F5 to try again.")

    def _on_analysis_cancelled(self) -> None:
        self._window.notices.add("info", "Fitting was cancelled; press F5 to fit again.")
        self._stop_waiting("Fitting was cancelled; press F5 to fit again.")

    def _stop_waiting(self, status: str) -> None:
        self._window.set_status(status)
        self._rest()
        self._show_selection()

    def _on_protocol(self, protocol_id: str) -> None:
        self._protocol_id = protocol_id or None
        if self._session.study is None or self._session.reading.protocol_id == self._protocol_id:
            self.analyse()
        else:
            text = f"{protocol_id} protocol" if protocol_id else "automatic protocol"
            self._session.edit(text, replace(self._session.reading, protocol_id=self._protocol_id))

    def _on_reading(self) -> None:
        """Analyse anew under another protocol; everything else is fitted live."""
        if self._session.study is not None and self._session.reading.protocol_id != self._asked_protocol:
            self.analyse()

    def apply_theme(self) -> None:
        """Let the windows beside the reading take the colours of the theme in use."""
        self._window.apply_theme()
        self.beside.apply_theme()
        for view in (self.worklist.view, self.discs.robustness):
            if view is not None:
                view.apply_theme()

    def _undo(self) -> None:
        self._finish_gestures()
        self._session.undo()

    def _redo(self) -> None:
        self._finish_gestures()
        self._session.redo()

    def _finish_gestures(self) -> None:
        self._window.fit_panel.finish_gesture()
        self._window.morphology.finish_gesture()

    def _show_history(self) -> None:
        history = self._session.history
        self._window.set_history(history.undo_text, history.redo_text)

    # --- showing -------------------------------------------------------------------------------------------------

    def _show_study(self) -> None:
        study, window = self._session.study, self._window
        window.set_reading(study is not None)
        window.banner.set_study(study.info if study is not None else None)
        window.grid.set_volumes(study.volumes if study is not None else ())
        self._shown_marks = None
        window.setWindowTitle("Discern")

    def _show_exam(self) -> None:
        session, window = self._session, self._window
        protocol, marks = session.protocol, self._marks()
        ratios, pretests = (protocol.ratios, protocol.pretest) if protocol is not None else ((), ())
        window.banner.set_protocol(protocol.title if protocol is not None else "", self._why)
        window.grid.set_protocol(protocol.rules.id if protocol is not None else "")
        if marks != self._shown_marks:
            self._shown_marks = marks
            window.grid.set_voxels(marks)
        window.discs.set_exam(session.acquisitions, session.exam, ratios, pretests, live=session.in_gesture)
        if session.in_gesture:
            return
        window.fit_table()
        self._offer_report()

    def _marks(self) -> list[VoxelMark]:
        exam, acquisitions = self._session.exam, self._session.acquisitions
        results = exam.voxels if exam is not None else (None,) * len(acquisitions)
        marks = (mark_of(i, *pair) for i, pair in enumerate(zip(acquisitions, results, strict=True)))
        return [mark for mark in marks if mark is not None]

    def _show_selection(self, _: int = 0) -> None:
        session, window = self._session, self._window
        window.grid.set_selected(session.selected)
        window.discs.set_selected(session.selected)
        self._show_spectrum()
        self.side_windows.refresh()

    def _show_spectrum(self) -> None:
        session, window = self._session, self._window
        acquisition, result = session.selected_acquisition, session.selected_result
        waiting = "Fitting…" if self._jobs.is_running(ANALYSE) else "No fit yet: press F5 to fit the spectra."
        if acquisition is None:
            waiting = "This study holds no spectroscopy."
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
            self._show_spectrum()

    def _offer_report(self) -> None:
        why = "Write a PDF report of this reading."
        if self._services.write_report is None:
            why = "This build cannot write reports."
        elif self._session.exam is None:
            why = "There is nothing to report before the spectra are fitted."
        ready = self._session.exam is not None
        self._window.set_report_enabled(ready and self._services.write_report is not None, why)
        self._window.export_action.setEnabled(ready)

    # --- writing -------------------------------------------------------------------------------------------------

    def _ask_save_path(self, title: str, name: str, kinds: str) -> Path | None:
        start = str(Path(self._last_folder) / name)
        chosen, _ = QtWidgets.QFileDialog.getSaveFileName(self._window, title, start, kinds)
        return Path(chosen) if chosen else None

    def ask_for_export(self) -> None:
        """Let the reader choose where the table goes, and write it as CSV."""
        path = self._ask_save_path("Export the table", "voxels.csv", "CSV (*.csv)")
        if path is None:
            return
        try:
            path.write_text(self._window.discs.model.as_csv(), encoding="utf-8", newline="")
        except OSError as error:
            self._window.notices.add("error", f"The table could not be written to {path}: {error.strerror}.")
            return
        self._window.notices.add("info", f"The table was written to {path}.")

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _on_escape(self) -> None:
        grid, plot = self._window.grid, self._window.spectrum.plot
        if self._window.progress.key:
            self._jobs.cancel(self._window.progress.key)
        elif plot.phase.on:
            plot.set_phase_mode(False)
        elif plot.solo is not None:
            plot.set_solo(None)
        else:
            grid.restore_all()


def _count(voxels: int) -> str:
    return "1 voxel" if voxels == 1 else f"{voxels} voxels"
