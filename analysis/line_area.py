"""Total areas of lines: the amplitude of a FID at t = 0, and that of one singlet of a basis signal."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from analysis.errors import FitFailed
from analysis.types import ComplexArray, FloatArray, Measured, Sampling
from analysis.units import frequency_axis_hz, hz_of_ppm, spectrum_of, time_axis_s

_START_S = 0.008
"""Stretch of a water FID that a parabola of its logarithm describes: T2* of discs and brain is 10 to 100 ms."""
_LEAST_POINTS = 8
_SILENT = 1e-3
"""LCModel fills basis signals with zeros to twice their length; what lies below this share of the start is zero."""
_START_WIDTHS_HZ = (2.0, 1.0)
"""Lorentzian and Gaussian widths (full, at half maximum) to start from; basis sets are made with 0.5 to 5 Hz."""


def amplitude_at_start(fid: ComplexArray, sampling: Sampling) -> Measured:
    """Return the amplitude of a FID with one dominant line at t = 0, with its standard deviation.

    A parabola through the logarithm of its magnitude over the first 8 ms is followed back to t = 0, which holds for any
    Voigt line. The first point is left out, because receivers and programs scale it. The standard deviation is that of
    the extrapolation, from the scatter about the parabola.

    Parameters
    ----------
    fid : (points,) complex

    Raises
    ------
    FitFailed : the signal is too short or zero
    """
    count = max(_LEAST_POINTS, round(_START_S * sampling.spectral_width_hz))
    head = np.abs(fid[1 : count + 1])
    if len(head) < _LEAST_POINTS or not np.all(head > 0):
        raise FitFailed("The water reference is too short or empty, so it gives no scale.")
    time = time_axis_s(count + 1, sampling.spectral_width_hz)[1 : len(head) + 1]
    columns = np.vander(time / time[-1], 3)
    coefficients, *_ = np.linalg.lstsq(columns, np.log(head), rcond=None)
    scatter = np.log(head) - columns @ coefficients
    variance = float(scatter @ scatter) / (len(head) - 3) * float(np.linalg.inv(columns.T @ columns)[2, 2])
    amplitude = float(np.exp(coefficients[2]))
    return Measured(amplitude, amplitude * variance**0.5)


def singlet_amplitude(fid: ComplexArray, sampling: Sampling, ppm: float, reach_ppm: float) -> float:
    """Return the amplitude at t = 0 of a single line of a noise-free signal.

    A Voigt line on a complex straight line, which stands for the feet of other lines, is fitted to the spectrum
    around the highest point within the reach; its position and widths are searched, its amplitude is solved.

    Parameters
    ----------
    fid : (points,) complex
    ppm, reach_ppm : where the line is, and how far to look for its top and to fit on both sides of it

    Raises
    ------
    FitFailed : there is no line
    """
    frequency = frequency_axis_hz(sampling.points, sampling.spectral_width_hz)
    spectrum = spectrum_of(fid)
    reach_hz = reach_ppm * sampling.f0_mhz
    expected = hz_of_ppm(ppm, sampling.f0_mhz, sampling.reference_ppm)
    near = np.flatnonzero(np.abs(frequency - expected) <= reach_hz)
    if len(near) < _LEAST_POINTS or not np.any(fid):
        raise FitFailed("The basis set's reference line was not found, so the scale of the basis set is unknown.")
    top = float(frequency[near[np.argmax(spectrum[near].real)]])
    inside = np.abs(frequency - top) <= reach_hz
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    feet = np.column_stack([np.ones(inside.sum()), (frequency[inside] - top) / reach_hz]).astype(complex)

    sampled = time <= time[np.flatnonzero(np.abs(fid) > _SILENT * np.abs(fid).max())[-1]]

    def solved(theta: FloatArray) -> tuple[ComplexArray, ComplexArray]:
        decay = np.pi * abs(theta[1]) * time + (np.pi * theta[2] * time) ** 2 / (4 * np.log(2))
        line = spectrum_of(sampled * np.exp(2j * np.pi * (top + theta[0]) * time - decay))[inside]
        columns = np.column_stack([line, feet])
        coefficients, *_ = np.linalg.lstsq(columns, spectrum[inside], rcond=None)
        return np.asarray(coefficients), np.asarray(spectrum[inside] - columns @ coefficients)

    def residual(theta: FloatArray) -> FloatArray:
        rest = solved(theta)[1] / np.abs(spectrum[inside]).max()
        return np.concatenate([rest.real, rest.imag])

    found = least_squares(residual, np.array([0.0, *_START_WIDTHS_HZ]))
    return float(abs(solved(found.x)[0][0]))
