"""Paint what surrounds the spine on an image plane: skin, fat, muscle, vessels, kidneys, bowel, pelvis, air.

Signals are relative to cerebrospinal fluid (1). Cross-sections are drawn about the bodies' axis, so they follow the
lordotic curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.anatomy_paint import LPS, ImagePlane, Textures, Window, blend, both, cover, ellipse, ramp
from analysis.anatomy_spine import Field, Profiles, Vector

Where = tuple[Field, Field, Field]  # LPS coordinates of every pixel, mm

_FAT, _MUSCLE, _VOID = 0.55, 0.125, 0.02
_FRONT_MM = -128.0  # skin of the belly, LPS y


def paint_body(bent: ImagePlane, plane: ImagePlane, table: Profiles, noise: Textures) -> Field:
    """Signal of everything but the spine, (rows, columns), coil not included; `bent` is `plane` made irregular."""
    where = bent.local(LPS, bent.whole())
    x, y, z = where
    i = table.index(z)
    side, back = x - table.body_x.take(i), y - table.body_y.take(i)
    level, wall = table.level.take(i), table.body_half_depth.take(i)
    behind = back - wall  # mm behind the posterior wall of the bodies
    skin = skin_depth(table, *plane.local(LPS, plane.whole()))
    under_fat = 0.7 * skin + 0.3 * skin_depth(table, x, y, z) - table.fat.take(i)
    canvas = _fat(noise, x, y, z)
    front = y - np.float32(_FRONT_MM) - 0.0035 * x * x - 0.0006 * np.square(z + 10.0)
    _paint_belly(canvas, noise, where, back, level, front)
    _paint_vessels(canvas, side, back + wall, level)
    _paint_psoas(canvas, noise, where, side, back, level)
    _paint_kidneys(canvas, table, x, y, z)
    part = _bounds((behind > -16.0) & (skin > -1.0))
    if part is not None:
        muscle = _muscle(noise, (x[part], y[part], z[part]), plane.through(1.0))
        view, near = canvas[part], (side[part], behind[part])
        _paint_ilium(view, muscle, noise.fine(x[part], y[part], z[part], 0.9), *near, level[part])
        _paint_back_muscles(view, muscle, *near, under_fat[part], level[part])
    air = np.minimum(skin, front)
    blend(canvas, 0.30, cover(air - 1.6, 1.0))  # skin
    blend(canvas, 0.0, cover(air, 1.0))
    return canvas


def _bounds(mask: NDArray[np.bool_]) -> Window | None:
    """The smallest window that holds every true pixel."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if len(rows) == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def skin_depth(table: Profiles, x: Field, y: Field, z: Field) -> Field:
    """Depth (mm) under the skin of the back, negative in the air behind it."""
    i = table.index(z)
    side = np.abs(x - table.body_x.take(i))
    furrow = 3.5 * np.exp(-np.square(side / 12.0))
    depth: Field = table.skin_y.take(i) - 0.0021 * side * side - furrow - y
    return depth


def coil_gain(plane: ImagePlane, table: Profiles) -> Field:
    """Receive sensitivity of a spine array under the patient, times the anterior saturation band."""
    x, y, z = plane.local(LPS, plane.whole())
    depth = np.maximum(skin_depth(table, x, y, z), 0.0)
    gain = 1.62 / (1.0 + 0.62 * (depth / 58.0) ** 1.7)
    ends = 1.0 / (1.0 + 0.55 * np.square(np.square((z - 5.0) / 165.0)))
    ahead = y - table.body_y.take(table.index(z))
    band = 1.0 - 0.5 * ramp(ahead, -32.0, -58.0)
    sensitivity: Field = gain * ends * band
    return sensitivity


def _fat(noise: Textures, x: Field, y: Field, z: Field) -> Field:
    """Fat with thin septa."""
    septa = np.abs(noise.broad(x, y, z * 0.6, 2.4))
    signal: Field = _FAT * (1.0 + 0.05 * noise.fine(x, y, z, 1.4)) * (0.80 + 0.20 * ramp(septa, 0.0, 0.2))
    return signal


@dataclass(frozen=True)
class _Muscle:
    """Muscle along the body axis: dark fibres, and what fat between the bundles adds to them."""

    fibre: Field
    fat: Field

    def signal(self, fatty: Field | float) -> Field:
        """Signal of muscle that is lean (0) to fatty (1)."""
        signal: Field = self.fibre + fatty * self.fat
        return signal


def _muscle(noise: Textures, where: Where, through: Vector) -> _Muscle:
    """Muscle with bundles averaged over two positions, `through` (mm) to either side of the slice's middle."""
    x, y, z = where
    slant = y + 0.25 * z
    patch = ramp(noise.broad(slant, x, z * 0.4, 3.0), -1.3, 1.2)
    streak = np.zeros_like(x)
    for way in (-1.0, 1.0):
        dx, dy, dz = (np.float32(way * step) for step in through)
        bundle = np.abs(noise.strands(x + dx, 0.75 * (slant + (dy + 0.25 * dz)), z + dz, 0.85, 10.0))
        streak += 0.21 * ramp(bundle, 0.42, 0.0)
    fibre = _MUSCLE * (1.0 + 0.14 * noise.fine(x, slant, z * 0.25, 1.0))
    return _Muscle(fibre, patch * (0.8 * _MUSCLE + streak))


def _paint_back_muscles(
    canvas: Field, muscle: _Muscle, side: Field, behind: Field, under_fat: Field, level: Field
) -> None:
    """Multifidus and erector spinae on both sides, the fat plane between them, and the thoracolumbar fascia."""
    off = np.abs(side)
    narrow = 8.0 * ramp(level, 7.0, 10.0)
    depth = np.minimum(behind - 29.0, 0.75 * (behind - 29.0))
    edge = np.maximum(ellipse(np.maximum(off - 27.0, 0.0), depth, 40.0 - narrow, 25.0), -under_fat)
    medial = ramp(off, 40.0, 8.0)
    fatty = 0.30 + 0.65 * ramp(level, 3.5, 9.0) * medial + 0.35 * medial * ramp(behind, 32.0, 14.0)
    blend(canvas, muscle.signal(np.minimum(fatty, 1.0)), cover(edge, 1.4))
    fascia = np.abs(under_fat - 0.2) - 0.7
    blend(canvas, 0.06, 0.85 * cover(fascia, 1.2) * ramp(off, 60.0, 50.0) * ramp(level, 11.0, 10.0))
    at = 19.0 + 0.30 * (behind - 14.0) + 0.008 * np.square(behind - 14.0) + 3.0 * ramp(level, 5.0, 8.0)
    cleft = np.abs(off - at) - 1.3 * ramp(level, 2.5, 8.0) * ramp(behind, 44.0, 18.0)
    blend(canvas, 0.46, 0.8 * cover(np.maximum(cleft, edge + 1.5), 2.2))
    here = ramp(level, 3.0, 4.2) * ramp(level, 7.7, 6.9)
    blend(canvas, 0.34, 0.8 * cover(np.maximum(off - 1.6, edge - 1.0), 2.0))
    quadratus = ellipse(off - 55.0, behind + 4.0 - 0.12 * (off - 55.0), 4.0 + 14.0 * here, 1.0 + 7.0 * here)
    blend(canvas, muscle.signal(0.25), cover(quadratus, 1.4) * ramp(here, 0.0, 0.1))


def _paint_psoas(canvas: Field, noise: Textures, where: Where, side: Field, back: Field, level: Field) -> None:
    """Psoas beside the bodies, thicker and further out and forward towards the pelvis."""
    grow = ramp(level, 3.2, 8.2)
    along = np.clip(level - 4.0, 0.0, 7.0)
    centre_side, centre_back = 27.5 + 3.9 * along, 5.0 - 1.2 * along - 2.2 * np.maximum(along - 3.2, 0.0) ** 2
    off, up = np.abs(side) - centre_side, back - centre_back
    distance = ellipse(off - 0.25 * up, up + 0.1 * off, 5.0 + 12.5 * grow, 8.5 + 12.0 * grow)
    x, y, z = where
    grain = 0.14 * noise.fine(x, y, z * 0.3, 1.0) + 0.16 * noise.broad(x, y, z * 0.3, 1.5)
    fibre = 0.9 * _MUSCLE * (1.0 + grain)
    blend(canvas, fibre, cover(distance, 1.4) * ramp(level, 3.2, 3.6))


def _paint_vessels(canvas: Field, side: Field, ahead: Field, level: Field) -> None:
    """Aorta and inferior vena cava in front of the bodies as flow voids, dividing before L4 and L5."""
    upper = ramp(level, 4.0, 2.0)  # both lie nearer the left at the diaphragm
    cava = _forked(side + 17.0 - 5.0 * upper, ahead + 11.0, (level - 7.35) * 34.0, (10.5, 8.0), (0.12, -4.0))
    aorta = _forked(side - 8.0 + 4.0 * upper, ahead + 13.5, (level - 6.75) * 34.0, (8.4, 8.4), (-0.12, 6.0))
    for distance, inside in ((cava, 0.05), (aorta, _VOID)):
        blend(canvas, 0.17, cover(distance - 0.9, 1.2))
        blend(canvas, inside, cover(distance + 0.4, 1.2))


def _forked(side: Field, ahead: Field, below: Field, radii: tuple[float, float], course: tuple[float, float]) -> Field:
    """Signed distance to a trunk that divides in two at ``below = 0`` (mm, positive towards the feet).

    `course`: how far the fork's middle drifts to the left per mm, and how far (mm) the branches bend forward.
    """
    fall = np.maximum(below, 0.0)
    trunk = ellipse(side, ahead, radii[0], radii[1]) + 0.45 * fall
    apart = np.abs(side - course[0] * fall) - 4.5 - 0.36 * fall
    branch = ellipse(apart, ahead + course[1] * ramp(fall, 0.0, 25.0) - 0.06 * fall, 5.6, 5.4)
    return np.minimum(trunk, branch - 0.7 * np.minimum(below, 0.0))


def _paint_kidneys(canvas: Field, table: Profiles, x: Field, y: Field, z: Field) -> None:
    """Kidneys with cortex, medulla and sinus fat, the right one a little lower."""
    for hand, at in ((1.0, "L1-L2"), (-1.0, "L2")):
        middle = table.height_of(at) + 4.0
        rows = np.asarray([middle], dtype=np.float32)
        centre_y = float(table.body_y[table.index(rows)[0]])
        out, deep, up = x * hand - 71.0 + 0.22 * (z - middle), y - centre_y + 3.0, z - middle
        if out.max() < -27.0 or np.abs(up).min() > 54.0:
            continue
        radius = np.sqrt(np.square(out / 27.0) + np.square(deep / 24.0) + np.square(up / 54.0))
        blend(canvas, 0.30, ramp(radius, 1.02, 0.98))
        angle = np.arctan2(np.hypot(deep, 0.5 * up), out)
        pyramid = ramp(np.cos(angle * 9.0), 0.0, 0.5) * ramp(np.abs(radius - 0.68), 0.2, 0.12)
        blend(canvas, 0.38, pyramid)
        sinus = np.sqrt(np.square((out + 9.0) / 15.0) + np.square(deep / 9.0) + np.square(up / 26.0))
        blend(canvas, _FAT, ramp(sinus, 1.05, 0.8))


def _paint_belly(canvas: Field, noise: Textures, where: Where, back: Field, level: Field, front: Field) -> None:
    """Bowel and mesentery in front of the great vessels, liver above, the belly's wall in front."""
    part = _bounds(back < -24.0)
    if part is None:
        return
    x, y, z = (axis[part] for axis in where)
    ahead, view = back[part], canvas[part]
    inside = ramp(ahead + 4.0 * noise.broad(x, y, z, 4.0), -36.0, -44.0)
    blend(view, noise.bowel(x, y, z) + 0.03 * noise.fine(x, y, z, 1.2), inside)
    liver = ahead + 42.0 + 22.0 * (level[part] - 3.2) + 0.25 * x
    blend(view, 0.17 + 0.015 * noise.fine(x, y, z, 1.4), cover(liver, 3.0) * inside)
    blend(view, _fat(noise, x, y, z), cover(front[part] - 23.0, 2.5))
    muscle = np.maximum(np.abs(front[part] - 29.0) - 5.0, 4.0 - np.abs(x))
    blend(view, _MUSCLE, cover(muscle, 2.5))


def _paint_ilium(canvas: Field, muscle: _Muscle, grain: Field, side: Field, behind: Field, level: Field) -> None:
    """Iliac wings beside the sacrum from L5 downwards, with the gluteal muscle behind them."""
    off = np.abs(side)
    if level.max() < 7.2 or off.max() < 38.0:
        return
    crest = 7.55 + 0.8 * ramp(off, 80.0, 45.0)  # the crest rises sideways
    t = np.clip((off - 42.0) / 50.0, 0.0, 1.0)
    middle = 34.0 - 52.0 * t + 12.0 * t * t - 6.0 * (level - 8.0)
    sheet = np.abs(behind - middle) * 0.72 - 4.5 - 4.0 * (1 - t) ** 2
    top = (crest - level) * 32.0
    blade = both(sheet, np.maximum(40.0 - off, top), 4.0)
    gluteal = both(np.maximum(sheet - 15.0, middle - behind), np.maximum(48.0 - off, top + 12.0), 6.0)
    blend(canvas, muscle.signal(0.6), cover(gluteal, 1.5))
    blend(canvas, 0.04, cover(blade, 1.0))
    blend(canvas, 0.36 * (1.0 + 0.10 * grain), cover(blade + 1.0, 1.0))
