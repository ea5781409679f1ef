"""Where a saturation band lies on a slice: a slab between two parallel planes, cut by the slice's plane."""

from __future__ import annotations

import numpy as np

from analysis.geometry import to_pixels
from analysis.types import FloatArray, SaturationBand, Volume, Voxel


def band_pixels(band: SaturationBand, volume: Volume, index: int) -> FloatArray:
    """Return the part of a slice that lies in a band.

    Returns
    -------
    (n, 2) corners in ``(column, row)`` in order, cut off at the image's edge; (0, 2) where the band misses the image.
    """
    rows, columns = volume.pixels.shape[1:]
    edge = np.array([(-0.5, -0.5), (columns - 0.5, -0.5), (columns - 0.5, rows - 0.5), (-0.5, rows - 0.5)])
    flat = np.column_stack([edge, np.full(4, index), np.ones(4)])
    polygon = (flat @ volume.affine.T)[:, :3]
    normal, half = np.asarray(band.normal), band.thickness_mm / 2
    for sign in (1.0, -1.0):
        height = half - sign * ((polygon - np.asarray(band.middle_mm)) @ normal)
        polygon = _kept(polygon, height)
        if len(polygon) < 3:
            return np.empty((0, 2))
    return to_pixels(volume, polygon)[:, :2]


def _kept(polygon: FloatArray, height: FloatArray) -> FloatArray:
    """Return the part of a convex polygon, (n, 3), where the height of its corners, (n,), is not negative."""
    corners = []
    for here, there, a, b in zip(polygon, np.roll(polygon, -1, axis=0), height, np.roll(height, -1), strict=True):
        if a >= 0:
            corners.append(here)
        if a * b < 0:
            corners.append(here + (there - here) * (a / (a - b)))
    return np.asarray(corners).reshape(-1, 3)


def touches(band: SaturationBand, voxel: Voxel) -> bool:
    """Whether a band reaches into a voxel, so that a part of it gives no signal."""
    normal = np.asarray(band.normal)
    reach = float(np.abs(np.asarray(voxel.axes) @ normal) @ np.asarray(voxel.size_mm)) / 2
    away = abs(float((np.asarray(voxel.centre_mm) - np.asarray(band.middle_mm)) @ normal))
    return away < reach + band.thickness_mm / 2
