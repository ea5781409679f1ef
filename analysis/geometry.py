"""Exact geometry in LPS mm: slices, voxel boxes, and where one cuts the other."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from analysis.types import FloatArray, Plane, Volume, Voxel

_PARALLEL_COSINE = 0.8
"""A slice normal within 37 degrees of a body axis is named after that plane."""


def box_corners_mm(voxel: Voxel) -> FloatArray:
    """Return the eight corners of a voxel, (8, 3) in LPS mm."""
    signs = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)])
    return np.asarray(np.asarray(voxel.centre_mm) + (signs * np.asarray(voxel.size_mm)) @ np.asarray(voxel.axes))


def _edges() -> list[tuple[int, int]]:
    return [(a, b) for a in range(8) for b in range(a + 1, 8) if (a ^ b) in (1, 2, 4)]


def cut_box(voxel: Voxel, point_mm: FloatArray, normal: FloatArray) -> FloatArray:
    """Return the convex polygon in which a plane cuts a voxel.

    Parameters
    ----------
    point_mm, normal : (3,) a point of the plane and its normal, LPS mm

    Returns
    -------
    (n, 3) vertices in LPS mm in order around the polygon, n from 3 to 6; (0, 3) where the plane misses the box.
    """
    unit = np.asarray(normal, dtype=float) / np.linalg.norm(normal)
    corners = box_corners_mm(voxel)
    height = (corners - point_mm) @ unit
    tiny = 1e-9 * max(voxel.size_mm)
    points = [corners[i] for i in range(8) if abs(height[i]) <= tiny]
    for a, b in _edges():
        if height[a] * height[b] < 0 and min(abs(height[a]), abs(height[b])) > tiny:
            points.append(corners[a] + (corners[b] - corners[a]) * height[a] / (height[a] - height[b]))
    if len(points) < 3:
        return np.empty((0, 3))
    return _around(np.asarray(points), unit)


def _around(points: FloatArray, normal: FloatArray) -> FloatArray:
    """Order coplanar points of a convex polygon by angle about their mean."""
    centre = points.mean(axis=0)
    first = points[np.argmax(np.linalg.norm(points - centre, axis=1))] - centre
    first = first / np.linalg.norm(first)
    second = np.cross(normal, first)
    angle = np.arctan2((points - centre) @ second, (points - centre) @ first)
    return points[np.argsort(angle)]


def slice_normal(volume: Volume) -> FloatArray:
    """Return the unit normal of a volume's slices, (3,) LPS, from column and row directions."""
    # Written out: of a thousand images this is asked thousands of times, and np.cross is slow on single vectors.
    (ax, bx), (ay, by), (az, bz) = volume.affine[:3, :2].tolist()
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return np.array([x, y, z]) / math.sqrt(x * x + y * y + z * z)


def slice_point_mm(volume: Volume, index: int) -> FloatArray:
    """Return the centre of pixel (0, 0) of a slice, (3,) LPS mm."""
    return np.asarray(volume.affine @ np.array([0.0, 0.0, index, 1.0]))[:3]


def pixel_spacing_mm(volume: Volume) -> tuple[float, float]:
    """Return the distance between columns and between rows, in mm."""
    return float(np.linalg.norm(volume.affine[:3, 0])), float(np.linalg.norm(volume.affine[:3, 1]))


def to_pixels(volume: Volume, points_mm: FloatArray) -> FloatArray:
    """Map LPS points (n, 3) to fractional ``(column, row, slice)`` indices, (n, 3); integers are pixel centres."""
    inverse = np.linalg.inv(volume.affine)
    points = np.atleast_2d(points_mm)
    return cast("FloatArray", points @ inverse[:3, :3].T + inverse[:3, 3])


def voxel_outline_pixels(voxel: Voxel, volume: Volume, index: int) -> FloatArray:
    """Return where a voxel cuts slice `index`, (n, 2) in ``(column, row)``; (0, 2) where it does not."""
    polygon = cut_box(voxel, slice_point_mm(volume, index), slice_normal(volume))
    return to_pixels(volume, polygon)[:, :2] if len(polygon) else np.empty((0, 2))


def nearest_slice(volume: Volume, point_mm: FloatArray) -> int:
    """Return the index of the slice nearest to an LPS point, clipped to the stack."""
    position = to_pixels(volume, np.asarray(point_mm))[0, 2]
    return int(np.clip(round(float(position)), 0, volume.pixels.shape[0] - 1))


def plane_of(normal: FloatArray) -> Plane:
    """Name the plane of slices with this normal (LPS)."""
    planes: tuple[Plane, ...] = ("sagittal", "coronal", "axial")
    cosines = np.abs(np.asarray(normal) / np.linalg.norm(normal))
    best = int(np.argmax(cosines))
    return planes[best] if cosines[best] >= _PARALLEL_COSINE else "oblique"


def direction_letters(direction: FloatArray) -> str:
    """Name the side of the patient that a direction (LPS) points to, at most two letters, for example ``AH``."""
    unit = np.asarray(direction) / np.linalg.norm(direction)
    names = [("L", "R"), ("P", "A"), ("H", "F")]
    ranked = sorted(range(3), key=lambda i: -abs(unit[i]))
    return "".join(names[i][0 if unit[i] > 0 else 1] for i in ranked[:2] if abs(unit[i]) > 0.35)
