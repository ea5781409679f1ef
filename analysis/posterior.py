"""Posterior of amplitudes that cannot be negative: a normal distribution cut off at zero.

The mean of the truncated distribution has the smallest mean squared error under the stated priors; it is found by
expectation propagation (Cunningham, Hennig and Lacoste-Julien, arXiv:1111.6832), which is exact in one dimension and
close to exact in many.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_ndtr

from analysis.types import BoolArray, FloatArray

_SWEEPS = 30
_SETTLED = 1e-5
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def truncated_moments(mean: float, variance: float) -> tuple[float, float]:
    """Return mean and variance of a normal distribution cut off below zero."""
    sd = math.sqrt(variance)
    alpha = mean / sd
    hazard = math.exp(-0.5 * alpha * alpha - _HALF_LOG_2PI - float(log_ndtr(alpha)))
    return mean + sd * hazard, variance * max(1 - hazard * (hazard + alpha), 1e-8)


def nonnegative_posterior(
    mean: FloatArray, covariance: FloatArray, bounded: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean (k,) and covariance (k, k) of ``N(mean, covariance)`` given that bounded elements are positive."""
    index = np.flatnonzero(bounded)
    if not len(index):
        return mean.copy(), covariance.copy()
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    start = covariance / np.outer(scale, scale)
    mu, sigma = mean / scale, start.copy()
    site_precision, site_shift = np.zeros(len(mean)), np.zeros(len(mean))
    for _ in range(_SWEEPS):
        before = mu.copy()
        for i in index:
            _update_site(int(i), mu, sigma, site_precision, site_shift)
        if float(np.max(np.abs(mu - before))) < _SETTLED:
            break
    return mu * scale, (sigma + sigma.T) / 2 * np.outer(scale, scale)


def _update_site(i: int, mu: FloatArray, sigma: FloatArray, site_precision: FloatArray, site_shift: FloatArray) -> None:
    """Match the moments of one element with its bound, and spread the change to all (rank one, in place)."""
    cavity_precision = 1 / sigma[i, i] - site_precision[i]
    if cavity_precision <= 0:
        return
    cavity_shift = mu[i] / sigma[i, i] - site_shift[i]
    new_mean, new_variance = truncated_moments(cavity_shift / cavity_precision, 1 / cavity_precision)
    precision = max(1 / new_variance - cavity_precision, 0.0)
    shift = new_mean / new_variance - cavity_shift
    added, moved = precision - site_precision[i], shift - site_shift[i]
    column = sigma[:, i].copy()
    denominator = 1 + added * column[i]
    if denominator <= 0:
        return
    mu += column * (moved - added * mu[i]) / denominator
    sigma -= np.outer(column, column) * (added / denominator)
    site_precision[i], site_shift[i] = precision, shift
