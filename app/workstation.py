"""Puts the desks around one session: each joins a part of the window to it. A new desk is one line here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6 import QtCore

from app.advance_analysis import AdvanceAnalysis
from app.analysis_desk import ANALYSE, AnalysisDesk
from app.archive_desk import ArchiveDesk
from app.disc_desk import DiscDesk
from app.edit_desk import EditDesk
from app.export_desk import ExportDesk
from app.jobs import JobRunner
from app.keeping import Keeping
from app.live_refit import LiveRefit
from app.network_desk import NetworkDesk
from app.nucleus_desk import NucleusDesk
from app.opening_desk import OPEN, OpeningDesk
from app.prior_desk import PriorDesk, read_prior
from app.report_desk import ReportDesk
from app.send_report_desk import SendReportDesk
from app.services import Services
from app.session import ReadingSession
from app.side_windows import SideWindows
from app.spectrum_desk import SpectrumDesk
from app.support_desk import SupportDesk
from app.view_desk import LATER_MS, ViewDesk
from app.watch_desk import WatchDesk
from app.worklist_desk import WorklistDesk
from widgets.main_window import MainWindow
from widgets.texts import tr


class Workstation(QtCore.QObject):
    """Holds the desks, and does what concerns several of them: undo, Esc, the theme, and saying that all is quiet."""

    settled = QtCore.Signal()
    """Nothing more will happen by itself: the study is open and analysed, or it is said why not."""
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
        self._window, self._session, self._jobs = window, session, jobs
        self.advance = AdvanceAnalysis(services.store)
        services = replace(services, analyse=self.advance.through(services.analyse))
        self.side_windows = SideWindows(window, session)
        self.live = LiveRefit(session, jobs, services.bases_of)
        self.edits = EditDesk(window, session, self.live)
        self.prior = PriorDesk(window, session, jobs, services.store, read_prior)
        self.beside = SpectrumDesk(window, session, jobs, self.edits, self.prior)
        self.discs = DiscDesk(window, session, jobs, self.live)
        self.keeping = Keeping(session, jobs, services.store)
        self.reports = ReportDesk(window, session, jobs, self.keeping, services, self.prior, self.discs)
        self.analysis = AnalysisDesk(window, session, jobs, services, self.live, protocol_id)
        self.opening = OpeningDesk(window, session, jobs, services, self.keeping, self.analysis)
        self.watching = WatchDesk(window, session, jobs, self.open_paths)
        self.worklist = WorklistDesk(window, jobs, services.store, self.open_paths, self.prior.open)
        self.network = NetworkDesk(window, session, services, self.open_paths, self.advance)
        self.send_report = SendReportDesk(window, session, jobs, self.network, self.reports.signed_file)
        self.nuclei = NucleusDesk(window, session, jobs)
        self.views = ViewDesk(window, session, jobs, self.nuclei)
        self.export = ExportDesk(window, session, jobs, services.store)
        self.archive = ArchiveDesk(window, session, jobs, services.store, self.reports.signed_file)
        self.support = SupportDesk(window, jobs, services.store, services.settings)
        self._connect_desks()
        self._connect_window()
        self._connect_keeping()
        self._connect_jobs()
        self.views.show_study()

    # --- wiring --------------------------------------------------------------------------------------------------

    def _connect_desks(self) -> None:
        self._session.history_changed.connect(self._show_history)
        self._session.selection_changed.connect(lambda _: self.side_windows.refresh())
        self.analysis.state_changed.connect(self.views.show_spectrum)
        # After the spectrum of the first results, which waits for its turn.
        self.analysis.rested.connect(lambda: QtCore.QTimer.singleShot(LATER_MS, self, self._on_analysed))
        self.opening.rested.connect(self._on_not_opened)
        self.advance.changed.connect(lambda: self.worklist.set_preparation(self.advance.states))
        self.advance.ready.connect(self._say_ready)
        self._window.closing.connect(self.advance.close)
        self.live.failed.connect(lambda sentence: self._window.notices.add("error", sentence))
        self.live.settled.connect(lambda: self._window.set_status(tr("All fits current")))

    def _connect_keeping(self) -> None:
        notices, keeping = self._window.notices, self.keeping
        keeping.trouble.connect(lambda sentence: notices.add("error", sentence))
        keeping.recovered.connect(lambda sentence: notices.add("info", sentence))
        keeping.noted.connect(lambda sentence: notices.add("warning", sentence))
        keeping.saved.connect(
            lambda waiting: self._window.set_saved(tr("Reading saved") if not waiting else tr("Saving…"))
        )

    def _connect_window(self) -> None:
        window = self._window
        window.escape_pressed.connect(self._on_escape)
        window.worklist_requested.connect(self.worklist.show)
        window.network_requested.connect(self.network.show)
        window.volume_requested.connect(lambda: self.side_windows.show_volume(self.views.marks()))
        window.undo_requested.connect(self._undo)
        window.redo_requested.connect(self._redo)
        window.details_requested.connect(self.side_windows.show_details)
        window.keys_requested.connect(lambda: self.side_windows.show_help(0))
        window.about_requested.connect(lambda: self.side_windows.show_help(1))
        self.bug_reported.connect(lambda text: window.notices.add("error", text))

    def _connect_jobs(self) -> None:
        progress = self._window.progress
        self._jobs.started.connect(progress.start)
        self._jobs.progressed.connect(progress.advance)
        self._jobs.ended.connect(progress.finish)
        progress.cancel_requested.connect(self._jobs.cancel)

    # --- what concerns several desks -----------------------------------------------------------------------------

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Read studies in the background and open the first with spectroscopy."""
        self.opening.open_paths(paths)

    def _say_ready(self) -> None:
        text = tr("A study that came in is analysed; the worklist (Study > Worklist) opens it.")
        self._window.notices.add("info", text)

    def _on_analysed(self) -> None:
        self.discs.measure()
        self._rest()

    def _on_not_opened(self) -> None:
        if self._session.exam is not None and not self._jobs.is_running(ANALYSE):
            self._window.set_status(tr("All fits current"))
        self._rest()

    def _rest(self) -> None:
        """Say how things stand once nothing is under way."""
        if self._jobs.is_running(OPEN) or self._jobs.is_running(ANALYSE):
            return
        self._window.empty.set_waiting(None)
        if self._session.study is None:
            self.views.show_study()
            self._window.set_status(tr("No study is open"))
        self.settled.emit()

    def apply_theme(self) -> None:
        """Let the windows beside the reading take the colours of the theme in use."""
        self._window.apply_theme()
        self.beside.apply_theme()
        self.reports.apply_theme()
        for view in (self.worklist.view, self.network.view, self.discs.robustness):
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
        self.reports.finish_gestures()

    def _show_history(self) -> None:
        history = self._session.history
        self._window.set_history(history.undo_text, history.redo_text)

    def _on_escape(self) -> None:
        grid, plot = self._window.grid, self._window.spectrum.plot
        if self._window.progress.key:
            self._jobs.cancel(self._window.progress.key)
        elif grid.drawing.on:
            grid.drawing.stop()
        elif plot.phase.on:
            plot.set_phase_mode(False)
        elif plot.solo is not None:
            plot.set_solo(None)
        else:
            grid.restore_all()
