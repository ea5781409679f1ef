"""Paint the spine itself on an image plane: bodies, discs, arches and ligaments, around the canal.

Signals are relative to cerebrospinal fluid (1). Shapes are signed distances in vertebra-local millimetres
(left, posterior, head), so every image plane cuts the same solid. Later layers cover earlier ones.
"""

from __future__ import annotations

import numpy as np

from analysis.anatomy_canal import FAT, LIGAMENT, paint_canal, paint_foramina
from analysis.anatomy_paint import LPS, ImagePlane, Textures, Window, blend, both, capsule, cover, join, length, ramp
from analysis.anatomy_spine import (
    NUCLEUS_BACK_MM,
    DiscSpace,
    Field,
    LumbarSpine,
    Vector,
    Vertebra,
    nucleus_size_mm,
    profiles,
)

MARROW, CORTEX = 0.34, 0.03
_NUCLEUS = {1: 0.95, 2: 0.84, 3: 0.46, 4: 0.22, 5: 0.08}  # signal by Pfirrmann grade
_NUCLEUS_EDGE = {1: (1.2, 0.75), 2: (1.28, 0.5), 3: (1.4, 0.2), 4: (1.5, 0.1), 5: (1.4, 0.0)}
_CLEFT = {1: 0.0, 2: 0.20, 3: 0.10, 4: 0.0, 5: 0.0}  # share of the signal that the intranuclear cleft takes
_ANNULUS = 0.055


def paint_spine(canvas: Field, plane: ImagePlane, spine: LumbarSpine, noise: Textures) -> None:
    """Paint every part of the spine over the soft tissue on `canvas`, (rows, columns), in place."""
    table = profiles(spine)
    lumbar = [vertebra for vertebra in spine.vertebrae if not vertebra.sacral]
    for vertebra in lumbar:
        _paint_midline(canvas, plane, vertebra, noise)
    sacrum = [vertebra for vertebra in spine.vertebrae if vertebra.sacral]
    for layer in ("rim", "marrow", "foramen"):  # of all segments before the next, so that they fuse
        for vertebra in sacrum:
            _paint_sacral_wing(canvas, plane, vertebra, noise, layer)
    for space in spine.spaces:
        paint_foramina(canvas, plane, space, noise)
    paint_canal(canvas, plane, table, spine.seed)
    for vertebra in spine.vertebrae:
        _paint_arch(canvas, plane, vertebra, noise)
    for space in spine.spaces:
        _paint_facets(canvas, plane, space)
    for space in spine.spaces:
        _paint_disc(canvas, plane, space, noise)
    for vertebra in spine.vertebrae:
        _paint_body(canvas, plane, vertebra, noise)


def _outline(left: Field, back: Field, half_width: float, half_depth: float, hollow_mm: float) -> tuple[Field, Field]:
    """Signed distance (mm) to the outline of a body seen from above, and the relative radius (1 on the outline)."""
    across = left / np.float32(half_width)
    behind = np.clip(back / np.float32(half_depth), 0.0, 1.0)
    dent = np.float32(hollow_mm) * behind * np.clip(1.0 - 1.6 * across * across, -0.6, 1.0)
    along = (back + dent) / np.float32(half_depth)
    a2, b2 = across * across, along * along
    radius = np.sqrt(np.sqrt(a2 * a2 + b2 * b2 + 1.1 * a2 * b2))
    distance: Field = (radius - 1.0) * length(left, back) / np.maximum(radius, 0.05)
    return distance, radius


# ---------------------------------------------------------------------------------------------------------------- body


def _paint_body(canvas: Field, plane: ImagePlane, vertebra: Vertebra, noise: Textures) -> None:
    half = (vertebra.width_mm / 2, vertebra.depth_mm / 2, vertebra.height_mm / 2)
    reach = (half[0] + 4, half[1] + 7, half[2] + 5)
    window = plane.window(vertebra.frame, (-reach[0], -reach[1], -reach[2]), reach)
    if window is None:
        return
    left, back, head = plane.local(vertebra.frame, window)
    distance, end_gap = _body_distance(vertebra, left, back, head)
    view = canvas[window]
    fused = ramp(np.abs(left), 0.42 * vertebra.width_mm, 0.28 * vertebra.width_mm) if vertebra.sacral else 1.0
    thin = vertebra.sacral & ((vertebra.label != "S1") | (head < 0))
    blend(view, np.where(thin, 0.15, CORTEX).astype(np.float32), cover(distance) * fused)
    rim = 0.55 + 0.75 * (head > 0)  # chemical shift along the read-out thickens one endplate
    inside = cover(distance + rim.astype(np.float32))
    x, y, z = plane.local(LPS, window)
    marrow = _marrow(noise, x, y, z)
    near_end = np.exp(-np.square(end_gap / np.float32(5.5)))
    fatty = np.where(head > 0, vertebra.modic_up, vertebra.modic_down).astype(np.float32)
    front = 0.55 + 0.45 * ramp(-back, -half[1], half[1] * 0.3)
    blend(view, marrow * (1.0 + fatty * near_end * front), inside)
    if not vertebra.sacral:
        _paint_vein(view, vertebra, left, back, head)


def _body_distance(vertebra: Vertebra, left: Field, back: Field, head: Field) -> tuple[Field, Field]:
    """Signed distance to a body, and the distance (mm) below the nearer endplate."""
    half_depth, half_height = vertebra.depth_mm / 2, vertebra.height_mm / 2
    taper = 0.24 if vertebra.label == "S1" else (0.12 if vertebra.sacral else 0.0)
    grow = 1.0 + np.float32(taper) * head / np.float32(half_height)
    dent = 0.0 if vertebra.sacral else 1.7
    side, radius = _outline(left / grow, back / grow, vertebra.width_mm / 2, half_depth, dent)
    relative = np.clip(head / np.float32(half_height), -1.1, 1.1)
    forward = np.clip(-back / np.float32(half_depth), -1.0, 1.0)
    waist = (0.0 if vertebra.sacral else 1.0) * (1.3 + 0.9 * forward) * (1.0 - relative * relative)
    lip = np.where(head > 0, vertebra.lip_up_mm, vertebra.lip_down_mm).astype(np.float32)
    edge = ramp(np.abs(relative), 0.72, 1.0)
    side = side + waist - lip * edge * (0.45 + 0.55 * forward)
    hollow_up, hollow_down = (0.3, 0.3) if vertebra.sacral and vertebra.label != "S1" else (0.9, 1.3)
    hollow = np.where(head > 0, np.float32(hollow_up), np.float32(hollow_down))
    centred = np.clip(radius + 0.1 * forward, 0.0, 1.0)
    bowl = 1.0 - centred**2
    limit = half_height - back * np.float32(np.tan(vertebra.wedge_rad / 2)) - hollow * bowl
    ends = np.abs(head) - limit
    return both(side, ends, 1.6), -ends


def _marrow(noise: Textures, x: Field, y: Field, z: Field) -> Field:
    """Red and yellow marrow: fine grain with broader fatty islands."""
    grain = noise.fine(x, y, z, 0.9)
    islands = noise.broad(x, y, z, 1.2)
    signal: Field = MARROW * (1.0 + 0.10 * grain + 0.07 * islands + 0.12 * np.maximum(islands - 1.2, 0.0))
    return signal


def _paint_vein(view: Field, vertebra: Vertebra, left: Field, back: Field, head: Field) -> None:
    """The basivertebral vein: a bright wedge in the middle of the posterior wall, its channel running forward."""
    wall = vertebra.depth_mm / 2 - 2.6
    vary = float(np.sin(7.0 * vertebra.frame.origin_mm[2]))  # no two vertebrae alike
    depth = np.float32(wall) - back  # mm in front of the posterior wall
    centre = head - np.float32(0.5 + 1.2 * vary)
    tall, wide = np.clip(2.0 + 0.5 * vary - 0.2 * depth, 0.3, 3.0), 5.0 - 0.35 * depth
    mouth = np.maximum(np.abs(centre) - tall, np.abs(left) - wide)
    inside = ramp(depth, -1.6, -0.4)
    blend(view, 0.14, 0.6 * cover(mouth - 0.8, 1.6) * inside * ramp(depth, 10.0, 7.0))
    blend(view, 0.60, 0.9 * cover(mouth, 1.4) * inside * ramp(depth, 9.0 + 2.0 * vary, 2.0))


# ---------------------------------------------------------------------------------------------------------------- disc


def _paint_disc(canvas: Field, plane: ImagePlane, space: DiscSpace, noise: Textures) -> None:
    half = (space.width_mm / 2, space.depth_mm / 2, space.height_mm / 2)
    slope = np.float32(np.tan(space.wedge_rad / 2))
    reach = (half[0] + 5, half[1] + 7, half[2] + abs(float(slope)) * half[1] + 4)
    window = plane.window(space.frame, (-reach[0], -reach[1], -reach[2]), reach)
    if window is None:
        return
    left, back, head = plane.local(space.frame, window)
    side, radius = _outline(left, back, half[0], half[1], 2.0)
    rearward = np.clip(back / np.float32(half[1]), 0.0, 1.0) ** 2
    side = side - space.bulge_mm * rearward * np.exp(-np.square(left / 13.0)) - (0.4 + 0.3 * space.bulge_mm)
    gap = space.rim_mm / 2 - back * slope + 0.3 * space.bulge_mm * rearward
    ends = np.abs(head) - gap - (half[2] - space.rim_mm / 2 + 2.0) * np.clip(1.2 - radius * radius, 0.0, 1.0)
    view = canvas[window]
    blend(view, 0.14 if space.label[0] == "S" else LIGAMENT, cover(both(side - 0.8, ends - 0.5, 2.0)))
    x, y, z = plane.local(LPS, window)
    squeeze = 1.0 - back * slope / np.float32(max(half[2], 2.0))
    signal = _disc_signal(space, left, back, head / np.clip(squeeze, 0.4, 1.8), noise.broad(x, y, z, 1.0))
    blend(view, signal, cover(both(side, ends, 1.5)))
    if space.pfirrmann == 4:
        _paint_fissure(view, space, left, back, head)


def _disc_signal(space: DiscSpace, left: Field, back: Field, head: Field, cloud: Field) -> Field:
    """Signal from the nucleus outwards by Pfirrmann grade; `head` is scaled to the local height of the disc."""
    width, depth, height = nucleus_size_mm(space)
    grade = space.pfirrmann
    middle = back - NUCLEUS_BACK_MM
    q2 = np.square(left * (2 / width)) + np.square(middle * (2 / depth))
    radius = np.sqrt(q2 * q2 * 0.4 + q2 * 0.6 + np.square(head * (2 / height)) ** 2 * 0.55)
    ragged = {1: 0.02, 2: 0.04, 3: 0.13, 4: 0.16, 5: 0.1}[grade]
    start, stop = _NUCLEUS_EDGE[grade]
    share = ramp(radius * (1.0 + ragged * cloud), start, stop)
    nucleus = _NUCLEUS[grade] * (1.0 + (0.03 + 0.6 * ragged) * cloud)
    bend = 0.25 * np.sin(middle * 0.45)
    nucleus *= 1.0 - _CLEFT[grade] * np.exp(-np.square((head + bend) / 0.9)) * ramp(radius, 1.0, 0.6)
    rings = 0.018 * np.cos(radius * 19.0)
    annulus = _ANNULUS + rings * (radius > 1.0) + 0.10 * ramp(radius, 1.5, 1.05)
    signal: Field = annulus + share * (nucleus - annulus)
    return signal


def _paint_fissure(view: Field, space: DiscSpace, left: Field, back: Field, head: Field) -> None:
    """A high-intensity zone: fluid in a fissure of the posterior annulus, a little left of the midline."""
    place = np.float32(space.depth_mm / 2 + space.bulge_mm - 5.0)
    lens = np.hypot(np.hypot((left - 2.0) / 3.6, (back - place) / 1.0), (head + 0.8) / 1.5)
    blend(view, 0.62, 0.85 * ramp(lens, 1.15, 0.45))


# ---------------------------------------------------------------------------------------------------------- back parts


def _arch_window(plane: ImagePlane, vertebra: Vertebra, width: float) -> Window | None:
    back = vertebra.depth_mm / 2
    tall = vertebra.height_mm / 2 + 24
    return plane.window(vertebra.frame, (-width, back - 8, -tall), (width, back + 62, tall))


def _paint_arch(canvas: Field, plane: ImagePlane, vertebra: Vertebra, noise: Textures) -> None:
    """Pedicles, laminae, articular, transverse and spinous processes as one bone with a dark rim."""
    window = _arch_window(plane, vertebra, 42.0)
    if window is None:
        return
    left, back, head = plane.local(vertebra.frame, window)
    point = (np.abs(left), back - np.float32(vertebra.depth_mm / 2), head)
    distance = join(_spinous_distance(vertebra, left, point[1], head), _lamina_distance(vertebra, point), 5.0)
    if not vertebra.sacral:
        distance = np.minimum(distance, _pillar_distance(vertebra, point))
    view = canvas[window]
    x, y, z = plane.local(LPS, window)
    blend(view, 0.07, cover(distance, 1.1))
    thick = 0.9 + 0.25 * noise.broad(x, y, z, 2.0)
    blend(view, 1.1 * _marrow(noise, x, y, z), cover(distance + thick, 1.1))


def _spinous_distance(vertebra: Vertebra, left: Field, back: Field, head: Field) -> Field:
    """A plate in the midline, deeper at its tip; thoracic ones slope down, sacral ones are a low crest."""
    start, stop, tall = {
        "T": ((17.0, -6.0), (40.0, -23.0), 5.0),
        "L": ((20.0, -7.0), (45.0, -13.0), 7.5),
        "S": ((14.0, -8.0), (22.0, -10.0), 5.0),
    }[vertebra.label[0]]
    if vertebra.label in ("L5", "T12"):
        stop, tall = (stop[0] - 8.0, -13.0), 6.5
    run = np.hypot(stop[0] - start[0], stop[1] - start[1])
    c, s = (stop[0] - start[0]) / run, (stop[1] - start[1]) / run
    along = (back - start[0]) * np.float32(c) + (head - start[1]) * np.float32(s)
    up = (head - start[1]) * np.float32(c) - (back - start[0]) * np.float32(s)
    along_share = np.clip(along / np.float32(run), 0.0, 1.0)
    half = tall + 2.2 * along_share - 1.2 * np.sin(along_share * np.float32(np.pi))
    thick = 2.6 + 1.6 * along_share**2
    sheet = both(np.abs(left) - thick, np.abs(up) - half, 2.5)
    return both(sheet, np.abs(along - np.float32(run / 2)) - np.float32(run / 2), 4.0)


def _lamina_distance(vertebra: Vertebra, point: tuple[Field, Field, Field]) -> Field:
    """The two plates that close the canal behind, their lower edge further back."""
    left, back, head = point
    tall = 0.31 * vertebra.height_mm if not vertebra.sacral else vertebra.height_mm / 2 + 1
    middle = -5.5 if not vertebra.sacral else 0.0
    if vertebra.label == "S1":
        tall, middle = 8.5, -8.0
    sacral_ridge = {"S1": 18.0, "S2": 14.5, "S3": 12.0}.get(vertebra.label, 10.5)
    ridge, flank = ((0.0, 21.0), (14.0, 11.0)) if not vertebra.sacral else ((0.0, sacral_ridge), (14.0, 8.0))
    lean = back + 0.22 * (head - middle)
    plate = capsule((left, lean, np.zeros_like(head)), (ridge[0], ridge[1], 0.0), (flank[0], flank[1], 0.0), 3.0)
    return both(plate, np.abs(head - middle) - tall, 3.5)


def _pillar_distance(vertebra: Vertebra, point: tuple[Field, Field, Field]) -> Field:
    """Pedicles, the articular processes above and below, and the transverse processes."""
    left, back, head = point
    half = vertebra.height_mm / 2
    apart = vertebra.width_mm * 0.31 + (2.5 if vertebra.label == "L5" else 0.0)
    wide = 4.0 if vertebra.label[0] == "T" else 4.6
    squashed = (left, back, head * np.float32(wide / 7.0))
    pedicle = capsule(squashed, (apart, -5.0, 5.5 * wide / 7), (apart + 1.0, 9.0, 4.5 * wide / 7), wide)
    upper = capsule(point, (apart + 0.5, 9.0, 4.0), (apart + 5.0, 9.0, half + 5.0), 4.3)
    lower = capsule(point, (apart - 1.5, 13.0, -2.0), (apart - 1.5, 17.5, -half - 8.0), 4.6)
    reach = {"L3": 40.0, "L2": 37.0, "L4": 37.0, "L5": 37.0, "L1": 33.0}.get(vertebra.label, 24.0)
    transverse = capsule(point, (apart + 3.0, 9.0, 3.0), (reach, 13.0, 3.0), 3.0)
    return join(join(pedicle, transverse, 3.0), np.minimum(upper, lower), 2.0)


def _paint_facets(canvas: Field, plane: ImagePlane, space: DiscSpace) -> None:
    """The joint line between neighbouring articular processes: bright cartilage and fluid between dark bone."""
    if space.label[0] == "S":
        return
    wall = space.depth_mm / 2
    window = plane.window(space.frame, (-32.0, wall, -16.0), (32.0, wall + 26, 14.0))
    if window is None:
        return
    left, back, head = plane.local(space.frame, window)
    apart = space.width_mm * 0.305 + (1.5 if space.label == "L5-S1" else 0.0)
    across, along = np.abs(left) - np.float32(apart + 1.5), back - np.float32(wall + 13.0)
    normal = (across - along) * np.float32(0.7071)
    tangent = (across + along) * np.float32(0.7071)
    bent = normal - 0.045 * tangent * tangent
    extent = np.maximum(np.abs(tangent) - 7.0, np.abs(head + 1.0) - 8.5)
    view = canvas[window]
    blend(view, CORTEX, cover(np.maximum(np.abs(bent) - 1.7, extent)))
    blend(view, 0.62, 0.8 * cover(np.maximum(np.abs(bent) - 0.5, extent + 1.5)))


def _paint_midline(canvas: Field, plane: ImagePlane, vertebra: Vertebra, noise: Textures) -> None:
    """Interspinous ligament with its fatty stripes, the supraspinous band, and fat behind the yellow ligament."""
    window = _arch_window(plane, vertebra, 6.0)
    if window is None:
        return
    left, back, head = plane.local(vertebra.frame, window)
    behind = back - np.float32(vertebra.depth_mm / 2)
    tip = {"T12": 42.0, "L5": 41.0}.get(vertebra.label, 41.0 if vertebra.label[0] == "T" else 46.0)
    lowest = -22.0 if vertebra.label == "L5" else -32.0
    near = ramp(head, lowest - 3.0, lowest + 3.0) * ramp(head, 15.0, 8.0)
    view = canvas[window]
    stripe = noise.broad(left * 0.7, behind - 0.6 * head, (head + 0.6 * behind) * 0.3, 0.65)
    value = np.clip(0.16 + 0.15 * stripe + 0.04 * noise.fine(left, behind, head, 1.0), 0.04, 0.55)
    sheet = np.maximum(np.abs(left) - 2.6, np.maximum(17.0 - behind, behind - tip))
    blend(view, value, cover(sheet, 1.6) * near)
    band = np.maximum(np.abs(behind - (tip + 1.0)) - 1.1, np.abs(left) - 3.5)
    blend(view, LIGAMENT, 0.9 * cover(band) * near)


def _paint_sacral_wing(canvas: Field, plane: ImagePlane, vertebra: Vertebra, noise: Textures, layer: str) -> None:
    """One layer ("rim", "marrow" or "foramen") of the lateral mass of the sacrum."""
    wide = {"S1": 54.0, "S2": 46.0, "S3": 36.0}.get(vertebra.label, 22.0)
    half, tall = vertebra.depth_mm / 2 + 3.0, vertebra.height_mm / 2 + 3.5
    reach: Vector = (wide + 3, half + 22, tall + 4)
    window = plane.window(vertebra.frame, (-reach[0], -reach[1], -reach[2]), reach)
    if window is None:
        return
    left, back, head = plane.local(vertebra.frame, window)
    side = np.abs(left)
    swept = back - 0.28 * np.maximum(side - 18.0, 0.0)
    thick = half - 0.05 * side
    mass = both(np.abs(swept - 1.5) - thick, both(side - wide, np.abs(head + 0.25 * (side - 20)) - tall, 3.0), 3.0)
    view = canvas[window]
    if layer == "rim":
        blend(view, CORTEX, cover(mass))
    elif layer == "marrow":
        blend(view, 1.08 * _marrow(noise, *plane.local(LPS, window)), cover(mass + 1.1))
    else:
        hole = length(side - np.float32(0.42 * vertebra.width_mm + 2.0), head + tall - 4.5)
        bore = np.maximum(hole - 4.0 + 0.12 * np.abs(swept), np.abs(swept + 2.0) - half)
        blend(view, CORTEX, cover(bore - 0.8))
        blend(view, FAT * 0.9, cover(bore, 1.2))
        blend(view, 0.3, cover(length(hole, 0.4 * (swept + 3.0)) - 2.2, 1.0))
