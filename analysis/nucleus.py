"""The nucleus as a reader outlines it, and the share of a voxel that lies inside.

An outline is a closed polygon in one plane. Two outlines in planes that cross say more than their areas and less than
a volume; what they leave open is told by three bodies:

smallest
    The convex hull of both outlines: a convex nucleus with these cuts holds it.
largest
    All points whose shadows fall into both outlines: a nucleus that is widest in the two planes lies within it.
between
    Each outline carried along the other, moved and scaled so that it keeps to the other's edges; the mean share of the
    two bodies. This is exact for an ellipsoid and for a box that are cut through the middle.

One outline alone leaves the third direction open: then only the largest share is known. The model is a design choice;
an annular or crescent-shaped nucleus, and planes far from the nucleus's widest place, are beyond it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import spatial

from analysis.geometry import cut_box, slice_normal, slice_point_mm, to_pixels
from analysis.reslice import BODY_PLANES, BodyPlane
from analysis.types import BoolArray, FloatArray, Volume, Voxel

ContourSource = Literal["drawn", "proposed"]
Point = tuple[float, float, float]

FEWEST_POINTS, MOST_POINTS = 3, 400
_LEAST_CROSSING = math.sin(math.radians(45))
_SAMPLES = 60_000
"""Points in the voxel; a share is exact to about 0.3 % of the voxel."""
_GOLDEN = 1.2207440846057596
"""The root of x^4 = x + 1: multiples of its inverse powers fill a box evenly (Roberts's sequence; recalled)."""
_FEW_CORNERS, _REACH = 12, 1 / 8
_SAME_PLANE = math.cos(math.radians(3))


@dataclass(frozen=True)
class Contour:
    """A closed polygon about the nucleus in one plane; LPS mm, the last point joins the first.

    Attributes
    ----------
    plane : the body plane that the slice is nearest to
    source : whether the reader drew it, or took what the images proposed
    """

    points_mm: tuple[Point, ...]
    plane: BodyPlane
    source: ContourSource = "drawn"

    def __post_init__(self) -> None:
        """Refuse what encloses nothing."""
        if not FEWEST_POINTS <= len(self.points_mm) <= MOST_POINTS:
            raise ValueError(f"an outline has {FEWEST_POINTS} to {MOST_POINTS} points, not {len(self.points_mm)}")
        if not np.isfinite(np.asarray(self.points_mm, dtype=float)).all():
            raise ValueError("the points of an outline are finite positions in mm")


@dataclass(frozen=True)
class NucleusOutline:
    """The outlines of one disc's nucleus, at most one for each body plane."""

    contours: tuple[Contour, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two outlines in one plane."""
        planes = [contour.plane for contour in self.contours]
        if len(set(planes)) != len(planes):
            raise ValueError("a nucleus has at most one outline in each plane")

    def of(self, plane: BodyPlane) -> Contour | None:
        """Return the outline in a plane."""
        return next((contour for contour in self.contours if contour.plane == plane), None)

    def but(self, contour: Contour) -> NucleusOutline:
        """Return the outlines with another one in its plane."""
        return NucleusOutline((*(other for other in self.contours if other.plane != contour.plane), contour))


@dataclass(frozen=True)
class NucleusShare:
    """Share of the voxel's volume inside the nucleus, 0 to 1; None is unknown, and `why` is a sentence about it."""

    value: float | None
    low: float | None
    high: float | None
    why: str


def body_plane_of(volume: Volume) -> BodyPlane:
    """Return the body plane that a volume's slices are nearest to."""
    cosines = dict(zip(("sagittal", "coronal", "axial"), np.abs(slice_normal(volume)), strict=True))
    return max(BODY_PLANES, key=lambda plane: cosines[plane])


def contour_pixels(contour: Contour, volume: Volume, index: int) -> tuple[FloatArray, bool]:
    """Return where an outline shows on a slice.

    Returns
    -------
    points : (n, 2) in ``(column, row)``: the polygon where the outline lies in this slice, else the places where it
        passes through; (0, 2) where neither
    whole : whether they are the polygon
    """
    points = np.asarray(contour.points_mm)
    at = to_pixels(volume, points)
    normal = slice_normal(volume)
    spacing = abs(float(volume.affine[:3, 2] @ normal))
    height = (points - slice_point_mm(volume, index)) @ normal
    _, own = _plane(points)
    if abs(float(own @ normal)) > _SAME_PLANE:
        here = abs(float(height.mean())) <= spacing / 2
        return (at[:, :2], True) if here else (np.empty((0, 2)), False)
    following = np.roll(height, -1)
    cut = np.nonzero((height > 0) != (following > 0))[0]
    share = (height[cut] / (height[cut] - following[cut]))[:, None]
    places = at[cut, :2] + share * (np.roll(at, -1, axis=0)[cut, :2] - at[cut, :2])
    return places, False


# --- the share -------------------------------------------------------------------------------------------------------


def nucleus_share(voxel: Voxel, outline: NucleusOutline) -> NucleusShare:
    """Return the share of a voxel's volume inside the nucleus, with the least and the most that the outlines allow."""
    found = [contour for contour in map(outline.of, BODY_PLANES) if contour is not None]
    if not found:
        return NucleusShare(None, None, None, "No outline of the nucleus was drawn or accepted.")
    points = _inside_voxel(voxel)
    if len(found) == 1:
        shadow = _in_shadow(points, found[0])
        words = f"Only the {found[0].plane} outline is known: the share is at most this; draw a second plane."
        return NucleusShare(None, None, float(shadow.mean()), words)
    return _of_two(points, found[0], found[1])


def _of_two(points: FloatArray, one: Contour, other: Contour) -> NucleusShare:
    crossing = _Crossing.of(one, other)
    if crossing is None:
        return NucleusShare(None, None, None, "The planes of the two outlines are too nearly parallel.")
    first, second = crossing.flat(one), crossing.flat(other)
    if not (_spans_zero(first[:, 1]) and _spans_zero(second[:, 1])):
        return NucleusShare(None, None, None, "The two outlines do not meet: each must cross the other's slice.")
    at = crossing.coordinates(points)
    most = _in_polygon(at[:, [0, 1]], first) & _in_polygon(at[:, [0, 2]], second)
    least = _in_hull(points, np.concatenate([one.points_mm, other.points_mm])) & most
    shares = [
        float((_carried(at[:, [0, 1, 2]], first, second) & most).mean()),
        float((_carried(at[:, [0, 2, 1]], second, first) & most).mean()),
    ]
    low, high = float(least.mean()), float(most.mean())
    value = min(max(sum(shares) / 2, low), high)
    apart = crossing.mismatch_mm(first, second)
    words = f"From the {one.plane} and the {other.plane} outline; their ends differ by {apart:.1f} mm where they meet."
    return NucleusShare(value, low, high, words)


def holds_part_of(contour: Contour, voxel: Voxel) -> bool:
    """Whether an outline's plane cuts a voxel within the outline: it is about this voxel's disc and no other's."""
    cut = cut_box(voxel, *_plane(np.asarray(contour.points_mm)))
    return bool(len(cut)) and bool(_in_shadow(np.vstack([cut, cut.mean(axis=0)]), contour).any())


def _inside_voxel(voxel: Voxel) -> FloatArray:
    """Return points spread evenly in a voxel, (n, 3) LPS mm."""
    steps = 1.0 / _GOLDEN ** np.arange(1, 4)
    grid = (0.5 + np.arange(_SAMPLES)[:, None] * steps) % 1.0 - 0.5
    return np.asarray(np.asarray(voxel.centre_mm) + (grid * np.asarray(voxel.size_mm)) @ np.asarray(voxel.axes))


def _plane(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the centre and the unit normal of a flat polygon, each (3,)."""
    centre = points.mean(axis=0)
    return centre, np.asarray(np.linalg.svd(points - centre)[2][2])


def _in_shadow(points: FloatArray, contour: Contour) -> BoolArray:
    """Return which points fall into an outline along the normal of its plane."""
    corners = np.asarray(contour.points_mm)
    centre, normal = _plane(corners)
    across = np.linalg.svd(corners - centre)[2][:2]
    return _in_polygon((points - centre) @ across.T, (corners - centre) @ across.T)


@dataclass(frozen=True, eq=False)
class _Crossing:
    """Skew coordinates of two planes that cross: along their common line, then in each plane away from it."""

    origin_mm: FloatArray
    axes: FloatArray

    @classmethod
    def of(cls, one: Contour, other: Contour) -> _Crossing | None:
        (a, n), (b, m) = _plane(np.asarray(one.points_mm)), _plane(np.asarray(other.points_mm))
        line = np.cross(n, m)
        length = float(np.linalg.norm(line))
        if length < _LEAST_CROSSING:
            return None
        line = line / length
        origin = np.linalg.solve(np.stack([n, m, line]), np.array([n @ a, m @ b, line @ a]))
        return cls(origin, np.stack([line, np.cross(line, n), np.cross(line, m)]))

    def coordinates(self, points: FloatArray) -> FloatArray:
        return np.asarray((points - self.origin_mm) @ np.linalg.inv(self.axes))

    def flat(self, contour: Contour) -> FloatArray:
        """Return an outline in its own plane: along the common line, and away from it."""
        at = self.coordinates(np.asarray(contour.points_mm))
        return at[:, [0, 1 + int(np.ptp(at[:, 2]) > np.ptp(at[:, 1]))]]

    def mismatch_mm(self, first: FloatArray, second: FloatArray) -> float:
        """Return how far the outlines' ends on the common line lie apart, the larger of the two."""
        ends = [_extent(polygon, np.zeros(1)) for polygon in (first, second)]
        return float(max(abs(ends[0][i][0] - ends[1][i][0]) for i in (0, 1)))


def _spans_zero(values: FloatArray) -> bool:
    return bool(values.min() < 0 < values.max())


def _carried(at: FloatArray, carried: FloatArray, guide: FloatArray) -> BoolArray:
    """Return which points lie in an outline that is carried along another one.

    Parameters
    ----------
    at : (n, 3) along the common line, in the plane of `carried`, in the plane of `guide`
    """
    low, high = _extent(guide, at[:, 2])
    (low0,), (high0,) = _extent(guide, np.zeros(1))
    scale = (high - low) / (high0 - low0)
    safe = np.where(scale > 0, scale, 1.0)
    middle = (carried[:, 1].min() + carried[:, 1].max()) / 2
    along = (low0 + high0) / 2 + (at[:, 0] - (low + high) / 2) / safe
    away = middle + (at[:, 1] - middle) / safe
    return np.asarray(_in_polygon(np.column_stack([along, away]), carried) & (scale > 0))


def _extent(polygon: FloatArray, away: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return from where to where the hull of a polygon reaches along the common line; nothing beyond its ends."""
    hull = polygon[spatial.ConvexHull(polygon).vertices]
    knots = np.unique(hull[:, 1])
    low, high = np.full(len(knots), np.inf), np.full(len(knots), -np.inf)
    for (x0, y0), (x1, y1) in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        crossed = (knots >= min(y0, y1)) & (knots <= max(y0, y1))
        places = [x0, x1] if y0 == y1 else np.atleast_1d(x0 + (knots[crossed] - y0) / (y1 - y0) * (x1 - x0))
        low[crossed] = np.minimum(low[crossed], np.min(places) if y0 == y1 else places)
        high[crossed] = np.maximum(high[crossed], np.max(places) if y0 == y1 else places)
    left = np.interp(away, knots, low, left=0.0, right=0.0)
    return left, np.interp(away, knots, high, left=0.0, right=0.0)


def _in_polygon(points: FloatArray, polygon: FloatArray) -> BoolArray:
    """Return which points, (n, 2), lie in a closed polygon, (m, 2), by the even-odd rule."""
    inside = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    box = (x >= polygon[:, 0].min()) & (x <= polygon[:, 0].max())
    near = np.nonzero(box & (y >= polygon[:, 1].min()) & (y <= polygon[:, 1].max()))[0]
    x, y, found = x[near], y[near], np.zeros(len(near), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            found ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0)))
    inside[near] = found
    return inside


def _in_hull(points: FloatArray, corners: FloatArray) -> BoolArray:
    planes = spatial.ConvexHull(corners).equations
    return np.asarray(np.all(points @ planes[:, :3].T + planes[:, 3] <= 1e-9, axis=1))


def pulled(contour: Contour, corner: int, to_mm: Point) -> Contour:
    """Return an outline with a corner moved to another point; of a line drawn by hand the neighbours follow.

    A polygon of few corners moves that corner alone. Of a denser one those within an eighth of its length go with it,
    less and less, so that a smooth line stays smooth.
    """
    points = np.asarray(contour.points_mm)
    share = np.zeros(len(points))
    share[corner] = 1.0
    if len(points) > _FEW_CORNERS:
        steps = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        away = np.abs(along[:-1] - along[corner])
        away = np.minimum(away, along[-1] - away) / (along[-1] * _REACH)
        share = np.where(away < 1, np.cos(np.minimum(away, 1) * np.pi / 2) ** 2, 0.0)
    moved = points + np.outer(share, np.asarray(to_mm) - points[corner])
    return Contour(tuple((float(x), float(y), float(z)) for x, y, z in moved), contour.plane, "drawn")


def thinned(points: Sequence[Point], least_mm: float) -> tuple[Point, ...]:
    """Return a polygon without the points that lie nearer than this to the one before them."""
    kept: list[Point] = []
    for point in points:
        if not kept or math.dist(point, kept[-1]) >= least_mm:
            kept.append(point)
    return tuple(kept[:: max(1, math.ceil(len(kept) / MOST_POINTS))])
