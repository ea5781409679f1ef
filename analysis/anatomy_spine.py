"""The shape of a simulated lumbar spine: vertebrae, discs and the spinal canal as smooth curves.

Coordinates are LPS patient millimetres: +x to the patient's left, +y posterior, +z towards the head. The origin is the
centre of L3. Sizes and angles are design choices in the range of ordinary adults, not taken from any one study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

Vector = tuple[float, float, float]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Field = NDArray[np.floating[Any]]  # values at pixels; float32 throughout, which numpy's stubs cannot follow

DISC_LABELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")

# label; width, depth, height in mm; wedge (taller in front is positive) and tilt (leaning forward is positive) in deg
_VERTEBRAE: tuple[tuple[str, float, float, float, float, float], ...] = (
    ("T9", 31.0, 28.0, 22.5, -4.0, -2.0),
    ("T10", 33.0, 29.0, 23.5, -4.0, -7.0),
    ("T11", 37.0, 30.5, 24.5, -3.0, -11.5),
    ("T12", 41.0, 32.0, 26.5, -2.0, -15.0),
    ("L1", 43.5, 33.0, 28.0, -2.0, -14.5),
    ("L2", 45.0, 34.0, 29.0, 0.0, -10.0),
    ("L3", 46.5, 35.0, 29.5, 1.0, -2.5),
    ("L4", 48.0, 35.5, 29.5, 2.0, 6.5),
    ("L5", 49.5, 35.0, 28.5, 8.0, 21.0),
    ("S1", 48.0, 28.0, 29.0, 8.0, 43.0),
    ("S2", 34.0, 18.0, 24.0, -6.0, 45.0),
    ("S3", 27.0, 13.0, 20.0, -8.0, 36.0),
    ("S4", 21.0, 10.0, 17.0, -8.0, 24.0),
    ("S5", 17.0, 8.0, 15.0, -8.0, 10.0),
)
# whole height in the middle of a healthy disc, mm, below each vertebra of _VERTEBRAE but the last
_DISC_HEIGHT_MM = (4.0, 4.5, 5.5, 7.0, 8.5, 9.5, 10.8, 11.5, 10.8, 3.4, 1.8, 1.2, 1.0)
_HEIGHT_LEFT = {1: 1.05, 2: 1.0, 3: 0.92, 4: 0.74, 5: 0.46}  # share of the healthy height by Pfirrmann grade
_BULGE_MM = {1: 0.0, 2: 0.3, 3: 1.2, 4: 3.0, 5: 2.4}  # posterior bulge of the annulus by Pfirrmann grade
_LIP_MM = {1: 0.0, 2: 0.2, 3: 0.9, 4: 2.0, 5: 2.8}  # bony lip of the rim next to a disc of this grade
_MODIC = {1: 0.0, 2: 0.0, 3: 0.03, 4: 0.32, 5: 0.45}  # how much brighter the marrow is next to a disc of this grade
_HOLLOW_UP_MM, _HOLLOW_DOWN_MM = 0.9, 1.3  # depth of the upper and the lower endplate's hollow
PROFILE_STEP_MM = 0.1


@dataclass(frozen=True)
class DiscAnatomy:
    """One lumbar disc that can carry a spectroscopy voxel.

    Attributes
    ----------
    label : "L1-L2" ... "L5-S1".
    centre_mm : centre of the nucleus, LPS.
    axes : three orthonormal rows: patient left, anterior to posterior in the disc plane, disc normal towards the head.
    size_mm : width, depth and height of the whole disc.
    nucleus_size_mm : width, depth and height of the nucleus pulposus.
    pfirrmann : grade 1 (healthy) to 5 (collapsed).
    """

    label: str
    centre_mm: Vector
    axes: tuple[Vector, ...]
    size_mm: Vector
    nucleus_size_mm: Vector
    pfirrmann: int


@dataclass(frozen=True)
class Frame:
    """A right-handed local system: left, posterior and head axes about an origin in LPS mm."""

    origin_mm: Vector
    axes: tuple[Vector, ...]

    def to_lps(self, left_mm: float, back_mm: float, head_mm: float) -> F64:
        """LPS position of a local point."""
        point: F64 = np.asarray(self.origin_mm) + np.array([left_mm, back_mm, head_mm]) @ np.asarray(self.axes)
        return point


@dataclass(frozen=True)
class Vertebra:
    """A vertebral body and what hangs on it; sizes in mm, the wedge is the angle between its endplates in radians."""

    label: str
    frame: Frame
    width_mm: float
    depth_mm: float
    height_mm: float
    wedge_rad: float
    lip_up_mm: float
    lip_down_mm: float
    modic_up: float
    modic_down: float

    @property
    def sacral(self) -> bool:
        """Whether the vertebra is part of the sacrum."""
        return self.label.startswith("S")


@dataclass(frozen=True)
class DiscSpace:
    """Any intervertebral space, from T9-T10 to the remnants in the sacrum; its frame stands in the middle."""

    label: str
    frame: Frame
    width_mm: float
    depth_mm: float
    rim_mm: float
    height_mm: float
    wedge_rad: float
    pfirrmann: int
    bulge_mm: float


@dataclass(frozen=True)
class LumbarSpine:
    """A simulated spine: what a reader sees (`discs`) and what the images are computed from."""

    discs: tuple[DiscAnatomy, ...]
    vertebrae: tuple[Vertebra, ...]
    spaces: tuple[DiscSpace, ...]
    seed: int


def lumbar_spine(seed: int, pfirrmann: Sequence[int] = (2, 2, 3, 4, 3)) -> LumbarSpine:
    """Build the spine of one simulated person.

    Parameters
    ----------
    seed : the same seed and grades give the same spine.
    pfirrmann : grade (1 to 5) of L1-L2, L2-L3, L3-L4, L4-L5 and L5-S1.

    Raises
    ------
    ValueError
        If there are not five grades between 1 and 5.
    """
    grades = tuple(int(grade) for grade in pfirrmann)
    if len(grades) != len(DISC_LABELS) or not all(1 <= grade <= 5 for grade in grades):
        raise ValueError(f"pfirrmann needs five grades from 1 to 5, not {pfirrmann!r}")
    rng = np.random.default_rng([seed, 1])
    all_grades = _grades_of_all_spaces(grades)
    vertebrae = _vertebrae(rng, all_grades)
    spaces = tuple(
        _space(upper, lower, grade)
        for upper, lower, grade in zip(vertebrae[:-1], vertebrae[1:], all_grades, strict=True)
    )
    discs = tuple(_disc_anatomy(space) for space in spaces if space.label in DISC_LABELS)
    return LumbarSpine(discs, vertebrae, spaces, seed)


def _grades_of_all_spaces(grades: tuple[int, ...]) -> tuple[int, ...]:
    """Pfirrmann grade of every space: the thoracic ones are healthy, the sacral remnants grey."""
    first = [row[0] for row in _VERTEBRAE].index("L1")
    return (2,) * first + grades + (3,) * (len(_VERTEBRAE) - 1 - first - len(grades))


def _rotation(tilt_rad: float, lean_rad: float) -> F64:
    """Rows: left, posterior and head axis after tilting about the left axis and leaning in the frontal plane."""
    tilt = np.array([[1, 0, 0], [0, np.cos(tilt_rad), np.sin(tilt_rad)], [0, -np.sin(tilt_rad), np.cos(tilt_rad)]])
    lean = np.array([[np.cos(lean_rad), 0, np.sin(lean_rad)], [0, 1, 0], [-np.sin(lean_rad), 0, np.cos(lean_rad)]])
    rotation: F64 = tilt @ lean
    return rotation


def _frame(origin: F64, axes: F64) -> Frame:
    left, back, head = (_vector(row) for row in axes)
    return Frame(_vector(origin), (left, back, head))


def _vector(values: F64) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])


def _vertebrae(rng: np.random.Generator, grades: tuple[int, ...]) -> tuple[Vertebra, ...]:
    """Stack the bodies from T9 to S5 along the lordotic curve and put L3 at the origin."""
    scale = rng.normal(1.0, 0.015)
    tilt_rad = np.radians([row[5] for row in _VERTEBRAE]) + np.radians(rng.normal(0.0, 0.7, len(_VERTEBRAE)))
    lean_rad = np.radians(1.1) * np.sin(np.arange(len(_VERTEBRAE)) * 0.55 + rng.uniform(0, 2 * np.pi))
    axes = [_rotation(tilt, lean) for tilt, lean in zip(tilt_rad, lean_rad, strict=True)]
    heights = [row[3] * scale for row in _VERTEBRAE]
    centres = [np.zeros(3)]
    for i, healthy in enumerate(_DISC_HEIGHT_MM):
        rim = _rim_mm(healthy * scale * _HEIGHT_LEFT[grades[i]])
        between = axes[i][2] + axes[i + 1][2]
        between /= np.linalg.norm(between)
        down = axes[i][2] * heights[i] / 2 + between * rim + axes[i + 1][2] * heights[i + 1] / 2
        centres.append(centres[-1] - down)
    origin = centres[[row[0] for row in _VERTEBRAE].index("L3")].copy()
    above, below = (1, *grades), (*grades, 1)
    return tuple(
        Vertebra(
            label=row[0],
            frame=_frame(centre - origin, axis),
            width_mm=row[1] * scale,
            depth_mm=row[2] * scale,
            height_mm=row[3] * scale,
            wedge_rad=float(np.radians(row[4])),
            lip_up_mm=_LIP_MM[above[i]],
            lip_down_mm=_LIP_MM[below[i]],
            modic_up=_MODIC[above[i]],
            modic_down=_MODIC[below[i]],
        )
        for i, (row, centre, axis) in enumerate(zip(_VERTEBRAE, centres, axes, strict=True))
    )


def _rim_mm(height_mm: float) -> float:
    """Gap between the rims of two bodies whose endplate hollows make up the rest of the disc's height."""
    return max(height_mm - _HOLLOW_UP_MM - _HOLLOW_DOWN_MM, 0.35 * height_mm)


def _space(upper: Vertebra, lower: Vertebra, grade: int) -> DiscSpace:
    """The space between two bodies, from the middles of the endplates that bound it."""
    above = upper.frame.to_lps(0.0, 0.0, -upper.height_mm / 2)
    below = lower.frame.to_lps(0.0, 0.0, lower.height_mm / 2)
    tilt_above = _tilt_rad(upper.frame) + upper.wedge_rad / 2
    tilt_below = _tilt_rad(lower.frame) - lower.wedge_rad / 2
    lean = (_lean_rad(upper.frame) + _lean_rad(lower.frame)) / 2
    rim = float(np.linalg.norm(above - below))
    hollow = (_HOLLOW_UP_MM + _HOLLOW_DOWN_MM) * (0.3 if lower.sacral and upper.sacral else 1.0)
    depth = (upper.depth_mm + lower.depth_mm) / 2 if lower.label != "S1" else upper.depth_mm
    return DiscSpace(
        f"{upper.label}-{lower.label}",
        _frame((above + below) / 2, _rotation((tilt_above + tilt_below) / 2, lean)),
        (upper.width_mm + lower.width_mm) / 2 + 1.0,
        depth + 0.5,
        rim,
        rim + hollow,
        tilt_below - tilt_above,
        grade,
        _BULGE_MM[grade] if not upper.sacral else 0.0,
    )


def _tilt_rad(frame: Frame) -> float:
    return float(np.arctan2(-frame.axes[2][1], frame.axes[2][2]))


def _lean_rad(frame: Frame) -> float:
    return float(np.arctan2(frame.axes[0][2], frame.axes[0][0]))


NUCLEUS_BACK_MM = 1.2  # the nucleus lies a little behind the middle of the disc


def nucleus_size_mm(space: DiscSpace) -> Vector:
    """Width, depth and height of the nucleus: 40 % of the disc's area, two thirds of its height."""
    return 0.64 * space.width_mm, 0.63 * space.depth_mm, 0.72 * space.height_mm


def _disc_anatomy(space: DiscSpace) -> DiscAnatomy:
    centre = _vector(space.frame.to_lps(0.0, NUCLEUS_BACK_MM, 0.0))
    size = (space.width_mm, space.depth_mm, space.height_mm)
    return DiscAnatomy(space.label, centre, space.frame.axes, size, nucleus_size_mm(space), space.pfirrmann)


@dataclass(frozen=True, eq=False)
class Profiles:
    """Quantities that change along the body axis, tabulated over z every `PROFILE_STEP_MM` (float32, mm).

    `canal_cos` is the cosine of the canal's slope in the sagittal plane, so that ``(y - canal_y) * canal_cos`` is the
    distance from the canal's axis.
    """

    start_mm: float
    level: F32
    body_x: F32
    body_y: F32
    body_half_depth: F32
    canal_y: F32
    canal_cos: F32
    sac_back: F32
    sac_side: F32
    cord_back: F32
    cord_side: F32
    skin_y: F32
    fat: F32

    def index(self, z: Field) -> NDArray[np.intp]:
        """Table rows for the given heights (mm), clamped to the table's ends."""
        rows: NDArray[np.intp] = np.clip((z - self.start_mm) * (1.0 / PROFILE_STEP_MM), 0, len(self.level) - 1).astype(
            np.intp
        )
        return rows

    def height_of(self, label: str) -> float:
        """Height z (mm) at which `level` reaches the middle of a vertebra ("L3") or of a disc ("L3-L4")."""
        names = [row[0] for row in _VERTEBRAE]
        wanted = float(np.mean([names.index(name) for name in label.split("-")]))
        return self.start_mm + PROFILE_STEP_MM * float(np.argmin(np.abs(self.level - wanted)))


# by vertebra T9 ... S5, mm: sac radii, gap in front of the sac, skin behind the bodies' middle, subcutaneous fat
_SAC_BACK_MM = (6.6, 6.8, 7.3, 7.8, 7.9, 7.6, 7.4, 7.2, 6.6, 4.6, 2.0, 0.0, 0.0, 0.0)
_SAC_SIDE_MM = (8.0, 8.3, 9.2, 10.2, 10.6, 10.4, 10.0, 9.6, 9.0, 7.0, 3.0, 0.0, 0.0, 0.0)
_GAP_MM = (-0.4, -0.4, -0.5, -0.6, -0.6, -0.6, -0.4, 0.2, 1.8, 4.0, 5.0, 5.0, 4.5, 4.0)
_SKIN_MM = (64.0, 66.0, 70.0, 75.0, 80.0, 84.0, 88.0, 91.0, 89.0, 74.0, 55.0, 46.0, 42.0, 40.0)
_FAT_MM = (8.0, 8.0, 8.5, 9.0, 10.0, 12.0, 15.0, 19.0, 23.0, 24.0, 22.0, 20.0, 19.0, 18.0)


@lru_cache(maxsize=4)
def profiles(spine: LumbarSpine) -> Profiles:
    """Tabulate the spine's smooth curves from well below the sacrum to well above T9."""
    centres = np.array([vertebra.frame.origin_mm for vertebra in spine.vertebrae])[::-1]
    z = np.arange(centres[0, 2] - 60.0, centres[-1, 2] + 80.0, PROFILE_STEP_MM)

    def smooth(values: Sequence[float] | F64, sigma_mm: float = 6.0) -> F64:
        inside = PchipInterpolator(centres[:, 2], np.asarray(values, dtype=np.float64)[::-1])
        table = inside(np.clip(z, centres[0, 2], centres[-1, 2]))
        filtered: F64 = gaussian_filter1d(table, sigma_mm / PROFILE_STEP_MM, mode="nearest")
        return filtered

    gap = np.array(_GAP_MM) + np.array(_SAC_BACK_MM)
    fronts = [v.frame.to_lps(0.0, v.depth_mm / 2 + g, 0.0) for v, g in zip(spine.vertebrae, gap, strict=True)]
    walls = np.array(fronts)[::-1]
    canal = PchipInterpolator(walls[:, 2], walls[:, 1])(np.clip(z, walls[0, 2], walls[-1, 2]))
    canal_y = gaussian_filter1d(canal, 7.0 / PROFILE_STEP_MM, mode="nearest")
    body_y = smooth(centres[::-1, 1])
    level = smooth(np.arange(len(centres), dtype=np.float64), 1.0)
    conus = np.clip((level - 2.2) / 2.3, 0.0, 1.0)  # the cord thins from T11 and ends beside the lower half of L1
    tables = {
        "level": level,
        "body_x": smooth(centres[::-1, 0]),
        "body_y": body_y,
        "body_half_depth": smooth([v.depth_mm / 2 for v in spine.vertebrae]),
        "canal_y": canal_y,
        "canal_cos": 1.0 / np.sqrt(1.0 + np.gradient(canal_y, PROFILE_STEP_MM) ** 2),
        "sac_back": smooth(_SAC_BACK_MM),
        "sac_side": smooth(_SAC_SIDE_MM),
        "cord_back": 4.0 * np.sqrt(1.0 - conus**2) + 0.3 * np.exp(-((level - 2.0) ** 2)),
        "cord_side": 4.7 * np.sqrt(1.0 - conus**2) + 0.6 * np.exp(-((level - 2.0) ** 2)),
        "skin_y": gaussian_filter1d(body_y + smooth(_SKIN_MM, 14.0), 200, mode="nearest"),
        "fat": smooth(_FAT_MM, 14.0),
    }
    return Profiles(float(z[0]), **{name: table.astype(np.float32) for name, table in tables.items()})
