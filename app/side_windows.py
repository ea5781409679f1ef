"""The windows beside the reading: details of the selected voxel, the keys, and what this program is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from app.session import ReadingSession
from widgets import dialogs
from widgets.main_window import MainWindow
from widgets.overlays import VoxelMark
from widgets.texts import tr
from widgets.volume_view import VolumeView


class SideWindows:
    """Makes each window when it is first asked for, and keeps its text at the session's state."""

    def __init__(self, window: MainWindow, session: ReadingSession) -> None:
        self._window, self._session = window, session
        self.details: dialogs.TextWindow | None = None
        self.help: dialogs.TextWindow | None = None
        self.volume: VolumeView | None = None

    def show_details(self) -> None:
        """Show what was done to the selected signal, the skipped files and all messages."""
        if self.details is None:
            self.details = dialogs.TextWindow(tr("Details"), self._window)
        self.details.show()
        self.refresh()
        self.details.raise_()

    def refresh(self) -> None:
        """Bring the details up to date while they are visible."""
        if self.details is not None and self.details.isVisible():
            pages = [
                (tr("Processing"), dialogs.processing_page(self._session.selected_result)),
                (tr("Files"), dialogs.files_page(self._session.study)),
                (tr("Messages"), dialogs.messages_page(self._window.notices.log)),
            ]
            self.details.set_pages(pages)

    def show_volume(self, marks: Sequence[VoxelMark]) -> None:
        """Show slices and voxels in one scene."""
        if self.volume is None:
            self.volume = VolumeView()
            self.volume.setParent(self._window, QtCore.Qt.WindowType.Window)
            self.volume.setWindowTitle(tr("Three dimensions"))
            self.volume.resize(760, 640)
            self._window.closing.connect(self.volume.close)
        self.volume.set_slices(self._window.grid.shown_slices())
        self.volume.set_voxels(marks, self._session.selected)
        self.volume.show()
        self.volume.raise_()

    def show_help(self, page: int) -> None:
        """Show the keys (0) or what this program is (1)."""
        if self.help is None:
            self.help = dialogs.TextWindow(tr("Help"), self._window)
        version = QtWidgets.QApplication.applicationVersion()
        keys = dialogs.keys_page(self._window.commands)
        self.help.set_pages([(tr("Keys"), keys), (tr("About"), dialogs.about_page(version))])
        self.help.tabs.setCurrentIndex(page)
        self.help.show()
        self.help.raise_()
