"""Where the report's room is: in place of the spectrum beside the images, or in a window of its own."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from widgets.image_window import ImageWindow
from widgets.report_workspace import ReportWorkspace
from widgets.texts import tr

_SHARE = 56
"""How much of the window's width the report gets while it is open, in percent."""


class ReportDock(QtCore.QObject):
    """Shows and hides the room, and gives the columns back as they were."""

    shown_changed = QtCore.Signal(bool)

    def __init__(
        self, workspace: ReportWorkspace, side: QtWidgets.QStackedWidget, columns: QtWidgets.QSplitter
    ) -> None:
        super().__init__(side)
        self._workspace, self._side, self._columns = workspace, side, columns
        self._before: list[int] | None = None
        self.window = ImageWindow(side.window(), title=tr("Discern report"), name=tr("Report on a second monitor"))
        self.window.closed.connect(self.hide)
        side.addWidget(workspace)
        workspace.bar.close_requested.connect(self.hide)
        workspace.bar.window_toggled.connect(self.toggle_window)

    @property
    def shown(self) -> bool:
        """Whether the report is in view, here or in its own window."""
        return self.in_window or self._side.currentWidget() is self._workspace

    @property
    def in_window(self) -> bool:
        """Whether the report has a window of its own."""
        return self.window.held is not None

    def show(self) -> None:
        """Bring the report into view."""
        if self.in_window:
            self.window.raise_()
            self.window.activateWindow()
        elif not self.shown:
            self._before = self._columns.sizes()
            self._side.setCurrentWidget(self._workspace)
            whole = sum(self._before)
            self._columns.setSizes([whole * (100 - _SHARE) // 100, whole * _SHARE // 100])
        self._workspace.impression.edit.setFocus()
        self.shown_changed.emit(True)

    def hide(self) -> None:
        """Give the place back to the spectrum."""
        self._workspace.finish_gestures()
        if self.in_window:
            self._take_back()
        if self._side.currentWidget() is self._workspace:
            self._side.setCurrentIndex(0)
            if self._before is not None:
                self._columns.setSizes(self._before)
            self._before = None
        self.shown_changed.emit(False)

    def toggle_window(self) -> None:
        """Move the report between its place in the window and one of its own."""
        if self.in_window:
            self._take_back()
            self.show()
        else:
            self.hide()
            self._side.removeWidget(self._workspace)
            self.window.take(self._workspace)
            self._workspace.bar.set_own_window(True)
            self.shown_changed.emit(True)

    def _take_back(self) -> None:
        self.window.give_back()
        self._side.addWidget(self._workspace)
        self._workspace.bar.set_own_window(False)
