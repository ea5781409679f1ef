"""Bring a basis to the sampling of a spectrum: other dwell time, length, field or reference.

Chemical shifts in ppm stay where they are. Between fields that differ by some per mille (one maker's 3 T and another's)
the whole FID is stretched, which keeps every shift and changes couplings by the same per mille; a basis of another
nominal field has wrong couplings and is refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.errors import FitFailed
from analysis.types import Basis, ComplexArray, FloatArray, Sampling
from analysis.units import frequency_axis_hz, hz_of_ppm, spectrum_of, time_axis_s

_MOST_FIELD_RATIO = 0.05
"""LCModel warns from the same difference on (MYBASI, error 9)."""
_SAME = 1e-6
_HALF_WIDTH = 32
"""Samples on each side that the interpolation uses."""
_KAISER = 9.0
"""The window's shape: its side lobes lie about 90 dB down (Kaiser 1974)."""
_BACK = 40
_ORDER = 40
_LEARN = 400
_RIDGE = 1e-9
_ALIASED = 0.01


def resampled(basis: Basis, sampling: Sampling) -> Basis:
    """Return a basis with the sampling of a spectrum.

    Raises
    ------
    FitFailed : the basis is of another field strength, or its lines do not fit into the spectral width
    """
    own = basis.sampling
    ratio = sampling.f0_mhz / own.f0_mhz
    if abs(ratio - 1) > _MOST_FIELD_RATIO:
        raise FitFailed(
            f"The basis set is made for {own.f0_mhz:.1f} MHz, but the spectrum was measured at"
            f" {sampling.f0_mhz:.1f} MHz; give a basis set of the same field strength."
        )
    _check_band(basis, sampling)
    dwell_ratio = ratio * own.spectral_width_hz / sampling.spectral_width_hz
    if abs(dwell_ratio - 1) <= _SAME:
        fids = _of_length(basis.fids, sampling.points)
    else:
        fids = interpolated(basis.fids, np.arange(sampling.points, dtype=float) * dwell_ratio)
    turn_hz = hz_of_ppm(own.reference_ppm, sampling.f0_mhz, sampling.reference_ppm)
    turn = np.exp(2j * np.pi * turn_hz * time_axis_s(sampling.points, sampling.spectral_width_hz))
    return replace(basis, fids=fids * turn, sampling=sampling)


def _check_band(basis: Basis, sampling: Sampling) -> None:
    """Refuse a basis with lines outside the spectral width of the data, which would fold into the fit range."""
    own = basis.sampling
    frequency = frequency_axis_hz(own.points, own.spectral_width_hz) * (sampling.f0_mhz / own.f0_mhz)
    centre = hz_of_ppm(own.reference_ppm, sampling.f0_mhz, sampling.reference_ppm)
    outside = np.abs(frequency + centre) > sampling.spectral_width_hz / 2
    power = np.abs(spectrum_of(basis.fids)) ** 2
    share = float((power[:, outside].sum(axis=1) / np.maximum(power.sum(axis=1), 1e-300)).max(initial=0.0))
    if share > _ALIASED:
        raise FitFailed("The basis set holds lines outside the spectral width of the spectrum; give another basis set.")


def _of_length(fids: ComplexArray, points: int) -> ComplexArray:
    cut = fids[:, :points]
    return np.asarray(np.pad(cut, ((0, 0), (0, points - cut.shape[1]))))


def interpolated(fids: ComplexArray, at: FloatArray) -> ComplexArray:
    """Evaluate FIDs (k, n) between their samples by a Kaiser-windowed sinc; zero after their end.

    Parameters
    ----------
    at : (m,) where, in samples from the first point

    Notes
    -----
    A FID begins abruptly, which no band-limited interpolation can follow. Its lines are therefore continued backwards
    by linear prediction, so that the kernel sees them on both sides of t = 0. The first point keeps its own value.
    """
    before = np.array([_predicted_back(fid) for fid in fids])
    padded = np.concatenate([before, fids[:, 1:], np.zeros((len(fids), 2 * _HALF_WIDTH))], axis=1)
    result = np.zeros((len(fids), len(at)), dtype=complex)
    inside = np.flatnonzero(at <= fids.shape[1] - 1)
    nearest = np.floor(at[inside]).astype(int)
    for offset in range(-_HALF_WIDTH + 1, _HALF_WIDTH + 1):
        distance = at[inside] - (nearest + offset)
        window = np.i0(_KAISER * np.sqrt(np.clip(1 - (distance / _HALF_WIDTH) ** 2, 0, 1))) / np.i0(_KAISER)
        result[:, inside] += padded[:, nearest + offset + _BACK] * (np.sinc(distance) * window)
    result[:, at == 0] = fids[:, :1]
    return result


def _predicted_back(fid: ComplexArray) -> ComplexArray:
    """Return the samples before the second one, (_BACK + 1,), by backward linear prediction.

    The first sample is predicted too, because many programs store it at half its value.
    """
    head = fid[1 : 1 + _LEARN] if len(fid) > _LEARN else fid[1:]
    order = min(_ORDER, len(head) // 3)
    rows = np.lib.stride_tricks.sliding_window_view(head, order + 1)
    later, earlier = rows[:, 1:], rows[:, 0]
    gram = later.conj().T @ later
    ridge = _RIDGE * float(np.trace(gram).real) / order * np.eye(order)
    weights = np.linalg.solve(gram + ridge, later.conj().T @ earlier)
    known = list(fid[1 : 1 + order])
    for _ in range(_BACK + 1):
        known.insert(0, weights @ np.array(known[:order]))
    return np.array(known[: _BACK + 1])
