"""Slices with the voxels that cut them, turned the way a radiologist hangs them and cropped around the voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import (
    box_corners_mm,
    direction_letters,
    nearest_slice,
    pixel_spacing_mm,
    to_pixels,
    voxel_outline_pixels,
)
from analysis.reslice import BODY_PLANES, BodyPlane, body_axes, holds, reformat
from analysis.types import EvidenceClass, FloatArray, Plane, Study, Volume, Voxel, VoxelResult
from app.report.parts import Outline, Picture
from app.report.wording import clean

_HANGING: dict[Plane, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "axial": ((1, 0, 0), (0, 1, 0)),
}
"""Directions (LPS) that point right and down on the screen: anterior left, patient's right left, head up."""

_SPINE_EXTENT_MM = 60.0
_SPINE_MARGIN_MM = 45.0
_SPINE_SHAPE = 0.56
_CLOSE_UP_MM = 70.0
_LEAST_SLICES = 3
"""A stack of fewer slices shows nothing across them."""


@dataclass(frozen=True, eq=False)
class _Hung:
    """A slice as it is shown: pixels, and how a stored ``(column, row)`` maps to the shown one."""

    pixels: NDArray[np.float32]
    turn: FloatArray
    offset: FloatArray
    pixel_mm: tuple[float, float]
    edges: tuple[str, str, str, str]

    def shown(self, points: FloatArray) -> FloatArray:
        """Map (n, 2) stored ``(column, row)`` to the shown picture."""
        return np.asarray(points @ self.turn.T + self.offset)


def overview(study: Study, voxels: Sequence[VoxelResult]) -> Picture | None:
    """Return the slice that most voxels cut, a sagittal one where there is one; None where no slice shows any."""
    best: tuple[bool, int, float, Volume, int] | None = None
    for volume in study.volumes:
        inside = [v for v in voxels if shares_frame(v, volume)]
        for index in {nearest_slice(volume, np.asarray(v.centre_mm)) for v in map(_box, inside) if v is not None}:
            count, closeness = _cut_count(volume, index, inside)
            ranked = (volume.plane == "sagittal", count, closeness)
            if count and (best is None or ranked > best[:3]):
                best = (*ranked, volume, index)
    if best is None:
        return None
    volume, index = best[3], best[4]
    shown = [v for v in voxels if shares_frame(v, volume)]
    picture = _picture(volume, index, shown, overview_crop=True)
    drawn = {outline.label for outline in picture.outlines}
    missing = [clean(v.label) for v in voxels if clean(v.label) not in drawn]
    note = f"Not cut by this slice: {', '.join(missing)}." if missing else ""
    return Picture(picture.pixels, picture.pixel_mm, picture.outlines, picture.edges, picture.caption, note)


def close_ups(study: Study, result: VoxelResult) -> tuple[Picture, ...]:
    """Return one small picture per plane through the voxel: of the slice nearest to its centre, or resliced.

    A plane that was not acquired is sampled from the finest stack that holds the voxel, along the voxel's own axes.
    """
    voxel = _box(result)
    if voxel is None:
        return ()
    found: dict[Plane, tuple[float, Picture]] = {}
    for volume in study.volumes:
        index = nearest_slice(volume, np.asarray(voxel.centre_mm))
        if not shares_frame(result, volume) or not len(voxel_outline_pixels(voxel, volume, index)):
            continue
        distance = abs(float(to_pixels(volume, np.asarray(voxel.centre_mm))[0, 2]) - index)
        if volume.plane not in found or distance < found[volume.plane][0]:
            found[volume.plane] = (distance, _picture(volume, index, [result], overview_crop=False))
    resliced = _resliced(study, result, voxel, [plane for plane in BODY_PLANES if plane not in found])
    pictures = {plane: picture for plane, (_, picture) in found.items()} | resliced
    order: tuple[Plane, ...] = ("sagittal", "axial", "coronal", "oblique")
    return tuple(pictures[plane] for plane in order if plane in pictures)[: len(BODY_PLANES)]


def _resliced(study: Study, result: VoxelResult, voxel: Voxel, missing: Sequence[BodyPlane]) -> dict[Plane, Picture]:
    """Return pictures of the planes that were not acquired, where a stack of slices holds the voxel."""
    stacks = [v for v in study.volumes if len(v.pixels) >= _LEAST_SLICES and shares_frame(result, v)]
    stacks = [v for v in stacks if holds(v, voxel.centre_mm)]
    if not stacks:
        return {}
    source = max(stacks, key=_use_for_reslicing)
    number = "" if source.series_number is None else f" from series {source.series_number}"
    pictures: dict[Plane, Picture] = {}
    for plane in missing:
        stack = reformat(source, plane, body_axes(voxel.axes), voxel.centre_mm)
        index = nearest_slice(stack.frame, np.asarray(voxel.centre_mm))
        affine = stack.frame.affine.copy()
        affine[:3, 3] += affine[:3, 2] * index
        slice_ = replace(stack.frame, pixels=stack.slice_pixels(index)[np.newaxis], affine=affine, plane=plane)
        drawn = _picture(slice_, 0, [result], overview_crop=False)
        pictures[plane] = replace(drawn, caption=f"{plane.capitalize()}, resliced{number}")
    return pictures


def _use_for_reslicing(volume: Volume) -> tuple[float, float]:
    """Rank stacks: first by how much of a close-up they fill across their slices, then by how fine they are."""
    step = float(np.linalg.norm(volume.affine[:3, 2]))
    return min(len(volume.pixels) * step, _CLOSE_UP_MM), -step


def shares_frame(result: VoxelResult, volume: Volume) -> bool:
    """Whether a voxel may be drawn on a volume: both in one frame of reference, as far as their files say."""
    mine, theirs = result.acquisition.frame_of_reference_uid, volume.frame_of_reference_uid
    return result.acquisition.voxel is not None and (mine is None or theirs is None or mine == theirs)


def _box(result: VoxelResult) -> Voxel | None:
    return result.acquisition.voxel


def _cut_count(volume: Volume, index: int, voxels: Sequence[VoxelResult]) -> tuple[int, float]:
    """Return how many voxels a slice cuts, and minus the mean distance in slices to their centres."""
    boxes = [v.acquisition.voxel for v in voxels if v.acquisition.voxel is not None]
    cut = [box for box in boxes if len(voxel_outline_pixels(box, volume, index))]
    distances = [abs(float(to_pixels(volume, np.asarray(box.centre_mm))[0, 2]) - index) for box in cut]
    return len(cut), -float(np.mean(distances)) if distances else 0.0


def _picture(volume: Volume, index: int, voxels: Sequence[VoxelResult], *, overview_crop: bool) -> Picture:
    hung = _hang(volume, index)
    outlines = []
    corners: list[FloatArray] = []
    for result in voxels:
        voxel = result.acquisition.voxel
        polygon = voxel_outline_pixels(voxel, volume, index) if voxel is not None else np.empty((0, 2))
        if voxel is not None and len(polygon):
            outlines.append(Outline(hung.shown(polygon), clean(result.label, 24), _class_of(result)))
            corners.append(hung.shown(to_pixels(volume, box_corners_mm(voxel))[:, :2]))
    left, top, right, bottom = _crop(hung, np.concatenate(corners), overview_crop=overview_crop)
    moved = tuple(Outline(o.polygon - np.array([left, top]), o.label, o.evidence_class) for o in outlines)
    described = clean(volume.description, 40)
    whole = "" if (bottom - top, right - left) == hung.pixels.shape else ", cropped"
    number = "" if volume.series_number is None else f", series {volume.series_number}"
    return Picture(
        pixels=_windowed(hung.pixels[top:bottom, left:right], volume),
        pixel_mm=hung.pixel_mm,
        outlines=moved,
        edges=hung.edges,
        caption=f"{described}{number}, slice {index + 1} of {volume.pixels.shape[0]}{whole}",
    )


def _class_of(result: VoxelResult) -> EvidenceClass | None:
    return result.evidence.evidence_class if result.evidence else None


def _hang(volume: Volume, index: int) -> _Hung:
    """Flip and turn a slice by quarter turns so that it hangs as radiologists are used to."""
    pixels = volume.pixels[index]
    column, row = volume.affine[:3, 0], volume.affine[:3, 1]
    turn, offset = np.eye(2), np.zeros(2)
    spacing_columns, spacing_rows = pixel_spacing_mm(volume)
    if volume.plane in _HANGING:
        right, down = (np.asarray(direction, dtype=float) for direction in _HANGING[volume.plane])
        if abs(column @ right) / spacing_columns < abs(row @ right) / spacing_rows:
            pixels, column, row = pixels.T, row, column
            turn, spacing_columns, spacing_rows = turn[::-1], spacing_rows, spacing_columns
        if column @ right < 0:
            pixels, column = pixels[:, ::-1], -column
            turn, offset = np.diag([-1.0, 1.0]) @ turn, offset + np.array([pixels.shape[1] - 1.0, 0.0])
        if row @ down < 0:
            pixels, row = pixels[::-1], -row
            turn, offset = np.diag([1.0, -1.0]) @ turn, offset + np.array([0.0, pixels.shape[0] - 1.0])
    edges = (direction_letters(-column), direction_letters(column), direction_letters(-row), direction_letters(row))
    return _Hung(pixels, turn, offset, (spacing_columns, spacing_rows), edges)


def _crop(hung: _Hung, points: FloatArray, *, overview_crop: bool) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom in pixels: a tall strip for a spine, a square close-up or all otherwise."""
    spacing = np.asarray(hung.pixel_mm)
    low, high = points.min(axis=0) * spacing, points.max(axis=0) * spacing
    rows, columns = hung.pixels.shape
    field = np.array([columns, rows]) * spacing
    size = field.copy()
    if not overview_crop:
        size = np.full(2, max(_CLOSE_UP_MM, float((high - low).max()) + 30.0))
    elif high[1] - low[1] > _SPINE_EXTENT_MM:
        height = min(field[1], float(high[1] - low[1]) + 2 * _SPINE_MARGIN_MM)
        size = np.array([max(_SPINE_SHAPE * height, float(high[0] - low[0]) + 30.0), height])
    size = np.minimum(size, field)
    start = np.clip((low + high) / 2 - size / 2, 0, field - size)
    first = np.floor(start / spacing).astype(int)
    last = np.minimum(np.ceil((start + size) / spacing).astype(int), [columns, rows])
    return int(first[0]), int(first[1]), int(last[0]), int(last[1])


def _windowed(pixels: NDArray[np.float32], volume: Volume) -> NDArray[np.uint8]:
    width = max(volume.window_width, 1e-6)
    scaled = (np.nan_to_num(pixels) - volume.window_centre) / width + 0.5
    return np.asarray(np.clip(np.rint(scaled * 255), 0, 255).astype(np.uint8))
