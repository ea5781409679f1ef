"""Analysing the open study: chooses the protocol, fits in the background, and gives the results to the session."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from PySide6 import QtCore

from analysis.protocol import Protocol
from analysis.reading import Reading, exam_settings
from analysis.types import ExamResult, Progress, Stop
from app.jobs import JobRunner
from app.live_refit import LiveRefit
from app.services import Services
from app.session import ReadingSession
from widgets.main_window import MainWindow
from widgets.texts import plural, tr

ANALYSE = "analyse"
MOST_WARNINGS = 2
"""As many warnings of one kind are told at once; Details lists them all."""


@dataclass(frozen=True, eq=False)
class _Analysed:
    reading: Reading
    protocol: Protocol
    why: str
    exam: ExamResult
    seconds: float


class AnalysisDesk(QtCore.QObject):
    """Starts the fits of a whole exam; single edits are refitted live."""

    state_changed = QtCore.Signal()
    """Fitting has begun, or has ended without results."""
    rested = QtCore.Signal()
    """Fitting has ended, with results or without."""

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        services: Services,
        live: LiveRefit,
        protocol_id: str | None = None,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._services = window, session, jobs, services
        self._live = live
        self.protocol_id = protocol_id
        """The protocol for studies that were not read before; None lets their headers choose."""
        self._asked_protocol = protocol_id
        self._why = ""
        window.analyse_requested.connect(self.analyse)
        window.protocol_requested.connect(self._on_protocol)
        session.reading_changed.connect(self._on_reading)
        session.exam_changed.connect(self._show_protocol)

    def analyse(self) -> None:
        """Process, fit and compare the open study in the background."""
        study = self._session.study
        if study is None:
            return
        if not study.acquisitions:
            self._window.notices.add("warning", tr("This study holds no spectroscopy that can be read, only images."))
            self._window.set_status(tr("Nothing to fit"))
            self.rested.emit()
            return
        services, reading = self._services, self._session.reading
        settings = exam_settings(reading, study)
        self._asked_protocol = reading.protocol_id

        def work(progress: Progress, stop: Stop) -> _Analysed:
            began = time.monotonic()
            protocol, why = services.choose_protocol(study, reading.protocol_id)
            exam = services.analyse(study, protocol, settings, progress, stop)
            return _Analysed(reading, protocol, why, exam, time.monotonic() - began)

        self._window.set_status(tr("Fitting…"))
        self._jobs.start(
            ANALYSE,
            tr("Fitting the spectra"),
            work,
            done=self._on_analysed,
            failed=self._on_failed,
            cancelled=self._on_cancelled,
        )
        self.state_changed.emit()

    def _on_analysed(self, analysed: _Analysed) -> None:
        self._why = analysed.why
        self._live.know(analysed.reading, analysed.exam, analysed.protocol)
        self._session.set_exam(analysed.exam, analysed.protocol, analysed.reading)
        self._live.settle()
        for text in analysed.exam.warnings[:MOST_WARNINGS]:
            self._window.notices.add("warning", text)
        self.rested.emit()
        self._window.set_status(
            tr(
                "All fits current · {count} in {seconds:.1f} s",
                count=plural("1 voxel", "{n} voxels", len(analysed.exam.voxels)),
                seconds=analysed.seconds,
            )
        )

    def _on_failed(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)
        self._stop_waiting(tr("The spectra could not be fitted; press F5 to try again."))

    def _on_cancelled(self) -> None:
        self._window.notices.add("info", tr("Fitting was cancelled; press F5 to fit again."))
        self._stop_waiting(tr("Fitting was cancelled; press F5 to fit again."))

    def _stop_waiting(self, status: str) -> None:
        self._window.set_status(status)
        self.rested.emit()
        self.state_changed.emit()

    # --- the protocol --------------------------------------------------------------------------------------------

    def _on_protocol(self, protocol_id: str) -> None:
        self.protocol_id = protocol_id or None
        if self._session.study is None or self._session.reading.protocol_id == self.protocol_id:
            self.analyse()
        else:
            text = tr("{name} protocol", name=protocol_id) if protocol_id else tr("automatic protocol")
            self._session.edit(text, replace(self._session.reading, protocol_id=self.protocol_id))

    def _on_reading(self) -> None:
        """Analyse anew under another protocol; everything else is fitted live."""
        if self._session.study is not None and self._session.reading.protocol_id != self._asked_protocol:
            self.analyse()

    def _show_protocol(self) -> None:
        protocol = self._session.protocol
        self._window.banner.set_protocol(protocol.title if protocol is not None else "", self._why)
        self._window.grid.set_protocol(protocol.rules.id if protocol is not None else "")
