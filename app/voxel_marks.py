"""How voxels stand in the images: outline, state and glyph of each result."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.types import Acquisition, VoxelResult
from widgets.overlays import VoxelMark, VoxelState
from widgets.theme import CLASS_GLYPH, VERDICT_GLYPH


def mark_of(index: int, acquisition: Acquisition, result: VoxelResult | None) -> VoxelMark | None:
    """Return a voxel's mark; None where its place is not known."""
    if acquisition.voxel is None:
        return None
    state, glyph = _state_of(result)
    uid, f0_mhz = acquisition.frame_of_reference_uid, acquisition.parameters.f0_mhz
    bands = acquisition.saturation_bands
    return VoxelMark(index, acquisition.label, acquisition.voxel, uid, state, glyph, f0_mhz=f0_mhz, saturation=bands)


def marks_of(results: Sequence[VoxelResult]) -> list[VoxelMark]:
    """Return the marks of results, in their order."""
    marks = (mark_of(index, result.acquisition, result) for index, result in enumerate(results))
    return [mark for mark in marks if mark is not None]


def _state_of(result: VoxelResult | None) -> tuple[VoxelState, str]:
    """Return the state and the glyph that an outline shows."""
    if result is None:
        return "pending", ""
    if not result.quality.evaluable:
        return "failed", VERDICT_GLYPH["fail"]
    return "evaluable", CLASS_GLYPH[result.evidence.evidence_class] if result.evidence is not None else ""
