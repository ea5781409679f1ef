"""How stiff the baseline is: the stiffness under which the data are likeliest.

A penalised spline is a random curve whose variance is the penalty's inverse; the variance that makes the data likeliest
after every amplitude is integrated out is the restricted maximum likelihood (REML) estimate of a mixed model (Ruppert,
Wand and Carroll, Semiparametric Regression, 2003, section 4.9). The data ask for no more curvature. Where lines are
misfitted, what is left over even under the softest baseline is correlated from point to point; such points count for
less, so that the baseline does not bend to the errors of the lines.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.baseline import Baseline
from analysis.types import FloatArray

_TRIED = 16


def likeliest_baseline(
    baseline: Baseline,
    signals: FloatArray,
    data: FloatArray,
    prior: FloatArray,
    noise_variance: float,
    effective_dimensions: tuple[float, float],
) -> Baseline:
    """Return the baseline with the stiffness of highest restricted likelihood.

    Parameters
    ----------
    signals : (m, k) signals whose amplitudes are free
    data : (m,)
    prior : (k, k) precision of the amplitudes' priors, times the variance of the noise
    noise_variance : the least variance that the residual can have; a larger one is estimated along
    effective_dimensions : least and most of the baseline's effective dimensions to try
    """
    low, high = effective_dimensions
    tried = [baseline.with_effective_dimension(ed) for ed in np.geomspace(max(low, 2.01), max(high, 2.02), _TRIED)]
    columns = np.vstack([signals.T, data]).T
    whole = columns.T @ columns
    by_mode = baseline.modes.T @ columns
    degrees = len(data) - signals.shape[1] - int(np.sum(baseline.roughness == 0))

    def solved(candidate: Baseline) -> tuple[FloatArray, float, float]:
        """Return amplitudes (k,), the power left over, and the log determinant of the amplitudes' information."""
        gram = whole - (by_mode * candidate.kept[:, None]).T @ by_mode
        scale = np.sqrt(np.diag(gram)[:-1])
        inside = (gram[:-1, :-1] + prior) / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
        factor = np.linalg.cholesky(inside)
        explained = np.linalg.solve(factor, gram[:-1, -1] / scale)
        amplitudes = np.linalg.solve(factor.T, explained) / scale
        power = float(gram[-1, -1] - explained @ explained)
        return amplitudes, power, float(2 * np.sum(np.log(np.diag(factor) * scale)))

    softest, _, _ = solved(tried[-1])
    rest = data - signals @ softest
    correlated = correlation_length(rest - tried[-1].of(rest))

    def deviance(candidate: Baseline) -> float:
        _, power, volume = solved(candidate)
        variance = max(power / degrees, noise_variance)
        rough = candidate.roughness[candidate.roughness > 0] * candidate.weight
        volume += float(np.sum(np.log1p(1 / rough)))
        return float(volume + (degrees * math.log(variance) + power / variance) / correlated)

    return min(tried, key=deviance)


def correlation_length(residual: FloatArray) -> float:
    """Return how many points of a residual (m,) tell as much as one of white noise: its integrated autocorrelation."""
    points = len(residual)
    spectrum = np.fft.rfft(residual, 2 * points)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: points // 4]
    correlation = correlation / correlation[0]
    clear = correlation > 2 / math.sqrt(points)
    first = int(np.argmin(clear)) if not clear.all() else len(clear)
    return float(1 + 2 * correlation[1:first].sum())
