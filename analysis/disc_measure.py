"""Disc height and nucleus-to-CSF signal ratio, measured on sagittal T2-weighted images at a voxel.

Method (every number below is a design choice, tested on images of known anatomy):

Height
    The signal is sampled along the disc's normal at five places from front to back on every slice through the middle of
    the voxel. Each profile has a marrow edge on either side of the disc, at half contrast between the marrow and the
    darkest point before it. Lines through the upper and the lower edges give the disc's tilt and the distance between
    marrow and marrow across it, from which the two bony endplates are taken off (they are as dark as the annulus).
Nucleus
    Mean over the inner part of the voxel, 60 % of each edge and at most 60 % of the disc's height.
Fluid
    In a box behind the disc, from 10 to 36 mm behind the voxel's centre, 30 mm to head and foot and 8 mm to either
    side, the largest connected set of pixels above 80 % of the box's 99th percentile. It must be large and long enough
    to be the thecal sac, and twice as bright as the marrow above and below the disc; else the ratio is unknown.

The receive coil's sensitivity is not corrected: fluid nearer to a surface coil looks brighter than the nucleus.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from analysis.errors import DiscernError
from analysis.geometry import pixel_spacing_mm, slice_normal, to_pixels
from analysis.reslice import body_axes, holds
from analysis.types import FloatArray, Measured, Volume, Voxel

ENDPLATES_MM = Measured(1.8, 0.5)
"""Thickness of both bony endplates together; chemical shift thickens one at the cost of the other."""
_OFFSETS_MM = (-4.0, -2.0, 0.0, 2.0, 4.0)
_MIDDLE_MM = 6.0
"""Slices within this distance of the voxel's centre are used."""
_STEP_MM, _REACH_MM = 0.1, 19.0
_MARROW_MM = (10.0, 18.0)
_BESIDE_MM = (0.8, 5.0)
_LEAST_CONTRAST = 0.35
"""Of the marrow's signal, between marrow and the dark edge of the disc."""
_HEIGHTS_MM = (2.0, 18.0)
_STEEPEST = math.tan(math.radians(30))
_BLUR_SHARE = 0.25
"""Standard error of an edge that all profiles share, in pixels."""
_INNER = (0.5, 0.6, 0.7)
"""Shares of the voxel that count as nucleus; the outer two tell how far the choice matters."""
_BACK_MM, _TALL_MM, _SIDE_MM = (10.0, 36.0), 30.0, 8.0
_FLUID = (0.7, 0.8, 0.9)
_LEAST_FLUID_MM2, _LEAST_FLUID_MM, _OVER_MARROW = 60.0, 20.0, 2.0
_PIXELS_PER_SAMPLE = 2.0
"""Neighbouring pixels of a filtered image are not independent."""
_T2 = re.compile(r"(?<![0-9])T2(?!\d|\*|[-/_ ]?T3)", re.IGNORECASE)
_NOT_T2 = re.compile(r"T1|STAR|FLAIR|MAP|MEDIC|MERGE|GRE|FFE|HEMO|SWI|ADC|RELAX", re.IGNORECASE)


class NotMeasurable(DiscernError):
    """The images do not show what is to be measured; the message says why."""


@dataclass(frozen=True)
class DiscMeasures:
    """What the images say of one disc; None is unknown, and `why` says in a sentence why, or how it was measured."""

    height_mm: Measured | None = None
    nucleus_to_csf: Measured | None = None
    height_why: str = "It was not measured."
    ratio_why: str = "It was not measured."
    series: str | None = None


def is_t2(volume: Volume) -> bool:
    """Whether a series calls itself T2-weighted, and not T2*, a map or another contrast."""
    return _T2.search(volume.description) is not None and _NOT_T2.search(volume.description) is None


def measure_disc(voxel: Voxel | None, frame_of_reference_uid: str | None, volumes: Sequence[Volume]) -> DiscMeasures:
    """Measure the disc at a voxel on the finest sagittal T2 series that holds it.

    Parameters
    ----------
    frame_of_reference_uid : of the voxel; images of another frame are not used
    """
    if voxel is None:
        return _unknown("The voxel's place is not known.")
    same = [v for v in volumes if v.frame_of_reference_uid == frame_of_reference_uid and v.plane == "sagittal"]
    fitting = [v for v in same if is_t2(v) and holds(v, voxel.centre_mm)]
    if not fitting:
        return _unknown("No sagittal series that calls itself T2-weighted holds this voxel.")
    volume = min(fitting, key=lambda v: max(pixel_spacing_mm(v)))
    height: Measured | None = None
    try:
        height, height_why = disc_height(voxel, volume), "Between the bony endplates, along the disc's normal."
    except NotMeasurable as error:
        height_why = str(error)
    ratio: Measured | None = None
    try:
        ratio = nucleus_to_csf(voxel, volume, height.value if height else None)
        ratio_why = "Mean of the nucleus over the mean of the fluid behind the disc; the coil is not corrected for."
    except NotMeasurable as error:
        ratio_why = str(error)
    return DiscMeasures(height, ratio, height_why, ratio_why, volume.description)


def _unknown(why: str) -> DiscMeasures:
    return DiscMeasures(height_why=why, ratio_why=why)


def sample(volume: Volume, points_mm: FloatArray) -> FloatArray:
    """Return the signal at LPS points (..., 3), linear between pixels; NaN outside the stack."""
    at = to_pixels(volume, points_mm.reshape(-1, 3))[:, ::-1].T
    values = ndimage.map_coordinates(volume.pixels, at, order=1, mode="constant", cval=np.nan, output=np.float64)
    return np.asarray(values).reshape(points_mm.shape[:-1])


def _slices_mm(voxel: Voxel, volume: Volume) -> FloatArray:
    """Return LPS points, (n, 3), one on each slice near the voxel's centre: the centre moved along the slice normal."""
    normal = slice_normal(volume)
    centre = np.asarray(voxel.centre_mm)
    at = float(to_pixels(volume, centre)[0, 2])
    spacing = abs(float(volume.affine[:3, 2] @ normal))
    turn = 1.0 if volume.affine[:3, 2] @ normal > 0 else -1.0
    offsets = [(index - at) * spacing for index in range(volume.pixels.shape[0])]
    near = [turn * offset for offset in offsets if abs(offset) <= _MIDDLE_MM]
    near = near or [turn * min(offsets, key=abs)]
    return np.asarray([centre + offset * normal for offset in near])


# --- height ----------------------------------------------------------------------------------------------------------


def disc_height(voxel: Voxel, volume: Volume) -> Measured:
    """Return the height of the disc at a voxel, mm, with its standard deviation.

    Raises
    ------
    NotMeasurable
        If the marrow's edges do not show.
    """
    return _height_of(disc_edges(voxel, volume), max(pixel_spacing_mm(volume)))


def disc_edges(voxel: Voxel, volume: Volume) -> FloatArray:
    """Return where the marrow begins above and below the disc.

    Returns
    -------
    (n, 3) rows of (place behind the voxel's centre, upper edge, lower edge) along the voxel's axes, mm

    Raises
    ------
    NotMeasurable
        If the marrow's edges do not show.
    """
    _, back, head = body_axes(voxel.axes)
    along = np.arange(-_REACH_MM, _REACH_MM + _STEP_MM / 2, _STEP_MM)
    edges = []
    for centre in _slices_mm(voxel, volume):
        for offset in _OFFSETS_MM:
            profile = sample(volume, centre + offset * back + along[:, None] * head)
            upper, lower = _edge(profile[along >= 0]), _edge(profile[along <= 0][::-1])
            if upper is not None and lower is not None:
                edges.append((offset, upper, -lower))
    ends = np.asarray(voxel.centre_mm) + np.outer([-_MARROW_MM[1], _MARROW_MM[1]], head)
    if not all(holds(volume, end) for end in ends):
        raise NotMeasurable("The images end before the vertebra above or below the disc.")
    slices = len(_slices_mm(voxel, volume))
    if len(edges) < max(3, slices * len(_OFFSETS_MM) // 2):
        raise NotMeasurable("The edges of the vertebral marrow above and below the disc do not stand out.")
    return np.asarray(edges)


def _edge(profile: FloatArray) -> float | None:
    """Return how many mm from the disc's centre the marrow begins, or None where it does not stand out."""
    first, last = (round(mm / _STEP_MM) for mm in _MARROW_MM)
    if np.isnan(profile[: last + 1]).any():
        return None
    marrow = float(np.median(profile[first : last + 1]))
    found: float | None = None
    for _ in range(2):
        dark = float(profile[:first].min())
        if marrow <= 0 or marrow - dark < _LEAST_CONTRAST * marrow:
            return None
        found = _outermost_crossing(profile[: first + 1], (marrow + dark) / 2)
        if found is None:
            return None
        near, far = (round((found + mm) / _STEP_MM) for mm in _BESIDE_MM)
        marrow = float(np.median(profile[near : far + 1]))
    return found


def _outermost_crossing(profile: FloatArray, level: float) -> float | None:
    """Return where a profile last rises through a level on its way out, in mm; None where it ends below it."""
    below = np.nonzero(profile < level)[0]
    if len(below) == 0 or below[-1] + 1 >= len(profile):
        return None
    i = int(below[-1])
    share = (level - profile[i]) / (profile[i + 1] - profile[i])
    return (i + float(share)) * _STEP_MM


def _height_of(edges: FloatArray, pixel_mm: float) -> Measured:
    """Return the height from rows of (place from front to back, upper edge, lower edge), mm.

    Straight lines through the edges; the mean of their slopes is the disc's own tilt against the voxel.
    """
    design = np.column_stack([np.ones(len(edges)), edges[:, 0]])
    kept = np.ones(len(edges), dtype=bool)
    for _ in range(2):
        lines = np.linalg.lstsq(design[kept], edges[kept, 1:], rcond=None)[0]
        apart = edges[:, 1:] - design @ lines
        spread = max(1.4826 * float(np.median(np.abs(apart[kept]))), 0.1 * pixel_mm)
        kept = np.all(np.abs(apart) < 4 * spread, axis=1)
        if kept.sum() < 3:
            raise NotMeasurable("The endplates are too uneven at the voxel for one height.")
    slope = float(lines[1].mean())
    if abs(slope) > _STEEPEST:
        raise NotMeasurable("The voxel is tilted by more than 30 degrees against the disc.")
    cosine = 1 / math.sqrt(1 + slope**2)
    value = float(lines[0, 0] - lines[0, 1]) * cosine - ENDPLATES_MM.value
    if not _HEIGHTS_MM[0] <= value <= _HEIGHTS_MM[1]:
        raise NotMeasurable(f"The edges lie {value:.1f} mm apart, which is no disc.")
    random = float(np.var(apart[kept, 0] - apart[kept, 1], ddof=2)) / int(kept.sum())
    blur = 2 * (_BLUR_SHARE * pixel_mm) ** 2
    return Measured(value, math.sqrt(ENDPLATES_MM.sd**2 + random + blur))


# --- signal ----------------------------------------------------------------------------------------------------------


def nucleus_to_csf(voxel: Voxel, volume: Volume, height_mm: float | None = None) -> Measured:
    """Return the signal of the nucleus over that of the fluid behind the disc, with its standard deviation.

    Raises
    ------
    NotMeasurable
        If no fluid stands out behind the disc.
    """
    points, values = _pixels_near(voxel, volume)
    nucleus = _nucleus(points, values, voxel, height_mm)
    fluid = _fluid(points, values, volume)
    ratio = nucleus.value / fluid.value
    share = math.hypot(nucleus.sd / max(nucleus.value, 1e-9), fluid.sd / fluid.value)
    return Measured(ratio, ratio * share)


def _pixels_near(voxel: Voxel, volume: Volume) -> tuple[FloatArray, FloatArray]:
    """Return the pixels of the slices near a voxel: places (slices, rows, columns, 3) left, back, head of it in mm."""
    axes = body_axes(voxel.axes)
    centre = np.asarray(voxel.centre_mm)
    slices = sorted({round(float(to_pixels(volume, point)[0, 2])) for point in _slices_mm(voxel, volume)})
    rows, columns = np.indices(volume.pixels.shape[1:])
    flat = [np.stack([columns, rows, np.full(rows.shape, k), np.ones(rows.shape)], axis=-1) for k in slices]
    places = (np.stack(flat) @ volume.affine.T)[..., :3] - centre
    return np.asarray(places @ axes.T), np.asarray(volume.pixels[slices], dtype=np.float64)


def _nucleus(points: FloatArray, values: FloatArray, voxel: Voxel, height_mm: float | None) -> Measured:
    edges = _edges_along_body(voxel)
    if height_mm is not None:
        edges[2] = min(edges[2], height_mm)
    means, spread, count = [], 0.0, 1.0
    for share in _INNER:
        limit = np.maximum(share * edges / 2, [_MIDDLE_MM / 2, 1.0, 0.5])
        inside = values[np.all(np.abs(points) <= limit, axis=-1)]
        if len(inside) < 3:
            raise NotMeasurable("The voxel is too small for the images to show its nucleus.")
        means.append(float(inside.mean()))
        if share == _INNER[1]:
            spread, count = float(inside.std(ddof=1)), len(inside) / _PIXELS_PER_SAMPLE
    return Measured(means[1], math.hypot(spread / math.sqrt(count), abs(means[2] - means[0]) / 2))


def _edges_along_body(voxel: Voxel) -> FloatArray:
    """Return the voxel's edges, mm, in the order of `body_axes`."""
    axes = np.abs(np.asarray(voxel.axes) @ body_axes(voxel.axes).T)
    return np.asarray(voxel.size_mm, dtype=float) @ np.round(axes)


def _fluid(points: FloatArray, values: FloatArray, volume: Volume) -> Measured:
    low = np.array([-_SIDE_MM, _BACK_MM[0], -_TALL_MM])
    high = np.array([_SIDE_MM, _BACK_MM[1], _TALL_MM])
    box = np.all((points >= low) & (points <= high), axis=-1)
    if box.sum() < 50:
        raise NotMeasurable("The images end before the spinal canal behind the disc.")
    depth, height = np.abs(points[..., 1]), np.abs(points[..., 2])
    bodies = (depth <= _BACK_MM[0]) & (height >= _MARROW_MM[0]) & (height <= _MARROW_MM[1])
    bright = float(np.percentile(values[box], 99))
    if not bodies.any() or bright < _OVER_MARROW * float(np.median(values[bodies])):
        raise NotMeasurable("No fluid stands out behind the disc.")
    area_mm2 = float(np.prod(pixel_spacing_mm(volume)))
    means, spread, count = [], 0.0, 1.0
    for share in _FLUID:
        inside = _largest_piece(box & (values > share * bright))
        if share == _FLUID[1]:
            tall = points[inside][:, 2]
            if inside.sum() * area_mm2 < _LEAST_FLUID_MM2 or np.ptp(tall) < _LEAST_FLUID_MM:
                raise NotMeasurable("What is bright behind the disc is too small to be the thecal sac.")
            spread, count = float(values[inside].std(ddof=1)), inside.sum() / _PIXELS_PER_SAMPLE
        means.append(float(values[inside].mean()))
    return Measured(means[1], math.hypot(spread / math.sqrt(count), abs(means[2] - means[0]) / 2))


def _largest_piece(
    mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return the largest connected part of a mask, within and between slices."""
    pieces, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    if count == 0:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == int(sizes.argmax()))
