"""The mouse over a slice: left window and level, middle pan, right zoom, wheel scrolls, Ctrl and wheel zooms.

While the nucleus is being outlined, the left button draws and the right one takes a point back.

With Shift held, moving the mouse moves the linked cursor, whatever button is down.
"""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.nucleus import Contour, pulled
from widgets.annotated_slice import AnnotatedSlice

_WINDOW_DRAG_PX = 500.0
"""A drag over this many pixels changes window or level by the width that the series came with."""
_ZOOM_DRAG_PX = 200.0
_NOTCH = 120
Button = QtCore.Qt.MouseButton


class SliceMouse(QtCore.QObject):
    """Turns mouse events of a slice view into its verbs; a press without a drag is a click."""

    menu_requested = QtCore.Signal(QtCore.QPoint)

    def __init__(self, view: AnnotatedSlice) -> None:
        super().__init__(view)
        self._view = view
        self._button = Button.NoButton
        self._press = self._last = QtCore.QPointF()
        self._dragged = False
        self._notches = 0
        self._pulled: tuple[Contour, int, Contour] | None = None
        """The outline that the reader pulls at as it was, the corner, and the outline as it would be."""
        view.installEventFilter(self)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QtGui.QMouseEvent):
            if self._view.pen.on and self._draw(event):
                return True
            if self._pull(event):
                return True
            if kind == QtCore.QEvent.Type.MouseButtonPress:
                self._on_press(event)
            elif kind == QtCore.QEvent.Type.MouseMove:
                self._on_move(event)
            elif kind == QtCore.QEvent.Type.MouseButtonRelease:
                self._on_release(event)
            elif kind == QtCore.QEvent.Type.MouseButtonDblClick:
                self._button = Button.NoButton
                if event.button() == Button.LeftButton:
                    self._view.maximise_requested.emit()
            return True
        if isinstance(event, QtGui.QWheelEvent):
            self._on_wheel(event)
            return True
        return super().eventFilter(watched, event)

    def _draw(self, event: QtGui.QMouseEvent) -> bool:
        """Let the pen take the left button, and the right one to take a point back; others keep what they do."""
        kind, pen = event.type(), self._view.pen
        if kind == QtCore.QEvent.Type.MouseMove:
            if event.buttons() & Button.LeftButton:
                self._view.draw_to(event.position())
            elif event.buttons() == Button.NoButton:
                self._view.setCursor(QtCore.Qt.CursorShape.CrossCursor)
            return not event.buttons() & Button.MiddleButton
        if event.button() not in (Button.LeftButton, Button.RightButton):
            return False
        if kind == QtCore.QEvent.Type.MouseButtonDblClick and event.button() == Button.LeftButton:
            pen.finish()
        elif kind == QtCore.QEvent.Type.MouseButtonPress:
            self._view.setFocus(QtCore.Qt.FocusReason.MouseFocusReason)
            if event.button() == Button.LeftButton:
                self._view.draw_to(event.position())
            else:
                pen.drop_last()
        return True

    def _pull(self, event: QtGui.QMouseEvent) -> bool:
        """Let the left button pull at a corner of the nucleus's outline."""
        kind = event.type()
        if kind == QtCore.QEvent.Type.MouseButtonPress and event.button() == Button.LeftButton:
            found = self._view.corner_at(event.position()) if not event.modifiers() else None
            if found is None:
                return False
            self._view.setFocus(QtCore.Qt.FocusReason.MouseFocusReason)
            self._pulled = (*found, found[0])
            return True
        if self._pulled is None:
            return False
        before, corner, now = self._pulled
        if kind == QtCore.QEvent.Type.MouseMove:
            point = self._view.to_patient(event.position())
            if point is not None:
                after = pulled(before, corner, point)
                self._view.show_pulled(now, after)
                self._pulled = before, corner, after
        elif kind == QtCore.QEvent.Type.MouseButtonRelease:
            self._pulled = None
            if now is not before:
                self._view.outline_changed.emit(now)
        return True

    def _on_press(self, event: QtGui.QMouseEvent) -> None:
        self._view.setFocus(QtCore.Qt.FocusReason.MouseFocusReason)
        self._press = self._last = event.position()
        if event.modifiers() & QtCore.Qt.KeyboardModifier.ShiftModifier:
            self._button = Button.NoButton
            self._view.point_at(event.position())
        else:
            self._button, self._dragged = event.button(), False

    def _on_move(self, event: QtGui.QMouseEvent) -> None:
        if event.modifiers() & QtCore.Qt.KeyboardModifier.ShiftModifier:
            self._view.point_at(event.position())
            return
        if self._button == Button.NoButton:
            shape = QtCore.Qt.CursorShape.ArrowCursor
            if self._view.corner_at(event.position()) is not None:
                shape = QtCore.Qt.CursorShape.SizeAllCursor
            elif self._view.voxel_at(event.position()) is not None:
                shape = QtCore.Qt.CursorShape.PointingHandCursor
            if shape != self._view.cursor().shape():
                self._view.setCursor(shape)
            return
        far = QtWidgets.QApplication.startDragDistance()
        if not self._dragged and (event.position() - self._press).manhattanLength() < far:
            return
        self._dragged = True
        moved, self._last = event.position() - self._last, event.position()
        self._drag(moved)

    def _drag(self, moved: QtCore.QPointF) -> None:
        if self._button == Button.LeftButton and self._view.stack is not None:
            unit = self._view.stack.frame.window_width / _WINDOW_DRAG_PX
            level, width = self._view.level_and_width
            self._view.set_window(level + moved.y() * unit, width + moved.x() * unit)
        elif self._button == Button.MiddleButton:
            self._view.pan(moved)
        elif self._button == Button.RightButton:
            self._view.zoom(2.0 ** (-moved.y() / _ZOOM_DRAG_PX), self._press)

    def _on_release(self, event: QtGui.QMouseEvent) -> None:
        button, self._button = self._button, Button.NoButton
        if self._dragged:
            self._dragged = False
            return
        if button == Button.LeftButton:
            voxel = self._view.voxel_at(event.position())
            if voxel is not None:
                self._view.voxel_clicked.emit(voxel)
        elif button == Button.RightButton:
            self.menu_requested.emit(event.globalPosition().toPoint())

    def _on_wheel(self, event: QtGui.QWheelEvent) -> None:
        delta = event.angleDelta().y()
        if event.modifiers() & QtCore.Qt.KeyboardModifier.ControlModifier:
            self._view.zoom(2.0 ** (delta / _NOTCH / 4), event.position())
            return
        if self._view.pen.points:
            return
        self._notches += delta
        steps = int(self._notches / _NOTCH)
        self._notches -= steps * _NOTCH
        if steps:
            self._view.scroll_by(-steps)
