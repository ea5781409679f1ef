"""A smooth baseline: cubic B-splines with a penalty on their second difference (P-splines, Eilers and Marx 1996)."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline
from scipy.linalg import eigh

from analysis.types import FloatArray

_SPLINES_PER_PPM = 7.0
_TINY_PENALTY = 1e-10


@dataclass(frozen=True, eq=False)
class Baseline:
    """A penalised spline basis on a ppm axis.

    Attributes
    ----------
    splines : (m, q) B-splines on the axis
    projector : (m, q) top rows of the orthonormal basis of splines stacked on their penalty. With it the penalised
        baseline drops out: ``<x, y> = x.y - (projector.T x).(projector.T y)``
    solve : (q, m) penalised least-squares solution, ``coefficients = solve @ residual``
    effective_dimension : trace of the smoother
    """

    splines: FloatArray
    projector: FloatArray
    solve: FloatArray
    effective_dimension: float

    def inner(self, left: FloatArray, right: FloatArray) -> FloatArray:
        """Return inner products of columns, (a, b), with the baseline projected out."""
        return np.asarray(left.T @ right - (self.projector.T @ left).T @ (self.projector.T @ right))

    def of(self, residual: FloatArray) -> FloatArray:
        """Return the penalised baseline (m,) that fits a residual (m,)."""
        return np.asarray(self.splines @ (self.solve @ residual))


def make_baseline(ppm: FloatArray, effective_dimension_per_ppm: float) -> Baseline:
    """Build the baseline on an ascending ppm axis (m,), with the penalty that gives the wanted flexibility.

    `effective_dimension_per_ppm` is the trace of the smoother per ppm of the axis, as in ABfit (Wilson, MRM
    2021;85:13); a straight line (2 in all) is the stiffest.
    """
    return _made(float(ppm[0]), float(ppm[-1]), len(ppm), float(effective_dimension_per_ppm))


@functools.lru_cache(maxsize=32)
def _made(low_ppm: float, high_ppm: float, points: int, effective_dimension_per_ppm: float) -> Baseline:
    """Build a baseline once for each axis and flexibility."""
    ppm = np.linspace(low_ppm, high_ppm, points)
    span = high_ppm - low_ppm
    splines = _b_splines(ppm, max(6, round(_SPLINES_PER_PPM * span)))
    difference = np.diff(np.eye(splines.shape[1]), 2, axis=0)
    gram, penalty = splines.T @ splines, difference.T @ difference
    wanted = float(np.clip(effective_dimension_per_ppm * span, 2.01, splines.shape[1] - 0.5))
    weight = _penalty_weight(gram, penalty, wanted)
    total = gram + weight * penalty + _TINY_PENALTY * np.eye(len(gram))
    factor = np.linalg.cholesky(total)
    projector: FloatArray = np.asarray(np.linalg.solve(factor, splines.T).T, dtype=float)
    solve: FloatArray = np.asarray(np.linalg.solve(total, splines.T), dtype=float)
    return Baseline(splines, projector, solve, float(np.trace(solve @ splines)))


def _b_splines(ppm: FloatArray, count: int) -> FloatArray:
    inner = np.linspace(ppm[0], ppm[-1], count - 2)
    step = inner[1] - inner[0]
    knots = np.concatenate([inner[0] - step * np.arange(3, 0, -1), inner, inner[-1] + step * np.arange(1, 4)])
    return np.asarray(BSpline.design_matrix(np.clip(ppm, inner[0], inner[-1] - 1e-12), knots, 3).toarray())


def _penalty_weight(gram: FloatArray, penalty: FloatArray, wanted: float) -> float:
    """Find the weight whose smoother has the wanted trace, by bisection on its logarithm."""
    values = np.clip(eigh(penalty, gram + _TINY_PENALTY * np.eye(len(gram)), eigvals_only=True), 0, None)
    low, high = -12.0, 16.0
    for _ in range(60):
        middle = (low + high) / 2
        trace = float(np.sum(1 / (1 + 10**middle * values)))
        low, high = (middle, high) if trace > wanted else (low, middle)
    return float(10 ** ((low + high) / 2))
