"""T2 of a voxel's water from its unsuppressed signal at several echo times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.errors import FitFailed
from analysis.types import Measured

_LEAST_ECHOES = 2


def water_t2(te_s: Sequence[float], areas: Sequence[Measured]) -> Measured:
    """Return the T2 in s, with its standard deviation, of a signal that decays with one exponential.

    The logarithm of the areas is fitted by a straight line, weighted by their standard deviations; with more than two
    echoes, scatter beyond these widens the result.

    Parameters
    ----------
    te_s, areas : echo times in s, and the area of the water at each, on one scale

    Raises
    ------
    FitFailed : fewer than two echo times, an area that is not positive, or a signal that does not decay
    """
    times = np.asarray(te_s, dtype=float)
    if len(set(times)) < _LEAST_ECHOES or len(times) != len(areas):
        raise FitFailed("A T2 of water needs its area at two echo times at least.")
    values = np.array([area.value for area in areas])
    if not np.all(values > 0):
        raise FitFailed("A water area is not positive, so it gives no T2.")
    rsd = np.maximum([area.sd / area.value for area in areas], 1e-6)
    columns = np.column_stack([np.ones_like(times), -times])
    weighted = columns / rsd[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    _, rate = covariance @ weighted.T @ (np.log(values) / rsd)
    if rate <= 0:
        raise FitFailed("The water does not decay with the echo time, so it gives no T2.")
    rest = (np.log(values) - columns @ (covariance @ weighted.T @ (np.log(values) / rsd))) / rsd
    free = len(times) - _LEAST_ECHOES
    widening = max(1.0, float(rest @ rest) / free) if free else 1.0
    return Measured(float(1 / rate), float(np.sqrt(widening * covariance[1, 1]) / rate**2))
