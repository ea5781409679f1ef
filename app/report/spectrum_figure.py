"""The vector spectrum: residual strip, data with fit and baseline, and the fitted signals stacked beneath."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from reportlab.pdfgen.pathobject import PDFPathObject

from analysis.types import FloatArray
from app.report.figures import FixedFigure
from app.report.parts import SpectrumPlot, Trace
from app.report.runs import text_width
from app.report.structure import figure
from app.report.text import INK, MUTED, Style, draw_line

_LEFT, _RIGHT, _BOTTOM = 58.0, 8.0, 26.0
_GAP = 7.0
_MOST_TRACES = 14
_BESIDES_TRACES = 135.0
"""Room for spectrum, residual and axis, in points; as many signals are stacked as the rest holds."""
_LEAST_TRACE = 7.5
_TRACE_SHARE = 0.42
_LABEL = Style(6.6, 8.4)
_AXIS = Style(6.6, 8.4, grey=MUTED, align="centre")


def figure_height(plot: SpectrumPlot) -> float:
    """Return how tall a spectrum should be drawn, in points: taller where many signals are stacked."""
    return 276.0 + 6.0 * max(0, min(len(plot.traces), _MOST_TRACES) - 9)


class SpectrumFigure(FixedFigure):
    """A fitted spectrum, ppm from right to left; residual, data and fit share one vertical scale."""

    def __init__(self, plot: SpectrumPlot, width: float, height: float) -> None:
        super().__init__(width, height)
        self.plot = plot
        self.traces = _largest(plot.traces, min(_MOST_TRACES, int((height - _BESIDES_TRACES) / _LEAST_TRACE / 1.6)))
        self.high, self.low = float(plot.ppm.max()), float(plot.ppm.min())

    def draw(self) -> None:
        """Draw all parts from bottom to top."""
        with figure(self.canv, self._alternative()):
            self._draw_parts()

    def _alternative(self) -> str:
        """Say in words what the figure shows."""
        signals = f"; the fitted signals of {', '.join(t.name for t in self.traces)}" if self.traces else ""
        named = f"; peaks of {', '.join(name for name, _ in self.plot.peaks)}" if self.plot.peaks else ""
        return (
            f"Spectrum from {self.high:.1f} to {self.low:.1f} ppm: data, fit, baseline and residual{signals}{named}. "
            "The amplitudes stand in the tables."
        )

    def _draw_parts(self) -> None:
        room = self.height - _BOTTOM - 4 * _GAP - 8
        trace_room = max(room * _TRACE_SHARE, len(self.traces) * _LEAST_TRACE * 1.6)
        heights, trace_scale, traces_height = _stack(self.traces, trace_room)
        plot = self.plot
        main_low = min(0.0, float(np.min([plot.data.min(), plot.baseline.min(), plot.fit.min()])))
        main_high = float(max(plot.data.max(), plot.fit.max()))
        strip = max(float(np.abs(plot.residual).max()), 2.6 * plot.noise_sd)
        scale = (room - traces_height) / max(main_high - main_low + 2 * strip, 1e-12)
        main_zero = _BOTTOM + traces_height + _GAP - main_low * scale
        strip_zero = self.height - 8 - strip * scale
        factor = min(1.0, trace_scale / scale)
        self._draw_grid()
        self._draw_traces(heights, factor * scale if factor < 1 else scale)
        self._draw_main(main_zero, scale)
        self._draw_residual(strip_zero, strip * scale, scale)
        self._draw_legend(strip_zero - strip * scale - 9, factor)
        self._draw_peaks(main_zero, scale, strip_zero - strip * scale - 12)

    def _x(self, ppm: float | FloatArray) -> Any:
        return _LEFT + (self.high - ppm) / (self.high - self.low) * (self.width - _LEFT - _RIGHT)

    def _draw_grid(self) -> None:
        canvas, bottom, top = self.canv, _BOTTOM - 3, self.height - 4
        for tenth in range(math.ceil(self.low * 10 - 1e-6), math.floor(self.high * 10 + 1e-6) + 1):
            x = float(self._x(tenth / 10))
            whole = tenth % 5 == 0
            canvas.setLineWidth(0.35)
            canvas.setStrokeGray(0.85)
            if whole:
                canvas.line(x, bottom, x, top)
                draw_line(canvas, x, bottom - 11, f"{tenth / 10:.1f}", _AXIS)
            canvas.setStrokeGray(0.3)
            canvas.line(x, bottom, x, bottom - (3.5 if whole else 2))
        canvas.setStrokeGray(0.3)
        canvas.setLineWidth(0.6)
        canvas.line(_LEFT, bottom, self.width - _RIGHT, bottom)
        draw_line(canvas, (_LEFT + self.width - _RIGHT) / 2, 1.5, "Chemical shift (ppm)", _AXIS)
        canvas.saveState()
        canvas.translate(6, self.height * 0.62)
        canvas.rotate(90)
        draw_line(canvas, 0, 0, "Signal (arbitrary unit)", _AXIS)
        canvas.restoreState()

    def _curve(
        self, values: FloatArray, zero: float, scale: float, width: float, grey: float, dash: tuple[float, ...] = ()
    ) -> None:
        canvas = self.canv
        xs = self._x(self.plot.ppm).tolist()
        ys = (zero + np.nan_to_num(values) * scale).tolist()
        # Written as operators at once: reportlab formats the points one by one in a tenfold time.
        points = [f"{x:.2f} {y:.2f}" for x, y in zip(xs, ys, strict=True)]
        path = PDFPathObject(["n", f"{points[0]} m", *(f"{point} l" for point in points[1:])])
        canvas.setLineJoin(1)
        canvas.setLineWidth(width)
        canvas.setStrokeGray(grey)
        canvas.setDash(*dash) if dash else canvas.setDash()
        canvas.drawPath(path)
        canvas.setDash()

    def _draw_main(self, zero: float, scale: float) -> None:
        plot = self.plot
        self._curve(plot.data, zero, scale, 0.55, 0.55)
        self._curve(plot.baseline, zero, scale, 0.7, 0.2, (3, 2))
        self._curve(plot.fit, zero, scale, 1.0, 0.0)

    def _draw_residual(self, zero: float, half: float, scale: float) -> None:
        canvas = self.canv
        band = 2 * self.plot.noise_sd * scale
        canvas.setFillGray(0.88)
        canvas.rect(_LEFT, zero - band, self.width - _LEFT - _RIGHT, 2 * band, stroke=0, fill=1)
        canvas.setStrokeGray(0.6)
        canvas.setLineWidth(0.3)
        canvas.line(_LEFT, zero, self.width - _RIGHT, zero)
        self._curve(self.plot.residual, zero, scale, 0.5, 0.15)
        draw_line(canvas, 14, zero + min(half, 4), "Residual", _LABEL)
        draw_line(canvas, 14, zero + min(half, 4) - 8, "band ±2 SD", Style(5.8, 7, grey=MUTED))

    def _draw_traces(self, heights: list[tuple[Trace, float]], scale: float) -> None:
        zero = _BOTTOM
        for trace, height in heights:
            low = min(0.0, float(trace.values.min()))
            self._curve(trace.values, zero - low * scale, scale, 0.6, 0.2)
            draw_line(self.canv, 14, zero - low * scale - 1.5, trace.name, _LABEL)
            zero += height

    def _draw_legend(self, y: float, factor: float) -> None:
        note = "" if factor > 0.995 else f" × {factor:.2f}"
        entries: list[tuple[str, float, float, tuple[float, ...]]] = [
            ("data", 0.55, 0.9, ()),
            ("fit", 0.0, 1.2, ()),
            ("baseline", 0.2, 0.8, (3, 2)),
        ]
        entries += [(f"fitted signals{note} beneath", 0.2, 0.6, ())] if self.traces else []
        x = self.width - _RIGHT - sum(text_width(name, _LABEL.size) + 26 for name, *_ in entries)
        for name, grey, width, dash in entries:
            self.canv.setStrokeGray(grey)
            self.canv.setLineWidth(width)
            self.canv.setDash(*dash) if dash else self.canv.setDash()
            self.canv.line(x, y + 2.2, x + 14, y + 2.2)
            self.canv.setDash()
            draw_line(self.canv, x + 17, y, name, _LABEL)
            x += text_width(name, _LABEL.size) + 26

    def _draw_peaks(self, zero: float, scale: float, highest: float) -> None:
        """Write names over the fit; a name that would touch its neighbour is set higher."""
        placed: list[tuple[float, float, float]] = []
        for name, ppm in sorted(self.plot.peaks, key=lambda peak: -peak[1]):
            x, half = float(self._x(ppm)), text_width(name, _LABEL.size, bold=True) / 2 + 2
            near = np.abs(self.plot.ppm - ppm) <= (self.high - self.low) * half / (self.width - _LEFT - _RIGHT)
            top = max(float(self.plot.fit[near].max()), float(self.plot.data[near].max()))
            y = zero + top * scale + 3
            while any(abs(x - other) < half + reach and abs(y - level) < 8 for other, reach, level in placed):
                y += 2
            y = min(y, highest)
            placed.append((x, half, y))
            draw_line(self.canv, x, y, name, Style(6.6, 8.4, bold=True, grey=INK, align="centre"))


def _largest(traces: tuple[Trace, ...], most: int) -> tuple[Trace, ...]:
    """Keep the largest signals in their order, and add the others up, so that a stack stays legible."""
    if len(traces) <= most:
        return traces
    ranked = sorted(traces, key=lambda trace: -float(np.abs(trace.values).max()))
    kept = {trace.name for trace in ranked[: most - 1]}
    others = [trace for trace in traces if trace.name not in kept]
    rest = Trace(f"{len(others)} others", np.sum([trace.values for trace in others], axis=0))
    return (*(trace for trace in traces if trace.name in kept), rest)


def _stack(traces: tuple[Trace, ...], room: float) -> tuple[list[tuple[Trace, float]], float, float]:
    """Share the height between signals, none overlapping.

    Returns each signal with its height, bottom first, the scale that fits, and the height used, in points.
    """
    if not traces:
        return [], math.inf, 0.0
    spans = [float(max(trace.values.max(), 0.0) - min(trace.values.min(), 0.0)) for trace in traces]
    low, high = 0.0, room / max(*spans, 1e-12)
    for _ in range(60):
        middle = (low + high) / 2
        used = sum(max(_LEAST_TRACE, s * middle + 2) for s in spans)
        low, high = (middle, high) if used <= room else (low, middle)
    heights = [max(_LEAST_TRACE, s * low + 2) for s in spans]
    return list(zip(reversed(traces), reversed(heights), strict=True)), low, sum(heights)
