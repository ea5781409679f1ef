"""Removal of residual water by Hankel singular value decomposition.

A sum of damped exponentials spans a space of as many dimensions in the Hankel matrix of its samples, and the poles are
the eigenvalues of the shift within that space (Barkhuijsen et al., J Magn Reson 1987;73:553). Only the strongest
directions of the space are needed; they come from Lanczos steps whose products with the Hankel matrix are fast Fourier
transforms (HLSVD: Pijnappel et al., J Magn Reson 1992;97:122).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.linalg import eigh_tridiagonal, lstsq

from analysis.types import ComplexArray, FloatArray
from analysis.units import time_axis_s

_HEAD_S = 0.41
"""Residual water has decayed after this time; later points only add noise."""
_FEWEST_POINTS = 512
_WINDOW = 3 / 8
"""Rows of the Hankel matrix as a share of the points."""
_COMPONENTS = 24
"""The most components that are sought."""
_ABOVE_NOISE = 1.1
"""A direction counts as signal where its singular value is this multiple of the largest that noise has."""
_STEPS_BEYOND = 24
"""Lanczos steps beyond the number of components: the strong directions settle long before."""
_EXHAUSTED = 1e-11
_RAYLEIGH_MEDIAN = 1.1774


@dataclass(frozen=True, eq=False)
class Damped:
    """Exponentially damped components: frequency in Hz, damping in 1/s, complex amplitude, each (n,).

    The amplitude may also be (n, signals): the same components in several FIDs.
    """

    frequency_hz: FloatArray
    damping_per_s: FloatArray
    amplitude: ComplexArray

    def fid(self, points: int, spectral_width_hz: float) -> ComplexArray:
        """Return their sum as a FID, (points,) or (signals, points) complex."""
        shapes = _exponentials(self.frequency_hz, self.damping_per_s, points, spectral_width_hz)
        return np.asarray((shapes @ self.amplitude).T)

    def within(self, band_hz: tuple[float, float]) -> Damped:
        """Return the components whose frequency lies in a band."""
        inside = (self.frequency_hz >= band_hz[0]) & (self.frequency_hz <= band_hz[1])
        return Damped(self.frequency_hz[inside], self.damping_per_s[inside], self.amplitude[inside])


def _exponentials(
    frequency_hz: FloatArray, damping_per_s: FloatArray, points: int, spectral_width_hz: float
) -> ComplexArray:
    time = time_axis_s(points, spectral_width_hz)
    return np.asarray(np.exp(np.outer(time, 2j * np.pi * frequency_hz - damping_per_s)))


def decompose(fids: ComplexArray, spectral_width_hz: float, components: int = _COMPONENTS) -> Damped:
    """Describe FIDs as sums of the same damped exponentials.

    Parameters
    ----------
    fids : (points,) or (signals, points) complex; the components' frequencies and dampings are those of the first
    components : the most that are sought; those that do not rise above the noise are not

    Returns
    -------
    Components with amplitudes (n,) or (n, signals) by least squares; none for silence.
    """
    first = fids if fids.ndim == 1 else fids[0]
    head = first[: max(_FEWEST_POINTS, round(_HEAD_S * spectral_width_hz))]
    poles = _poles(head, components, tail_noise_sd(first))
    frequency = np.angle(poles) * spectral_width_hz / (2 * np.pi)
    # Noise makes poles that grow, which would explode beyond the points they were found in.
    damping = -np.log(np.clip(np.abs(poles), 1e-6, 1.0)) * spectral_width_hz
    if not len(poles):
        return Damped(frequency, damping, np.zeros((0, *fids.shape[:-1]), dtype=complex))
    shapes = _exponentials(frequency, damping, len(first), spectral_width_hz)
    amplitude = lstsq(shapes, fids.T, lapack_driver="gelsy", check_finite=False)[0]
    return Damped(frequency, damping, np.asarray(amplitude))


def tail_noise_sd(fid: ComplexArray) -> float:
    """Return the noise of the real part of one point of a FID, (points,).

    From the median of the spectrum of its second half, tapered, so that lines that still ring there do not count.
    """
    tail = fid[len(fid) // 2 :]
    taper = np.hanning(len(tail))
    height = float(np.median(np.abs(fft.fft(tail * taper)))) / _RAYLEIGH_MEDIAN
    return height / max(float(np.sqrt(np.sum(taper**2))), 1.0)


def _poles(head: ComplexArray, most: int, noise_sd: float) -> ComplexArray:
    """Return the poles of a signal (points,): the eigenvalues of the shift within its signal space."""
    window = min(max(int(_WINDOW * len(head)), 2), len(head) - 1)
    space, strength = _signal_space(head, window, min(most, window - 2))
    # The largest singular value of a complex Gaussian matrix is the sum of the roots of its sides.
    noise = np.sqrt(2) * noise_sd * (np.sqrt(window) + np.sqrt(len(head) - window + 1))
    space = space[:, strength > _ABOVE_NOISE * noise]
    if not space.shape[1]:
        return np.zeros(0, dtype=complex)
    # The columns are orthonormal, so all but the last row of them has this Gram matrix.
    last = space[-1]
    gram = np.eye(len(last)) - np.outer(last.conj(), last)
    return np.asarray(np.linalg.eigvals(np.linalg.solve(gram, space[:-1].conj().T @ space[1:])))


def _signal_space(head: ComplexArray, window: int, count: int) -> tuple[ComplexArray, FloatArray]:
    """Return the strongest left singular vectors, (window, n), and singular values of the Hankel matrix of a signal.

    Lanczos steps with full reorthogonalisation, from the signal itself, which holds all components. The products with
    the matrix (window, rest) and its adjoint are correlations with the signal.
    """
    length = fft.next_fast_len(len(head))
    transformed, rest = fft.fft(head, length), len(head) - window + 1
    scale = float(np.linalg.norm(head[:window]))
    steps = min(count + _STEPS_BEYOND, window)
    if scale == 0 or count < 1:
        return np.zeros((window, 0), dtype=complex), np.zeros(0)
    basis = np.zeros((steps, window), dtype=complex)
    diagonal, beside = np.zeros(steps), np.zeros(steps)
    basis[0] = head[:window] / scale
    for k in range(steps):
        inner = fft.ifft(transformed * fft.fft(basis[k], length).conj())[:rest]
        vector = fft.ifft(transformed * fft.fft(inner, length).conj())[:window]
        diagonal[k] = float(np.vdot(basis[k], vector).real)
        found = basis[: k + 1]
        for _ in range(2):
            vector = vector - (found.conj() @ vector) @ found
        beside[k] = np.linalg.norm(vector)
        if beside[k] <= _EXHAUSTED * diagonal[: k + 1].max() or k + 1 == steps:
            break
        basis[k + 1] = vector / beside[k]
    taken = k + 1
    values, turns = eigh_tridiagonal(diagonal[:taken], beside[:k])
    strongest = slice(None, -count - 1, -1)
    return np.asarray((basis[:taken].T @ turns)[:, strongest]), np.sqrt(np.maximum(values, 0.0))[strongest]


def phase_at_start(fid: ComplexArray, spectral_width_hz: float, band_hz: tuple[float, float]) -> float | None:
    """Return the phase in rad at t = 0 of all components in a band together; None where there are none.

    At t = 0 lines add up by their areas, so the widths and places of the lines do not matter.
    """
    found = decompose(fid, spectral_width_hz).within(band_hz)
    total = complex(np.sum(found.amplitude))
    return float(np.angle(total)) if total else None


def remove_band(
    fids: ComplexArray, spectral_width_hz: float, band_hz: tuple[float, float]
) -> tuple[ComplexArray, ComplexArray]:
    """Subtract all damped components whose frequency lies in a band; return what is left and what was removed.

    Parameters
    ----------
    fids : (points,) or (signals, points) complex; of several, the first says what the components are
    """
    removed = decompose(fids, spectral_width_hz).within(band_hz).fid(fids.shape[-1], spectral_width_hz)
    return fids - removed, removed
