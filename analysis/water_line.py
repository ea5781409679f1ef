"""Amplitude and width of the line of an unsuppressed water reference."""

from __future__ import annotations

import numpy as np

from analysis.types import ComplexArray, FloatArray
from analysis.units import spectrum_of, time_axis_s

_ZERO_FILL_WIDTH = 16


def at_zero(water: ComplexArray) -> complex:
    """Extrapolate a FID to t = 0 by a quadratic through the start of its log magnitude; the first point may be off."""
    head = np.abs(water[1:33])
    if len(head) < 8 or not np.all(head > 0):
        return complex(water[0])
    fit = np.polyfit(np.arange(1, len(head) + 1), np.log(head), 2)
    return complex(np.exp(fit[-1]))


def line_width_hz(fid: ComplexArray, spectral_width_hz: float) -> float:
    """Return the full width at half maximum of the strongest line of a FID, from its phased absorption spectrum."""
    time = time_axis_s(len(fid), spectral_width_hz)
    spectrum = spectrum_of(fid * np.exp(-1j * np.angle(fid[0])), _ZERO_FILL_WIDTH * len(fid))
    peak = int(np.argmax(np.abs(spectrum)))
    upright = (spectrum * np.exp(-1j * np.angle(spectrum[peak]))).real
    half = upright[peak] / 2
    below_right = np.flatnonzero(upright[peak:] < half)
    below_left = np.flatnonzero(upright[: peak + 1][::-1] < half)
    if not len(below_right) or not len(below_left):
        return float("inf")
    step = 1 / (time[1] * len(spectrum))
    return float((_crossing(upright[peak:], half) + _crossing(upright[: peak + 1][::-1], half)) * step)


def _crossing(falling: FloatArray, level: float) -> float:
    """Return the fractional index where a curve first falls through a level."""
    index = int(np.flatnonzero(falling < level)[0])
    return index - 1 + float((falling[index - 1] - level) / (falling[index - 1] - falling[index]))
