"""What may lie over a spectrum: the automatic fit, other voxels, integration windows, and a caption that names it."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.displayed import Overlay
from analysis.integration import WindowArea
from analysis.types import Fit, FloatArray
from widgets import theme
from widgets.adjust_wording import degrees
from widgets.texts import tr

DASH_DOT, DOT = QtCore.Qt.PenStyle.DashDotLine, QtCore.Qt.PenStyle.DotLine
_WINDOW_ALPHA = 38


class SpectrumOverlays:
    """Holds persistent items over one plot; what is not in use is hidden."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self._automatic: Fit | None = None
        self._overlays: tuple[Overlay, ...] = ()
        self._areas: tuple[WindowArea, ...] = ()
        self._notes: dict[str, str] = {}
        self.automatic_curve = self._curve()
        self.automatic_baseline = self._curve()
        self.curves: list[pg.PlotDataItem] = []
        self.regions: list[pg.LinearRegionItem] = []
        self.caption = QtWidgets.QGraphicsTextItem(plot.getViewBox())
        self.caption.setPos(4, 0)
        self.caption.setZValue(30)
        self.apply_theme()

    def _curve(self) -> pg.PlotDataItem:
        curve = pg.PlotDataItem(skipFiniteCheck=True)
        curve.hide()
        self._plot.addItem(curve, ignoreBounds=True)
        return curve

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        t = theme.current()
        self.automatic_curve.setPen(pg.mkPen(t.series[4], style=DASH_DOT))
        self.automatic_baseline.setPen(pg.mkPen(t.series[4], style=DOT))
        self.caption.setFont(theme.font_of(-1))
        self._shade()

    # --- what to show --------------------------------------------------------------------------------------------

    def set_automatic(self, fit: Fit | None) -> None:
        """Lay the automatic fit over the adjusted one, or take it away."""
        self._automatic = fit
        self._write_caption()

    def set_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Lay other voxels over this one."""
        self._overlays = tuple(overlays)
        self._write_caption()

    def set_windows(self, areas: Sequence[WindowArea]) -> None:
        """Shade the integration windows."""
        if areas or self._areas:
            self._areas = tuple(areas)
            self._shade()

    def _shade(self) -> None:
        spans = [(span, i) for i, area in enumerate(self._areas) for span in area.window.ppm]
        while len(self.regions) < len(spans):
            region = pg.LinearRegionItem(movable=False)
            region.setZValue(-20)
            self._plot.addItem(region, ignoreBounds=True)
            self.regions.append(region)
        for region in self.regions[len(spans) :]:
            region.hide()
        for region, ((low, high), index) in zip(self.regions, spans, strict=False):
            colour = QtGui.QColor(theme.current().signal(index))
            for line in region.lines:
                line.setPen(pg.mkPen(colour, style=DOT))
            colour.setAlpha(_WINDOW_ALPHA)
            region.setBrush(colour)
            region.setRegion((low, high))
            region.show()
        self._write_caption()

    def set_note(self, key: str, text: str) -> None:
        """Write a line into the caption, or take it out."""
        if text == self._notes.get(key, ""):
            return
        self._notes[key] = text
        self._write_caption()

    # --- drawing -------------------------------------------------------------------------------------------------

    def draw(self, ppm: FloatArray, baseline: FloatArray, *, subtracted: bool) -> None:
        """Draw over a spectrum with this baseline (m,), which may have been subtracted."""
        automatic = self._automatic
        for curve in (self.automatic_curve, self.automatic_baseline):
            curve.setVisible(automatic is not None)
        if automatic is not None:
            offset = automatic.baseline if subtracted else np.zeros_like(automatic.baseline)
            self.automatic_curve.setData(automatic.ppm, automatic.fit - offset)
            self.automatic_baseline.setData(automatic.ppm, automatic.baseline - offset)
        while len(self.curves) < len(self._overlays):
            self.curves.append(self._curve())
        for curve in self.curves[len(self._overlays) :]:
            curve.hide()
        for index, (overlay, curve) in enumerate(zip(self._overlays, self.curves, strict=False)):
            lifted = 0.0 if subtracted else np.interp(overlay.ppm, ppm, baseline)
            curve.setData(overlay.ppm, overlay.curve + lifted)
            curve.setPen(pg.mkPen(self._colour(index)))
            curve.show()

    def highest(self, low_ppm: float, high_ppm: float) -> float:
        """Return the highest point of the other voxels within a span, minus infinity without any."""
        tops = [
            float(curve.yData[(curve.xData >= low_ppm) & (curve.xData <= high_ppm)].max(initial=-np.inf))
            for curve in self.curves[: len(self._overlays)]
            if curve.yData is not None
        ]
        return max(tops, default=-np.inf)

    @property
    def caption_rect(self) -> QtCore.QRectF | None:
        """Where the caption lies in the plot, in pixels; None where there is none."""
        return self.caption.mapRectToParent(self.caption.boundingRect()) if self.caption.isVisible() else None

    @property
    def caption_text(self) -> str:
        """The caption as plain text."""
        return self.caption.toPlainText() if self.caption.isVisible() else ""

    def _colour(self, index: int) -> str:
        t = theme.current()
        return t.series[(index + 2) % len(t.series)]

    def _write_caption(self) -> None:
        t = theme.current()
        lines = [(t.text, text) for text in self._notes.values() if text]
        if self._automatic is not None:
            phase = degrees(self._automatic.phase0_rad)
            lines.append(
                (t.series[4], tr("–·– automatic fit at its own phase of {phase}, ··· its baseline", phase=phase))
            )
        if self._areas:
            names = ", ".join(area.window.name for area in self._areas)
            lines.append((t.dim, tr("Shaded: integration windows {names}", names=names)))
        rows = [_span(*line) for line in lines]
        for how in dict.fromkeys(overlay.how for overlay in self._overlays):
            names = " ".join(
                _span(self._colour(i), f"— {overlay.label} × {overlay.factor:.2g}")
                for i, overlay in enumerate(self._overlays)
                if overlay.how == how
            )
            rows.append(_span(t.dim, tr("Fits without baseline, {how}:", how=how)) + f" {names}")
        self.caption.setVisible(bool(rows))
        self.caption.setHtml("<br>".join(rows))


def _span(colour: str, text: str) -> str:
    return f'<span style="color:{colour}">{html.escape(text)}</span>'
