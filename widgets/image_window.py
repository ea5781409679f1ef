"""A window of its own for a part of the reading, so that a second monitor can hold it."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from widgets.screens import clamp_to_screens
from widgets.texts import tr


class ImageWindow(QtWidgets.QWidget):
    """Holds a widget for as long as it is open; closing it asks that the widget be taken back."""

    closed = QtCore.Signal()
    """The window is about to go: whoever lent the widget takes it back now, by `give_back`."""

    def __init__(
        self,
        parent: QtWidgets.QWidget | None = None,
        *,
        title: str = "",
        name: str = "",
    ) -> None:
        super().__init__(parent, QtCore.Qt.WindowType.Window)
        self.setWindowTitle(title or tr("Discern images"))
        self.setAccessibleName(name or tr("Images on a second monitor"))
        self._held: QtWidgets.QWidget | None = None
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)

    @property
    def held(self) -> QtWidgets.QWidget | None:
        """The widget that is in the window."""
        return self._held

    def take(self, widget: QtWidgets.QWidget, kept: QtCore.QByteArray | None = None) -> None:
        """Take a widget, and show the window where it was, else on another monitor than its parent's.

        Parameters
        ----------
        kept : what `saveGeometry` returned, maybe when there were other monitors
        """
        self._held = widget
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)
        if kept is None or not self.restoreGeometry(kept):
            self._place()
        clamp_to_screens(self)
        self.show()
        widget.show()

    def give_back(self) -> QtWidgets.QWidget | None:
        """Let the widget go and hide the window; returns the widget, for its old place."""
        widget, self._held = self._held, None
        layout = self.layout()
        if widget is not None and layout is not None:
            layout.removeWidget(widget)
        self.hide()
        return widget

    def _place(self) -> None:
        """Take the whole of another monitor, or a part of the only one."""
        parent = self.parentWidget()
        here = QtGui.QGuiApplication.primaryScreen()
        if parent is not None:
            here = QtGui.QGuiApplication.screenAt(parent.window().geometry().center()) or parent.screen()
        others = [screen for screen in QtGui.QGuiApplication.screens() if screen is not here]
        area = (others[0] if others else here).availableGeometry()
        self.setWindowState(QtCore.Qt.WindowState.WindowNoState)
        self.setGeometry(QtCore.QRect(area.topLeft(), area.size() * 0.75))
        if others:
            self.setWindowState(QtCore.Qt.WindowState.WindowMaximized)

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        if self._held is not None:
            self.closed.emit()
        super().closeEvent(event)
