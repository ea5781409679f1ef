"""Window and level presets of MR images: their intensities have no unit, so each preset follows from the series. No Qt.

The factors are design choices, to be judged by eye; none of them is a measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import to_pixels
from analysis.types import Volume, Voxel
from widgets.texts import noop

PresetId = Literal["default", "contrast", "soft", "bright", "dark", "full", "voxel"]
_FEWEST_PIXELS = 16
_SURROUND = 1.5
"""The preset for a voxel looks at a box this many times as large."""


@dataclass(frozen=True)
class WindowPreset:
    """A preset: its key on the keyboard, and its name in menus."""

    id: PresetId
    key: str
    title: str


PRESETS: tuple[WindowPreset, ...] = (
    WindowPreset("default", "0", noop("Window of the series")),
    WindowPreset("contrast", "1", noop("More contrast")),
    WindowPreset("soft", "2", noop("Less contrast")),
    WindowPreset("bright", "3", noop("Brighter")),
    WindowPreset("dark", "4", noop("Darker")),
    WindowPreset("full", "5", noop("Full range")),
    WindowPreset("voxel", "6", noop("About the selected voxel")),
)


def preset_window(
    preset: PresetId, volume: Volume, shown: NDArray[np.float32], voxel: Voxel | None
) -> tuple[float, float]:
    """Return (level, width) of a preset.

    Parameters
    ----------
    volume : gives the series' own window
    shown : (rows, columns) the slice on the screen, for the full range
    voxel : the selected voxel in the volume's frame of reference; None leaves the series' own window
    """
    level, width = volume.window_centre, volume.window_width
    if preset == "full":
        return _between(float(shown.min()), float(shown.max()))
    if preset == "voxel":
        values = _about(volume, voxel) if voxel is not None else np.empty(0, dtype=np.float32)
        if values.size < _FEWEST_PIXELS:
            return level, width
        return _between(float(values.min()), float(values.max()))
    factors = {"contrast": (1.0, 0.6), "soft": (1.0, 1.6), "bright": (0.65, 0.8), "dark": (1.4, 1.2)}
    along, across = factors.get(preset, (1.0, 1.0))
    return level * along, width * across


def _between(low: float, high: float) -> tuple[float, float]:
    return (low + high) / 2, max(high - low, 1e-6)


def _about(volume: Volume, voxel: Voxel) -> NDArray[np.float32]:
    """Return the acquired intensities in the upright box about a voxel."""
    half = np.asarray(voxel.size_mm) * _SURROUND / 2
    signs = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    corners = np.asarray(voxel.centre_mm) + (signs * half) @ np.asarray(voxel.axes)
    at = to_pixels(volume, corners)
    low = np.floor(at.min(axis=0)).astype(int).clip(0)
    high = np.ceil(at.max(axis=0)).astype(int).clip(-1) + 1
    return volume.pixels[low[2] : high[2], low[1] : high[1], low[0] : high[0]].ravel()
