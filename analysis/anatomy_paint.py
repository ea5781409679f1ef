"""Painting tissue onto one image plane: pixel positions in any local frame, soft edges, and seeded textures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfftn, rfftn
from scipy.ndimage import map_coordinates, spline_filter, zoom
from scipy.spatial import cKDTree

from analysis.anatomy_spine import F64, Field, Frame, Vector

Window = tuple[slice, slice]


@dataclass(frozen=True)
class ImagePlane:
    """One image plane: LPS position of pixel (0, 0) and the steps to the next column and the next row, mm.

    `bend_mm`, (3, rows, columns), displaces every pixel before the tissue is looked up there; it is a smooth function
    of the position, so it makes shapes irregular in the same way on every plane.
    """

    origin_mm: F64
    column_mm: F64
    row_mm: F64
    shape: tuple[int, int]
    bend_mm: Field | None = None

    @cached_property
    def _normal(self) -> F64:
        normal: F64 = np.cross(self.column_mm, self.row_mm)
        return normal / np.linalg.norm(normal)

    @cached_property
    def _to_pixels(self) -> F64:
        """Matrix (3, 2) from an LPS offset in mm to columns and rows."""
        inverse: F64 = np.linalg.inv(np.array([self.column_mm, self.row_mm, self._normal]))
        return inverse[:, :2]

    def window(self, frame: Frame, low: Vector, high: Vector) -> Window | None:
        """Rows and columns that a local box can touch, or None where the plane misses it."""
        axes, bottom, top = np.array(frame.axes), np.array(low), np.array(high)
        half = (top - bottom) / 2
        centre = np.array(frame.origin_mm) + ((top + bottom) / 2) @ axes - self.origin_mm
        if abs(centre @ self._normal) > np.abs(axes @ self._normal) @ half:
            return None
        middle, reach = centre @ self._to_pixels, half @ np.abs(axes @ self._to_pixels)
        columns, rows = (_span(middle[i] - reach[i], middle[i] + reach[i], self.shape[1 - i]) for i in (0, 1))
        return None if columns.start >= columns.stop or rows.start >= rows.stop else (rows, columns)

    def local(self, frame: Frame, window: Window) -> tuple[Field, Field, Field]:
        """Left, posterior and head coordinate (mm) in a frame of every pixel of a window."""
        axes = np.asarray(frame.axes)
        start = axes @ (self.origin_mm - np.asarray(frame.origin_mm))
        columns = np.arange(window[1].start, window[1].stop)[None, :]
        rows = np.arange(window[0].start, window[0].stop)[:, None]
        along, down = axes @ self.column_mm, axes @ self.row_mm
        places = [
            (start[i] + along[i] * columns).astype(np.float32) + (down[i] * rows).astype(np.float32) for i in range(3)
        ]
        if self.bend_mm is not None:
            bend = self.bend_mm[:, window[0], window[1]]
            for i, place in enumerate(places):
                for k in range(3):
                    if abs(axes[i, k]) > 0.02:
                        place += np.float32(axes[i, k]) * bend[k]
        return places[0], places[1], places[2]

    def whole(self) -> Window:
        """The window that is the whole plane."""
        return slice(0, self.shape[0]), slice(0, self.shape[1])

    def moved(self, distance_mm: float) -> ImagePlane:
        """The parallel plane at a distance along the normal."""
        return replace(self, origin_mm=self.origin_mm + self._normal * distance_mm)

    def through(self, distance_mm: float) -> Vector:
        """The LPS step of a distance along the normal."""
        x, y, z = self._normal * distance_mm
        return float(x), float(y), float(z)

    def bent(self, field_mm: Field, amount: float) -> ImagePlane:
        """The plane whose pixels are displaced by a multiple of a field from `Textures.bend`."""
        return replace(self, bend_mm=field_mm * np.float32(amount))


def _span(first: float, last: float, size: int) -> slice:
    return slice(max(int(np.floor(first)), 0), min(int(np.ceil(last)) + 1, size))


LPS = Frame((0.0, 0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def cover(distance: Field, width_mm: float = 0.8) -> Field:
    """Share of a pixel inside a surface, from the signed distance (mm, negative inside), over a soft edge."""
    share: Field = np.clip(0.5 - distance * np.float32(1.0 / width_mm), 0.0, 1.0)
    return share


def blend(canvas: Field, value: Field | float, share: Field) -> None:
    """Replace a share of what is on the canvas, in place."""
    canvas += share * (value - canvas)


def ramp(value: Field, start: float, stop: float) -> Field:
    """Smooth step from 0 at `start` to 1 at `stop` (either may be the larger)."""
    t: Field = np.clip((value - np.float32(start)) * np.float32(1.0 / (stop - start)), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def ellipse(x: Field, y: Field, half_x: Field | float, half_y: Field | float) -> Field:
    """Approximate signed distance (mm) to an ellipse about the origin; exact for a circle."""
    scaled = length(x / half_x, y / half_y)
    distance: Field = (scaled - 1.0) * length(x, y) / np.maximum(scaled, 1e-3)
    return distance


def length(x: Field, y: Field) -> Field:
    """Euclidean norm of two components (faster than `numpy.hypot`, which guards against overflow)."""
    norm: Field = np.sqrt(x * x + y * y)
    return norm


def capsule(point: tuple[Field, Field, Field], start: Vector, stop: Vector, radius_mm: float) -> Field:
    """Signed distance (mm) to a rod with round ends."""
    d = np.subtract(stop, start)
    length2 = float(d @ d)
    relative = tuple(p - np.float32(s) for p, s in zip(point, start, strict=True))
    t = sum(float(d[i]) / length2 * relative[i] for i in range(3))
    t = np.clip(t, 0.0, 1.0)
    square = sum((relative[i] - float(d[i]) * t) ** 2 for i in range(3))
    distance: Field = np.sqrt(np.asarray(square, dtype=np.float32)) - np.float32(radius_mm)
    return distance


def join(first: Field, second: Field, rounding_mm: float) -> Field:
    """Signed distance to the union of two shapes, the angle between them filled."""
    h = np.maximum(rounding_mm - np.abs(first - second), 0.0)
    distance: Field = np.minimum(first, second) - h * h * (0.25 / rounding_mm)
    return distance


def both(first: Field, second: Field, rounding_mm: float) -> Field:
    """Signed distance to the intersection of two shapes, its edge rounded."""
    a, b = first + rounding_mm, second + rounding_mm
    outside = length(np.maximum(a, 0.0), np.maximum(b, 0.0))
    distance: Field = np.minimum(np.maximum(a, b), 0.0) + outside - rounding_mm
    return distance


@dataclass(frozen=True)
class Textures:
    """Periodic random fields with zero mean and unit deviation; `loops` is the signal of packed bowel loops."""

    grain: Field
    cloud: Field
    strand: Field
    loops: Field
    bends: Field

    def fine(self, x: Field, y: Field, z: Field, scale_mm: float) -> Field:
        """Grain with a correlation length of about 1.3 `scale_mm`."""
        return _nearest(self.grain, x, y, z, scale_mm)

    def broad(self, x: Field, y: Field, z: Field, scale_mm: float) -> Field:
        """Clouds with a correlation length of about 4 `scale_mm`."""
        return _nearest(self.cloud, x, y, z, scale_mm * (4.0 / _CLOUD_SIGMA))

    def bowel(self, x: Field, y: Field, z: Field) -> Field:
        """Signal of bowel and mesentery."""
        return _nearest(self.loops, x, y, z, BOWEL_STEP_MM)

    def strands(self, x: Field, y: Field, z: Field, scale_mm: float, stretch: float) -> Field:
        """Clouds `stretch` times longer along the body axis, smooth along it."""
        across = scale_mm * (4.0 / _STRAND_SIGMA[0])
        along = z * np.float32(across / (stretch * scale_mm * (4.0 / _STRAND_SIGMA[2])))
        part = along * np.float32(1.0 / across)
        part -= np.floor(part)
        first = _nearest(self.strand, x, y, along, across)
        values: Field = first + part * (_nearest(self.strand, x, y, along + np.float32(across), across) - first)
        return values

    def bend(self, plane: ImagePlane) -> Field:
        """Displacement field on a plane, (3, rows, columns), zero mean and unit deviation, smooth over 15 mm."""
        knots = [np.arange(-(-(size - 1) // _KNOT_PIXELS) + 1) * _KNOT_PIXELS for size in plane.shape]
        where = (
            plane.origin_mm[:, None, None]
            + plane.row_mm[:, None, None] * knots[0][None, :, None]
            + plane.column_mm[:, None, None] * knots[1][None, None, :]
        ) / _BEND_STEP_MM
        coarse = [map_coordinates(part, where, order=3, mode="grid-wrap", prefilter=False) for part in self.bends]
        field = np.stack(coarse).astype(np.float32)
        return _stretch(_stretch(field, plane.shape[1]).swapaxes(1, 2), plane.shape[0]).swapaxes(1, 2)


def _stretch(coarse: Field, size: int) -> Field:
    """Linear interpolation along the last axis, from knots `_KNOT_PIXELS` apart to every pixel."""
    place = np.arange(size, dtype=np.float32) / np.float32(_KNOT_PIXELS)
    first = np.minimum(place.astype(np.intp), coarse.shape[-1] - 2)
    start = coarse[..., first]
    fine: Field = start + (place - first.astype(np.float32)) * (coarse[..., first + 1] - start)
    return fine


_CLOUD_SIGMA = 6.0
_STRAND_SIGMA = (9.0, 9.0, 2.5)
_KNOT_PIXELS = 8
_BEND_STEP_MM = 7.0


def _nearest(tile: Field, x: Field, y: Field, z: Field, scale_mm: float) -> Field:
    """Look positions up in a periodic tile whose edges are powers of two."""
    sizes = tile.shape
    i, j, k = (
        (axis * np.float32(1.0 / scale_mm) + np.float32(size * 64)).astype(np.int32) & (size - 1)
        for axis, size in zip((x, y, z), sizes, strict=True)
    )
    values: Field = tile.reshape(-1).take((i * sizes[1] + j) * sizes[2] + k)
    return values


BOWEL_STEP_MM = 1.3


@lru_cache(maxsize=2)
def textures(seed: int) -> Textures:
    """Make the textures of one simulated person."""
    rng = np.random.default_rng([seed, 2])
    cubes = [_noise(rng, (1.5,) * 3, (36,) * 3) for _ in range(3)]
    bends = np.stack([spline_filter(cube, mode="grid-wrap", output=np.float32) for cube in cubes])
    grain = _noise(rng, (1.0,) * 3, (64,) * 3)
    cloud = _noise(rng, (_CLOUD_SIGMA,) * 3, (128,) * 3)
    strand = _noise(rng, _STRAND_SIGMA, (256, 256, 32))
    return Textures(grain, cloud, strand, _loops(rng), bends)


def _noise(rng: np.random.Generator, sigma: Vector, shape: tuple[int, int, int]) -> Field:
    """Periodic noise with a Gaussian spectrum and unit deviation; `sigma` in cells along each axis."""
    white = rng.standard_normal(shape, dtype=np.float32)
    x, y, z = (
        np.exp(-2.0 * np.square(np.pi * width * np.fft.fftfreq(size))).astype(np.float32)
        for width, size in zip(sigma, shape, strict=True)
    )
    field = irfftn(rfftn(white) * x[:, None, None] * y[:, None] * z[: shape[2] // 2 + 1], s=shape)
    scaled: Field = ((field - field.mean()) / field.std()).astype(np.float32)
    return scaled


def _loops(rng: np.random.Generator, size: int = 128, coarse: int = 2) -> Field:
    """Packed cells about 25 mm across: grey wall, varied contents, brighter fat between them."""
    edge, knots = size * BOWEL_STEP_MM, size // coarse
    seeds = rng.uniform(0, edge, (int((edge / 27.0) ** 3), 3))
    contents = rng.choice(np.array([0.03, 0.12, 0.2, 0.3, 0.55]), len(seeds), p=[0.2, 0.25, 0.3, 0.2, 0.05])
    axis = np.arange(knots) * BOWEL_STEP_MM * coarse
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    bend = [5.0 * _noise(rng, (3.0,) * 3, (knots,) * 3).ravel() for _ in range(3)]
    points = np.mod(points + np.stack(bend, axis=-1), edge)
    near, which = cKDTree(seeds, boxsize=edge).query(points, k=2)
    gap: NDArray[np.float64] = near[:, 1] - near[:, 0]
    inside = np.clip(gap / 3.0 - 0.9, 0.0, 1.0)
    wall = np.exp(-(((gap - 4.5) / 2.0) ** 2))
    signal = (1 - inside) * 0.5 + inside * contents[which[:, 0]]
    signal += wall * (0.2 - signal) * 0.6
    cells = signal.reshape((knots,) * 3).astype(np.float32)
    fine: Field = zoom(cells, coarse, order=1, mode="grid-wrap", grid_mode=True)
    return fine
