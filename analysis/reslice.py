"""Slices of a volume in another plane, and where one slice cuts another; exact in LPS mm, no display in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, spatial

from analysis.geometry import box_corners_mm, plane_of, slice_normal, slice_point_mm, to_pixels
from analysis.types import FloatArray, Volume, Voxel

BodyPlane = Literal["sagittal", "axial", "coronal"]
BODY_PLANES: tuple[BodyPlane, ...] = ("sagittal", "axial", "coronal")

_PARALLEL = 0.97
"""Slices within 14 degrees of each other get no reference line: it would sweep over the whole picture."""
_FINEST_MM = 0.5
_CLOSEST_SLICES_MM = 1.0
_SHOWN_AXES: dict[BodyPlane, tuple[int, int]] = {"sagittal": (1, 2), "axial": (0, 1), "coronal": (0, 2)}
"""Which of (left, posterior, head) runs along the columns and the rows of a plane."""


@dataclass(frozen=True, eq=False)
class SliceStack:
    """Slices to look at: a volume as acquired, or another plane sampled from it slice by slice.

    Attributes
    ----------
    frame : the geometry and the display window; for a reformat its pixels are an empty stand-in of the right shape
    source : the volume that a reformat is sampled from; None where `frame` holds the acquired pixels
    """

    frame: Volume
    source: Volume | None = None

    @property
    def count(self) -> int:
        """Return how many slices there are."""
        return int(self.frame.pixels.shape[0])

    @property
    def reformatted(self) -> bool:
        """Whether the pixels are interpolated from another plane."""
        return self.source is not None

    def slice_pixels(self, index: int) -> NDArray[np.float32]:
        """Return one slice, (rows, columns); outside the source volume a reformat is 0."""
        if self.source is None:
            return np.asarray(self.frame.pixels[index], dtype=np.float32)
        return sample_slice(self.source, self.frame, index)


def sample_slice(source: Volume, frame: Volume, index: int) -> NDArray[np.float32]:
    """Sample slice `index` of `frame`'s geometry from `source` by linear interpolation, (rows, columns)."""
    rows, columns = frame.pixels.shape[1:]
    matrix = np.linalg.inv(source.affine) @ frame.affine
    start = (matrix[:3, 3] + matrix[:3, 2] * index)[::-1]
    values = ndimage.affine_transform(
        source.pixels,
        matrix[2::-1, 2::-1],
        start,
        output_shape=(1, rows, columns),
        order=1,
        mode="constant",
        cval=0.0,
        output=np.float32,
    )
    return np.asarray(values[0], dtype=np.float32)


def body_axes(axes: Sequence[Sequence[float]] | FloatArray) -> FloatArray:
    """Order and turn three orthonormal axes (rows, LPS) so that they point most nearly left, posterior and head.

    Returns
    -------
    (3, 3) the same axes as rows: the first nearest to left, the second to posterior, the third to head.
    """
    given = np.asarray(axes, dtype=float)
    orders = [(a, b, c) for a in range(3) for b in range(3) for c in range(3) if len({a, b, c}) == 3]
    best = max(orders, key=lambda order: sum(abs(given[order[i], i]) for i in range(3)))
    return np.stack([given[row] * (1.0 if given[row, i] >= 0 else -1.0) for i, row in enumerate(best)])


def volume_axes(volume: Volume) -> FloatArray:
    """Return a volume's column, row and slice directions as `body_axes`, (3, 3) rows."""
    directions = [volume.affine[:3, 0], volume.affine[:3, 1], slice_normal(volume)]
    return body_axes(np.stack([d / np.linalg.norm(d) for d in directions]))


def reformat(
    volume: Volume, plane: BodyPlane, axes: FloatArray, through_mm: Sequence[float] | FloatArray
) -> SliceStack:
    """Lay another plane through a volume.

    Parameters
    ----------
    axes : (3, 3) left, posterior and head of the picture (see `body_axes`), so that it can follow an oblique voxel
    through_mm : (3,) LPS point through whose pixel centre, in the plane's depth, one slice passes exactly

    Returns
    -------
    SliceStack over the whole volume, of square pixels as fine as the volume's finest in-plane spacing but not finer
    than 0.5 mm, with slices at least 1 mm apart.
    """
    across, down = _SHOWN_AXES[plane]
    column, row = axes[across], axes[down] * (-1.0 if down == 2 else 1.0)
    directions = np.stack([column, row, np.cross(column, row)])
    finest = float(np.linalg.norm(volume.affine[:3, :2], axis=0).min())
    steps = np.array([max(finest, _FINEST_MM), max(finest, _FINEST_MM), max(finest, _CLOSEST_SLICES_MM)])
    reach = _outer_corners(volume) @ directions.T
    low, high = reach.min(axis=0), reach.max(axis=0)
    middle = np.asarray(through_mm) @ directions.T
    first = np.ceil((low - middle) / steps)
    columns, rows, slices = (np.floor((high - middle) / steps) - first + 1).clip(1).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = directions.T * steps
    affine[:3, 3] = (middle + first * steps) @ directions
    empty = np.broadcast_to(np.float32(0), (int(slices), int(rows), int(columns)))
    frame = replace(
        volume,
        pixels=empty,
        affine=affine,
        slice_thickness_mm=float(steps[2]),
        plane=plane_of(directions[2]),
        sources=(),
    )
    return SliceStack(frame, volume)


def _outer_corners(volume: Volume) -> FloatArray:
    """Return the centres of the eight corner pixels, (8, 3) LPS mm: beyond them nothing can be interpolated."""
    slices, rows, columns = volume.pixels.shape
    ends = [(c, r, s, 1.0) for c in (0, columns - 1) for r in (0, rows - 1) for s in (0, slices - 1)]
    return np.asarray((np.array(ends) @ volume.affine.T)[:, :3])


def holds(volume: Volume, point_mm: Sequence[float] | FloatArray) -> bool:
    """Whether an LPS point lies inside a volume, within half a pixel and half a slice of its outermost centres."""
    position = to_pixels(volume, np.asarray(point_mm))[0]
    slices, rows, columns = volume.pixels.shape
    return bool(np.all(position >= -0.5) and np.all(position <= np.array([columns, rows, slices]) - 0.5))


def reference_line_pixels(other: Volume, other_index: int, volume: Volume, index: int) -> FloatArray:
    """Return where a slice of another stack cuts this slice.

    Returns
    -------
    (2, 2) end points in ``(column, row)`` of `volume`; (0, 2) where the slices are nearly parallel, belong to
    different frames of reference, or do not meet.
    """
    nothing = np.empty((0, 2))
    same = volume.frame_of_reference_uid is not None
    if not same or other.frame_of_reference_uid != volume.frame_of_reference_uid:
        return nothing
    normal = slice_normal(volume)
    if abs(float(slice_normal(other) @ normal)) > _PARALLEL:
        return nothing
    rows, columns = other.pixels.shape[1:]
    edge = np.array([(-0.5, -0.5), (columns - 0.5, -0.5), (columns - 0.5, rows - 0.5), (-0.5, rows - 0.5)])
    flat = np.column_stack([edge, np.full(4, other_index), np.ones(4)])
    corners = (flat @ other.affine.T)[:, :3]
    height = (corners - slice_point_mm(volume, index)) @ normal
    cuts = []
    for a, b in ((0, 1), (1, 2), (2, 3), (3, 0)):
        if height[a] * height[b] < 0:
            cuts.append(corners[a] + (corners[b] - corners[a]) * height[a] / (height[a] - height[b]))
    return to_pixels(volume, np.asarray(cuts))[:, :2] if len(cuts) == 2 else nothing


def projected_outline_pixels(voxel: Voxel, volume: Volume) -> FloatArray:
    """Return the outline of a voxel's shadow along the slice normal, (n, 2) in ``(column, row)``.

    This is a hint of where a voxel lies before or behind a slice, not where it cuts the slice.
    """
    corners = to_pixels(volume, box_corners_mm(voxel))[:, :2]
    return np.asarray(corners[spatial.ConvexHull(corners).vertices])


def distance_mm(voxel: Voxel, volume: Volume, index: int) -> float:
    """Return how far a voxel's centre lies from slice `index`, along the slice normal."""
    return abs(float((np.asarray(voxel.centre_mm) - slice_point_mm(volume, index)) @ slice_normal(volume)))
