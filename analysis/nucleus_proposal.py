"""An outline of the nucleus proposed from T2-weighted images, for the reader to accept or to draw anew.

The disc's edges (see `analysis.disc_measure`) give its middle, its tilt and its height. In the disc's own plane the
signal is followed outwards from the middle; the nucleus ends where it falls to half between nucleus and annulus. The
proposal is an ellipse through these ends: as tall as the disc in the sagittal plane, as wide as it is bright in the
axial one. That the nucleus is an ellipse, and fills the height of the disc, are design choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.disc_measure import NotMeasurable, disc_edges, disc_height, is_t2, sample
from analysis.geometry import pixel_spacing_mm, slice_normal, slice_point_mm, to_pixels
from analysis.nucleus import Contour
from analysis.reslice import body_axes, holds
from analysis.types import FloatArray, Volume, Voxel

_STEP_MM, _REACH_MM = 0.25, 24.0
_MIDDLE_MM = 3.0
"""Within this of the middle the signal is the nucleus's."""
_ANNULUS_MM = (5.0, 22.0)
_LEAST_FALL = 0.35
"""Of the nucleus's signal, from nucleus to annulus."""
_BESIDE_MM = (-1.0, 0.0, 1.0)
"""Profiles are means of three lines this far apart."""
_CORNERS = 32


@dataclass(frozen=True, eq=False)
class _Disc:
    """The middle of the disc and its own directions, LPS."""

    middle_mm: FloatArray
    left: FloatArray
    back: FloatArray
    head: FloatArray
    height_mm: float


def propose_nucleus(
    voxel: Voxel,
    frame_of_reference_uid: str | None,
    volumes: Sequence[Volume],
    plane: Literal["sagittal", "axial"],
) -> Contour:
    """Return an outline of the nucleus at a voxel in one plane.

    Raises
    ------
    NotMeasurable
        If no T2-weighted images show the disc's edges or where its nucleus ends; the message says which.
    """
    fitting = [
        v
        for v in volumes
        if v.frame_of_reference_uid == frame_of_reference_uid is not None and is_t2(v) and holds(v, voxel.centre_mm)
    ]
    sagittal = [v for v in fitting if v.plane == "sagittal"]
    if not sagittal:
        raise NotMeasurable("No sagittal series that calls itself T2-weighted holds this voxel.")
    finest = min(sagittal, key=lambda v: max(pixel_spacing_mm(v)))
    disc = _disc(voxel, finest)
    if plane == "sagittal":
        front, back = _ends(disc, disc.back, disc.head, finest)
        middle = disc.middle_mm + (front + back) / 2 * disc.back
        middle = _onto_slice(middle, finest)
        return _ellipse(middle, (back - front) / 2 * disc.back, disc.height_mm / 2 * disc.head, plane)
    axial = sorted((v for v in fitting if v.plane == "axial"), key=lambda v: max(pixel_spacing_mm(v)))
    for seen in axial:
        try:
            return _axial(disc, seen)
        except NotMeasurable:  # the series may hold only a part of the disc; another one, or the sagittal, may do
            continue
    return _axial(disc, finest)


def _axial(disc: _Disc, seen: Volume) -> Contour:
    front, back = _ends(disc, disc.back, disc.left, seen)
    centre = replace(disc, middle_mm=disc.middle_mm + (front + back) / 2 * disc.back)
    right, left = _ends(centre, disc.left, disc.back, seen)
    middle = centre.middle_mm + (right + left) / 2 * disc.left
    return _ellipse(middle, (back - front) / 2 * disc.back, (left - right) / 2 * disc.left, "axial")


def _disc(voxel: Voxel, volume: Volume) -> _Disc:
    left, back, head = body_axes(voxel.axes)
    edges = disc_edges(voxel, volume)
    slope, offset = np.polyfit(edges[:, 0], edges[:, 1:].mean(axis=1), 1)
    cosine = 1 / float(np.hypot(1, slope))
    own_back, own_head = (back + slope * head) * cosine, (head - slope * back) * cosine
    middle = np.asarray(voxel.centre_mm) + offset * head
    return _Disc(middle, left, own_back, own_head, disc_height(voxel, volume).value)


def _ends(disc: _Disc, along: FloatArray, beside: FloatArray, volume: Volume) -> tuple[float, float]:
    """Return how far the nucleus reaches backwards and forwards along a direction, mm."""
    steps = np.arange(0.0, _REACH_MM + _STEP_MM / 2, _STEP_MM)
    lines = [disc.middle_mm + offset * beside for offset in _BESIDE_MM]
    both = []
    for turn in (-1.0, 1.0):
        profiles = [sample(volume, line + turn * steps[:, None] * along) for line in lines]
        both.append(np.mean(profiles, axis=0))
    near = round(_MIDDLE_MM / _STEP_MM)
    bright = float(np.nanmedian(np.concatenate([profile[: near + 1] for profile in both])))
    return -_end(both[0], bright), _end(both[1], bright)


def _end(profile: FloatArray, bright: float) -> float:
    first, last = (round(mm / _STEP_MM) for mm in _ANNULUS_MM)
    beyond = profile[first : last + 1]
    if np.isnan(profile[: last + 1]).any() or bright <= 0:
        raise NotMeasurable("The images end before the annulus of this disc.")
    dark = float(beyond.min())
    if bright - dark < _LEAST_FALL * bright:
        raise NotMeasurable("The nucleus does not stand out against the annulus, so no outline is proposed.")
    level = (bright + dark) / 2
    below = int(np.argmax(profile < level))
    if below == 0:
        raise NotMeasurable("The nucleus does not stand out in the middle of the disc, so no outline is proposed.")
    share = (profile[below - 1] - level) / (profile[below - 1] - profile[below])
    return (below - 1 + float(share)) * _STEP_MM


def _onto_slice(point: FloatArray, volume: Volume) -> FloatArray:
    """Return a point moved along the slice normal onto the nearest slice, so that the outline shows on it whole."""
    normal = slice_normal(volume)
    index = round(float(to_pixels(volume, point)[0, 2]))
    return np.asarray(point + ((slice_point_mm(volume, index) - point) @ normal) * normal)


def _ellipse(middle: FloatArray, one: FloatArray, other: FloatArray, plane: Literal["sagittal", "axial"]) -> Contour:
    angle = np.arange(_CORNERS) * 2 * np.pi / _CORNERS
    points = middle + np.outer(np.cos(angle), one) + np.outer(np.sin(angle), other)
    return Contour(tuple((float(x), float(y), float(z)) for x, y, z in points.round(3)), plane, "proposed")
