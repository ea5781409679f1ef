"""A fit as a signal in time: what the scanner would have measured without noise, had the fit been the truth."""

from __future__ import annotations

import math

import numpy as np

from analysis.band import ZERO_FILL
from analysis.model import line_shape
from analysis.types import Basis, ComplexArray, Fit, FloatArray
from analysis.units import frequency_axis_hz, spectrum_of, time_axis_s


def fitted_fid(fit: Fit, basis: Basis) -> ComplexArray:
    """Return the FID (n,) of a fit with the basis that it was made with, baseline and phases included."""
    sampling = basis.sampling
    time_s = time_axis_s(sampling.points, sampling.spectral_width_hz)
    fids = basis.fids[[basis.names.index(name) for name in fit.names]]
    rates = 2j * np.pi * fit.shift_hz - math.pi * fit.lorentz_hz
    shape = line_shape(time_s, float(fit.gauss_hz[0]), fit.skewness)
    signal = fit.amplitudes @ (fids * np.exp(np.outer(rates, time_s)) * shape)
    return _turned(signal + _causal(fit, basis), fit, basis)


def _causal(fit: Fit, basis: Basis) -> ComplexArray:
    """Return the FID (n,) whose real spectrum is the fit's baseline, falling to zero beside the fit range."""
    sampling = basis.sampling
    length = ZERO_FILL * sampling.points
    first = round((float(fit.ppm[0]) - sampling.reference_ppm) * sampling.f0_mhz * length / sampling.spectral_width_hz)
    whole = np.zeros(length)
    place = length // 2 + first + np.arange(len(fit.ppm))
    whole[place] = fit.baseline
    _fall(whole, place[0] - 1, -1, fit.baseline[0], len(fit.ppm) // 4)
    _fall(whole, place[-1] + 1, 1, fit.baseline[-1], len(fit.ppm) // 4)
    # A real spectrum is the transform of an even signal; its causal half, twice, has the same real part.
    fid = 2 * np.fft.ifft(np.fft.ifftshift(whole))[: sampling.points]
    return np.asarray(fid, dtype=complex)


def _fall(whole: FloatArray, start: int, step: int, value: float, width: int) -> None:
    """Let the curve fall to zero beside its end, in place, as far as there is room."""
    for index in range(width):
        at = start + step * index
        if 0 <= at < len(whole):
            whole[at] = value * (0.5 + 0.5 * math.cos(math.pi * (index + 1) / width))


def _turned(fid: ComplexArray, fit: Fit, basis: Basis) -> ComplexArray:
    """Give a FID the phases of a fit."""
    if fit.phase1_s == 0:
        return np.asarray(fid * np.exp(1j * fit.phase0_rad))
    points, width_hz = basis.sampling.points, basis.sampling.spectral_width_hz
    length = ZERO_FILL * points
    frequency_hz = frequency_axis_hz(length, width_hz)
    turned = spectrum_of(fid, length) * np.exp(1j * (fit.phase0_rad + 2 * np.pi * frequency_hz * fit.phase1_s))
    back = np.fft.ifft(np.fft.ifftshift(turned))[:points]
    back[0] *= 2
    return np.asarray(back)
