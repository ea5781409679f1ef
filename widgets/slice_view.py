"""One MR slice with all that lies over it, its mouse, its keys and its menu."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from widgets.annotated_slice import AnnotatedSlice
from widgets.slice_keys import obey, slice_keys
from widgets.slice_menu import build_menu
from widgets.slice_mouse import SliceMouse
from widgets.slice_painter import paint_over
from widgets.view_keys import ViewKeys


class SliceView(AnnotatedSlice):
    """Shows one slice of a stack; what is asked of other views leaves as a signal."""

    def __init__(self, keys: ViewKeys | None = None, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = keys or slice_keys()
        self.mouse = SliceMouse(self)
        self.mouse.menu_requested.connect(self.show_menu)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        self.paint_picture(painter)
        paint_over(painter, self)
        painter.end()

    def focusInEvent(self, event: QtGui.QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QtGui.QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        name = self.keys.name_of(event)
        if name is None:
            event.ignore()
        else:
            obey(self, name)

    def contextMenuEvent(self, event: QtGui.QContextMenuEvent) -> None:
        """The menu opens on a right click without a drag (see `SliceMouse`) or by the menu key."""
        if event.reason() == QtGui.QContextMenuEvent.Reason.Keyboard:
            self.show_menu(event.globalPos())

    def show_menu(self, at: QtCore.QPoint) -> None:
        """Offer other series for this pane, and the view's own actions."""
        menu = build_menu(self, self.keys)
        menu.exec(at)
        menu.deleteLater()
