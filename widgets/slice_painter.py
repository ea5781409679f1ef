"""Paints over a slice: reference lines, voxels, the corner text, the sides of the patient and the scale bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6 import QtCore, QtGui

from analysis.geometry import direction_letters
from analysis.reslice import SliceStack
from widgets import overlays, theme
from widgets.overlays import Align

if TYPE_CHECKING:
    from widgets.slice_view import SliceView

_MARGIN_PX = 8
UNPLACED = "voxels not drawn: no common frame of reference"


def paint_over(painter: QtGui.QPainter, view: SliceView) -> None:
    """Paint everything that lies over a slice, in widget pixels."""
    area = QtCore.QRectF(view.viewport().rect())
    if view.stack is None:
        _paint_empty(painter, area, view.empty_text)
    else:
        for line in view.reference_lines:
            ends = view.to_widget(line)
            overlays.paint_line(painter, QtCore.QLineF(ends.at(0), ends.at(1)))
        _paint_voxels(painter, view)
        below = _paint_corner(painter, area, corner_lines(view))
        _paint_letters(painter, area, view.stack, below)
        bottom = QtCore.QPointF(_MARGIN_PX + 2, area.height() - _MARGIN_PX)
        overlays.paint_scale_bar(painter, bottom, float(view.box.viewPixelSize()[0]), theme.font_of(-1))
    if view.hasFocus():
        painter.setPen(QtGui.QPen(QtGui.QColor(theme.REFERENCE_LINE), 1))
        painter.drawRect(area.adjusted(0.5, 0.5, -1.5, -1.5))


def corner_lines(view: SliceView) -> list[tuple[str, str]]:
    """Return what the corner says, each line with its colour: series and slice, window, and what to beware of."""
    if view.stack is None:
        return []
    level, width = view.window
    lines = [(f"{view.title} · {view.index + 1}/{view.stack.count}", theme.IMAGE_TEXT)]
    lines.append((f"W {width:.4g}  L {level:.4g}", theme.IMAGE_DIM))
    if view.stack.reformatted:
        lines.append(("reformatted", theme.DARK.warn))
    if view.unplaced:
        lines.append((UNPLACED, theme.DARK.warn))
    return lines


def _paint_empty(painter: QtGui.QPainter, area: QtCore.QRectF, text: str) -> None:
    painter.setFont(theme.font_of())
    painter.setPen(QtGui.QColor(theme.IMAGE_DIM))
    option = QtGui.QTextOption(Align.AlignCenter)
    painter.drawText(area.adjusted(16, 16, -16, -16), text, option)


def _paint_voxels(painter: QtGui.QPainter, view: SliceView) -> None:
    shown = sorted(view.outlines, key=lambda o: (not o.projected, o.mark.index == view.selected))
    polygons = [view.to_widget(outline.pixels) for outline in shown]
    for outline, polygon in zip(shown, polygons, strict=True):
        chosen = outline.mark.index == view.selected
        overlays.paint_outline(painter, polygon, outline.mark.state, selected=chosen, projected=outline.projected)
    font = theme.font_of(0, bold=True)
    boxes = [polygon.boundingRect() for polygon in polygons]
    anchors = [QtCore.QPointF(box.right(), box.center().y()) for box in boxes]
    texts = [outline.mark.text for outline in shown]
    for outline, at, text in zip(shown, overlays.place_labels(anchors, texts, font), texts, strict=True):
        colour = overlays.voxel_colour(outline.mark.state, outline.mark.index == view.selected)
        overlays.paint_text(painter, at, text, colour, font, Align.AlignLeft | Align.AlignVCenter)


def _paint_corner(painter: QtGui.QPainter, area: QtCore.QRectF, lines: list[tuple[str, str]]) -> float:
    """Paint the corner's lines; return how far down they reach into the middle of the view."""
    at, below = QtCore.QPointF(_MARGIN_PX, _MARGIN_PX - 2), _MARGIN_PX - 2.0
    for text, colour in lines:
        box = overlays.paint_text(painter, at, text, colour, theme.font_of(-1))
        at.setY(box.bottom())
        if box.right() > area.width() / 2 - 2 * _MARGIN_PX:
            below = box.bottom()
    return below


def _paint_letters(painter: QtGui.QPainter, area: QtCore.QRectF, stack: SliceStack, top: float) -> None:
    column, row = stack.frame.affine[:3, 0], stack.frame.affine[:3, 1]
    middle = area.center()
    sides = (
        (-column, _MARGIN_PX, middle.y(), Align.AlignLeft | Align.AlignVCenter),
        (column, area.width() - _MARGIN_PX, middle.y(), Align.AlignRight | Align.AlignVCenter),
        (-row, middle.x(), top, Align.AlignHCenter | Align.AlignTop),
        (row, middle.x(), area.height() - _MARGIN_PX + 2, Align.AlignHCenter | Align.AlignBottom),
    )
    font = theme.font_of(0, bold=True)
    for direction, x, y, align in sides:
        at = QtCore.QPointF(x, y)
        overlays.paint_text(painter, at, direction_letters(direction), theme.IMAGE_TEXT, font, align)
