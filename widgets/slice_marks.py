"""Which voxels show on a slice, and which of them lies under a point. No Qt in here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.geometry import voxel_outline_pixels
from analysis.reslice import distance_mm, projected_outline_pixels
from analysis.types import Volume
from widgets.overlays import Outline, VoxelMark

_HINT_MM = 25.0
"""A voxel whose centre lies farther from the slice than this is not hinted at."""


def related(mark: VoxelMark, frame: Volume | None) -> bool:
    """Whether a voxel's place can be told on a stack: both name the same frame of reference."""
    uid = frame.frame_of_reference_uid if frame is not None else None
    return uid is not None and uid == mark.frame_of_reference_uid


def cut(marks: Iterable[VoxelMark], frame: Volume, index: int, *, projections: bool) -> tuple[Outline, ...]:
    """Return where voxels cut a slice; where asked, also the shadows of those near it."""
    found = []
    for mark in marks:
        if not related(mark, frame):
            continue
        pixels = voxel_outline_pixels(mark.voxel, frame, index)
        if len(pixels):
            found.append(Outline(mark, pixels))
        elif projections and distance_mm(mark.voxel, frame, index) < _HINT_MM:
            found.append(Outline(mark, projected_outline_pixels(mark.voxel, frame), projected=True))
    return tuple(found)


def named(marks: Sequence[VoxelMark], index: int) -> VoxelMark | None:
    """Return the mark of one voxel."""
    return next((mark for mark in marks if mark.index == index), None)
