"""Basis signals cut down to the fitted band of the spectrum, so that a fit transforms short signals, not long ones.

The spectrum of every signal is cut out around the fit range with soft edges and turned back into the time domain, where
shifts and widths act on it as on the whole signal: a factor that is smooth across t = 0 only mixes neighbouring
frequencies. The cut makes the step at t = 0 ring into a few samples of negative time, which are kept.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import scipy.fft

from analysis.errors import FitFailed
from analysis.types import Basis, ComplexArray, FloatArray
from analysis.units import ppm_axis, spectrum_of, time_axis_s

ZERO_FILL = 2
"""The real part of a spectrum filled to twice its length holds all the information of the complex FID."""

_FEWEST_POINTS = 32
_MARGIN_HZ = 120.0
_SOFT = 0.7
"""Share of the margin over which the edge rises."""
_WORTHWHILE = 0.7
"""A band that is a larger share of the spectrum than this is not worth cutting out."""
_RINGING = 60
"""Samples on either side of a step that hold what it rings."""


@dataclass(frozen=True, eq=False)
class Band:
    """Signals over the fit range.

    Attributes
    ----------
    ppm, offset_hz : (m,) ascending, and relative to the basis's reference
    window : where the fit range lies in the spectrum of `length` points
    time_s : (j,) of each sample kept, evenly spaced; the first `before` samples lie before t = 0
    fids : (k, j) the signals
    transform_length : of the transform whose points `first` to ``first + m`` are the fit range
    """

    ppm: FloatArray
    offset_hz: FloatArray
    length: int
    window: slice
    time_s: FloatArray
    fids: ComplexArray
    before: int
    transform_length: int
    first: int

    def transform(self, fids: ComplexArray) -> ComplexArray:
        """Return the spectra (k, m) of signals (k, j) over the fit range."""
        filled = np.zeros((len(fids), self.transform_length), dtype=complex)
        filled[:, : fids.shape[1] - self.before] = fids[:, self.before :]
        filled[:, self.transform_length - self.before :] = fids[:, : self.before]
        return np.asarray(scipy.fft.fft(filled, axis=-1, overwrite_x=True)[:, self.first : self.first + len(self.ppm)])


def exponentials(rates: ComplexArray, time_s: FloatArray) -> ComplexArray:
    """Return ``exp(rates[:, None] * time_s)``, (k, j), for evenly spaced times, as products of two short tables."""
    j, block = len(time_s), math.isqrt(len(time_s)) + 1
    step_s = time_s[1] - time_s[0]
    fine = np.exp(np.outer(rates, step_s * np.arange(block)))
    coarse = np.exp(np.outer(rates, time_s[0] + step_s * block * np.arange(-(-j // block))))
    return np.asarray((coarse[:, :, None] * fine[:, None, :]).reshape(len(rates), -1)[:, :j])


@functools.lru_cache(maxsize=12)
def cut_band(basis: Basis, names: tuple[str, ...], ppm_range: tuple[float, float]) -> Band:
    """Cut the fit range out of some signals of a basis; asked again for the same basis, it is not done again.

    Raises
    ------
    FitFailed : the range holds too little of the spectrum
    """
    sampling = basis.sampling
    length = ZERO_FILL * sampling.points
    axis = ppm_axis(length, sampling.spectral_width_hz, sampling.f0_mhz, sampling.reference_ppm)
    inside = np.flatnonzero((axis >= ppm_range[0]) & (axis <= ppm_range[1]))
    if len(inside) < _FEWEST_POINTS:
        raise FitFailed(f"The range {ppm_range[0]:g} to {ppm_range[1]:g} ppm holds too little of the spectrum.")
    window = slice(int(inside[0]), int(inside[-1]) + 1)
    ppm = axis[window]
    offset_hz = (ppm - sampling.reference_ppm) * sampling.f0_mhz
    fids = basis.fids[[basis.names.index(name) for name in names]]
    margin = round(_MARGIN_HZ * length / sampling.spectral_width_hz)
    transform_length = scipy.fft.next_fast_len(len(ppm) + 2 * margin)
    low, high = window.start - margin, window.start - margin + transform_length
    if low < 0 or high > length or transform_length > _WORTHWHILE * length:
        return _whole(fids, ppm, offset_hz, window, sampling.spectral_width_hz)
    spectra = spectrum_of(fids, length)[:, low:high] * _soft_edges(transform_length, margin)
    samples = np.asarray(scipy.fft.ifft(spectra, axis=-1))
    step_s = length / sampling.spectral_width_hz / transform_length
    after = transform_length // ZERO_FILL + _RINGING
    time_s = step_s * np.arange(-_RINGING, after)
    kept = np.concatenate([samples[:, -_RINGING:], samples[:, :after]], axis=1)
    return Band(ppm, offset_hz, length, window, time_s, kept, _RINGING, transform_length, margin)


def _whole(fids: ComplexArray, ppm: FloatArray, offset_hz: FloatArray, window: slice, spectral_width_hz: float) -> Band:
    """Keep the signals as they are, turned so that the fit range starts at the first point of the transform."""
    points = fids.shape[1]
    time_s = time_axis_s(points, spectral_width_hz)
    turned = fids * np.exp(-2j * np.pi * offset_hz[0] * time_s)
    turned[:, 0] *= 0.5
    length = ZERO_FILL * points
    return Band(ppm, offset_hz, length, window, time_s, turned, 0, length, 0)


def _soft_edges(length: int, margin: int) -> FloatArray:
    """Return a window (length,) that rises and falls smoothly over the margins."""
    steep = round(_SOFT * margin)
    rise = np.minimum((np.arange(margin) + 0.5) / steep, 1.0)
    edge = rise - np.sin(2 * np.pi * rise) / (2 * np.pi)
    window = np.ones(length)
    window[:margin], window[-margin:] = edge, edge[::-1]
    return window
