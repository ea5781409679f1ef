"""Outlines of nuclei over a slice: whole where they lie in it, as two small marks where they pass through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6 import QtCore, QtGui

from analysis.nucleus import Contour, contour_pixels
from analysis.types import FloatArray, Volume
from widgets import theme
from widgets.overlays import VoxelMark

_TICK_PX = 3.5


@dataclass(frozen=True, eq=False)
class NucleusCut:
    """Where one outline shows on a slice: the polygon, or (not `whole`) the places where it passes through."""

    voxel: int
    contour: Contour
    pixels: FloatArray
    whole: bool
    offered: bool


def nucleus_cuts(marks: Iterable[VoxelMark], frame: Volume, index: int) -> tuple[NucleusCut, ...]:
    """Return where the outlines of voxels show on a slice; those offered by the images hide what they would replace."""
    found = []
    for mark in marks:
        kept = [contour for contour in mark.nucleus.contours if mark.offered.of(contour.plane) is None]
        for offered, contours in ((False, kept), (True, mark.offered.contours)):
            for contour in contours:
                pixels, whole = contour_pixels(contour, frame, index)
                if len(pixels):
                    found.append(NucleusCut(mark.index, contour, pixels, whole, offered))
    return tuple(found)


def paint_nucleus(painter: QtGui.QPainter, shape: QtGui.QPolygonF, cut: NucleusCut, *, selected: bool) -> None:
    """Paint an outline: solid where the reader drew or took it, dashed while it is only offered; ticks across it."""
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.HALO, 3.0), (theme.NUCLEUS, 1.6 if selected else 1.0)):
        pen = QtGui.QPen(QtGui.QColor(colour), width)
        if cut.offered and colour != theme.HALO:
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        if cut.whole:
            painter.drawPolygon(shape)
        elif selected:
            _paint_ticks(painter, shape)


def _paint_ticks(painter: QtGui.QPainter, places: QtGui.QPolygonF) -> None:
    for at in places.toList():
        painter.drawLine(at + QtCore.QPointF(-_TICK_PX, -_TICK_PX), at + QtCore.QPointF(_TICK_PX, _TICK_PX))
        painter.drawLine(at + QtCore.QPointF(-_TICK_PX, _TICK_PX), at + QtCore.QPointF(_TICK_PX, -_TICK_PX))


def paint_drawing(painter: QtGui.QPainter, line: QtGui.QPolygonF) -> None:
    """Paint what is being drawn: a line with its corners, and a dotted one that would close it."""
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.HALO, 3.0), (theme.NUCLEUS, 1.6)):
        painter.setPen(QtGui.QPen(QtGui.QColor(colour), width))
        painter.drawPolyline(line)
    points = line.toList()
    if len(points) > 2:
        painter.setPen(QtGui.QPen(QtGui.QColor(theme.NUCLEUS), 1.0, QtCore.Qt.PenStyle.DotLine))
        painter.drawLine(points[-1], points[0])
    painter.setPen(QtGui.QPen(QtGui.QColor(theme.NUCLEUS), 4.0, c=QtCore.Qt.PenCapStyle.RoundCap))
    painter.drawPoints(points[:1] + points[-1:])
