"""The vertical line that follows the pointer through all plots of a spectrum, and what it reads off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6 import QtCore

from analysis.types import Fit, Spectrum
from analysis.units import hz_of_ppm
from widgets import theme, wording
from widgets.texts import tr


class SpectrumCursor:
    """One line per plot, all at the same chemical shift."""

    def __init__(self, plots: Sequence[pg.PlotItem]) -> None:
        self._plots = tuple(plots)
        self.lines = [pg.InfiniteLine(angle=90) for _ in plots]
        for plot, line in zip(plots, self.lines, strict=True):
            line.hide()
            plot.addItem(line, ignoreBounds=True)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        for line in self.lines:
            line.setPen(pg.mkPen(theme.current().dim, style=QtCore.Qt.PenStyle.DotLine))

    def move_to(self, at: QtCore.QPointF) -> float | None:
        """Follow the pointer in scene coordinates; return the chemical shift in ppm, None outside the plots."""
        inside = any(plot.getViewBox().sceneBoundingRect().contains(at) for plot in self._plots)
        ppm = float(self._plots[0].getViewBox().mapSceneToView(at).x()) if inside else None
        for line in self.lines:
            line.setVisible(inside)
            if ppm is not None:
                line.setValue(ppm)
        return ppm

    def hide(self) -> None:
        """Take the lines away."""
        for line in self.lines:
            line.hide()


def read_off(ppm: float, fit: Fit, spectrum: Spectrum | None, exponent: int) -> str:
    """Say shift, offset frequency and amplitudes at a chemical shift; ``10**exponent`` is the unit of amplitude."""
    point = int(np.argmin(np.abs(fit.ppm - ppm)))
    scale = 10.0**-exponent
    hz = ""
    if spectrum is not None:
        offset = hz_of_ppm(ppm, spectrum.f0_mhz, spectrum.reference_ppm)
        hz = tr(
            " · {offset:+.1f} Hz from {reference_ppm:g} ppm", offset=offset, reference_ppm=spectrum.reference_ppm
        ).replace("-", "−")
    amounts = tr("data {value:.3g} · fit {value2:.3g}", value=fit.data[point] * scale, value2=fit.fit[point] * scale)
    return tr(
        "{ppm:.2f} ppm{hz} · {amounts} {unit}", ppm=ppm, hz=hz, amounts=amounts, unit=wording.arbitrary_unit(exponent)
    )
