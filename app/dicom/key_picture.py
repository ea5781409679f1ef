"""The picture of one voxel for those who look at images only: where it lies, and what was found, burnt in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from analysis.types import Acquisition, FloatArray, Quality, Study, VoxelResult
from app.dicom.findings import Finding
from app.report.parts import Picture
from app.report.pictures import close_ups, overview
from app.report.wording import clean
from app.resource_files import resource_path

SIZE = (1280, 1200)
_MARGIN, _HEADER, _FOOTER = 16, 76, 44
_OVERVIEW_WIDTH = 620
_WHITE, _GREY, _YELLOW = (255, 255, 255), (150, 150, 150), (255, 221, 64)
_TITLE, _TEXT, _SMALL = 34, 22, 17
_LONGEST_LABEL = 24
_NO_QUALITY = Quality(None, None, None, None, None, None, None, (), evaluable=True, reasons=())

Box = tuple[int, int, int, int]


def key_picture(
    study: Study, findings: Sequence[Finding], finding: Finding, statement: str
) -> NDArray[np.uint8] | None:
    """Return (rows, columns, 3) RGB; None where no image shows the voxel.

    Parameters
    ----------
    findings : all voxels, for the overview; `finding` is one of them
    statement : what is said beneath
    """
    results = {one.number: result for one in findings if (result := _as_result(study, one)) is not None}
    if finding.number not in results:
        return None
    whole = overview(study, list(results.values()))
    close = close_ups(study, results[finding.number])
    if not close:
        return None
    name = clean(finding.label, _LONGEST_LABEL)
    canvas = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(canvas)
    top, bottom = _HEADER, SIZE[1] - _FOOTER
    if whole is not None:
        _place(canvas, draw, whole, (_MARGIN, top, _OVERVIEW_WIDTH, bottom), name, named=True)
    left = _OVERVIEW_WIDTH + _MARGIN if whole is not None else _MARGIN
    height = (bottom - top) // len(close)
    for number, picture in enumerate(close):
        box = (left, top + number * height, SIZE[0] - _MARGIN, top + (number + 1) * height - _MARGIN)
        _place(canvas, draw, picture, box, name, named=False)
    draw.text((_MARGIN, 10), f"{name}: {finding.summary}", _WHITE, _font(_TITLE))
    draw.text((_MARGIN, SIZE[1] - _FOOTER + 12), statement, _WHITE, _font(_SMALL))
    return np.asarray(canvas)


def _as_result(study: Study, finding: Finding) -> VoxelResult | None:
    """Return a voxel as the report's pictures take it: its place and its name, nothing else."""
    if finding.voxel is None:
        return None
    found = [a for a in study.acquisitions if any(source.sha256 in finding.files for source in a.sources)]
    if not found:
        return None
    nearest = min(found, key=lambda acquisition: _distance(acquisition, finding))
    acquisition = replace(nearest, label=finding.label, voxel=finding.voxel)
    return VoxelResult(acquisition, None, None, _NO_QUALITY, {}, {}, None)


def _distance(acquisition: Acquisition, finding: Finding) -> float:
    if acquisition.voxel is None or finding.voxel is None:
        return np.inf
    return float(np.linalg.norm(np.subtract(acquisition.voxel.centre_mm, finding.voxel.centre_mm)))


def _place(
    canvas: Image.Image, draw: ImageDraw.ImageDraw, picture: Picture, box: Box, label: str, *, named: bool
) -> None:
    """Draw a slice at true proportions into a box, its outlines, its sides and where it comes from."""
    left, top, right, bottom = box
    rows, columns = picture.pixels.shape
    width_mm, height_mm = columns * picture.pixel_mm[0], rows * picture.pixel_mm[1]
    room = bottom - top - 26
    scale = min((right - left) / width_mm, room / height_mm)
    size = (max(round(width_mm * scale), 1), max(round(height_mm * scale), 1))
    x, y = left + (right - left - size[0]) // 2, top
    image = Image.fromarray(np.ascontiguousarray(picture.pixels)).resize(size, Image.Resampling.BICUBIC)
    canvas.paste(image.convert("RGB"), (x, y))
    for outline in picture.outlines:
        is_own = outline.label == label
        points = (outline.polygon + 0.5) * np.asarray(picture.pixel_mm) * scale + np.array([x, y])
        _draw_outline(draw, points, is_own=is_own)
        if named:
            _draw_name(draw, outline.label, points, is_own=is_own)
    _draw_sides(draw, picture, (x, y, x + size[0], y + size[1]))
    draw.text((left, y + size[1] + 3), picture.caption, _GREY, _font(_SMALL))


def _draw_outline(draw: ImageDraw.ImageDraw, points: FloatArray, *, is_own: bool) -> None:
    closed = [(float(x), float(y)) for x, y in np.vstack([points, points[:1]])]
    draw.line(closed, fill=(0, 0, 0), width=5)
    draw.line(closed, fill=_YELLOW if is_own else _GREY, width=3 if is_own else 2)


def _draw_name(draw: ImageDraw.ImageDraw, name: str, points: FloatArray, *, is_own: bool) -> None:
    beside = (float(points[:, 0].max()) + 8, float(points[:, 1].mean()))
    _Text(name, _TEXT if is_own else _SMALL, _YELLOW if is_own else _GREY, "lm").draw(draw, beside)


def _draw_sides(draw: ImageDraw.ImageDraw, picture: Picture, box: Box) -> None:
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    places = ((left + 6, y, "lm"), (right - 6, y, "rm"), (x, top + 6, "mt"), (x, bottom - 6, "mb"))
    for letters, (px, py, anchor) in zip(picture.edges, places, strict=True):
        _Text(letters, _TEXT, _WHITE, anchor).draw(draw, (px, py))


class _Text:
    """A text with a dark halo, so that it can be read over any image."""

    def __init__(self, text: str, size: int, colour: tuple[int, int, int], anchor: str = "la") -> None:
        self._text, self._size, self._colour, self._anchor = text, size, colour, anchor

    def draw(self, draw: ImageDraw.ImageDraw, at: tuple[float, float]) -> None:
        draw.text(
            at, self._text, self._colour, _font(self._size), anchor=self._anchor, stroke_width=3, stroke_fill=(0, 0, 0)
        )


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(resource_path("fonts", "DejaVuSans.ttf")), size)
