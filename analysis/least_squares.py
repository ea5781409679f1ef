"""Linear least squares from normal equations, with some unknowns that cannot be negative."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dtrtrs
from scipy.optimize import nnls

from analysis.types import BoolArray, FloatArray

RIDGE = 1e-9
"""Added to the scaled diagonal: signals that are almost the same leave the equations solvable."""


def bounded_least_squares(gram: FloatArray, moment: FloatArray, bounded: BoolArray) -> FloatArray:
    """Minimise ``c.G.c - 2 h.c`` with ``c >= 0`` where `bounded`; G is (k, k) positive definite, h is (k,)."""
    order = np.argsort(bounded, kind="stable")
    free = int((~bounded).sum())
    scale = np.sqrt(np.diag(gram)[order])
    g = gram[order][:, order] / np.outer(scale, scale)
    g.flat[:: len(order) + 1] += RIDGE
    upper = np.linalg.cholesky(g).T
    right, _ = dtrtrs(upper, moment[order] / scale, lower=0, trans=1)
    solution = np.zeros(len(order))
    if free < len(order):
        solution[free:], _ = nnls(upper[free:, free:], right[free:])
    if free:
        rest = right[:free] - upper[:free, free:] @ solution[free:]
        solution[:free], _ = dtrtrs(upper[:free, :free], rest, lower=0)
    result = np.empty(len(order))
    result[order] = solution / scale
    return result
