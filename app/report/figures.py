"""Vector pictures of the report: fitted spectra, slices with voxels, and intervals; all read in black and white."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable

from analysis.types import EvidenceClass, FloatArray, Interval
from app.report.parts import Outline, Picture
from app.report.runs import text_width
from app.report.structure import artifact, content, figure
from app.report.text import MUTED, SMALL, Style, draw_line, draw_lines, wrapped
from app.report.wording import CLASS_GLYPHS, likelihood_ratio

_MOST_LABELS = 16
LR_AXIS = (0.22, 5.0)
LR_TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)

_TICK_CENTRED = Style(5.6, 7.0, grey=MUTED, align="centre")
_LINES: dict[EvidenceClass | None, tuple[float, tuple[float, ...]]] = {
    "higher": (2.0, ()),
    "lower": (1.0, ()),
    "indeterminate": (1.0, (4, 2)),
    "not evaluable": (1.0, (1, 1.6)),
    None: (1.2, ()),
}
"""Line width and dashes of a voxel's outline, so that its class is seen without colour."""


class FixedFigure(Flowable):  # type: ignore[misc]
    """A picture of a fixed size."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        self.width, self.height = width, height

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size taken."""
        del width, height
        return self.width, self.height

    def minWidth(self) -> float:  # noqa: N802 - reportlab's name
        """Return the least width, in points."""
        return self.width


class IntervalMark(FixedFigure):
    """A likelihood ratio with its 90 % interval on a logarithmic axis; without an interval, the axis itself."""

    def __init__(self, interval: Interval | None, width: float, *, is_axis: bool = False) -> None:
        super().__init__(width, 10.0)
        self.interval, self.is_axis = interval, is_axis

    def _x(self, value: float) -> float:
        low, high = (math.log(v) for v in LR_AXIS)
        share = (math.log(max(value, 1e-9)) - low) / (high - low)
        return 3 + min(max(share, 0.0), 1.0) * (self.width - 6)

    def draw(self) -> None:
        """Draw the mark."""
        if self.is_axis:
            with content(self.canv, "P"):
                for tick in LR_TICKS:
                    draw_line(self.canv, self._x(tick), 1.5, f"{tick:g}", _TICK_CENTRED, gap=" ")
            return
        with artifact(self.canv):
            self.canv.setStrokeGray(0.6)
            self.canv.setLineWidth(0.4)
            self.canv.line(self._x(1.0), -2, self._x(1.0), self.height + 2)
        if self.interval is not None:
            with figure(self.canv, f"Drawn on a logarithmic axis: {likelihood_ratio(self.interval)}"):
                self._draw_interval(self.interval)

    def _draw_interval(self, interval: Interval) -> None:
        canvas, middle = self.canv, self.height / 2
        canvas.setStrokeGray(0.25)
        canvas.setLineWidth(1.3)
        canvas.line(self._x(interval.low90), middle, self._x(interval.high90), middle)
        canvas.setFillGray(0)
        canvas.circle(self._x(interval.median), middle, 2.4, stroke=0, fill=1)


class SlicePicture(FixedFigure):
    """A slice at true proportions with outlines, labels, sides and a scale bar; its caption stands beneath."""

    def __init__(self, picture: Picture, width: float, tallest: float, *, labels: bool = True) -> None:
        rows, columns = picture.pixels.shape
        size_mm = (columns * picture.pixel_mm[0], rows * picture.pixel_mm[1])
        self.caption = wrapped(" ".join(filter(None, (picture.caption, picture.note))), width, SMALL)
        room = tallest - len(self.caption) * SMALL.leading - 2
        self.scale = min(width / size_mm[0], room / size_mm[1])
        self.image_width, self.image_height = size_mm[0] * self.scale, size_mm[1] * self.scale
        super().__init__(width, self.image_height + 2 + len(self.caption) * SMALL.leading)
        self.picture, self.labels = picture, labels and len(picture.outlines) <= _MOST_LABELS

    def draw(self) -> None:
        """Draw image, outlines, labels and caption."""
        bottom = self.height - self.image_height
        with figure(self.canv, self._alternative()):
            self._draw_image(bottom)
        if self.caption:
            with content(self.canv, "Caption"):
                draw_lines(self.canv, 0, bottom - SMALL.leading, self.caption, SMALL)

    def _alternative(self) -> str:
        """Say in words what the picture shows."""
        voxels = (f"{o.label}{f' ({o.evidence_class})' if o.evidence_class else ''}" for o in self.picture.outlines)
        return f"MR image, {self.picture.caption}, with the outlines of the voxels {', '.join(voxels)}"

    def _draw_image(self, bottom: float) -> None:
        canvas, picture = self.canv, self.picture
        image = ImageReader(Image.fromarray(np.ascontiguousarray(picture.pixels)))
        canvas.saveState()
        canvas.drawImage(image, 0, bottom, self.image_width, self.image_height)
        clip = canvas.beginPath()
        clip.rect(0, bottom, self.image_width, self.image_height)
        canvas.clipPath(clip, stroke=0, fill=0)
        places = [self._points(outline) + np.array([0.0, bottom]) for outline in picture.outlines]
        for outline, points in zip(picture.outlines, places, strict=True):
            _draw_outline(canvas, outline, points)
        if self.labels:
            self._draw_labels(places, bottom)
        self._draw_sides(bottom)
        canvas.restoreState()

    def _points(self, outline: Outline) -> FloatArray:
        """Map a polygon of pixel centres to points above the picture's lower left corner."""
        spacing = np.asarray(self.picture.pixel_mm)
        points = (outline.polygon + 0.5) * spacing * self.scale
        return np.column_stack([points[:, 0], self.image_height - points[:, 1]])

    def _draw_labels(self, places: list[FloatArray], bottom: float) -> None:
        style = Style(7.0, 9.0, bold=True, grey=1.0)
        taken: list[float] = []
        order = sorted(range(len(places)), key=lambda i: -float(places[i][:, 1].mean()))
        for i in order:
            outline, points = self.picture.outlines[i], places[i]
            glyph = CLASS_GLYPHS[outline.evidence_class] + " " if outline.evidence_class else ""
            text = glyph + outline.label
            width = text_width(text, style.size, bold=True) + 4
            y = min([float(points[:, 1].mean()) - 4.5, *(place - 10 for place in taken)])
            y = max(y, bottom + 1)
            taken.append(y)
            x = float(points[:, 0].max()) + 3
            if x + width > self.image_width - 1:
                x = max(float(points[:, 0].min()) - 3 - width, 1.0)
            _draw_tag(self.canv, x, y, text, style, width)

    def _draw_sides(self, bottom: float) -> None:
        left, right, top, below = self.picture.edges
        width, height, middle = self.image_width, self.image_height, bottom + self.image_height / 2
        style = Style(6.4, 8.0, grey=1.0)
        marks = (
            (left, 1.0, middle),
            (right, width - 1, middle),
            (top, width / 2, bottom + height - 9),
            (below, width / 2, bottom + 1),
        )
        for text, x, y in marks:
            if text:
                box = text_width(text, style.size) + 4
                _draw_tag(self.canv, min(max(x - box / 2, 1.0), width - box - 1), y, text, style, box)
        bar = 20.0 * self.scale
        self.canv.setStrokeGray(0)
        self.canv.setLineWidth(2.6)
        self.canv.line(5, bottom + 6, 5 + bar, bottom + 6)
        self.canv.setStrokeGray(1)
        self.canv.setLineWidth(1.2)
        self.canv.line(5, bottom + 6, 5 + bar, bottom + 6)
        _draw_tag(self.canv, 4, bottom + 9, "20 mm", style, text_width("20 mm", style.size) + 4)


def _draw_tag(canvas: Any, x: float, y: float, text: str, style: Style, width: float) -> None:
    """Draw white text on a black ground, legible over any image and in any printer's grey."""
    canvas.setFillGray(0)
    canvas.rect(x, y, width, style.size + 2, stroke=0, fill=1)
    draw_line(canvas, x + 2, y + 2.2, text, style)


def _draw_outline(canvas: Any, outline: Outline, points: FloatArray) -> None:
    """Draw a polygon white on a black halo, its line telling the class."""
    width, dashes = _LINES[outline.evidence_class]
    path = canvas.beginPath()
    path.moveTo(*(round(float(v), 2) for v in points[0]))
    for point in points[1:]:
        path.lineTo(*(round(float(v), 2) for v in point))
    path.close()
    canvas.setLineJoin(1)
    canvas.setDash()
    canvas.setStrokeGray(0)
    canvas.setLineWidth(width + 1.6)
    canvas.drawPath(path)
    canvas.setStrokeGray(1)
    canvas.setLineWidth(width)
    if dashes:
        canvas.setDash(*dashes)
    canvas.drawPath(path)
    canvas.setDash()
