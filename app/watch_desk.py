"""The switch of the watched folder: looks at it in the background, and opens or announces what has arrived whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.types import Progress, Stop
from app.jobs import JobRunner
from app.session import ReadingSession
from app.watched_folder import SETTLE_S, WatchedFolder
from widgets.main_window import MainWindow
from widgets.texts import plural, tr

WATCH = "watch"
_EVERY_MS = 3000


class WatchDesk(QtCore.QObject):
    """Watches one folder while the program runs. A study in hand is never replaced: a newcomer is announced then."""

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        open_paths: Callable[[Sequence[Path]], None],
        *,
        settle_s: float = SETTLE_S,
        every_ms: int = _EVERY_MS,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._open_paths = window, session, jobs, open_paths
        self._settle_s = settle_s
        self._watched: WatchedFolder | None = None
        self._away = False
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(self._look)
        window.watch_action.toggled.connect(self._on_toggled)

    def watch(self, folder: Path) -> None:
        """Watch a folder from now on; what lies in it already is not new."""
        try:
            self._watched = WatchedFolder(folder, settle_s=self._settle_s)
        except OSError:
            self._window.notices.add("error", tr("The folder cannot be watched; check whether it is there."))
            self._window.watch_action.setChecked(False)
            return
        self._away = False
        self._timer.start()
        self._window.notices.add("info", tr("Studies that arrive in {folder} are now noticed.", folder=folder))

    def _on_toggled(self, on: bool) -> None:
        if not on:
            self._timer.stop()
            self._jobs.cancel(WATCH)
            self._watched = None
            return
        title = tr("Watch a folder for new studies")
        folder = QtWidgets.QFileDialog.getExistingDirectory(self._window, title)
        if folder:
            self.watch(Path(folder))
        else:
            self._window.watch_action.setChecked(False)

    def _look(self) -> None:
        watched = self._watched
        if watched is None or self._jobs.is_running(WATCH):
            return

        def work(_progress: Progress, _stop: Stop) -> tuple[Path, ...] | None:
            try:
                return watched.poll(time.monotonic())
            except OSError:
                return None

        self._jobs.start(WATCH, tr("Watching"), work, done=self._on_looked, failed=self._on_failed, quiet=True)

    def _on_looked(self, arrived: tuple[Path, ...] | None) -> None:
        if arrived is None:
            if not self._away:
                self._away = True
                self._window.notices.add("warning", tr("The watched folder cannot be reached; it is tried again."))
            return
        self._away = False
        if not arrived:
            return
        if self._session.study is None:
            self._open_paths(arrived)
            return
        text = plural(
            "1 new study has arrived in the watched folder; Study > Open folder opens it.",
            "{n} new studies have arrived in the watched folder; Study > Open folder opens them.",
            len(arrived),
        )
        self._window.notices.add("info", text)

    def _on_failed(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)
