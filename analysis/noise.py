"""How noisy a spectrum is, from the parts of it that hold no signal."""

from __future__ import annotations

import math

import numpy as np

from analysis.align import Scale
from analysis.types import ComplexArray, FloatArray
from analysis.units import ppm_axis, spectrum_of

_NOISE_BANDS_PPM = (
    (-4.0, -2.5), (-2.5, -1.0), (-1.0, 0.2), (5.8, 7.2), (7.2, 8.5), (8.5, 10.0), (10.0, 11.5), (11.5, 13.0),
)  # fmt: skip
_NOISE_INNER = 0.85
"""Receivers filter the edges of the spectral width; noise is taken inside this share of it."""
_FEWEST_POINTS = 64
_ALIKE_SIGMA = 3.0
"""Bands that differ from the quietest one by no more than this many standard errors count as free of signal."""


def noise_sd(fid: ComplexArray, scale: Scale) -> float:
    """Return the noise of the real part of one FID point, from the signal-free bands of the spectrum.

    Each band is detrended by a parabola; bands much noisier than the quietest hold signal and do not count.
    """
    points = len(fid)
    ppm = ppm_axis(points, scale.spectral_width_hz, scale.f0_mhz, scale.reference_ppm)
    spectrum = spectrum_of(fid)
    reach = _NOISE_INNER * scale.spectral_width_hz / (2 * scale.f0_mhz)
    inner = np.abs(ppm - scale.reference_ppm) <= reach
    chosen = [inner & (ppm >= low) & (ppm <= high) for low, high in _NOISE_BANDS_PPM]
    chosen = [band for band in chosen if band.sum() >= _FEWEST_POINTS]
    if not chosen:
        edge, index = max(32, points // 16), np.arange(points)
        chosen = [index < edge, index >= points - edge]
    sd = np.array([_detrended_sd(ppm[band], spectrum[band]) for band in chosen])
    # The relative standard error of a standard deviation from n complex points is 1 / sqrt(4 n).
    weight = np.array([band.sum() - 3 for band in chosen], dtype=float)
    quietest = int(np.argmin(sd))
    error = np.sqrt((1 / weight + 1 / weight[quietest]) / 4)
    alike = sd <= sd[quietest] * (1 + _ALIKE_SIGMA * error)
    return float(np.sqrt(np.average(sd[alike] ** 2, weights=weight[alike]))) / math.sqrt(points)


def _detrended_sd(ppm: FloatArray, values: ComplexArray) -> float:
    columns = np.vander(ppm - ppm.mean(), 3)
    rest = values - columns @ np.linalg.lstsq(columns.astype(complex), values, rcond=None)[0]
    return float(np.sqrt(np.sum(np.abs(rest) ** 2) / (2 * (len(values) - 3))))
