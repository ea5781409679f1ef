"""Spectroscopic imaging: how many voxels of a grid are read, and which of them hold a signal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from analysis.errors import UnreadableFile
from analysis.types import SignalArray

MOST_CELLS = 1024
"""Voxels of a grid that are read, 32 x 32: a design choice. Each is fitted and shown like a single voxel."""
Cell = tuple[int, int, int]


def check_cells(shape: Sequence[int]) -> None:
    """Refuse a grid that nobody could read voxel by voxel.

    Raises
    ------
    UnreadableFile
    """
    if math.prod(shape) > MOST_CELLS:
        size = " x ".join(str(int(edge)) for edge in shape)
        raise UnreadableFile(
            f"it is a spectroscopic imaging grid of {size} voxels; at most {MOST_CELLS} are read; export a part"
        )


def filled_cells(signals: Mapping[Cell, SignalArray]) -> dict[Cell, SignalArray]:
    """Return the voxels that hold a signal; what a reconstruction masked out is zero.

    Raises
    ------
    UnreadableFile : none does
    """
    filled = {cell: fids for cell, fids in signals.items() if fids.any()}
    if not filled:
        raise UnreadableFile("its data are all zero")
    return filled
