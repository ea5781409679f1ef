"""The archive's objects of the signed report, from the window: asks for a folder and writes them in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.types import Progress, Stop
from app.jobs import JobRunner
from app.report_preview import SignedFile
from app.session import ReadingSession
from app.store import Store
from widgets.main_window import MainWindow
from widgets.texts import noop, plural, tr

EXPORT = "export for the archive"
_FOLDER = "discern-export"


class ArchiveDesk(QtCore.QObject):
    """Offers the export once the reading is signed.

    Parameters
    ----------
    signed : gives the signed report of the open reading, None where there is none
    """

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        store: Store | None,
        signed: Callable[[], SignedFile | None],
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._store, self._signed = window, session, jobs, store, signed
        self._parent = Path.home()
        self.command = window.add_command(window.report_menu, noop("Export for the arc&hive…"), "", self.ask)
        for changed in (session.study_changed, session.reading_changed, session.read_only_changed):
            changed.connect(self._offer)
        window.report_menu.aboutToShow.connect(self._offer)
        self._offer()

    def _offer(self, *_: object) -> None:
        self.command.setEnabled(self._session.study is not None and self._signed() is not None)

    def ask(self) -> None:
        """Let the reader choose where the objects go; they are written into a folder of their own."""
        chosen = QtWidgets.QFileDialog.getExistingDirectory(
            self._window, tr("Export for the archive"), str(self._parent)
        )
        if chosen:
            self._parent = Path(chosen)
            self.export_to(self._parent / _FOLDER)

    def export_to(self, folder: Path) -> None:
        """Write the objects of the signed report as DICOM files, and the FHIR bundle beside them."""
        study, signed, store = self._session.study, self._signed(), self._store
        if study is None or signed is None:
            return

        def work(progress: Progress, stop: Stop) -> int:
            from app.dicom.export import write_export
            from app.dicom.export_event import exported

            pdf = signed.load()
            made = write_export(folder, study, pdf, progress=progress, stop=stop)
            if store is not None:
                store.audit.record(exported(study.info, pdf, made))
            return len(made)

        notices = self._window.notices
        self._jobs.start(
            EXPORT,
            tr("Exporting for the archive"),
            work,
            done=lambda count: notices.add("info", _said(count, folder)),
            failed=lambda sentence: notices.add("error", sentence),
            cancelled=lambda: notices.add("info", tr("The export was cancelled; nothing was written.")),
        )


def _said(count: int, folder: Path) -> str:
    return plural(
        "1 DICOM object and a FHIR bundle were written to {folder}.",
        "{n} DICOM objects and a FHIR bundle were written to {folder}.",
        count,
        folder=folder,
    )
