"""One slice of a stack on the screen: which part of it, in which window; what lies over it: see `SliceView`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.geometry import nearest_slice, pixel_spacing_mm, to_pixels
from analysis.reslice import SliceStack
from analysis.types import FloatArray
from widgets import theme
from widgets.slice_camera import Camera, Size, whole
from widgets.slice_picture import SlicePicture, SlicePixels, grey_image

_LEAST_SIZE = (140, 110)


class SliceCanvas(QtWidgets.QWidget):
    """Shows the picture of one slice, scrolled, windowed, zoomed and mirrored."""

    slice_changed = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.stack: SliceStack | None = None
        self.title, self.empty_text = "", ""
        self.index = 0
        self.camera, self.inverted = Camera(), False
        self._window = (0.0, 1.0)
        self._windows: dict[str, tuple[float, float]] = {}
        self._zoomed = False
        self._pixels: SlicePixels | None = None
        self._picture = SlicePicture()
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(*_LEAST_SIZE)

    def _on_slice(self) -> None:
        """Another slice is shown; a subclass brings up to date what lies over it."""
        self.update()

    # --- the stack -----------------------------------------------------------------------------------------------

    def set_stack(self, stack: SliceStack | None, title: str = "", empty: str = "") -> None:
        """Show a stack, or an empty pane with a sentence; the zoom is kept where the reader has zoomed."""
        before = self._series, self.title
        self.stack, self.title, self.empty_text = stack, title, empty
        self._pixels = SlicePixels(stack) if stack is not None else None
        if (self._series, title) != before:
            self.inverted, self.camera = False, replace(self.camera, flipped=(False, False))
        if stack is not None:
            frame = stack.frame
            self._window = self._windows.get(frame.series_instance_uid, (frame.window_centre, frame.window_width))
            self.index = min(self.index, stack.count - 1)
            if not self._zoomed:
                self.fit()
        self._on_slice()

    @property
    def _series(self) -> str:
        return self.stack.frame.series_instance_uid if self.stack is not None else ""

    def set_slice(self, index: int) -> None:
        """Show a slice, clipped to the stack."""
        if self.stack is None:
            return
        index = min(max(index, 0), self.stack.count - 1)
        if index != self.index:
            self.index = index
            self._on_slice()
            self.slice_changed.emit(index)

    def scroll_by(self, by: int) -> None:
        """Step through the stack."""
        self.set_slice(self.index + by)

    def show_point(self, point_mm: Sequence[float]) -> None:
        """Go to the slice nearest to an LPS point; where the reader has zoomed, centre on it."""
        if self.stack is None:
            return
        self.set_slice(nearest_slice(self.stack.frame, np.asarray(point_mm)))
        if self._zoomed:
            x, y = self._plane_mm(point_mm)
            self._look(replace(self.camera, centre_mm=(x, y)))

    def follow_point(self, point_mm: Sequence[float]) -> None:
        """Go to the slice nearest to an LPS point, and pan only where the point would lie outside the view."""
        if self.stack is None:
            return
        self.set_slice(nearest_slice(self.stack.frame, np.asarray(point_mm)))
        x, y = self._plane_mm(point_mm)
        at = self.camera.to_widget(np.array([[x, y]]), self.extent)[0]
        if self._zoomed and not self.rect().contains(int(at[0]), int(at[1])):
            self._look(replace(self.camera, centre_mm=(x, y)))

    # --- window --------------------------------------------------------------------------------------------------

    @property
    def level_and_width(self) -> tuple[float, float]:
        """The display window as (level, width)."""
        return self._window

    def set_window(self, level: float, width: float) -> None:
        """Set the display window; it is kept for every view of the same series in this pane."""
        self._window = (level, max(width, 1e-6))
        if self.stack is not None:
            self._windows[self._series] = self._window
        self.update()

    def set_inverted(self, inverted: bool) -> None:
        """Show white as black."""
        self.inverted = inverted
        self.update()

    # --- zoom and flips ------------------------------------------------------------------------------------------

    @property
    def extent(self) -> Size:
        """Width and height in widget pixels."""
        return float(self.width()), float(self.height())

    def _look(self, camera: Camera) -> None:
        self.camera = camera
        self.update()

    def fit(self) -> None:
        """Show the whole slice."""
        self._zoomed = False
        if self.stack is not None:
            self._look(whole(self.stack.frame, self.extent, self.camera.flipped))

    def zoom(self, factor: float, at: QtCore.QPointF | None = None) -> None:
        """Magnify around a widget point, or around the middle."""
        self._zoomed = True
        at = at if at is not None else QtCore.QRectF(self.rect()).center()
        self._look(self.camera.zoomed(factor, (at.x(), at.y()), self.extent))

    def pan(self, by_px: QtCore.QPointF) -> None:
        """Move the picture with the mouse."""
        self._zoomed = True
        self._look(self.camera.panned(by_px.x(), by_px.y()))

    def flip(self, *, across: bool) -> None:
        """Mirror the picture left to right (`across`) or top to bottom; outlines and letters go with it."""
        x, y = self.camera.flipped
        self._look(replace(self.camera, flipped=(not x, y) if across else (x, not y)))

    def reset(self) -> None:
        """Show the whole slice in the series' own window, neither flipped nor inverted."""
        if self.stack is not None:
            self.inverted, self.camera = False, replace(self.camera, flipped=(False, False))
            self.set_window(self.stack.frame.window_centre, self.stack.frame.window_width)
            self.fit()

    # --- places --------------------------------------------------------------------------------------------------

    def _plane_mm(self, point_mm: Sequence[float]) -> tuple[float, float]:
        """Return the plane coordinates of an LPS point's foot on the slice."""
        assert self.stack is not None
        column, row, _ = to_pixels(self.stack.frame, np.asarray(point_mm))[0]
        across, down = pixel_spacing_mm(self.stack.frame)
        return float(column) * across, float(row) * down

    def to_widget(self, pixels: FloatArray) -> QtGui.QPolygonF:
        """Map (column, row) points, (n, 2), to widget pixels."""
        assert self.stack is not None
        plane = np.asarray(pixels) * np.array(pixel_spacing_mm(self.stack.frame))
        return QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in self.camera.to_widget(plane, self.extent).tolist()])

    def to_patient(self, at: QtCore.QPointF) -> tuple[float, float, float] | None:
        """Return the LPS point under a widget point, in mm."""
        if self.stack is None:
            return None
        across, down = pixel_spacing_mm(self.stack.frame)
        x, y = self.camera.to_plane(at.x(), at.y(), self.extent)
        point = self.stack.frame.affine @ np.array([x / across, y / down, self.index, 1.0])
        return float(point[0]), float(point[1]), float(point[2])

    # --- painting ------------------------------------------------------------------------------------------------

    def paint_picture(self, painter: QtGui.QPainter) -> None:
        """Paint the slice without what lies over it."""
        if self.stack is None or self._pixels is None:
            painter.fillRect(self.rect(), QtGui.QColor(theme.IMAGE_GROUND))
            return
        pixels, index, inverted = self._pixels, self.index, self.inverted
        level, width = self._window
        key = (pixels, index, level, width, inverted)
        self._picture.set_image(key, lambda: grey_image(pixels.slice(index), level, width, inverted=inverted))
        self._picture.paint(painter, self.stack, self.camera, self.size())

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._zoomed:
            self.fit()
