"""Linear-combination fit by regularised variable projection.

Amplitudes and the penalised baseline are solved inside (non-negative where the protocol says so; the reported amplitude
is the mean of its posterior); phase, shifts and widths are found outside by Levenberg-Marquardt with Kaufman's
approximation of the Jacobian (Golub and Pereyra, Inverse Problems 2003;19:R1) and Gaussian priors. The start
is searched over phase, shift and width; it needs no known line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.errors import Cancelled, FitFailed
from analysis.fit_problem import Problem, State, Weighing, evaluate, make_problem, noise_sd_of_fid, weigh, weigh_again
from analysis.fit_start import find_starts
from analysis.least_squares import RIDGE, bounded_least_squares
from analysis.model import GAUSS, PHASE0, PHASE1, SHIFT, Parameters, signal_lorentz_hz, signal_shift_hz
from analysis.posterior import nonnegative_posterior
from analysis.protocol import Protocol, SignalRule
from analysis.types import Basis, Fit, FitSettings, FloatArray, Spectrum, Stop

_ROUNDS = 3
_STEPS = 25
_SETTLED = 0.005
"""A step that lowers the cost, which is in units of chi-squared, by less than this ends the search."""
_TRIAL_STEPS = 4
_LEAST_NOISE = 1e-6
"""A simulation without noise is fitted as if it had this share of its highest point."""
_COMMON_FREEDOM = 4
"""Phase, shift and two widths."""


def fit_spectrum(
    spectrum: Spectrum,
    basis: Basis,
    protocol: Protocol,
    settings: FitSettings | None = None,
    *,
    warm: Fit | None = None,
    stop: Stop | None = None,
) -> Fit:
    """Fit a spectrum with a basis of the same sampling.

    Parameters
    ----------
    warm : a fit of the same spectrum, or of a part of it, to start from

    Raises
    ------
    FitFailed
        If the spectrum holds no signal or no finite number.
    Cancelled
        If `stop` says so.
    """
    settings = settings or FitSettings()
    rules = protocol.rules.fit
    if not np.all(np.isfinite(spectrum.fid)) or not np.any(spectrum.fid):
        raise FitFailed("The signal is empty or not finite, so nothing could be fitted.")
    signals = tuple(s for s in protocol.rules.signals if s.name not in settings.left_out)
    if not signals:
        raise FitFailed("Every signal is left out, so nothing can be fitted.")
    problem = make_problem(spectrum, basis, protocol, signals, settings)
    noise = max(noise_sd_of_fid(spectrum), _LEAST_NOISE * float(np.abs(problem.data).max()))
    starts = find_starts(problem, spectrum, signals, warm)
    best, steps, settled = _best_descent(problem, starts, noise**2, stop)
    warnings: tuple[str, ...] = () if settled else (f"The fit had not settled after {steps} steps.",)
    if abs(best.theta[SHIFT]) > 2 * rules.shift_range_ppm * spectrum.f0_mhz:
        warnings += ("The fitted frequency shift is at the edge of the search range; check the identity of the lines.",)
    return _finish(problem, best, signals, noise, settings, steps, settled, warnings)


def _best_descent(
    problem: Problem, starts: Sequence[FloatArray], noise_variance: float, stop: Stop | None
) -> tuple[State, int, bool]:
    """Try every start for a few steps, then descend from the best with priors weighed by the misfit left over."""
    # Upside down, a spectrum fits as well where amplitudes may be negative; no trial lets them.
    upright = replace(problem, bounded=np.ones_like(problem.bounded)) if len(starts) > 1 else problem
    trials = []
    for start in starts:
        state = evaluate(upright, start, weigh(upright, noise_variance, None))
        if len(starts) > 1:
            state, _, _ = _descend(upright, start, weigh_again(upright, state, noise_variance), stop, _TRIAL_STEPS)
        trials.append(state)
    # Each trial was weighed by its own misfit, so their costs cannot be compared; what they leave over can.
    state = min(trials, key=lambda trial: trial.residual_power)
    steps, settled = 0, False
    for _ in range(_ROUNDS):
        state, more, settled = _descend(problem, state.theta, weigh_again(problem, state, noise_variance), stop)
        steps += more
        if settled and more <= 2:
            break
    return state, steps, settled


def _step(problem: Problem, state: State, weighing: Weighing, damping: float) -> FloatArray:
    """Return the next parameter vector of Levenberg-Marquardt."""
    parameters = problem.parameters
    active = ~problem.bounded | (state.amplitudes > 0)
    signals = state.spectra.real[:, active]
    jacobian = problem.model.jacobian(state.theta, state.fids, state.amplitudes, state.rotated)
    residual = state.rotated.real - state.spectra.real @ state.amplitudes
    stacked = np.column_stack([signals, jacobian, residual])
    gram = problem.baseline.inner(stacked, stacked)
    k, p = signals.shape[1], parameters.count
    ratios = weighing.variance * weighing.ratios
    inside = gram[:k, :k] + ratios[np.ix_(active, active)] + RIDGE * np.diag(np.diag(gram)[:k])
    cross = gram[:k, k : k + p]
    solved = np.linalg.solve(inside, np.column_stack([cross, gram[:k, -1] - (ratios @ state.amplitudes)[active]]))
    projected = gram[k : k + p, k : k + p] - cross.T @ solved[:, :-1]
    gradient = gram[k : k + p, -1] - cross.T @ solved[:, -1]
    precision = parameters.sd**-2.0
    curvature = projected / weighing.variance + np.diag(precision)
    slope = gradient / weighing.variance + (state.theta - parameters.mean) * precision
    lifted = curvature + np.diag(damping * np.diag(curvature) + 1e-12)
    return _inside_bounds(state.theta - np.linalg.solve(lifted, slope), parameters)


def _inside_bounds(theta: FloatArray, parameters: Parameters) -> FloatArray:
    bounded = theta.copy()
    for index in (GAUSS, *(i for i in parameters.group_width if i >= 0)):
        bounded[index] = max(bounded[index], 0.05)
    return bounded


def _descend(
    problem: Problem, theta: FloatArray, weighing: Weighing, stop: Stop | None, most: int = _STEPS
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


def _covariance(problem: Problem, state: State, weighing: Weighing) -> FloatArray:
    """Return the covariance (k, k) of the amplitudes: Fisher information with nuisance parameters and priors."""
    k = len(state.amplitudes)
    # The noise-free dispersive signal stands for the data's imaginary part, which carries noise of its own.
    dispersive = state.spectra @ state.amplitudes.astype(complex)
    jacobian = problem.model.jacobian(state.theta, state.fids, state.amplitudes, dispersive)
    columns = np.column_stack([-state.spectra.real, jacobian])
    information = problem.baseline.inner(columns, columns) / weighing.variance
    information[:k, :k] += weighing.ratios
    precision = problem.parameters.sd**-2.0
    information[k:, k:] += np.diag(precision)
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(scale, scale) + RIDGE * np.eye(len(scale))
    return np.asarray((np.linalg.inv(scaled) / np.outer(scale, scale))[:k, :k])


def _misfit(problem: Problem, state: State, noise: float) -> float:
    """Return the variance of what the best fit leaves over, relative to that of the noise."""
    rest = state.rotated.real - state.spectra.real @ state.amplitudes
    rest = rest - problem.baseline.of(rest)
    degrees = len(rest) - problem.baseline.effective_dimension - len(state.amplitudes) - _COMMON_FREEDOM
    return float(rest @ rest / max(degrees, 1) / noise**2)


def _finish(
    problem: Problem,
    state: State,
    signals: Sequence[SignalRule],
    noise: float,
    settings: FitSettings,
    steps: int,
    settled: bool,
    warnings: tuple[str, ...],
) -> Fit:
    spectra, data = state.spectra.real, state.rotated.real
    misfit = _misfit(problem, state, noise)
    weighing = weigh(problem, noise**2 * max(1.0, misfit), state.amplitudes)
    gram = problem.baseline.inner(spectra, spectra) + weighing.variance * weighing.ratios
    moment = problem.baseline.inner(spectra, data[:, None])[:, 0]
    unbounded = bounded_least_squares(gram, moment, np.zeros(len(signals), dtype=bool))
    amplitudes, covariance = nonnegative_posterior(
        unbounded, _covariance(problem, state, weighing), problem.bounded
    )
    components = (spectra * amplitudes).T
    baseline = problem.baseline.of(data - components.sum(axis=0))
    fitted = components.sum(axis=0) + baseline
    return Fit(
        names=tuple(s.name for s in signals),
        amplitudes=amplitudes,
        covariance=covariance,
        unbounded=unbounded,
        phase0_rad=math.remainder(float(state.theta[PHASE0]), 2 * math.pi),
        phase1_s=float(state.theta[PHASE1]),
        shift_hz=signal_shift_hz(problem.parameters, state.theta),
        lorentz_hz=signal_lorentz_hz(problem.parameters, state.theta),
        gauss_hz=np.full(len(signals), state.theta[GAUSS]),
        ppm=problem.model.ppm,
        data=data,
        fit=fitted,
        baseline=baseline,
        residual=data - fitted,
        components=components,
        noise_sd=noise,
        misfit=misfit,
        iterations=steps,
        converged=settled,
        settings=settings,
        warnings=warnings,
        theta=state.theta,
    )
