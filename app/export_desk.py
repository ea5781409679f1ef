"""Exporting the table: asks where it goes and writes it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.types import Progress, Stop
from app.atomic_file import reason_of, write_whole
from app.audit.events import AuditedObject, AuditEvent, subject_of
from app.jobs import JobRunner
from app.outputs import OutputProblem
from app.session import ReadingSession
from app.store import Store, user_name
from widgets.main_window import MainWindow
from widgets.texts import tr

EXPORT = "export table"


class ExportDesk(QtCore.QObject):
    """Writes the table of the window as CSV."""

    def __init__(self, window: MainWindow, session: ReadingSession, jobs: JobRunner, store: Store | None) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._store = window, session, jobs, store
        self._folder = ""
        window.export_requested.connect(self.ask)
        session.exam_changed.connect(self._offer)
        self._offer()

    def _offer(self) -> None:
        self._window.export_action.setEnabled(self._session.exam is not None)

    def ask(self) -> None:
        """Let the reader choose where the table goes, and write it as CSV."""
        start = str(Path(self._folder) / "voxels.csv")
        chosen, _ = QtWidgets.QFileDialog.getSaveFileName(
            self._window, tr("Export the table"), start, tr("CSV (*.csv)")
        )
        if not chosen:
            return
        path = Path(chosen)
        self._folder = str(path.parent)
        self._write(path, self._window.discs.model.as_csv().encode())

    def _write(self, path: Path, table: bytes) -> None:
        study, store, notices = self._session.study, self._store, self._window.notices

        def work(_: Progress, __: Stop) -> None:
            try:
                write_whole(path, table)
            except OSError as error:
                raise OutputProblem(
                    tr("The table could not be written to {path}: {reason}.", path=path, reason=reason_of(error))
                ) from error
            if store is not None and study is not None:
                written = (AuditedObject("file", hashlib.sha256(table).hexdigest()),)
                store.audit.record(
                    AuditEvent("exported", user_name(), "table as CSV", subject=subject_of(study.info), objects=written)
                )

        self._jobs.start(
            EXPORT,
            tr("Writing the table"),
            work,
            done=lambda _: notices.add("info", tr("The table was written to {path}.", path=path)),
            failed=lambda sentence: notices.add("error", sentence),
        )
