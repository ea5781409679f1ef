"""Help > Support bundle: asks where it goes and writes it in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.types import Progress, Stop
from app.jobs import JobRunner
from app.settings import workstation_settings
from app.store import Store
from widgets.main_window import MainWindow
from widgets.texts import tr

BUNDLE = "support bundle"
_NAME = "discern-support.zip"


class SupportDesk(QtCore.QObject):
    """Writes support bundles; the open study is never part of one."""

    def __init__(
        self, window: MainWindow, jobs: JobRunner, store: Store | None, settings: QtCore.QSettings | None
    ) -> None:
        super().__init__(window)
        self._window, self._jobs, self._store, self._settings = window, jobs, store, settings
        window.support_requested.connect(self.ask)

    def ask(self) -> None:
        """Let the reader choose where the bundle goes, and write it."""
        title, kinds = tr("Write a support bundle"), tr("Zip (*.zip)")
        chosen, _ = QtWidgets.QFileDialog.getSaveFileName(self._window, title, _NAME, kinds)
        if chosen:
            self.write(Path(chosen))

    def write(self, target: Path) -> None:
        """Write the bundle in the background."""
        store, notices = self._store, self._window.notices
        settings = self._settings if self._settings is not None else workstation_settings()

        def work(_: Progress, __: Stop) -> None:
            from app.support.bundle import write_bundle
            from app.support.bundle_command import bundle_event

            bundle = write_bundle(target, settings, store)
            if store is not None:
                store.audit.record(bundle_event(bundle, 0))

        text = tr("The support bundle was written to {path}; it names no patient, and holds no study.", path=target)
        self._jobs.start(
            BUNDLE,
            tr("Writing the support bundle"),
            work,
            done=lambda _: notices.add("info", text),
            failed=lambda sentence: notices.add("error", sentence),
        )
