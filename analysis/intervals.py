"""Intervals that do not trust the curvature at the best fit: profile likelihood and parametric bootstrap, on request.

Both take a tenth of a second to seconds, where the covariance of `analysis.fit` costs nothing; they are for a
reader who wants to know whether an interval near zero can be believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from analysis.descent import descend
from analysis.fit import fit_spectrum
from analysis.fit_problem import Problem, Weighing, as_in, make_problem, noise_of, weigh
from analysis.fitted_signal import fitted_fid
from analysis.protocol import Protocol
from analysis.types import Basis, ComplexArray, Fit, FloatArray, Spectrum, Stop

_HELD = 1e-4
"""A held sum may move by this share of its own standard deviation."""
_REACHED = 0.05
_FURTHEST_SDS = 12.0


@dataclass(frozen=True)
class Asked:
    """What an interval is asked of: a weighted sum (k,) of amplitudes, over another one where `below` is given."""

    above: FloatArray
    below: FloatArray | None = None

    def value(self, amplitudes: FloatArray) -> float:
        """Return the sum or the ratio."""
        top = float(self.above @ amplitudes)
        return top if self.below is None else top / float(self.below @ amplitudes)


def profile_interval(
    spectrum: Spectrum,
    basis: Basis,
    protocol: Protocol,
    fit: Fit,
    asked: Asked,
    *,
    level: float = 0.90,
    stop: Stop | None = None,
) -> tuple[float, float]:
    """Return the values at which the best fit that holds them is as much worse as the level allows.

    Everything else is fitted again at each value, with the baseline's stiffness and the weight of the priors as in
    `fit` (Venzon and Moolgavkar, Appl Stat 1988;37:87). An end at a bound, such as zero, is that bound; one further
    than twelve standard deviations away is infinite.
    """
    problem = _problem_of(spectrum, basis, protocol, fit)
    noise = noise_of(problem, spectrum)
    weighing = weigh(problem, noise**2, fit.amplitudes, noise**2 * max(1.0, fit.misfit))
    if fit.theta is None:
        raise ValueError("a fit that was read from a file has no parameter vector to start from")
    best, _, _ = descend(problem, fit.theta, weighing, stop)
    allowed = float(norm.ppf(0.5 + level / 2)) ** 2
    centre, step = asked.value(best.amplitudes), _standard_deviation(fit, asked)

    def excess(value: float) -> tuple[float, float]:
        held = _holding(weighing, asked, value, fit)
        state, _, _ = descend(problem, best.theta, held, stop)
        # What the hold itself costs is no misfit of the data.
        power = state.residual_power / weighing.variance
        prior = float(np.sum(((state.theta - problem.parameters.mean) / problem.parameters.sd) ** 2))
        prior += float(state.amplitudes @ weighing.precision @ state.amplitudes)
        return power + prior - best.cost - allowed, asked.value(state.amplitudes)

    return _crossing(excess, centre, -step), _crossing(excess, centre, step)


def _problem_of(spectrum: Spectrum, basis: Basis, protocol: Protocol, fit: Fit) -> Problem:
    signals = tuple(s for s in protocol.rules.signals if s.name in fit.names)
    return as_in(make_problem(spectrum, basis, protocol, signals, fit.settings), fit)


def _standard_deviation(fit: Fit, asked: Asked) -> float:
    row = asked.above if asked.below is None else asked.above - asked.value(fit.amplitudes) * asked.below
    sd = float(np.sqrt(row @ fit.covariance @ row))
    return sd if asked.below is None else sd / abs(float(asked.below @ fit.amplitudes))


def _holding(weighing: Weighing, asked: Asked, value: float, fit: Fit) -> Weighing:
    if asked.below is None:
        row, target = asked.above, value
    else:
        row, target = asked.above - value * asked.below, 0.0
    return weighing.held(row, target, _HELD * float(np.sqrt(row @ fit.covariance @ row)))


def _crossing(excess: Callable[[float], tuple[float, float]], centre: float, step: float) -> float:
    """Walk away from the best value until the cost is exceeded, then find where; a value out of reach is a bound."""
    inner, outer = centre, centre + 1.6 * step
    while True:
        over, reached = excess(outer)
        if over >= 0:
            break
        if abs(reached - outer) > _REACHED * abs(step):
            return reached
        if abs(outer - centre) > _FURTHEST_SDS * abs(step):
            return float(np.copysign(np.inf, step))
        inner, outer = outer, outer + step
    return float(brentq(lambda value: excess(value)[0], inner, outer, xtol=0.01 * abs(step), rtol=1e-6, maxiter=30))


def bootstrap_draws(
    spectrum: Spectrum,
    basis: Basis,
    protocol: Protocol,
    fit: Fit,
    *,
    draws: int = 200,
    seed: int = 0,
    stop: Stop | None = None,
) -> FloatArray:
    """Return the amplitudes (draws, k) that fits of the fitted signal with new noise find (Efron and Tibshirani 1993).

    The noise is that of the residual where it is larger than the spectrum's own. Every draw chooses its own baseline
    and starts from `fit`.
    """
    rng = np.random.default_rng(seed)
    clean = fitted_fid(fit, basis)
    sd = spectrum.noise_sd * max(1.0, fit.misfit) ** 0.5
    found = [
        fit_spectrum(
            replace(spectrum, fid=clean + _noise(rng, len(clean), sd)),
            basis,
            protocol,
            fit.settings,
            warm=fit,
            stop=stop,
        ).amplitudes
        for _ in range(draws)
    ]
    return np.array(found)


def bootstrap_interval(draws: FloatArray, fit: Fit, asked: Asked, *, level: float = 0.90) -> tuple[float, float]:
    """Return the basic bootstrap interval of a sum or ratio from the draws (d, k) of `bootstrap_draws`."""
    values = np.array([asked.value(row) for row in draws])
    low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2])
    centre = asked.value(fit.amplitudes)
    return float(2 * centre - high), float(2 * centre - low)


def _noise(rng: np.random.Generator, points: int, sd: float) -> ComplexArray:
    return np.asarray(sd * (rng.standard_normal(points) + 1j * rng.standard_normal(points)))
