"""Paints over a slice: lines, voxels, displaced volumes, cursor, corner text, the patient's sides, scale bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6 import QtCore, QtGui

from analysis.geometry import direction_letters, to_pixels
from widgets import overlays, slice_legend, theme
from widgets.annotated_slice import AnnotatedSlice
from widgets.nucleus_overlay import paint_drawing, paint_nucleus
from widgets.overlays import Align, Outline
from widgets.saturation_overlay import paint_band
from widgets.texts import noop, tr

_MARGIN_PX = 8
UNPLACED = noop("voxels not drawn: no common frame of reference")


def paint_over(painter: QtGui.QPainter, view: AnnotatedSlice) -> None:
    """Paint everything that lies over a slice, in widget pixels."""
    area = QtCore.QRectF(view.rect())
    if view.stack is None:
        _paint_empty(painter, area, view.empty_text)
    else:
        for band in view.bands:
            paint_band(painter, view.to_widget(band))
        for line in view.reference_lines:
            ends = view.to_widget(line)
            overlays.paint_line(painter, QtCore.QLineF(ends.at(0), ends.at(1)))
        _paint_voxels(painter, view)
        _paint_cursor(painter, view, area)
        below = _paint_corner(painter, area, corner_lines(view))
        bottom = QtCore.QPointF(_MARGIN_PX + 2, area.height() - _MARGIN_PX)
        bar = overlays.paint_scale_bar(painter, bottom, view.camera.mm_per_px, theme.font_of(-1))
        _paint_letters(painter, view, below, bar)
        if view.shifted:
            slice_legend.paint_legend(painter, view.shifted, area)
    if view.hasFocus():
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
        painter.setPen(QtGui.QPen(QtGui.QColor(theme.REFERENCE_LINE), 1))
        painter.drawRect(area.adjusted(0.5, 0.5, -1.5, -1.5))


def corner_lines(view: AnnotatedSlice) -> list[tuple[str, str]]:
    """Return what the corner says, each line with its colour: series and slice, window, and what to beware of."""
    if view.stack is None:
        return []
    level, width = view.level_and_width
    inverted = tr("  inverted") if view.inverted else ""
    lines = [(f"{view.title} · {view.index + 1}/{view.stack.count}", theme.IMAGE_TEXT)]
    lines.append((f"W {width:.4g}  L {level:.4g}{inverted}", theme.IMAGE_DIM))
    cautions = [
        (view.tag, bool(view.tag)),
        (tr("reformatted"), view.stack.reformatted),
        (_flipped(view.camera.flipped), any(view.camera.flipped)),
        (tr(UNPLACED), view.unplaced),
    ]
    lines += [(text, theme.DARK.warn) for text, holds in cautions if holds]
    if view.bands_text:
        lines.append((view.bands_text, theme.SATURATION))
    if view.pen.on:
        lines.append((tr("outlining the nucleus: click or drag, double click closes, Esc leaves"), theme.NUCLEUS))
    if view.cursor_mm is not None:
        off = view.cursor_off_mm()
        beside = tr(", {off:.0f} mm off this slice", off=off) if off >= 0.5 else ""
        lines.append((f"{patient_place(view.cursor_mm)}{beside}", theme.CURSOR))
    return lines


def patient_place(point_mm: tuple[float, float, float]) -> str:
    """Return an LPS point in words of the patient's sides, for example ``L 12 P 4 H 31 mm``."""
    names = (("L", "R"), ("P", "A"), ("H", "F"))
    parts = [f"{pair[value < 0]} {abs(value):.0f}" for value, pair in zip(point_mm, names, strict=True)]
    return tr("{names} mm", names=" ".join(parts))


def _flipped(flipped: tuple[bool, bool]) -> str:
    ways = [way for way, is_so in zip((tr("left to right"), tr("top to bottom")), flipped, strict=True) if is_so]
    return tr("flipped {ways}", ways=tr(" and ").join(ways))


def _paint_empty(painter: QtGui.QPainter, area: QtCore.QRectF, text: str) -> None:
    painter.setFont(theme.font_of())
    painter.setPen(QtGui.QColor(theme.IMAGE_DIM))
    option = QtGui.QTextOption(Align.AlignCenter)
    painter.drawText(area.adjusted(16, 16, -16, -16), text, option)


def _paint_voxels(painter: QtGui.QPainter, view: AnnotatedSlice) -> None:
    shown = sorted(view.outlines, key=lambda o: (not o.projected, o.mark.index == view.selected))
    polygons = [view.to_widget(outline.pixels) for outline in shown]
    for outline, polygon in zip(shown, polygons, strict=True):
        chosen = outline.mark.index == view.selected
        overlays.paint_outline(painter, polygon, outline.mark.state, selected=chosen, projected=outline.projected)
    for cut in view.nuclei:
        paint_nucleus(painter, view.to_widget(cut.pixels), cut, selected=cut.voxel == view.selected)
    if view.pen.points:
        pixels = to_pixels(view.stack.frame, np.asarray(view.pen.points))[:, :2] if view.stack else np.empty((0, 2))
        paint_drawing(painter, view.to_widget(pixels))
    displaced = [view.to_widget(shifted.pixels) for shifted in view.shifted]
    for shifted, polygon in zip(view.shifted, displaced, strict=True):
        overlays.paint_shifted(painter, polygon, shifted.name)
    beyond = max((polygon.boundingRect().right() for polygon in displaced), default=0.0)
    _paint_labels(painter, view, shown, polygons, beyond)


def _paint_labels(
    painter: QtGui.QPainter,
    view: AnnotatedSlice,
    shown: Sequence[Outline],
    polygons: Sequence[QtGui.QPolygonF],
    beyond_px: float,
) -> None:
    """Name the voxels to their right, the selected one to the right of its displaced volumes; never off the view."""
    font = theme.font_of(0, bold=True)
    metrics = QtGui.QFontMetricsF(font)
    named = [i for i, one in enumerate(shown) if not view.crowded or one.mark.index == view.selected]
    anchors, texts = [], [shown[i].mark.text for i in named]
    for i, text in zip(named, texts, strict=True):
        outline, polygon = shown[i], polygons[i]
        box = polygon.boundingRect()
        right = max(box.right(), beyond_px) if outline.mark.index == view.selected else box.right()
        limit = view.width() - metrics.horizontalAdvance(text) - 2 * _MARGIN_PX
        anchors.append(QtCore.QPointF(min(right, limit), box.center().y()))
    named_outlines = [shown[i] for i in named]
    for outline, at, text in zip(named_outlines, overlays.place_labels(anchors, texts, font), texts, strict=True):
        colour = overlays.voxel_colour(outline.mark.state, outline.mark.index == view.selected)
        overlays.paint_text(painter, at, text, colour, font, Align.AlignLeft | Align.AlignVCenter)


def _paint_corner(painter: QtGui.QPainter, area: QtCore.QRectF, lines: list[tuple[str, str]]) -> float:
    """Paint the corner's lines; return how far down they reach into the middle of the view."""
    at, below = QtCore.QPointF(_MARGIN_PX, _MARGIN_PX - 2), _MARGIN_PX - 2.0
    metrics = QtGui.QFontMetricsF(theme.font_of(-1))
    for line, colour in lines:
        text = metrics.elidedText(line, QtCore.Qt.TextElideMode.ElideMiddle, area.width() - 2 * _MARGIN_PX)
        box = overlays.paint_text(painter, at, text, colour, theme.font_of(-1))
        at.setY(box.bottom())
        if box.right() > area.width() / 2 - 2 * _MARGIN_PX:
            below = box.bottom()
    return below


def _paint_letters(painter: QtGui.QPainter, view: AnnotatedSlice, top: float, bar: QtCore.QRectF) -> None:
    """Name the patient's sides at the edges, below the corner's text and above the scale bar where they would meet."""
    assert view.stack is not None
    area = QtCore.QRectF(view.rect())
    across, down = view.camera.signs
    right, below = view.stack.frame.affine[:3, 0] * across, view.stack.frame.affine[:3, 1] * down
    middle = area.center()
    clear = bar.right() + 2 * _MARGIN_PX < middle.x()
    foot = area.height() - _MARGIN_PX + 2 if clear else bar.top()
    sides = (
        (-right, _MARGIN_PX, middle.y(), Align.AlignLeft | Align.AlignVCenter),
        (right, area.width() - _MARGIN_PX, middle.y(), Align.AlignRight | Align.AlignVCenter),
        (-below, middle.x(), top, Align.AlignHCenter | Align.AlignTop),
        (below, middle.x(), foot, Align.AlignHCenter | Align.AlignBottom),
    )
    font = theme.font_of(0, bold=True)
    for direction, x, y, align in sides:
        at = QtCore.QPointF(x, y)
        overlays.paint_text(painter, at, direction_letters(direction), theme.IMAGE_TEXT, font, align)


def _paint_cursor(painter: QtGui.QPainter, view: AnnotatedSlice, area: QtCore.QRectF) -> None:
    if view.cursor_mm is None or view.stack is None:
        return
    foot = to_pixels(view.stack.frame, np.asarray(view.cursor_mm))[:, :2]
    overlays.paint_crosshair(painter, view.to_widget(foot).at(0), area, off_slice=view.cursor_off_mm() > 0)
