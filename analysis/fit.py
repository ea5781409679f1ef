"""Linear-combination fit by regularised variable projection.

Amplitudes and the penalised baseline are solved inside (non-negative where the protocol says so; the reported amplitude
is the mean of its posterior); phase, shifts and
widths are found outside by Levenberg-Marquardt with Kaufman's approximation of the Jacobian (Golub and Pereyra, Inverse
Problems 2003;19:R1) and Gaussian priors. The start is searched over phase, shift and width; it needs no known line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dtrtrs
from scipy.optimize import nnls

from analysis.baseline import Baseline, make_baseline
from analysis.basis import pick
from analysis.errors import Cancelled, FitFailed
from analysis.model import (
    GAUSS,
    PHASE0,
    SHIFT,
    ForwardModel,
    Parameters,
    make_parameters,
    signal_lorentz_hz,
    signal_shift_hz,
)
from analysis.posterior import nonnegative_posterior
from analysis.protocol import Protocol, RatioPrior, SignalRule, parse_sum
from analysis.types import Basis, BoolArray, ComplexArray, Fit, FitSettings, FloatArray, Spectrum, Stop
from analysis.units import spectrum_of

_RIDGE = 1e-9
_ROUNDS = 3
_STEPS = 25
_SETTLED = 0.005
"""A step that lowers the cost, which is in units of chi-squared, by less than this ends the search."""
_START_PHASES = 12
_START_STEP_HZ = 2.5
_START_GAUSS_HZ = 3.0
_START_WIDTH_SCALES = (0.6, 1.2, 2.2)
_START_KEPT = 4
_TRIAL_STEPS = 4
_LEAST_NOISE = 1e-6
"""A simulation without noise is fitted as if it had this share of its highest point."""
_COMMON_FREEDOM = 4
"""Phase, shift and two widths."""


@dataclass(frozen=True, eq=False)
class _Problem:
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
        return self.model.parameters


@dataclass(frozen=True, eq=False)
class _State:
    """One evaluated point of the search."""

    theta: FloatArray
    fids: ComplexArray
    spectra: ComplexArray
    rotated: ComplexArray
    amplitudes: FloatArray
    residual_power: float
    cost: float


@dataclass(frozen=True, eq=False)
class _Weighing:
    """How noise and priors are weighed in one round: residual variance, and the ratio priors' precision (k, k)."""

    variance: float
    ratios: FloatArray


def bounded_least_squares(gram: FloatArray, moment: FloatArray, bounded: BoolArray) -> FloatArray:
    """Minimise ``c.G.c - 2 h.c`` with ``c >= 0`` where `bounded`; G is (k, k) positive definite, h is (k,)."""
    order = np.argsort(bounded, kind="stable")
    free = int((~bounded).sum())
    scale = np.sqrt(np.diag(gram)[order])
    g = gram[order][:, order] / np.outer(scale, scale)
    g.flat[:: len(order) + 1] += _RIDGE
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


def _weighing(problem: _Problem, variance: float, amplitudes: FloatArray | None) -> _Weighing:
    """Linearise the ratio priors at the amplitudes found so far; without amplitudes they do not act yet.

    A denominator near zero would make a prior infinitely tight, so the amplitude that noise alone gives is added.
    """
    k = len(problem.bounded)
    ratios = np.zeros((k, k))
    if amplitudes is None:
        return _Weighing(variance, ratios)
    for row in problem.ratio_rows:
        sd, below, weights = row[0], row[1 : 1 + k], row[1 + k :]
        smallest = float(np.max(problem.smallest[below > 0]))
        sd_amplitude = sd * (max(float(below @ amplitudes), 0.0) + smallest)
        ratios += np.outer(weights, weights) / sd_amplitude**2
    return _Weighing(variance, ratios)


def _evaluate(problem: _Problem, theta: FloatArray, weighing: _Weighing) -> _State:
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
    return _State(theta, fids, spectra, rotated, amplitudes, power, power / weighing.variance + prior)


def _step(problem: _Problem, state: _State, weighing: _Weighing, damping: float) -> FloatArray:
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
    inside = gram[:k, :k] + ratios[np.ix_(active, active)] + _RIDGE * np.diag(np.diag(gram)[:k])
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
    problem: _Problem, theta: FloatArray, weighing: _Weighing, stop: Stop | None, most: int = _STEPS
) -> tuple[_State, int, bool]:
    """Run Levenberg-Marquardt from a start; return the end, the number of steps, and whether it settled."""
    state = _evaluate(problem, theta, weighing)
    damping = 1e-2
    for taken in range(most):
        if stop is not None and stop():
            raise Cancelled("The fit was stopped.")
        trial = _evaluate(problem, _step(problem, state, weighing, damping), weighing)
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


def _start_theta(parameters: Parameters, scale: float) -> FloatArray:
    theta = parameters.mean.copy()
    theta[GAUSS] = _START_GAUSS_HZ
    for index in parameters.group_width:
        if index >= 0:
            theta[index] *= scale
    return theta


def _starts(problem: _Problem, spectrum: ComplexArray, step_hz: float, count: int) -> list[FloatArray]:
    """Search phase, shift and width on a grid with all signals non-negative; return the best points.

    `spectrum` is the data on the model's whole axis, so that a shift is a shifted window.
    """
    parameters, window = problem.parameters, problem.model.window
    reach = int(2 * parameters.sd[SHIFT] / step_hz)
    stride = max(1, round(_START_STEP_HZ / step_hz))
    lags = sorted(range(-reach, reach + 1, stride), key=abs) if reach > 0 else [0]
    phases = np.arange(_START_PHASES) * 2 * np.pi / _START_PHASES
    if parameters.sd[PHASE0] < 1:
        phases = parameters.mean[[PHASE0]]
    found: list[tuple[float, FloatArray]] = []
    for scale in _START_WIDTH_SCALES:
        theta = _start_theta(parameters, scale)
        signals = problem.model.spectra(problem.model.shaped(theta)).real
        gram = problem.baseline.inner(signals, signals)
        for lag in _likely_lags(problem, gram, signals, spectrum, lags):
            shifted = spectrum[window.start + lag : window.stop + lag]
            for cost, phase in _phase_costs(problem, gram, signals, shifted, phases):
                point = theta.copy()
                point[PHASE0], point[SHIFT] = phase, parameters.mean[SHIFT] + lag * step_hz
                found.append((cost, point))
    return _distinct([point for _, point in sorted(found, key=lambda item: item[0])], count)


def _likely_lags(
    problem: _Problem, gram: FloatArray, signals: FloatArray, spectrum: ComplexArray, lags: Sequence[int]
) -> list[int]:
    """Keep the shifts at which the signals explain most, at the best phase and without bounds on the amplitudes.

    What is left at phase p is a quadratic form in (cos p, sin p), so that its least value is an eigenvalue.
    """
    window = problem.model.window
    scale = np.sqrt(np.diag(gram))
    factor = np.linalg.cholesky(gram / np.outer(scale, scale) + 1e-6 * np.eye(len(gram)))
    costs = []
    for lag in lags:
        low, high = window.start + lag, window.stop + lag
        if low < 0 or high > len(spectrum):
            continue
        parts = np.column_stack([spectrum[low:high].real, spectrum[low:high].imag])
        explained, _ = dtrtrs(factor, problem.baseline.inner(signals, parts) / scale[:, None], lower=1)
        left = problem.baseline.inner(parts, parts) - explained.T @ explained
        costs.append((float(np.linalg.eigvalsh(left)[0]), lag))
    return [lag for _, lag in sorted(costs)[:_START_KEPT]]


def _phase_costs(
    problem: _Problem, gram: FloatArray, signals: FloatArray, data: ComplexArray, phases: FloatArray
) -> list[tuple[float, float]]:
    parts = np.column_stack([data.real, data.imag])
    moments = problem.baseline.inner(signals, parts)
    power = problem.baseline.inner(parts, parts)
    bounded = np.ones(len(gram), dtype=bool)
    costs = []
    for phase in phases:
        turn = np.array([math.cos(phase), math.sin(phase)])
        moment = moments @ turn
        amplitudes = bounded_least_squares(gram, moment, bounded)
        costs.append((float(turn @ power @ turn - moment @ amplitudes), float(phase)))
    return costs


def _distinct(points: Sequence[FloatArray], count: int) -> list[FloatArray]:
    """Keep the first points that differ clearly in phase or shift."""
    kept: list[FloatArray] = []
    for point in points:
        apart = [
            abs(math.remainder(point[PHASE0] - k[PHASE0], 2 * math.pi)) > 0.7 or abs(point[SHIFT] - k[SHIFT]) > 8
            for k in kept
        ]
        if all(apart):
            kept.append(point)
        if len(kept) == count:
            break
    return kept


def noise_sd_of_fid(spectrum: Spectrum) -> float:
    """Return the noise of the real part of one point of the zero-filled spectrum."""
    return spectrum.noise_sd * math.sqrt(len(spectrum.fid))


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
    problem = _make_problem(spectrum, basis, protocol, signals, settings)
    noise = max(noise_sd_of_fid(spectrum), _LEAST_NOISE * float(np.abs(problem.data).max()))
    starts = _starts_for(problem, spectrum, signals, warm)
    best, steps, settled = _best_descent(problem, starts, noise**2, stop)
    warnings: tuple[str, ...] = () if settled else (f"The fit had not settled after {steps} steps.",)
    if abs(best.theta[SHIFT]) > 2 * rules.shift_range_ppm * spectrum.f0_mhz:
        warnings += ("The fitted frequency shift is at the edge of the search range; check the identity of the lines.",)
    return _finish(problem, best, signals, noise, settings, steps, settled, warnings)


def _make_problem(
    spectrum: Spectrum, basis: Basis, protocol: Protocol, signals: Sequence[SignalRule], settings: FitSettings
) -> _Problem:
    rules = protocol.rules.fit
    parameters = make_parameters(signals, protocol.rules.width_groups, rules, settings, spectrum.f0_mhz)
    model = ForwardModel(pick(basis, [s.name for s in signals]), settings.ppm_range or rules.ppm_range, parameters)
    wanted = settings.baseline_ed_per_ppm
    baseline = make_baseline(model.ppm, rules.baseline_ed_per_ppm if wanted is None else wanted)
    typical = model.spectra(model.shaped(_start_theta(parameters, 1.0))).real
    return _Problem(
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


def _starts_for(
    problem: _Problem, spectrum: Spectrum, signals: Sequence[SignalRule], warm: Fit | None
) -> list[FloatArray]:
    step_hz = spectrum.spectral_width_hz / problem.model.length
    if warm is None:
        return _starts(problem, spectrum_of(spectrum.fid, problem.model.length), step_hz, 2)
    theta = _start_theta(problem.parameters, 1.0)
    theta[PHASE0], theta[SHIFT] = warm.phase0_rad, float(np.median(warm.shift_hz))
    theta[GAUSS] = max(float(warm.gauss_hz[0]), 0.1)
    for signal, group in zip(signals, problem.parameters.signal_group, strict=True):
        index = problem.parameters.group_width[group]
        if index >= 0 and signal.name in warm.names:
            theta[index] = warm.lorentz_hz[warm.names.index(signal.name)]
    return [theta]


def _best_descent(
    problem: _Problem, starts: Sequence[FloatArray], noise_variance: float, stop: Stop | None
) -> tuple[_State, int, bool]:
    """Try every start for a few steps, then descend from the best with priors weighed by the misfit left over."""
    trials = []
    for start in starts:
        state = _evaluate(problem, start, _weighing(problem, noise_variance, None))
        if len(starts) > 1:
            state, _, _ = _descend(problem, start, _weigh_again(problem, state, noise_variance), stop, _TRIAL_STEPS)
        trials.append(state)
    state = min(trials, key=lambda trial: trial.residual_power)
    steps, settled = 0, False
    for _ in range(_ROUNDS):
        state, more, settled = _descend(problem, state.theta, _weigh_again(problem, state, noise_variance), stop)
        steps += more
        if settled and more <= 2:
            break
    return state, steps, settled


def _weigh_again(problem: _Problem, state: _State, noise_variance: float) -> _Weighing:
    """Weigh by the misfit left over: a model that does not describe the data must not outweigh the priors."""
    variance = max(noise_variance, state.residual_power / len(problem.data))
    return _weighing(problem, variance, state.amplitudes)


def _covariance(problem: _Problem, state: _State, weighing: _Weighing) -> FloatArray:
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
    scaled = information / np.outer(scale, scale) + _RIDGE * np.eye(len(scale))
    return np.asarray((np.linalg.inv(scaled) / np.outer(scale, scale))[:k, :k])


def _misfit(problem: _Problem, state: _State, noise: float) -> float:
    """Return the variance of what the best fit leaves over, relative to that of the noise."""
    rest = state.rotated.real - state.spectra.real @ state.amplitudes
    rest = rest - problem.baseline.of(rest)
    degrees = len(rest) - problem.baseline.effective_dimension - len(state.amplitudes) - _COMMON_FREEDOM
    return float(rest @ rest / max(degrees, 1) / noise**2)


def _finish(
    problem: _Problem,
    state: _State,
    signals: Sequence[SignalRule],
    noise: float,
    settings: FitSettings,
    steps: int,
    settled: bool,
    warnings: tuple[str, ...],
) -> Fit:
    spectra, data = state.spectra.real, state.rotated.real
    misfit = _misfit(problem, state, noise)
    weighing = _weighing(problem, noise**2 * max(1.0, misfit), state.amplitudes)
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
        phase1_s=float(state.theta[1]),
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
    )
