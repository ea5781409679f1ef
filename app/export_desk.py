"""Exporting the table: asks where it goes and writes it."""

from __future__ import annotations

from pathlib import Path

from PySide6 import QtCore, QtWidgets

from app.session import ReadingSession
from widgets.main_window import MainWindow
from widgets.texts import tr


class ExportDesk(QtCore.QObject):
    """Writes the table of the window as CSV."""

    def __init__(self, window: MainWindow, session: ReadingSession) -> None:
        super().__init__(window)
        self._window, self._session = window, session
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
        try:
            path.write_text(self._window.discs.model.as_csv(), encoding="utf-8", newline="")
        except OSError as error:
            self._window.notices.add(
                "error", tr("The table could not be written to {path}: {reason}.", path=path, reason=error.strerror)
            )
            return
        self._window.notices.add("info", tr("The table was written to {path}.", path=path))
