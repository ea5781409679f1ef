"""What is painted over a slice: voxel outlines, reference lines, letters and the scale bar, all with a halo.

The functions paint in widget pixels, so that text and lines keep their size at every zoom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6 import QtCore, QtGui

from analysis.displacement import LineName
from analysis.nucleus import NucleusOutline
from analysis.types import FloatArray, SaturationBand, Voxel
from widgets import theme
from widgets.texts import noop

VoxelState = Literal["pending", "evaluable", "failed"]
STATE_GLYPH: dict[VoxelState, str] = {"pending": "…", "evaluable": "✓", "failed": "✕"}
_HALO_PX = 3.0
_HALO_OFFSETS = tuple(
    (radius * math.cos(turn * math.pi / 6), radius * math.sin(turn * math.pi / 6))
    for radius in (0.8, 1.6)
    for turn in range(12)
)
"""A halo is the text in black all around itself: glyphs come from Qt's cache, where a stroked outline costs 2 ms."""
_BAR_LENGTHS_MM = (5, 10, 20, 50, 100)
_LABEL_GAP_PX = 8
_GAP_PX = 7.0
SHIFTED_LOOK: dict[LineName, tuple[str, tuple[float, ...]]] = {
    "lactate": ("#f0e442", (3.0, 2.0)),
    "PG": ("#2bd0a4", (2.0, 2.0)),
    "lipid": ("#e79cc6", (4.0, 1.5, 1.0, 1.5, 1.0, 1.5)),
    "water": ("#ffffff", (1.0, 2.0)),
}
"""Colour and dashes of each line's displaced volume; the label says which is which."""
LINE_WORDS: dict[LineName, str] = {
    "lactate": noop("Lactate"),
    "PG": noop("PG"),
    "lipid": noop("Lipid"),
    "water": noop("Water"),
}
Align = QtCore.Qt.AlignmentFlag
MOST_NAMED = 12
"""More labels than these would cover the picture, as those of a spectroscopic imaging grid do."""


@dataclass(frozen=True)
class VoxelMark:
    """A voxel as the images show it."""

    index: int
    label: str
    voxel: Voxel
    frame_of_reference_uid: str | None
    state: VoxelState = "pending"
    glyph: str = ""
    """Of the disc's class; without one, `text` shows the state's own."""
    f0_mhz: float | None = None
    carrier_ppm: float | None = None
    pulse_bandwidth_hz: tuple[float | None, float | None, float | None] | None = None
    gradient_signs: tuple[int, int, int] | None = None
    """These tell where a line's volume lies; None where the record does not say (see `analysis.displacement`)."""
    saturation: tuple[SaturationBand, ...] | None = None
    """The saturation bands of the acquisition; None where its file does not say."""
    nucleus: NucleusOutline = NucleusOutline()
    offered: NucleusOutline = NucleusOutline()
    """What the images propose and the reader has not taken."""

    @property
    def text(self) -> str:
        """The label with the glyph of its class or of its state."""
        return f"{self.label} {self.glyph or STATE_GLYPH[self.state]}"


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
    picture = _text_picture(text, colour, font, painter.device().devicePixelRatioF())
    painter.drawPixmap(QtCore.QPointF(box.left() - _HALO_PX, box.top() - _HALO_PX), picture)
    return box


def _text_picture(text: str, colour: str, font: QtGui.QFont, ratio: float) -> QtGui.QPixmap:
    """Return a line of text with its halo; it is made once and then kept."""
    key = f"discern text {ratio} {colour} {font.key()} {text}"
    kept = QtGui.QPixmap()
    if QtGui.QPixmapCache.find(key, kept):
        return kept
    metrics = QtGui.QFontMetricsF(font)
    size = QtCore.QSizeF(metrics.horizontalAdvance(text) + 2 * _HALO_PX, metrics.height() + 2 * _HALO_PX)
    picture = QtGui.QPixmap((size * ratio).toSize() + QtCore.QSize(1, 1))
    picture.setDevicePixelRatio(ratio)
    picture.fill(QtCore.Qt.GlobalColor.transparent)
    baseline = QtCore.QPointF(_HALO_PX, _HALO_PX + metrics.ascent())
    painter = QtGui.QPainter(picture)
    painter.setRenderHint(QtGui.QPainter.RenderHint.TextAntialiasing, True)
    painter.setFont(font)
    painter.setPen(QtGui.QColor(theme.HALO))
    for offset in _HALO_OFFSETS:
        painter.drawText(baseline + QtCore.QPointF(*offset), text)
    painter.setPen(QtGui.QColor(colour))
    painter.drawText(baseline, text)
    painter.end()
    QtGui.QPixmapCache.insert(key, picture)
    return picture


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
    """Paint a voxel's outline: solid; long dashes where it failed; dash and dot before its fit; dotted if projected."""
    pen = QtGui.QPen(QtGui.QColor(voxel_colour(state, selected)), 2.0 if selected and not projected else 1.2)
    if projected:
        pen.setStyle(QtCore.Qt.PenStyle.DotLine)
    elif state == "failed":
        pen.setDashPattern([5, 3])
    elif state == "pending":
        pen.setStyle(QtCore.Qt.PenStyle.DashDotLine)
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


def paint_shifted(painter: QtGui.QPainter, polygon: QtGui.QPolygonF, name: LineName) -> None:
    """Paint the outline of a line's displaced volume: thin, in short dashes of the line's own colour and rhythm."""
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QtGui.QPen(QtGui.QColor(theme.HALO), 2.6))
    painter.drawPolygon(polygon)
    painter.setPen(shifted_pen(name))
    painter.drawPolygon(polygon)


def shifted_pen(name: LineName) -> QtGui.QPen:
    """Return the pen of a line's displaced volume, for its outline and for the sample beside its label."""
    colour, dashes = SHIFTED_LOOK[name]
    pen = QtGui.QPen(QtGui.QColor(colour), 1.2)
    pen.setDashPattern(list(dashes))
    return pen


def paint_crosshair(painter: QtGui.QPainter, at: QtCore.QPointF, area: QtCore.QRectF, *, off_slice: bool) -> None:
    """Paint the linked cursor with a gap about its point; dotted where the point lies off the slice."""
    reach = (
        QtCore.QLineF(area.left(), at.y(), at.x() - _GAP_PX, at.y()),
        QtCore.QLineF(at.x() + _GAP_PX, at.y(), area.right(), at.y()),
        QtCore.QLineF(at.x(), area.top(), at.x(), at.y() - _GAP_PX),
        QtCore.QLineF(at.x(), at.y() + _GAP_PX, at.x(), area.bottom()),
    )
    pen = QtGui.QPen(QtGui.QColor(theme.CURSOR), 1.0)
    if off_slice:
        pen.setStyle(QtCore.Qt.PenStyle.DotLine)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, False)
    painter.setPen(pen)
    painter.drawLines(reach)


def bar_length_mm(mm_per_px: float, *, widest_px: float) -> int:
    """Return the longest scale bar that is at most `widest_px` wide."""
    fitting = [length for length in _BAR_LENGTHS_MM if length / mm_per_px <= widest_px]
    return fitting[-1] if fitting else _BAR_LENGTHS_MM[0]


def paint_scale_bar(
    painter: QtGui.QPainter, corner: QtCore.QPointF, mm_per_px: float, font: QtGui.QFont
) -> QtCore.QRectF:
    """Paint a scale bar whose bottom left is `corner`, with its length beside it; return the rectangle it takes."""
    length = bar_length_mm(mm_per_px, widest_px=90.0)
    right, y = corner.x() + length / mm_per_px, corner.y() - 5
    ends = ((corner.x(), y - 5), (corner.x(), y), (right, y), (right, y - 5))
    bracket = QtGui.QPolygonF([QtCore.QPointF(*end) for end in ends])
    for colour, width in ((theme.HALO, 4.0), (theme.IMAGE_TEXT, 1.4)):
        painter.setPen(QtGui.QPen(QtGui.QColor(colour), width))
        painter.drawPolyline(bracket)
    at = QtCore.QPointF(right + 6, corner.y())
    beside = paint_text(painter, at, f"{length} mm", theme.IMAGE_TEXT, font, Align.AlignLeft | Align.AlignBottom)
    return beside.united(bracket.boundingRect())
