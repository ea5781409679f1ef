"""What is painted over a slice: voxel outlines, reference lines, letters and the scale bar, all with a halo.

The functions paint in widget pixels, so that text and lines keep their size at every zoom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6 import QtCore, QtGui

from analysis.types import FloatArray, Voxel
from widgets import theme

VoxelState = Literal["pending", "evaluable", "failed"]
_HALO_PX = 3.0
_BAR_LENGTHS_MM = (5, 10, 20, 50, 100)
_LABEL_GAP_PX = 8
Align = QtCore.Qt.AlignmentFlag


@dataclass(frozen=True, eq=False)
class VoxelMark:
    """A voxel as the images show it."""

    index: int
    label: str
    voxel: Voxel
    frame_of_reference_uid: str | None
    state: VoxelState = "pending"
    glyph: str = ""

    @property
    def text(self) -> str:
        """The label with the glyph of its class."""
        return f"{self.label} {self.glyph}".strip()


@dataclass(frozen=True, eq=False)
class Outline:
    """Where a voxel cuts the shown slice: ``pixels`` is (n, 2) in (column, row) of the stack."""

    mark: VoxelMark
    pixels: FloatArray
    projected: bool = False


def voxel_colour(state: VoxelState, selected: bool) -> str:
    """Return the colour of an outline; line style and glyph say the same."""
    if selected:
        return theme.VOXEL_SELECTED
    return theme.VOXEL_FAILED if state == "failed" else theme.VOXEL_EVALUABLE


def paint_text(
    painter: QtGui.QPainter,
    at: QtCore.QPointF,
    text: str,
    colour: str,
    font: QtGui.QFont,
    align: QtCore.Qt.AlignmentFlag = Align.AlignLeft | Align.AlignTop,
) -> QtCore.QRectF:
    """Paint one line of text with a black halo around its letters; return the rectangle it takes."""
    box = text_box(at, text, font, align)
    baseline = QtCore.QPointF(box.left(), box.top() + QtGui.QFontMetricsF(font).ascent())
    path = QtGui.QPainterPath()
    path.addText(baseline, font, text)
    pen = QtGui.QPen(QtGui.QColor(theme.HALO), _HALO_PX)
    pen.setJoinStyle(QtCore.Qt.PenJoinStyle.RoundJoin)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
    painter.strokePath(path, pen)
    painter.fillPath(path, QtGui.QColor(colour))
    return box


def text_box(at: QtCore.QPointF, text: str, font: QtGui.QFont, align: QtCore.Qt.AlignmentFlag) -> QtCore.QRectF:
    """Return the rectangle of one line of text whose `align` corner or edge lies at a point."""
    metrics = QtGui.QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text), metrics.height()
    left, top = at.x(), at.y()
    if align & Align.AlignRight:
        left -= width
    elif align & Align.AlignHCenter:
        left -= width / 2
    if align & Align.AlignBottom:
        top -= height
    elif align & Align.AlignVCenter:
        top -= height / 2
    return QtCore.QRectF(left, top, width, height)


def paint_outline(
    painter: QtGui.QPainter, polygon: QtGui.QPolygonF, state: VoxelState, *, selected: bool, projected: bool = False
) -> None:
    """Paint a voxel's outline: solid, dashed where the voxel failed, dotted where it is only projected."""
    pen = QtGui.QPen(QtGui.QColor(voxel_colour(state, selected)), 2.0 if selected and not projected else 1.2)
    if projected:
        pen.setStyle(QtCore.Qt.PenStyle.DotLine)
    elif state == "failed":
        pen.setStyle(QtCore.Qt.PenStyle.DashLine)
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
    if not projected:
        painter.setPen(QtGui.QPen(QtGui.QColor(theme.HALO), pen.widthF() + 2))
        painter.drawPolygon(polygon)
    painter.setPen(pen)
    painter.drawPolygon(polygon)


def place_labels(anchors: Sequence[QtCore.QPointF], texts: Sequence[str], font: QtGui.QFont) -> list[QtCore.QPointF]:
    """Move labels down until none covers another; each anchor is the left middle of its label."""
    placed: dict[int, QtCore.QRectF] = {}
    align = Align.AlignLeft | Align.AlignVCenter
    for i in sorted(range(len(anchors)), key=lambda k: anchors[k].y()):
        box = text_box(anchors[i] + QtCore.QPointF(_LABEL_GAP_PX, 0), texts[i], font, align)
        while any(box.intersects(other) for other in placed.values()):
            box.translate(0, 2)
        placed[i] = box
    return [QtCore.QPointF(placed[i].left(), placed[i].center().y()) for i in range(len(anchors))]


def paint_line(painter: QtGui.QPainter, line: QtCore.QLineF) -> None:
    """Paint a reference line: where another view's slice cuts this one."""
    pen = QtGui.QPen(QtGui.QColor(theme.REFERENCE_LINE), 1.0, QtCore.Qt.PenStyle.DashLine)
    pen.setDashPattern([6, 5])
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen)
    painter.drawLine(line)


def bar_length_mm(mm_per_px: float, *, widest_px: float) -> int:
    """Return the longest scale bar that is at most `widest_px` wide."""
    fitting = [length for length in _BAR_LENGTHS_MM if length / mm_per_px <= widest_px]
    return fitting[-1] if fitting else _BAR_LENGTHS_MM[0]


def paint_scale_bar(painter: QtGui.QPainter, corner: QtCore.QPointF, mm_per_px: float, font: QtGui.QFont) -> None:
    """Paint a scale bar whose bottom left is `corner`, with its length beside it."""
    length = bar_length_mm(mm_per_px, widest_px=90.0)
    right, y = corner.x() + length / mm_per_px, corner.y() - 5
    path = QtGui.QPainterPath(QtCore.QPointF(corner.x(), y - 5))
    path.lineTo(corner.x(), y)
    path.lineTo(right, y)
    path.lineTo(right, y - 5)
    for colour, width in ((theme.HALO, 4.0), (theme.IMAGE_TEXT, 1.4)):
        painter.strokePath(path, QtGui.QPen(QtGui.QColor(colour), width))
    at = QtCore.QPointF(right + 6, corner.y())
    paint_text(painter, at, f"{length} mm", theme.IMAGE_TEXT, font, Align.AlignLeft | Align.AlignBottom)
