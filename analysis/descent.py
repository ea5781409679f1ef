"""Levenberg-Marquardt over the non-linear parameters of a fit, with amplitudes and baseline solved inside.

The Jacobian is Kaufman's approximation (Golub and Pereyra, Inverse Problems 2003;19:R1): what the amplitudes can follow
is projected out.
"""

from __future__ import annotations

import numpy as np

from analysis.errors import Cancelled
from analysis.fit_problem import Problem, State, Weighing, evaluate
from analysis.least_squares import RIDGE
from analysis.model import FIXED_SD, GAUSS, NARROWEST_HZ, SKEW, Parameters
from analysis.types import FloatArray, Stop

STEPS = 25
_SETTLED = 0.001
"""A step that lowers the cost, which is in units of chi-squared, by less than this ends the search."""
_ASKED = 3.0
"""Standard deviations from which a score test frees the skewness of the line shape; a design choice."""


def slope_of(problem: Problem, state: State, weighing: Weighing) -> tuple[FloatArray, FloatArray]:
    """Return half the gradient (p,) and Gauss-Newton curvature (p, p) of the cost, amplitudes solved inside."""
    parameters = problem.parameters
    active = ~problem.bounded | (state.amplitudes > 0)
    signals = state.spectra.real[:, active]
    jacobian = problem.model.jacobian(state.theta, state.fids, state.amplitudes, state.rotated)
    residual = state.rotated.real - state.spectra.real @ state.amplitudes
    stacked = np.vstack([signals.T, jacobian.T, residual]).T
    gram = problem.baseline.inner(stacked, stacked)
    k, p = signals.shape[1], parameters.count
    prior = weighing.variance * weighing.precision
    wanted = weighing.variance * weighing.pull - prior @ state.amplitudes
    inside = gram[:k, :k] + prior[np.ix_(active, active)] + RIDGE * np.diag(np.diag(gram)[:k])
    cross = gram[:k, k : k + p]
    solved = np.linalg.solve(inside, np.column_stack([cross, gram[:k, -1] + wanted[active]]))
    projected = gram[k : k + p, k : k + p] - cross.T @ solved[:, :-1]
    gradient = gram[k : k + p, -1] - cross.T @ solved[:, -1]
    precision = parameters.sd**-2.0
    slope = gradient / weighing.variance + (state.theta - parameters.mean) * precision
    return slope, projected / weighing.variance + np.diag(precision)


def _step(problem: Problem, state: State, weighing: Weighing, damping: float) -> FloatArray:
    """Return the next parameter vector of Levenberg-Marquardt."""
    slope, curvature = slope_of(problem, state, weighing)
    lifted = curvature + np.diag(damping * np.diag(curvature) + 1e-12)
    return _inside_bounds(state.theta - np.linalg.solve(lifted, slope), problem.parameters)


def _inside_bounds(theta: FloatArray, parameters: Parameters) -> FloatArray:
    bounded = theta.copy()
    for index in (GAUSS, *(i for i in parameters.group_width if i >= 0)):
        bounded[index] = max(bounded[index], NARROWEST_HZ)
    return bounded


def descend(
    problem: Problem, theta: FloatArray, weighing: Weighing, stop: Stop | None, most: int = STEPS
) -> tuple[State, int, bool]:
    """Run Levenberg-Marquardt from a start; return the end, the number of steps, and whether it settled."""
    state = evaluate(problem, theta, weighing)
    damping = 1e-2
    for taken in range(most):
        if stop is not None and stop():
            raise Cancelled("The fit was stopped.")
        trial = evaluate(problem, _step(problem, state, weighing, damping), weighing)
        if trial.cost < state.cost:
            gain = state.cost - trial.cost
            state, damping = trial, damping / 5
            if gain < _SETTLED:
                return state, taken + 1, True
        else:
            damping *= 6
            if damping > 1e7:
                return state, taken + 1, True
    return state, most, False


def with_skewness_if_asked(problem: Problem, state: State, weighing: Weighing) -> Problem:
    """Free the line shape's skewness where a score test finds that the data ask for it."""
    parameters = problem.parameters
    if problem.skew_sd <= 0 or parameters.sd[SKEW] > FIXED_SD:
        return problem
    free = problem.with_skewness()
    slope, curvature = slope_of(free, state, weighing)
    others = np.arange(len(slope)) != SKEW
    held = np.linalg.solve(curvature[np.ix_(others, others)], np.column_stack([curvature[others, SKEW], slope[others]]))
    score = slope[SKEW] - curvature[SKEW, others] @ held[:, 1]
    information = curvature[SKEW, SKEW] - curvature[SKEW, others] @ held[:, 0]
    return free if score**2 > _ASKED**2 * information else problem
