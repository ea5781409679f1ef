"""Removal of residual water by Hankel singular value decomposition (Barkhuijsen et al., J Magn Reson 1987;73:553)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, lstsq

from analysis.types import ComplexArray, FloatArray
from analysis.units import time_axis_s

_POINTS = 1024
_WINDOW = 384
_COMPONENTS = 24


@dataclass(frozen=True, eq=False)
class Damped:
    """Exponentially damped components: frequency in Hz, damping in 1/s, complex amplitude, each (n,)."""

    frequency_hz: FloatArray
    damping_per_s: FloatArray
    amplitude: ComplexArray

    def fid(self, points: int, spectral_width_hz: float) -> ComplexArray:
        """Return their sum as a FID, (points,) complex."""
        time = time_axis_s(points, spectral_width_hz)
        pole = 2j * np.pi * self.frequency_hz - self.damping_per_s
        return np.asarray(np.exp(np.outer(time, pole)) @ self.amplitude)


def decompose(fid: ComplexArray, spectral_width_hz: float, components: int = _COMPONENTS) -> Damped:
    """Describe a FID (points,) as a sum of damped exponentials, from its first 1024 points."""
    head = fid[:_POINTS]
    window = min(_WINDOW, len(head) // 2)
    rows = np.lib.stride_tricks.sliding_window_view(head, window)
    gram = rows.conj().T @ rows
    count = min(components, window - 2)
    _, vectors = eigh(gram, subset_by_index=(window - count, window - 1))
    space = vectors.conj()
    shift = lstsq(space[:-1], space[1:])[0]
    poles = np.linalg.eigvals(shift)
    poles = poles / np.maximum(np.abs(poles), 1.0)
    matrix = poles[None, :] ** np.arange(len(head))[:, None]
    amplitude = lstsq(matrix, head)[0]
    frequency = np.angle(poles) * spectral_width_hz / (2 * np.pi)
    damping = -np.log(np.maximum(np.abs(poles), 1e-6)) * spectral_width_hz
    return Damped(frequency, damping, amplitude)


def remove_band(
    fid: ComplexArray, spectral_width_hz: float, band_hz: tuple[float, float]
) -> tuple[ComplexArray, ComplexArray]:
    """Subtract all damped components whose frequency lies in a band; return what is left and what was removed."""
    found = decompose(fid, spectral_width_hz)
    inside = (found.frequency_hz >= band_hz[0]) & (found.frequency_hz <= band_hz[1])
    water = Damped(found.frequency_hz[inside], found.damping_per_s[inside], found.amplitude[inside])
    removed = water.fid(len(fid), spectral_width_hz)
    return fid - removed, removed
