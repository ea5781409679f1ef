"""Names over the main lines of a spectrum, kept from covering each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg

from analysis.types import Fit
from widgets import theme

_MOST = 12
_TRIES = 6


@dataclass(frozen=True)
class PeakName:
    """A name to write over a line at a chemical shift, and the height it must clear."""

    text: str
    ppm: float
    height: float
    weight: float


def main_lines(fit: Fit, label_ppm: Mapping[str, float | None]) -> list[PeakName]:
    """Return the lines worth a name, the largest first.

    Parameters
    ----------
    label_ppm : where the protocol wants a signal's name; None leaves a signal out; a signal that is not named here is
        labelled at its own highest point
    """
    sd = np.sqrt(np.clip(np.diag(fit.covariance)[: len(fit.names)], 0, None))
    names = []
    for row, name in enumerate(fit.names):
        wanted = label_ppm.get(name, float(fit.ppm[np.argmax(fit.components[row])]))
        if wanted is None or not fit.ppm[0] <= wanted <= fit.ppm[-1] or fit.amplitudes[row] < 2 * sd[row]:
            continue
        near = np.abs(fit.ppm - wanted) < 0.06
        height = float(max(fit.data[near].max(), fit.fit[near].max()))
        weight = float(fit.components[row][near].max())
        names.append(PeakName(f"{name} {wanted:.2f}", wanted, height, weight))
    return sorted(names, key=lambda item: -item.weight)[:_MOST]


class PeakLabels:
    """A pool of text items that is reused for every spectrum."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self._names: list[PeakName] = []
        self.items = [self._make() for _ in range(_MOST)]

    def _make(self) -> pg.TextItem:
        item = pg.TextItem("", anchor=(0.5, 1.0))
        item.setFont(theme.font_of(-1))
        item.setZValue(20)
        item.hide()
        self._plot.addItem(item, ignoreBounds=True)
        return item

    def set_names(self, names: list[PeakName]) -> None:
        """Show names; `arrange` must follow once the range is known."""
        self._names = names
        colour = theme.current().text
        for i, item in enumerate(self.items):
            item.setVisible(i < len(names))
            if i < len(names):
                item.setText(names[i].text, color=colour)

    def arrange(self) -> None:
        """Place the labels over their lines, raise those that would cover another, and hide what finds no room."""
        box = self._plot.getViewBox()
        (left, right), (bottom, top) = box.viewRange()
        width, height = max(box.width(), 1.0), max(box.height(), 1.0)
        per_x, per_y = abs(right - left) / width, (top - bottom) / height
        placed: list[tuple[float, float, float, float]] = []
        for item, name in zip(self.items, self._names, strict=False):
            size = item.boundingRect()
            half, tall = size.width() / 2 + 3, size.height() - 4
            x = (max(left, right) - name.ppm) / per_x
            y = (name.height - bottom) / per_y + 4
            for _ in range(_TRIES):
                if not any(abs(x - px) < half + ph and y < py + pt and py < y + tall for px, py, ph, pt in placed):
                    break
                y += tall
            inside = half <= x <= width - half and 0 <= y <= height - tall
            free = not any(abs(x - px) < half + ph and y < py + pt and py < y + tall for px, py, ph, pt in placed)
            item.setVisible(inside and free)
            if inside and free:
                placed.append((x, y, half, tall))
                item.setPos(name.ppm, bottom + y * per_y)
