"""The grey picture of one slice: windowed once, scaled once, and drawn from memory until either changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray
from PySide6 import QtCore, QtGui

from analysis.geometry import pixel_spacing_mm
from analysis.reslice import SliceStack
from widgets import theme
from widgets.slice_camera import Camera

_KEPT_SLICES = 24
"""Reformatted slices kept in memory: at 512 x 512 about 1 MB each."""


class SlicePixels:
    """Gives the pixels of a stack's slices; reformatted ones are sampled once and the last ones are kept."""

    def __init__(self, stack: SliceStack) -> None:
        self.stack = stack
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    def slice(self, index: int) -> NDArray[np.float32]:
        """Return one slice, (rows, columns)."""
        if not self.stack.reformatted:
            return self.stack.slice_pixels(index)
        if index not in self._kept:
            self._kept[index] = self.stack.slice_pixels(index)
            if len(self._kept) > _KEPT_SLICES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(index)
        return self._kept[index]


def grey_image(pixels: NDArray[np.float32], level: float, width: float, *, inverted: bool) -> QtGui.QImage:
    """Return a slice in its window, black to white, or white to black where `inverted`."""
    scaled = np.subtract(pixels, np.float32(level - width / 2), dtype=np.float32)
    scaled *= np.float32(255.0 / width)
    np.fmax(scaled, np.float32(0), out=scaled)  # unlike clip, this turns what is not a number into black
    np.fmin(scaled, np.float32(255), out=scaled)
    if inverted:
        np.subtract(np.float32(255), scaled, out=scaled)
    grey = np.ascontiguousarray(scaled.astype(np.uint8))
    rows, columns = grey.shape
    over_memory = QtGui.QImage(grey.data, columns, rows, columns, QtGui.QImage.Format.Format_Grayscale8)
    return over_memory.convertToFormat(QtGui.QImage.Format.Format_RGB32)


class SlicePicture:
    """Draws a slice; the windowed and the scaled picture are made again only when what they show has changed."""

    def __init__(self) -> None:
        self._image = QtGui.QImage()
        self._image_key: Hashable = None
        self._scaled = QtGui.QPixmap()
        self._scaled_key: Hashable = None

    def set_image(self, key: Hashable, make: Callable[[], QtGui.QImage]) -> None:
        """Take another picture where the key is another one."""
        if self._image_key != key:
            self._image, self._image_key, self._scaled_key = make(), key, None

    def paint(self, painter: QtGui.QPainter, stack: SliceStack, camera: Camera, size: QtCore.QSize) -> None:
        """Draw the picture where the camera sees it."""
        ratio = painter.device().devicePixelRatioF()
        key = (self._image_key, camera, size.width(), size.height(), ratio)
        if self._scaled_key != key:
            if self._scaled.size() != size * ratio:
                self._scaled = QtGui.QPixmap(size * ratio)
            self._scaled.setDevicePixelRatio(ratio)
            self._scaled.fill(QtGui.QColor(theme.IMAGE_GROUND))
            inner = QtGui.QPainter(self._scaled)
            inner.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, True)
            inner.setTransform(_pixels_to_widget(stack, camera, size), True)
            inner.drawImage(QtCore.QPointF(-0.5, -0.5), self._image)
            inner.end()
            self._scaled_key = key
        painter.drawPixmap(0, 0, self._scaled)


def _pixels_to_widget(stack: SliceStack, camera: Camera, size: QtCore.QSize) -> QtGui.QTransform:
    """Return the map from (column, row), integers at pixel centres, to widget pixels."""
    across, down = pixel_spacing_mm(stack.frame)
    x, y = camera.signs
    transform = QtGui.QTransform()
    transform.translate(size.width() / 2, size.height() / 2)
    transform.scale(x / camera.mm_per_px, y / camera.mm_per_px)
    transform.translate(-camera.centre_mm[0], -camera.centre_mm[1])
    transform.scale(across, down)
    return transform
