"""Amplitudes and molar ratios of what a protocol reports, with their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from analysis.concentration import TissueScale, concentration
from analysis.protocol import Protocol
from analysis.types import Amplitude, Fit, FloatArray, Ratio

_DRAWS = 20_000
_SEED = 7
_UNKNOWN = Ratio(None, None, None, None)
_CLEAR_SDS = 2.0
"""A denominator within this many standard deviations of zero gives no ratio."""


def weights(fit: Fit, of: Mapping[str, float]) -> FloatArray:
    """Return the weights (k,) that add up a biomarker from the fitted signals; a signal left out counts zero."""
    return np.array([of.get(name, 0.0) for name in fit.names])


def biomarker_weights(fit: Fit, protocol: Protocol) -> dict[str, FloatArray]:
    """Return the weights of every biomarker of a protocol."""
    return {rule.name: weights(fit, rule.of) for rule in protocol.rules.biomarkers}


def metabolite_amplitudes(fit: Fit, protocol: Protocol, scale: TissueScale | None = None) -> dict[str, Amplitude]:
    """Return every biomarker and every fitted signal with its standard deviation, biomarkers first.

    With a scale, the concentrations of those whose relaxation is known are given too.
    """
    rows = biomarker_weights(fit, protocol)
    rows.update({n: weights(fit, {n: 1.0}) for n in fit.names if n not in rows})
    return {name: _amplitude(fit, row, scale) for name, row in rows.items()}


def _amplitude(fit: Fit, row: FloatArray, scale: TissueScale | None) -> Amplitude:
    sd = math.sqrt(max(float(row @ fit.covariance @ row), 0.0))
    return Amplitude(float(row @ fit.amplitudes), sd, concentration(fit, row, scale))


def molar_ratios(fit: Fit, protocol: Protocol) -> dict[str, Ratio]:
    """Return every ratio of a protocol with its SD (delta method) and 90 % interval."""
    rows = biomarker_weights(fit, protocol)
    pairs = {name: tuple(name.split("/")) for name in protocol.ratios}
    return {name: ratio(fit, rows[above], rows[below]) for name, (above, below) in pairs.items()}


def ratio(fit: Fit, above: FloatArray, below: FloatArray) -> Ratio:
    """Return one ratio of weighted amplitudes.

    Notes
    -----
    The interval is made of the 5th and 95th percentile of draws from the normal distribution of numerator and
    denominator, without the non-negativity bound, so that it keeps its coverage near zero; its ends are then
    clipped at zero. Where the denominator is not clearly positive, the ratio is unknown.
    """
    top, bottom = float(above @ fit.amplitudes), float(below @ fit.amplitudes)
    rows = np.array([above, below])
    covariance = rows @ fit.covariance @ rows.T
    if bottom <= 0 or bottom < _CLEAR_SDS * math.sqrt(max(covariance[1, 1], 0.0)):
        return _UNKNOWN
    value = top / bottom
    variance = (covariance[0, 0] - 2 * value * covariance[0, 1] + value**2 * covariance[1, 1]) / bottom**2
    draws = _normal_draws(np.array([top, bottom]), covariance)
    positive = draws[:, 1] > 0
    low, high = np.percentile(draws[positive, 0] / draws[positive, 1], [5, 95])
    return Ratio(max(value, 0.0), math.sqrt(max(variance, 0.0)), max(float(low), 0.0), max(float(high), 0.0))


def _normal_draws(mean: FloatArray, covariance: FloatArray) -> FloatArray:
    """Draw from a normal distribution with a fixed seed, so that results repeat to the byte."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(mean + np.random.default_rng(_SEED).standard_normal((_DRAWS, len(mean))) @ root.T)
