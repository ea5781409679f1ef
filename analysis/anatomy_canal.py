"""Paint the spinal canal and the foramina: epidural fat, yellow ligament, dura, fluid, cord and nerve roots.

Signals are relative to cerebrospinal fluid (1); positions are in millimetres from the canal's curved axis.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.anatomy_paint import LPS, ImagePlane, Textures, blend, cover, ellipse, length, ramp
from analysis.anatomy_spine import PROFILE_STEP_MM, DiscSpace, Field, Profiles

CSF, FAT, CORD, LIGAMENT = 1.0, 0.60, 0.43, 0.05
Rows = NDArray[np.intp]  # rows of the profile table, one per pixel


def paint_canal(canvas: Field, plane: ImagePlane, table: Profiles, seed: int) -> None:
    """Epidural fat, yellow ligament, dura, fluid, cord and roots along the whole canal."""
    z_end = table.start_mm + PROFILE_STEP_MM * len(table.level)
    low = (float(table.body_x.min()) - 17, float(table.canal_y.min()) - 18, table.start_mm)
    high = (float(table.body_x.max()) + 17, float(table.canal_y.max()) + 18, z_end)
    window = plane.window(LPS, low, high)
    if window is None:
        return
    x, y, z = plane.local(LPS, window)
    i = table.index(z)
    side = x - table.body_x.take(i)
    back = (y - table.canal_y.take(i)) * table.canal_cos.take(i)
    sac_back, sac_side = np.maximum(table.sac_back.take(i), 0.3), np.maximum(table.sac_side.take(i), 0.3)
    level = table.level.take(i)
    lower = ramp(level, 7.4, 9.0)  # the sac shrinks away from the walls below L5
    view = canvas[window]
    pad = _fat_pad(level) * np.clip(1.0 - np.abs(side) / 8.0, 0.0, 1.0) * ramp(back, 0.0, 1.0)
    wall_back = np.maximum(sac_back + 0.9 - 0.4 * ramp(back, 0.3, -0.3) + lower, 6.0)
    wall = ellipse(side, back, np.maximum(sac_side + 2.6, 8.0), wall_back)
    blend(view, LIGAMENT, cover(wall - 2.6 - 0.8 * pad, 1.4) * ramp(back, -3.0, -1.0))
    wall = wall - 5.0 * pad
    blend(view, FAT * (0.85 + 0.15 * lower), cover(wall))
    edge = ellipse(side, back + 0.12 * np.abs(side) - 0.5, sac_side, sac_back)
    present = ramp(table.sac_back.take(i), 0.6, 1.6)
    blend(view, 0.12, cover(edge - 0.55) * present)
    blend(view, CSF, cover(edge + 0.2) * present)
    _paint_cord(view, table, i, side, back)
    _paint_roots(view, side, back, i, seed, table)


def _fat_pad(level: Field) -> Field:
    """Where the fat behind the sac is thick (0 to 1): between the laminae, from T12-L1 downwards."""
    part = level - np.floor(level) - np.float32(0.52)
    pad: Field = np.exp(-np.square(part / 0.17)) * ramp(level, 3.0, 4.5) * ramp(level, 9.2, 8.4)
    return pad


def _paint_cord(view: Field, table: Profiles, i: Rows, side: Field, back: Field) -> None:
    cord_back, cord_side = table.cord_back.take(i), table.cord_side.take(i)
    here = ramp(cord_back, 0.5, 1.2)
    distance = ellipse(side, back - 0.4, np.maximum(cord_side, 0.4), np.maximum(cord_back, 0.4))
    grey = 0.05 * np.exp(-np.square(distance / np.maximum(cord_back, 1.0) + 1.0) * 6.0)
    blend(view, CORD + grey, cover(distance, 1.0) * here)


_STRANDS = 22  # on each side


@lru_cache(maxsize=2)
def _root_tables(seed: int, table: Profiles) -> tuple[Field, Field, Field, Field]:
    """Side and back position (mm, from the sac's axis) of every strand over the table's rows, radius and presence."""
    level = table.level
    rng = np.random.default_rng([seed, 3])
    leaves = np.repeat(np.linspace(5.2, 10.2, (_STRANDS + 1) // 2), 2)[:_STRANDS] + rng.normal(0, 0.08, _STRANDS)
    starts = np.linspace(2.2, 4.0, _STRANDS)
    sides, backs, shows = [], [], []
    for n in range(_STRANDS):
        t = np.clip((level - starts[n]) / (leaves[n] - starts[n]), 0.0, 1.0)
        outward = 1.0 - n / (_STRANDS - 1)  # the roots that leave first lie furthest from the midline
        home_side = 0.2 + 6.4 * outward * rng.uniform(0.5, 1.1) + rng.uniform(0, 1.0)
        home_back = 5.0 - 0.42 * home_side - rng.uniform(0.0, 3.6 if n % 3 else 4.6)
        sway = 0.3 * np.sin(level * rng.uniform(1.5, 3.0) + rng.uniform(0, 6.3))
        settle, exit_ = 1.0 - np.exp(-t * 7.0), t**5
        start_side = 2.2 + 1.4 * outward
        start_back = (3.4 if n % 2 else -2.2) * (1 - 0.3 * outward)
        sides.append(start_side + (home_side - start_side) * settle + sway * settle + (9.5 - home_side) * exit_)
        backs.append(start_back + (home_back - start_back) * settle + 0.6 * sway * settle + (-1.5 - home_back) * exit_)
        shows.append(np.clip(t * 40.0, 0, 1) * np.clip((1.0 - t) * 30.0, 0, 1))
    radius = rng.uniform(0.6, 0.95, _STRANDS)
    as_f32 = [np.asarray(values, dtype=np.float32) for values in (sides, backs, radius, shows)]
    return as_f32[0], as_f32[1], as_f32[2], as_f32[3]


def _paint_roots(view: Field, side: Field, back: Field, i: Rows, seed: int, table: Profiles) -> None:
    """Cauda equina: thin dark strands that settle in the back of the sac and leave it one pair after the other."""
    sides, backs, radius, shows = _root_tables(seed, table)
    rows, columns = np.nonzero((np.abs(side) < 11.0) & (np.abs(back) < 8.5) & (table.sac_back.take(i) > 1.5))
    if len(rows) == 0:
        return
    at, x, y = i[rows, columns], side[rows, columns], back[rows, columns]
    room = np.clip(table.sac_side.take(at) / 10.0, 0.3, 1.0), np.clip(table.sac_back.take(at) / 7.5, 0.3, 1.0)
    share = np.zeros_like(x)
    for hand in (1.0, -1.0):
        for n in range(_STRANDS):
            slot = n if hand > 0 else (n * 5 + 2) % _STRANDS  # the two sides are not mirror images
            dx = x - hand * sides[n].take(at) * room[0]
            dy = y - (backs[n].take(at) + 0.4 * (radius[slot] - 0.7)) * room[1]
            dot = np.clip((radius[slot] + 0.35 - np.sqrt(dx * dx + dy * dy)) * 1.3, 0.0, 1.0)
            np.maximum(share, dot * shows[n].take(at), out=share)
    view[rows, columns] += 0.85 * share * (CORD - 0.08 - view[rows, columns])


def paint_foramina(canvas: Field, plane: ImagePlane, space: DiscSpace, noise: Textures) -> None:
    """Fat in the foramina on both sides, with the root's ganglion and small veins."""
    if space.label[0] == "S":
        return
    wall = space.depth_mm / 2
    window = plane.window(space.frame, (-32.0, wall - 9, -16.0), (32.0, wall + 16, 24.0))
    if window is None:
        return
    left, back, head = plane.local(space.frame, window)
    side = np.abs(left)
    out, deep, up = side - np.float32(space.width_mm * 0.36), back - np.float32(wall + 3.0), head - 4.0
    ragged = noise.broad(*plane.local(LPS, window), 1.2)
    keyhole = np.sqrt(np.square(out / 9.0) + np.square(deep / 7.0) + np.square(up / 12.5))
    view = canvas[window]
    blend(view, FAT * (0.92 + 0.10 * ragged), ramp(keyhole * (1.0 + 0.06 * ragged), 1.12, 0.84))
    course = up - 4.5 + 0.25 * out
    ganglion = length(length(out / 1.8, deep + 0.15 * out - 0.5 * ragged), course) - 2.6 - 0.3 * ragged
    blend(view, 0.33, cover(ganglion, 1.4))
    vein = length(deep + 2.0, up + 3.5 - ragged) - 0.9 + 0.05 * np.square(out)
    blend(view, 0.12, cover(vein, 1.2))
