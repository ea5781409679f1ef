"""What is solved in a fit: the data, the model, the priors, and one evaluated point of the search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.baseline import Baseline, make_baseline
from analysis.basis import pick
from analysis.least_squares import bounded_least_squares
from analysis.model import GAUSS, ForwardModel, Parameters, make_parameters
from analysis.protocol import Protocol, RatioPrior, SignalRule, parse_sum
from analysis.types import Basis, BoolArray, ComplexArray, FitSettings, FloatArray, Spectrum

_START_GAUSS_HZ = 3.0


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

    @property
    def parameters(self) -> Parameters:
        """The model's non-linear parameters and their priors."""
        return self.model.parameters


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
    """How noise and priors are weighed in one round: residual variance, and the ratio priors' precision (k, k)."""

    variance: float
    ratios: FloatArray


def noise_sd_of_fid(spectrum: Spectrum) -> float:
    """Return the noise of the real part of one point of the zero-filled spectrum."""
    return spectrum.noise_sd * math.sqrt(len(spectrum.fid))


def make_problem(
    spectrum: Spectrum, basis: Basis, protocol: Protocol, signals: Sequence[SignalRule], settings: FitSettings
) -> Problem:
    """Put a fit together from a spectrum, a basis, the protocol's rules and the reader's settings."""
    rules = protocol.rules.fit
    parameters = make_parameters(
        signals, protocol.rules.width_groups, rules, settings, spectrum.f0_mhz, phase_known=spectrum.phase_known
    )
    model = ForwardModel(pick(basis, [s.name for s in signals]), settings.ppm_range or rules.ppm_range, parameters)
    wanted = settings.baseline_ed_per_ppm
    baseline = make_baseline(model.ppm, rules.baseline_ed_per_ppm if wanted is None else wanted)
    typical = model.spectra(model.shaped(start_theta(parameters, 1.0))).real
    return Problem(
        model=model,
        baseline=baseline,
        data=model.data(spectrum.fid),
        bounded=np.array([s.nonnegative for s in signals]),
        ratio_rows=_ratio_rows(protocol.rules.ratio_priors, [s.name for s in signals]),
        smallest=max(noise_sd_of_fid(spectrum), 1e-300) / np.sqrt(np.diag(baseline.inner(typical, typical))),
    )


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
    """Return the prior means, with every group's line width scaled."""
    theta = parameters.mean.copy()
    theta[GAUSS] = _START_GAUSS_HZ
    for index in parameters.group_width:
        if index >= 0:
            theta[index] *= scale
    return theta


def weigh(problem: Problem, variance: float, amplitudes: FloatArray | None) -> Weighing:
    """Linearise the ratio priors at the amplitudes found so far; without amplitudes they do not act yet.

    A denominator near zero would make a prior infinitely tight, so the amplitude that noise alone gives is added.
    """
    k = len(problem.bounded)
    ratios = np.zeros((k, k))
    if amplitudes is None:
        return Weighing(variance, ratios)
    for row in problem.ratio_rows:
        sd, below, weights = row[0], row[1 : 1 + k], row[1 + k :]
        smallest = float(np.max(problem.smallest[below > 0]))
        sd_amplitude = sd * (max(float(below @ amplitudes), 0.0) + smallest)
        ratios += np.outer(weights, weights) / sd_amplitude**2
    return Weighing(variance, ratios)


def evaluate(problem: Problem, theta: FloatArray, weighing: Weighing) -> State:
    """Solve amplitudes and baseline at a parameter vector, and return the cost."""
    fids = problem.model.shaped(theta)
    spectra = problem.model.spectra(fids)
    rotated = problem.data * problem.model.rotation(theta)
    columns = np.column_stack([spectra.real, rotated.real])
    gram = problem.baseline.inner(columns, columns)
    signals = gram[:-1, :-1] + weighing.variance * weighing.ratios
    amplitudes = bounded_least_squares(signals, gram[:-1, -1], problem.bounded)
    power = float(gram[-1, -1] - 2 * gram[:-1, -1] @ amplitudes + amplitudes @ gram[:-1, :-1] @ amplitudes)
    prior = float(np.sum(((theta - problem.parameters.mean) / problem.parameters.sd) ** 2))
    prior += float(amplitudes @ weighing.ratios @ amplitudes)
    return State(theta, fids, spectra, rotated, amplitudes, power, power / weighing.variance + prior)


def weigh_again(problem: Problem, state: State, noise_variance: float) -> Weighing:
    """Weigh by the misfit left over: a model that does not describe the data must not outweigh the priors."""
    variance = max(noise_variance, state.residual_power / len(problem.data))
    return weigh(problem, variance, state.amplitudes)
