"""What a view shows of a fit beside the fit itself: other phases, smoothing for the eye, other voxels on one scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from analysis.types import ComplexArray, Fit, FloatArray, Spectrum
from analysis.units import FWHM_PER_GAUSS_SD, ppm_axis, spectrum_of

_CLEAR_SDS = 3.0
"""A reference signal sets the scale of an overlay where it stands this many standard deviations clear."""


def complex_band(spectrum: Spectrum, ppm: FloatArray) -> ComplexArray:
    """Return a spectrum at the chemical shifts (m,) of a fit, complex, with the phase as it was processed."""
    step_hz = float(ppm[-1] - ppm[0]) / (len(ppm) - 1) * spectrum.f0_mhz
    length = round(spectrum.spectral_width_hz / step_hz)
    axis = ppm_axis(length, spectrum.spectral_width_hz, spectrum.f0_mhz, spectrum.reference_ppm)
    first = int(np.argmin(np.abs(axis - ppm[0])))
    return spectrum_of(spectrum.fid, length)[first : first + len(ppm)]


def upright(
    band: ComplexArray, ppm: FloatArray, spectrum: Spectrum, phase0_rad: float, phase1_s: float = 0.0
) -> FloatArray:
    """Return the real part (m,) of a band once both phases are taken away, as `Fit.data` is."""
    offset_hz = (ppm - spectrum.reference_ppm) * spectrum.f0_mhz
    return np.asarray((band * np.exp(-1j * (phase0_rad + 2 * np.pi * offset_hz * phase1_s))).real)


def smoothed(fit: Fit, f0_mhz: float, width_hz: float) -> Fit:
    """Return a fit whose curves a Gaussian apodisation of `width_hz` (full, at half maximum) would give.

    For the eye alone: the fit itself knows nothing of it. Apodisation by an even function convolves real and imaginary
    part alike, so that every real curve can be smoothed by itself.
    """
    if width_hz <= 0:
        return fit
    step_hz = float(np.median(np.diff(fit.ppm))) * f0_mhz
    sd_points = width_hz / FWHM_PER_GAUSS_SD / step_hz

    def smooth(curve: FloatArray) -> FloatArray:
        return np.asarray(gaussian_filter1d(curve, sd_points, axis=-1, mode="nearest"))

    kernel = smooth(np.eye(1, 2 * math.ceil(4 * sd_points) + 1, math.ceil(4 * sd_points))[0])
    data, fitted = smooth(fit.data), smooth(fit.fit)
    return replace(
        fit,
        data=data,
        fit=fitted,
        baseline=smooth(fit.baseline),
        residual=data - fitted,
        components=smooth(fit.components),
        noise_sd=fit.noise_sd * float(np.sqrt(np.sum(kernel**2))),
    )


@dataclass(frozen=True, eq=False)
class Overlay:
    """Another voxel's fit on the scale of the one that is shown.

    Attributes
    ----------
    label : the voxel's name, with the date of a prior
    ppm, curve : (m,) sum of the fitted signals without the baseline, times `factor`
    how : what was made the same by `factor`
    """

    label: str
    ppm: FloatArray
    curve: FloatArray
    factor: float
    how: str


def overlay_on(fit: Fit, other: Fit, label: str, reference: Mapping[str, float], name: str) -> Overlay:
    """Scale another fit to a fit; its data are left out, because the noise of many voxels hides them all.

    Parameters
    ----------
    reference, name : the sum of signals that is made the same, for example ``{"PG": 1.0}``. Where it does not stand
        three standard deviations clear in both fits, the area of all signals is made the same instead.
    """
    mine, its = _clear_amount(fit, reference), _clear_amount(other, reference)
    how = f"same {name}"
    if mine is None or its is None:
        mine, its, how = _area(fit), _area(other), "same total area"
    factor = mine / its if its > 0 and mine > 0 else 1.0
    how = how if its > 0 and mine > 0 else "not scaled"
    return Overlay(label, other.ppm, other.components.sum(axis=0) * factor, factor, how)


def _clear_amount(fit: Fit, weights: Mapping[str, float]) -> float | None:
    row = np.array([weights.get(name, 0.0) for name in fit.names])
    amount, sd = float(row @ fit.amplitudes), math.sqrt(max(float(row @ fit.covariance @ row), 0.0))
    return amount if amount > _CLEAR_SDS * sd and amount > 0 else None


def _area(fit: Fit) -> float:
    return float(fit.components.sum()) * float(np.median(np.diff(fit.ppm)))
