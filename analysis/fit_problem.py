"""What is solved in a fit: the data, the model, the priors, and one evaluated point of the search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.baseline import Baseline, make_baseline
from analysis.least_squares import bounded_least_squares
from analysis.model import FIXED_SD, GAUSS, SKEW, ForwardModel, Parameters, make_parameters
from analysis.protocol import Protocol, RatioPrior, SignalRule, parse_sum
from analysis.stiffness import likeliest_baseline
from analysis.types import Basis, BoolArray, ComplexArray, Fit, FitSettings, FloatArray, Spectrum

_START_GAUSS_HZ = 3.0
_LEAST_NOISE = 1e-6
_SAME_STIFFNESS = 0.2
"""Logarithm of the ratio of effective dimensions: likelihoods so near to each other do not differ."""
_PRIOR_FREEDOM = 4.0
"""Degrees of freedom of the ratio priors' Student t distribution; a design choice."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What stays the same during one fit."""

    model: ForwardModel
    baseline: Baseline
    data: ComplexArray
    bounded: BoolArray
    ratio_rows: FloatArray
    """(r, 1 + 2k): see `_ratio_rows`."""
    smallest: FloatArray
    """(k,) the amplitude that noise alone gives each signal."""
    stiffnesses: tuple[float, float] | None
    """Least and most effective dimensions of the baseline among which the data choose; None where it is given."""
    skew_sd: float
    """Prior of the line shape's skewness once the data ask for it; 0 where it is never asked."""

    @property
    def parameters(self) -> Parameters:
        """The model's non-linear parameters and their priors."""
        return self.model.parameters

    @property
    def span_ppm(self) -> float:
        """Width of the fit range."""
        return float(self.model.ppm[-1] - self.model.ppm[0])

    def with_stiffness(self, effective_dimension_per_ppm: float) -> Problem:
        """Return the same problem with another baseline to start from."""
        baseline = self.baseline.with_effective_dimension(effective_dimension_per_ppm * self.span_ppm)
        return replace(self, baseline=baseline)

    def with_skewness(self) -> Problem:
        """Return the same problem with the skewness of the line shape free."""
        sd = self.parameters.sd.copy()
        sd[SKEW] = self.skew_sd
        return replace(self, model=self.model.with_parameters(replace(self.parameters, sd=sd)))


@dataclass(frozen=True, eq=False)
class State:
    """One evaluated point of the search."""

    theta: FloatArray
    fids: ComplexArray
    spectra: ComplexArray
    rotated: ComplexArray
    amplitudes: FloatArray
    residual_power: float
    cost: float


@dataclass(frozen=True, eq=False)
class Weighing:
    """How noise and priors are weighed in one round.

    Attributes
    ----------
    variance, noise_variance : of the residual, which holds misfit, and of the noise alone
    precision : (k, k) of the amplitudes' priors
    pull : (k,) precision times the amplitudes that the priors are centred on
    """

    variance: float
    noise_variance: float
    precision: FloatArray
    pull: FloatArray

    def held(self, weights: FloatArray, value: float, sd: float) -> Weighing:
        """Return the same with a weighted sum (k,) of the amplitudes held at a value to within a standard deviation."""
        return replace(
            self,
            precision=self.precision + np.outer(weights, weights) / sd**2,
            pull=self.pull + weights * value / sd**2,
        )


def noise_sd_of_fid(spectrum: Spectrum) -> float:
    """Return the noise of the real part of one point of the zero-filled spectrum."""
    return spectrum.noise_sd * math.sqrt(len(spectrum.fid))


def noise_of(problem: Problem, spectrum: Spectrum) -> float:
    """Return the noise that a fit counts with; a simulation without noise has a share of its highest point."""
    return max(noise_sd_of_fid(spectrum), _LEAST_NOISE * float(np.abs(problem.data).max()))


def make_problem(
    spectrum: Spectrum, basis: Basis, protocol: Protocol, signals: Sequence[SignalRule], settings: FitSettings
) -> Problem:
    """Put a fit together from a spectrum, a basis, the protocol's rules and the reader's settings."""
    rules = protocol.rules.fit
    parameters = make_parameters(
        signals, protocol.rules.width_groups, rules, settings, spectrum.f0_mhz, phase_known=spectrum.phase_known
    )
    model = ForwardModel(basis, [s.name for s in signals], settings.ppm_range or rules.ppm_range, parameters)
    wanted, (least, most) = settings.baseline_ed_per_ppm, rules.baseline_ed_per_ppm
    baseline = make_baseline(model.ppm, math.sqrt(least * most) if wanted is None else wanted)
    span = float(model.ppm[-1] - model.ppm[0])
    typical = model.spectra(model.shaped(start_theta(parameters, 1.0))).real
    return Problem(
        model=model,
        baseline=baseline,
        data=model.data(spectrum.fid),
        bounded=np.array([s.nonnegative for s in signals]),
        ratio_rows=_ratio_rows(protocol.rules.ratio_priors, [s.name for s in signals]),
        smallest=max(noise_sd_of_fid(spectrum), 1e-300) / np.sqrt(np.diag(baseline.inner(typical, typical))),
        stiffnesses=(least * span, most * span) if wanted is None else None,
        skew_sd=rules.skew_sd,
    )


def as_in(problem: Problem, fit: Fit) -> Problem:
    """Take over the baseline's stiffness and the freedom of the line shape that a fit has chosen."""
    if problem.stiffnesses is not None:
        problem = problem.with_stiffness(fit.baseline_ed_per_ppm)
    return problem.with_skewness() if fit.skewness and problem.skew_sd > 0 else problem


def _ratio_rows(priors: Sequence[RatioPrior], names: list[str]) -> FloatArray:
    """Return (r, 1 + 2k): each prior's sd, the weights of its denominator, and those of ``above - ratio below``."""
    rows: list[FloatArray] = []
    for prior in priors:
        above, below = _weights(parse_sum(prior.above), names), _weights(parse_sum(prior.below), names)
        if above.any() and below.any():
            rows.append(np.concatenate([[prior.sd], below, above - prior.ratio * below]))
    return np.array(rows).reshape(-1, 1 + 2 * len(names))


def _weights(of: Mapping[str, float], names: list[str]) -> FloatArray:
    return np.array([of.get(name, 0.0) for name in names])


def start_theta(parameters: Parameters, scale: float) -> FloatArray:
    """Return the prior means, with every group's line width scaled; what is held stays where it is held."""
    theta = parameters.mean.copy()
    if parameters.sd[GAUSS] > FIXED_SD:
        theta[GAUSS] = _START_GAUSS_HZ
    for index in parameters.group_width:
        if index >= 0:
            theta[index] *= scale
    return theta


def weigh(
    problem: Problem, noise_variance: float, amplitudes: FloatArray | None, variance: float | None = None
) -> Weighing:
    """Linearise the ratio priors at the amplitudes found so far; without amplitudes they do not act yet.

    A denominator near zero would make a prior infinitely tight, so the amplitude that noise alone gives is added. The
    priors describe healthy tissue, so they have the heavy tails of a Student t distribution: data that clearly disagree
    with a ratio set it aside (as weights of iterated least squares; Lange et al., J Am Stat Assoc 1989;84:881).
    """
    k = len(problem.bounded)
    precision = np.zeros((k, k))
    if amplitudes is None:
        return Weighing(noise_variance, noise_variance, precision, np.zeros(k))
    for row in problem.ratio_rows:
        sd, below, weights = row[0], row[1 : 1 + k], row[1 + k :]
        smallest = float(np.max(problem.smallest[below > 0]))
        sd_amplitude = sd * (max(float(below @ amplitudes), 0.0) + smallest)
        strain = float(weights @ amplitudes) / sd_amplitude
        believed = (_PRIOR_FREEDOM + 1) / (_PRIOR_FREEDOM + strain**2)
        precision += believed * np.outer(weights, weights) / sd_amplitude**2
    return Weighing(noise_variance if variance is None else variance, noise_variance, precision, np.zeros(k))


def evaluate(problem: Problem, theta: FloatArray, weighing: Weighing) -> State:
    """Solve amplitudes and baseline at a parameter vector, and return the cost."""
    fids = problem.model.shaped(theta)
    spectra = problem.model.spectra(fids)
    rotated = problem.data * problem.model.rotation(theta)
    columns = np.vstack([spectra.T.real, rotated.real]).T
    gram = problem.baseline.inner(columns, columns)
    signals = gram[:-1, :-1] + weighing.variance * weighing.precision
    moment = gram[:-1, -1] + weighing.variance * weighing.pull
    amplitudes = bounded_least_squares(signals, moment, problem.bounded)
    power = float(gram[-1, -1] - 2 * gram[:-1, -1] @ amplitudes + amplitudes @ gram[:-1, :-1] @ amplitudes)
    prior = float(np.sum(((theta - problem.parameters.mean) / problem.parameters.sd) ** 2))
    prior += float(amplitudes @ weighing.precision @ amplitudes - 2 * weighing.pull @ amplitudes)
    return State(theta, fids, spectra, rotated, amplitudes, power, power / weighing.variance + prior)


def weigh_again(problem: Problem, state: State, noise_variance: float) -> Weighing:
    """Weigh by the misfit left over: a model that does not describe the data must not outweigh the priors."""
    variance = max(noise_variance, state.residual_power / len(problem.data))
    return weigh(problem, noise_variance, state.amplitudes, variance)


def with_likeliest_baseline(problem: Problem, state: State, weighing: Weighing) -> Problem:
    """Let the data choose the baseline's stiffness at a point of the search, unless it is given."""
    if problem.stiffnesses is None:
        return problem
    active = ~problem.bounded | (state.amplitudes > 0)
    prior = weighing.variance * weighing.precision[np.ix_(active, active)]
    signals, data = state.spectra.real[:, active], state.rotated.real
    chosen = likeliest_baseline(problem.baseline, signals, data, prior, weighing.noise_variance, problem.stiffnesses)
    apart = math.log(chosen.effective_dimension / problem.baseline.effective_dimension)
    return problem if abs(apart) < _SAME_STIFFNESS else replace(problem, baseline=chosen)
