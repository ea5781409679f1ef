"""A smooth baseline: cubic B-splines with a penalty on their second difference (P-splines, Eilers and Marx 1996).

The splines are turned once into the Demmler-Reinsch basis, in which they are orthonormal and the penalty is diagonal,
so that another stiffness costs one division.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import BSpline
from scipy.linalg import eigh

from analysis.types import FloatArray

SPLINES_PER_PPM = 7.0
_TINY_PENALTY = 1e-10
_STIFFEST = 2.01
"""A straight line has 2 effective dimensions; a penalty that leaves only that would be infinite."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """A penalised spline basis on a ppm axis.

    Attributes
    ----------
    modes : (m, q) orthonormal columns that span the splines, smoothest first
    roughness : (q,) penalty of each mode; 0 for constant and slope
    weight : of the penalty
    """

    modes: FloatArray
    roughness: FloatArray
    weight: float

    @property
    def kept(self) -> FloatArray:
        """Share (q,) of each mode that the penalty lets through."""
        return np.asarray(1 / (1 + self.weight * self.roughness))

    @property
    def effective_dimension(self) -> float:
        """Trace of the smoother."""
        return float(self.kept.sum())

    def inner(self, left: FloatArray, right: FloatArray) -> FloatArray:
        """Return inner products of columns, (a, b), with the penalised baseline projected out."""
        by_mode = self.modes.T @ left
        other = by_mode if right is left else self.modes.T @ right
        return np.asarray(left.T @ right - (by_mode * self.kept[:, None]).T @ other)

    def of(self, residual: FloatArray) -> FloatArray:
        """Return the penalised baseline (m,) that fits a residual (m,)."""
        return np.asarray(self.modes @ (self.kept * (self.modes.T @ residual)))

    def with_effective_dimension(self, wanted: float) -> Baseline:
        """Return the same splines with the penalty whose smoother has this trace, 2 being a straight line."""
        return replace(self, weight=_penalty_weight(self.roughness, wanted))


def make_baseline(ppm: FloatArray, effective_dimension_per_ppm: float) -> Baseline:
    """Build the baseline on an ascending, even ppm axis (m,), with the penalty that gives the wanted flexibility.

    `effective_dimension_per_ppm` is the trace of the smoother per ppm of the axis, as in ABfit (Wilson, MRM
    2021;85:13); a straight line (2 in all) is the stiffest.
    """
    low, high = float(ppm[0]), float(ppm[-1])
    return _modes(low, high, len(ppm)).with_effective_dimension(effective_dimension_per_ppm * (high - low))


@functools.lru_cache(maxsize=16)
def _modes(low_ppm: float, high_ppm: float, points: int) -> Baseline:
    splines = b_splines(np.linspace(low_ppm, high_ppm, points))
    difference = np.diff(np.eye(splines.shape[1]), 2, axis=0)
    gram = splines.T @ splines + _TINY_PENALTY * np.eye(splines.shape[1])
    roughness, turn = eigh(difference.T @ difference, gram)
    roughness[:2] = 0.0
    return Baseline(splines @ turn, np.maximum(roughness, 0.0), 1.0)


def b_splines(ppm: FloatArray) -> FloatArray:
    """Return cubic B-splines (m, q) on an ascending axis, evenly spaced and a fixed number to the ppm."""
    count = max(6, round(SPLINES_PER_PPM * (ppm[-1] - ppm[0])))
    inner = np.linspace(ppm[0], ppm[-1], count - 2)
    step = inner[1] - inner[0]
    knots = np.concatenate([inner[0] - step * np.arange(3, 0, -1), inner, inner[-1] + step * np.arange(1, 4)])
    return np.asarray(BSpline.design_matrix(np.clip(ppm, inner[0], inner[-1] - 1e-12), knots, 3).toarray())


@functools.lru_cache(maxsize=256)
def _weight_of(roughness: tuple[float, ...], wanted: float) -> float:
    values, low, high = np.array(roughness), -12.0, 16.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(np.sum(1 / (1 + 10**middle * values))) > wanted else (low, middle)
    return float(10 ** ((low + high) / 2))


def _penalty_weight(roughness: FloatArray, wanted: float) -> float:
    """Find the weight whose smoother has the wanted trace, by bisection on its logarithm."""
    return _weight_of(tuple(roughness.tolist()), float(np.clip(wanted, _STIFFEST, len(roughness) - 0.5)))
