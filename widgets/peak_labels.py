"""Names over the main lines of a spectrum, kept from covering each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from PySide6 import QtCore

from analysis.line_labels import LineLabel
from analysis.types import Fit, FloatArray
from widgets import theme

_MOST = 12
_RAISES = 3
_CLEAR_OF_NOISE = 1.5
_NEAR_PPM = 0.08
"""A line lies this close to where the protocol says; the fit's shift moves it by less."""
_NUDGES_PX = (0, 10, -10, 20, -20, 30, -30, 40, -40, 50, -50)


@dataclass(frozen=True)
class PeakName:
    """A name to write over a line at a chemical shift; the tallest line, by `weight`, is placed first."""

    text: str
    ppm: float
    weight: float
    signals: tuple[str, ...]


@dataclass(frozen=True)
class _Box:
    """A label in pixels: the middle of its bottom edge, half its width, and its height."""

    x: float
    y: float
    half: float
    tall: float

    def covers(self, other: _Box) -> bool:
        across = abs(self.x - other.x) < self.half + other.half
        return across and self.y < other.y + other.tall and other.y < self.y + self.tall


def main_lines(fit: Fit, lines: Sequence[LineLabel]) -> list[PeakName]:
    """Return the lines worth a name, the tallest first; without rules each signal is named at its highest point."""
    names = []
    for line in lines or [LineLabel(name, _highest(fit, name), (name,)) for name in fit.names]:
        members = [i for i, name in enumerate(fit.names) if name in line.signals]
        near = np.abs(fit.ppm - line.ppm) < _NEAR_PPM
        if not members or not near.any():
            continue
        curve = fit.components[members].sum(axis=0)
        at = float(fit.ppm[near][np.argmax(curve[near])])
        near = np.abs(fit.ppm - at) < _NEAR_PPM / 2
        weight = float(curve[near].max())
        if weight < _CLEAR_OF_NOISE * fit.noise_sd:
            continue
        names.append(PeakName(f"{line.name} {line.ppm:.2f}", at, weight, line.signals))
    return sorted(names, key=lambda item: -item.weight)[:_MOST]


def _highest(fit: Fit, name: str) -> float:
    return float(fit.ppm[np.argmax(fit.components[fit.names.index(name)])])


class PeakLabels:
    """A pool of text items that is reused for every spectrum."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self._names: list[PeakName] = []
        self._ppm = self._curve = np.empty(0)
        self.items = [self._make() for _ in range(_MOST)]
        self._leaders = pg.PlotDataItem(connect="pairs", pen=pg.mkPen(theme.current().dim))
        self._plot.addItem(self._leaders, ignoreBounds=True)

    def _make(self) -> pg.TextItem:
        item = pg.TextItem("", anchor=(0.5, 1.0))
        item.setFont(theme.font_of(-1))
        item.setZValue(20)
        item.hide()
        self._plot.addItem(item, ignoreBounds=True)
        return item

    def set_names(self, names: list[PeakName], ppm: FloatArray, curve: FloatArray) -> None:
        """Show names over a curve; `arrange` must follow once the range is known."""
        self._names, self._ppm, self._curve = names, ppm, curve
        colour = theme.current().text
        self._leaders.setPen(pg.mkPen(theme.current().dim))
        for i, item in enumerate(self.items):
            item.setVisible(i < len(names))
            if i < len(names):
                item.setText(names[i].text, color=colour)

    def arrange(self, taken: QtCore.QRectF | None = None) -> None:
        """Place the labels over their lines, raise those that would cover another, and hide what finds no room.

        `taken` is a part of the plot in pixels from its top left that stays free.
        """
        box = self._plot.getViewBox()
        (left, right), (bottom, top) = box.viewRange()
        width, height = max(box.width(), 1.0), max(box.height(), 1.0)
        per_x, per_y = abs(right - left) / width, (top - bottom) / height
        placed: list[_Box] = []
        if taken is not None:
            placed.append(_Box(taken.center().x(), height - taken.bottom(), taken.width() / 2, taken.height()))
        leaders: list[tuple[float, float]] = []
        for item, name in zip(self.items, self._names, strict=False):
            size = item.boundingRect()
            half, tall = size.width() / 2 + 3, size.height() - 4
            x = (max(left, right) - name.ppm) / per_x
            under = np.abs(self._ppm - name.ppm) <= half * per_x
            peak = float(self._curve[under].max(initial=bottom))
            y = (peak - bottom) / per_y + 3
            spot = _free_spot(_Box(x, y, half, tall), placed, width, height)
            item.setVisible(spot is not None)
            if spot is not None:
                placed.append(spot)
                at = max(left, right) - spot.x * per_x, bottom + spot.y * per_y
                item.setPos(*at)
                if abs(spot.x - x) > half / 2 or spot.y > y:
                    tip = float(self._curve[np.abs(self._ppm - name.ppm) <= _NEAR_PPM / 4].max(initial=bottom))
                    leaders += [(name.ppm, tip + 2 * per_y), at]
        self._leaders.setData(np.array(leaders).reshape(-1, 2))


def _free_spot(wanted: _Box, placed: list[_Box], width: float, height: float) -> _Box | None:
    """Return the place nearest to the wanted one that is inside the plot and covers no other label."""
    for raised in range(_RAISES):
        for nudge in _NUDGES_PX:
            box = replace(wanted, x=wanted.x + nudge, y=wanted.y + raised * wanted.tall)
            inside = box.half <= box.x <= width - box.half and 0 <= box.y <= height - box.tall
            if inside and not any(box.covers(other) for other in placed):
                return box
    return None
