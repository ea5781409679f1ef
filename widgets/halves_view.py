"""Odd against even transients: both spectra over each other, and half their difference with the band of the noise."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6 import QtCore, QtWidgets

from analysis.halves import Halves
from widgets import theme, wording
from widgets.spectrum_axes import LEFT_PX, AmplitudeAxis, PpmAxis
from widgets.texts import tr

_BAND_SD = 2.0


class HalvesView(QtWidgets.QFrame):
    """What differs between the halves did not repeat from one transient to the next."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self._halves: Halves | None = None
        self.heading = QtWidgets.QLabel()
        self.heading.setWordWrap(True)
        theme.mark(self.heading, "dim")
        self.canvas = pg.GraphicsLayoutWidget()
        self.canvas.setAccessibleName(tr("Spectra of odd and even transients, and half their difference"))
        self.difference, self.spectra = self._plot(0), self._plot(1)
        self.difference.setXLink(self.spectra)
        self.difference.getViewBox().invertX(True)
        self.spectra.setLabel("bottom", tr("Chemical shift (ppm)"))
        self.canvas.ci.layout.setRowStretchFactor(0, 1)
        self.canvas.ci.layout.setRowStretchFactor(1, 3)
        self.band = pg.LinearRegionItem(orientation="horizontal", movable=False)
        self.difference.addItem(self.band, ignoreBounds=True)
        self.odd_curve, self.even_curve = self._curve(self.spectra), self._curve(self.spectra)
        self.difference_curve = self._curve(self.difference)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 4)
        layout.addWidget(self.heading)
        layout.addWidget(self.canvas, 1)
        self.apply_theme()
        self.set_halves(None, tr("No spectrum is shown."))

    def _plot(self, row: int) -> pg.PlotItem:
        axes = {"left": AmplitudeAxis("left"), "bottom": PpmAxis("bottom")}
        plot = self.canvas.addPlot(row, 0, axisItems=axes)
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.getViewBox().invertX(True)
        for side in ("left", "bottom"):
            plot.getAxis(side).enableAutoSIPrefix(False)
        plot.getAxis("left").setWidth(LEFT_PX)
        return plot

    def _curve(self, plot: pg.PlotItem) -> pg.PlotDataItem:
        curve = pg.PlotDataItem(skipFiniteCheck=True)
        plot.addItem(curve)
        return curve

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        t = theme.current()
        self.canvas.setBackground(t.panel)
        self.odd_curve.setPen(pg.mkPen(t.fit))
        self.even_curve.setPen(pg.mkPen(t.baseline, style=QtCore.Qt.PenStyle.DashLine))
        self.difference_curve.setPen(pg.mkPen(t.residual))
        self.band.setBrush(pg.mkBrush(t.band))
        for line in self.band.lines:
            line.setPen(pg.mkPen(None))
        for plot in (self.difference, self.spectra):
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(pg.mkPen(t.border))
                plot.getAxis(side).setTextPen(pg.mkPen(t.dim))

    def set_halves(self, halves: Halves | None, why_not: str = "") -> None:
        """Show both halves, or say why there are none."""
        self._halves = halves
        self.canvas.setVisible(halves is not None)
        if halves is None:
            self.heading.setText(why_not)
            return
        self.heading.setText(
            tr(
                "Solid: odd transients; dashed: even ones. Above: half their difference, band ± 2 "
                "σ of the noise. Its variance is {misfit:.2f} times that of the noise; 1 means "
                "that only noise differs.",
                misfit=halves.misfit,
            )
        )
        self._name_units(halves)
        self.odd_curve.setData(halves.ppm, halves.odd)
        self.even_curve.setData(halves.ppm, halves.even)
        self.difference_curve.setData(halves.ppm, halves.difference)
        self.band.setRegion((-_BAND_SD * halves.noise_sd, _BAND_SD * halves.noise_sd))
        bottom = float(min(halves.odd.min(), halves.even.min()))
        top = float(max(halves.odd.max(), halves.even.max()))
        span = max(top - bottom, 1e-12)
        self.spectra.setXRange(float(halves.ppm[0]), float(halves.ppm[-1]), padding=0)
        self.spectra.setYRange(bottom - 0.05 * span, top + 0.05 * span, padding=0)
        half = max(1.2 * float(abs(halves.difference).max()), 3 * halves.noise_sd)
        self.difference.setYRange(-half, half, padding=0)

    def _name_units(self, halves: Halves) -> None:
        exponent = wording.scale_exponent(float(abs(halves.odd).max()))
        for plot, name in ((self.difference, tr("Difference / 2")), (self.spectra, tr("Signal"))):
            plot.getAxis("left").setScale(10.0**-exponent)
            plot.getAxis("left").setLabel(f"{name} ({wording.arbitrary_unit(exponent)})")
