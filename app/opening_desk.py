"""Opening studies: asks where they lie, shows their first images while they are read, and gives one to the session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.reading import Reading
from analysis.types import Progress, Stop, Study
from app.analysis_desk import MOST_WARNINGS, AnalysisDesk
from app.jobs import JobRunner
from app.keeping import Keeping
from app.services import Services
from app.session import ReadingSession
from widgets import wording
from widgets.main_window import MainWindow
from widgets.texts import plural, tr

OPEN = "open"


class OpeningDesk(QtCore.QObject):
    """Reads in the background; what is open stays until the new study is read."""

    rested = QtCore.Signal()
    """Opening has ended without a study."""
    glimpsed = QtCore.Signal(object)
    """The first images of a study that is still being read, from the thread that reads it."""

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        services: Services,
        keeping: Keeping,
        analysis: AnalysisDesk,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._services = window, session, jobs, services
        self._keeping, self._analysis = keeping, analysis
        self._studies: tuple[Study, ...] = ()
        self._last_folder = ""
        window.paths_dropped.connect(self.open_paths)
        window.folder_requested.connect(self.ask_for_folder)
        window.files_requested.connect(self.ask_for_files)
        window.study_requested.connect(lambda index: self._open(self._studies[index]))
        self.glimpsed.connect(self._show_glimpse, QtCore.Qt.ConnectionType.QueuedConnection)

    def ask_for_folder(self) -> None:
        """Let the reader choose a folder to open."""
        folder = QtWidgets.QFileDialog.getExistingDirectory(self._window, tr("Open a study"), self._last_folder)
        if folder:
            self.open_paths([Path(folder)])

    def ask_for_files(self) -> None:
        """Let the reader choose files to open."""
        names, _ = QtWidgets.QFileDialog.getOpenFileNames(self._window, tr("Open files of a study"), self._last_folder)
        if names:
            self.open_paths([Path(name) for name in names])

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Read studies in the background; what is open stays until the new one is read."""
        if not paths:
            return
        self._last_folder = str(paths[0].parent)
        wanted = tuple(paths)
        self._window.set_status(tr("Opening…"))
        self._window.empty.set_waiting(tr("Opening the study…"))
        services, look = self._services, self._services.first_look if self._session.study is None else None

        def work(progress: Progress, stop: Stop) -> tuple[Study, ...]:
            if look is not None:
                self.glimpsed.emit(look(wanted, stop))
            return services.read_studies(wanted, progress, stop)

        self._jobs.start(
            OPEN,
            tr("Opening the study"),
            work,
            done=self._on_read,
            failed=self._on_failed,
            cancelled=self._on_cancelled,
        )

    def _show_glimpse(self, study: Study | None) -> None:
        """Show the first images of a study while the rest is read; nothing of it can be worked on yet."""
        if study is not None and self._session.study is None and self._jobs.is_running(OPEN):
            self._window.set_reading(True)
            self._window.banner.set_study(study.info)
            self._window.grid.set_volumes(study.volumes)
            self._window.spectrum.show_voxel(None, None, tr("The study is still being read."), ())

    def _on_read(self, studies: tuple[Study, ...]) -> None:
        self._window.notices.clear()
        self._studies = studies
        self._window.set_studies([wording.study_line(study.info) for study in studies])
        chosen = next((study for study in studies if study.acquisitions), studies[0])
        if len(studies) > 1:
            text = tr(
                "{count} studies were read; the menu Study > Studies that were read changes between them.",
                count=len(studies),
            )
            self._window.notices.add("info", text)
        self._open(chosen)

    def _open(self, study: Study) -> None:
        fresh = Reading(protocol_id=self._analysis.protocol_id, pretest=self._session.pretest)
        self._keeping.open(study, fresh, self._on_opened)

    def _on_opened(self) -> None:
        if self._session.study is not None:
            self._tell_warnings(self._session.study)
        self._analysis.analyse()

    def _tell_warnings(self, study: Study) -> None:
        for text in study.warnings[:MOST_WARNINGS]:
            self._window.notices.add("warning", text)
        if len(study.warnings) > MOST_WARNINGS:
            more = len(study.warnings) - MOST_WARNINGS
            self._window.notices.add(
                "info",
                plural("1 more warning is listed under Details.", "{n} more warnings are listed under Details.", more),
            )
        if study.skipped:
            text = plural(
                "1 file was skipped; Details says why.",
                "{n} files were skipped; Details says why.",
                len(study.skipped),
            )
            self._window.notices.add("info", text)

    def _on_failed(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)
        self.rested.emit()

    def _on_cancelled(self) -> None:
        self._window.notices.add("info", tr("Opening was cancelled; nothing was changed."))
        self.rested.emit()
