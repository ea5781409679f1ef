"""Writing a report from the window: asks where and by whom, and writes in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6 import QtCore

from analysis.protocol import Protocol
from analysis.reading import Reading
from analysis.types import ExamResult, Progress, Stop, Study
from app.jobs import JobRunner
from app.session import ReadingSession
from app.window_report import proposed_signer
from widgets.main_window import MainWindow
from widgets.report_dialog import ReportDialog, ReportRequest

WriteReport = Callable[[Study, ExamResult, Protocol, Reading, ReportRequest, Progress, Stop], Path]
"""Writes the report that a reader asked for, and returns the file it wrote."""

REPORT = "report"


class ReportDesk(QtCore.QObject):
    """Opens the dialog for the reading as it is, and hands its answer to a job."""

    def __init__(self, window: MainWindow, session: ReadingSession, jobs: JobRunner, write: WriteReport | None) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._write_report = window, session, jobs, write
        self._folder = Path.home()
        self.dialog: ReportDialog | None = None
        window.report_requested.connect(self.ask)
        session.exam_changed.connect(self._offer)
        self._offer()

    def _offer(self) -> None:
        """Put the action in reach, or say why it is not."""
        if self._session.in_gesture:
            return
        ready, why = self._session.exam is not None, "Write a PDF report of this reading."
        if self._write_report is None:
            why = "This build cannot write reports."
        elif not ready:
            why = "There is nothing to report before the spectra are fitted."
        self._window.set_report_enabled(ready and self._write_report is not None, why)

    def ask(self) -> None:
        """Let the reader choose where the report goes and who signs it."""
        study = self._session.study
        if self._write_report is None or study is None or self._session.exam is None:
            return
        if self.dialog is None:
            self.dialog = ReportDialog(self._window)
            self.dialog.requested.connect(self._write)
        proposal = proposed_signer(study)
        # The name holds nothing about the patient.
        path = self._folder / "report.pdf"
        self.dialog.ask(path, proposal.certificate, proposal.passphrase, proposal.note)

    def _write(self, request: ReportRequest) -> None:
        session, write = self._session, self._write_report
        study, exam, protocol, reading = session.study, session.exam, session.protocol, session.reading
        if write is None or study is None or exam is None or protocol is None:
            return
        self._folder = request.path.parent
        kind = "An unsigned draft" if request.certificate is None else "The signed report"
        self._jobs.start(
            REPORT,
            "Writing the report",
            lambda progress, stop: write(study, exam, protocol, reading, request, progress, stop),
            done=lambda written: self._window.notices.add("info", f"{kind} was written to {written}."),
            failed=lambda sentence: self._window.notices.add("error", sentence),
        )
