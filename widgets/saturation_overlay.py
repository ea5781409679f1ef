"""Saturation bands over a slice: hatched, so that what lies beneath stays visible, and named in the corner."""

from __future__ import annotations

from PySide6 import QtCore, QtGui

from analysis.saturation import band_pixels, touches
from analysis.types import FloatArray, Volume
from widgets import theme
from widgets.overlays import VoxelMark
from widgets.texts import plural, tr

_HATCH_PX = 9.0


def band_cuts(mark: VoxelMark | None, frame: Volume, index: int) -> tuple[FloatArray, ...]:
    """Return where the bands of a voxel's acquisition lie on a slice, each (n, 2) in (column, row)."""
    bands = mark.saturation or () if mark is not None else ()
    return tuple(pixels for pixels in (band_pixels(band, frame, index) for band in bands) if len(pixels))


def band_text(mark: VoxelMark | None) -> str:
    """Return what the corner says of the bands of the selected voxel."""
    if mark is None:
        return ""
    if mark.saturation is None:
        return tr("saturation bands: not recorded")
    if not mark.saturation:
        return tr("saturation bands: none")
    count = len(mark.saturation)
    reach = sum(touches(band, mark.voxel) for band in mark.saturation)
    inside = tr(", {reach} reach into the voxel", reach=reach) if reach else ""
    return plural("▨ 1 saturation band", "▨ {n} saturation bands", count) + inside


def paint_band(painter: QtGui.QPainter, shape: QtGui.QPolygonF) -> None:
    """Paint one band: its edges, and thin lines aslant across it."""
    painter.save()
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
    painter.setPen(QtGui.QPen(QtGui.QColor(theme.SATURATION), 1.0))
    painter.drawPolygon(shape)
    path = QtGui.QPainterPath()
    path.addPolygon(shape)
    painter.setClipPath(path, QtCore.Qt.ClipOperation.IntersectClip)
    box = shape.boundingRect().intersected(QtCore.QRectF(painter.viewport()))
    colour = QtGui.QColor(theme.SATURATION)
    colour.setAlphaF(0.45)
    painter.setPen(QtGui.QPen(colour, 1.0))
    x = box.left() - box.height()
    lines = []
    while x < box.right():
        lines.append(QtCore.QLineF(x, box.bottom(), x + box.height(), box.top()))
        x += _HATCH_PX
    painter.drawLines(lines)
    painter.restore()
