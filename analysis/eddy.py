"""Correction of eddy currents by the phase of the water reference (Klose, MRM 1990;14:26)."""

from __future__ import annotations

import numpy as np

from analysis.types import ComplexArray, FloatArray

LEAST_SNR = 50.0
"""Start of the water FID over its noise below which its phase would bring more noise than it takes out."""
_FLOOR = 0.02
_FLOOR_NOISE = 5.0
_SHORTEST = 32


def tail_sd(water: ComplexArray) -> float:
    """Return the standard deviation of the complex points in the last eighth of a FID (points,)."""
    return float(np.std(water[-len(water) // 8 :]))


def water_phase_rad(water: ComplexArray) -> FloatArray:
    """Return the unwrapped phase of a water FID (points,), continued as a line where the signal is too weak to tell.

    Too weak is below 2 % of the largest point, or below five times the noise; a dip, where two lines beat, is not.
    """
    phase = np.unwrap(np.angle(water))
    last = _last_strong(np.abs(water), tail_sd(water))
    if last < len(water):
        index = np.arange(len(water))
        stretch = slice(max(0, last - last // 4), last)
        slope = np.polyfit(index[stretch], phase[stretch], 1)[0]
        phase[last:] = phase[last - 1] + slope * (index[last:] - (last - 1))
    return np.asarray(phase)


def _last_strong(magnitude: FloatArray, noise: float) -> int:
    """Return where the magnitude falls below the floor for good, at least 32."""
    largest = float(magnitude.max())
    floor = min(max(_FLOOR * largest, _FLOOR_NOISE * noise), 0.5 * largest)
    strong = np.flatnonzero(magnitude >= floor)
    last = int(strong[-1]) + 1 if len(strong) else 0
    return min(max(last, _SHORTEST), len(magnitude))
