"""Linear-combination fit by regularised variable projection.

Amplitudes and the penalised baseline are solved inside (non-negative where the protocol says so; the reported amplitude
is the mean of its posterior); phase, shifts, widths and, once the data ask for it, the line shape's skewness are found
outside with Gaussian priors (analysis/descent.py). The data choose the baseline's stiffness (analysis/stiffness.py).
The start is searched over phase, shift and width; it needs no known line (analysis/fit_start.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.descent import descend, with_skewness_if_asked
from analysis.errors import FitFailed
from analysis.fit_problem import (
    Problem,
    State,
    Weighing,
    as_in,
    evaluate,
    make_problem,
    noise_of,
    weigh,
    weigh_again,
    with_likeliest_baseline,
)
from analysis.fit_start import find_starts
from analysis.least_squares import RIDGE, bounded_least_squares
from analysis.model import FIXED_SD, GAUSS, PHASE0, PHASE1, SHIFT, SKEW, signal_lorentz_hz, signal_shift_hz
from analysis.posterior import nonnegative_posterior
from analysis.protocol import Protocol, SignalRule
from analysis.types import Basis, Fit, FitSettings, FloatArray, Spectrum, Stop

_ROUNDS = 3
_TRIAL_STEPS = 4
_DOUBTFUL_MISFIT = 1.5
_DOUBTFUL_SDS = 2.0
_FREES_PHASE = 25.0
"""Gain in chi-squared from which the phase that the water reference has set is given up; a design choice, 5 SD."""
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
    if not np.all(np.isfinite(spectrum.fid)) or not np.any(spectrum.fid):
        raise FitFailed("The signal is empty or not finite, so nothing could be fitted.")
    signals = tuple(s for s in protocol.rules.signals if s.name not in settings.left_out)
    if not signals:
        raise FitFailed("Every signal is left out, so nothing can be fitted.")
    try:
        return _fit(spectrum, basis, protocol, signals, settings, warm, stop)
    except np.linalg.LinAlgError as error:
        raise FitFailed("The model could not be solved for this signal.") from error


def _fit(
    spectrum: Spectrum,
    basis: Basis,
    protocol: Protocol,
    signals: Sequence[SignalRule],
    settings: FitSettings,
    warm: Fit | None,
    stop: Stop | None,
) -> Fit:
    """Fit, and a second time with a free phase where that of the water reference is in doubt."""
    if warm is not None and warm.phase_freed:
        spectrum = replace(spectrum, phase_known=False)
    problem = make_problem(spectrum, basis, protocol, signals, settings)
    noise = noise_of(problem, spectrum)
    found = _search(problem, spectrum, signals, noise, warm, stop)
    freed = warm is not None and warm.phase_freed
    asked = warm is None and settings.phase0_rad is None
    if asked and spectrum.phase_known and _doubtful(found):
        unknown = replace(spectrum, phase_known=False)
        other = _search(make_problem(unknown, basis, protocol, signals, settings), unknown, signals, noise, None, stop)
        freed = _gain(found, other) > _FREES_PHASE
        found = other if freed else found
    return _finish(found, signals, settings, freed)


@dataclass(frozen=True, eq=False)
class _Found:
    """The end of a search."""

    problem: Problem
    state: State
    noise: float
    steps: int
    settled: bool

    @property
    def misfit(self) -> float:
        """Variance of what the best fit leaves over, relative to that of the noise."""
        rest = self.state.rotated.real - self.state.spectra.real @ self.state.amplitudes
        rest = rest - self.problem.baseline.of(rest)
        return float(rest @ rest / max(len(rest) - self.effective_parameters, 1) / self.noise**2)

    @property
    def effective_parameters(self) -> float:
        """Of the baseline, the amplitudes and what all signals share."""
        return self.problem.baseline.effective_dimension + len(self.problem.bounded) + _COMMON_FREEDOM


def _search(
    problem: Problem,
    spectrum: Spectrum,
    signals: Sequence[SignalRule],
    noise: float,
    warm: Fit | None,
    stop: Stop | None,
) -> _Found:
    """Find the best fit from the search's own starts or from an earlier fit."""
    if warm is not None:
        problem = as_in(problem, warm)
    starts = find_starts(problem, spectrum, signals, warm)
    return _best_descent(problem, starts, noise, stop)


def _doubtful(found: _Found) -> bool:
    """Whether the phase that the water reference has set deserves a second look."""
    return found.misfit > _DOUBTFUL_MISFIT or _phase_pull(found) > _DOUBTFUL_SDS


def _phase_pull(found: _Found) -> float:
    """Return how far the lines have pulled the phase from its prior, in standard deviations."""
    parameters = found.problem.parameters
    return float(abs(found.state.theta[PHASE0] - parameters.mean[PHASE0]) / parameters.sd[PHASE0])


def _gain(found: _Found, other: _Found) -> float:
    """Return by how much a free phase lowers chi-squared and prior, with the noise that the first fit sees."""
    apart = found.misfit * (len(found.problem.data) - found.effective_parameters)
    apart -= other.misfit * (len(other.problem.data) - other.effective_parameters)
    return apart / max(1.0, found.misfit) + _phase_pull(found) ** 2


def _best_descent(problem: Problem, starts: Sequence[FloatArray], noise: float, stop: Stop | None) -> _Found:
    """Try every start for a few steps, then descend from the best in rounds.

    Each round weighs the priors by the misfit left over, lets the data choose the baseline's stiffness unless the
    reader has, and frees the line shape's skewness once the data ask for it.
    """
    # Upside down, a spectrum fits as well where amplitudes may be negative; no trial lets them.
    upright = replace(problem, bounded=np.ones_like(problem.bounded)) if len(starts) > 1 else problem
    trials = []
    for start in starts:
        state = evaluate(upright, start, weigh(upright, noise**2, None))
        if len(starts) > 1:
            state, _, _ = descend(upright, start, weigh_again(upright, state, noise**2), stop, _TRIAL_STEPS)
        trials.append(state)
    # Each trial was weighed by its own misfit, so their costs cannot be compared; what they leave over can.
    state = min(trials, key=lambda trial: trial.residual_power)
    steps, settled = 0, False
    for turn in range(_ROUNDS):
        weighing = weigh_again(problem, state, noise**2)
        chosen = with_likeliest_baseline(problem, state, weighing)
        if turn > 0:
            chosen = with_skewness_if_asked(chosen, state, weighing)
        changed, problem = chosen is not problem, chosen
        state, more, settled = descend(problem, state.theta, weighing, stop)
        steps += more
        if settled and not changed and (more <= 2 or turn > 0):
            break
    return _Found(problem, state, noise, steps, settled)


def _covariance(problem: Problem, state: State, weighing: Weighing) -> FloatArray:
    """Return the covariance (k, k) of the amplitudes: Fisher information with nuisance parameters and priors."""
    k = len(state.amplitudes)
    # The noise-free dispersive signal stands for the data's imaginary part, which carries noise of its own.
    dispersive = state.spectra @ state.amplitudes.astype(complex)
    jacobian = problem.model.jacobian(state.theta, state.fids, state.amplitudes, dispersive)
    columns = np.column_stack([-state.spectra.real, jacobian])
    information = problem.baseline.inner(columns, columns) / weighing.variance
    information[:k, :k] += weighing.precision
    precision = problem.parameters.sd**-2.0
    information[k:, k:] += np.diag(precision)
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(scale, scale) + RIDGE * np.eye(len(scale))
    return np.asarray((np.linalg.inv(scaled) / np.outer(scale, scale))[:k, :k])


def _warnings(found: _Found, freed: bool) -> tuple[str, ...]:
    warnings = []
    if not found.settled:
        warnings.append(f"The fit had not settled after {found.steps} steps.")
    if abs(found.state.theta[SHIFT]) > 2 * found.problem.parameters.sd[SHIFT]:
        warnings.append(
            "The fitted frequency shift is at the edge of the search range; check the identity of the lines."
        )
    if freed:
        warnings.append("The water reference has another phase than the lines; the phase was found from the lines.")
    return tuple(warnings)


def _finish(found: _Found, signals: Sequence[SignalRule], settings: FitSettings, freed: bool) -> Fit:
    problem, state, noise = found.problem, found.state, found.noise
    spectra, data = state.spectra.real, state.rotated.real
    weighing = weigh(problem, noise**2, state.amplitudes, noise**2 * max(1.0, found.misfit))
    gram = problem.baseline.inner(spectra, spectra) + weighing.variance * weighing.precision
    moment = problem.baseline.inner(spectra, data[:, None])[:, 0]
    unbounded = bounded_least_squares(gram, moment, np.zeros(len(signals), dtype=bool))
    amplitudes, covariance = nonnegative_posterior(unbounded, _covariance(problem, state, weighing), problem.bounded)
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
        skewness=float(state.theta[SKEW]) if problem.parameters.sd[SKEW] > FIXED_SD else 0.0,
        effective_parameters=found.effective_parameters,
        phase_freed=freed,
        baseline_ed_per_ppm=problem.baseline.effective_dimension / problem.span_ppm,
        ppm=problem.model.ppm,
        data=data,
        fit=fitted,
        baseline=baseline,
        residual=data - fitted,
        components=components,
        noise_sd=noise,
        misfit=found.misfit,
        iterations=found.steps,
        converged=found.settled,
        settings=settings,
        warnings=_warnings(found, freed),
        theta=state.theta,
    )
