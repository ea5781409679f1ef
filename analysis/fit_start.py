"""Where a fit starts: a search over phase, shift and width that needs no known line, or an earlier fit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.linalg.lapack import dtrtrs

from analysis.fit_problem import Problem, start_theta
from analysis.least_squares import bounded_least_squares
from analysis.model import GAUSS, PHASE0, SHIFT
from analysis.protocol import SignalRule
from analysis.types import ComplexArray, Fit, FloatArray, Spectrum
from analysis.units import spectrum_of

_START_PHASES = 12
_START_STEP_HZ = 2.5
_START_WIDTH_SCALES = (0.6, 1.2, 2.2)
_START_KEPT = 8


def find_starts(
    problem: Problem, spectrum: Spectrum, signals: Sequence[SignalRule], warm: Fit | None
) -> list[FloatArray]:
    """Return the parameter vectors to start from: that of an earlier fit, or the best two of the search."""
    step_hz = spectrum.spectral_width_hz / problem.model.length
    if warm is None:
        return _starts(problem, spectrum_of(spectrum.fid, problem.model.length), step_hz, 2)
    same = warm.theta is not None and warm.names == tuple(signal.name for signal in signals)
    if same and warm.theta is not None and len(warm.theta) == problem.parameters.count:
        return [warm.theta]
    theta = start_theta(problem.parameters, 1.0)
    theta[PHASE0], theta[SHIFT] = warm.phase0_rad, float(np.median(warm.shift_hz))
    theta[GAUSS] = max(float(warm.gauss_hz[0]), 0.1)
    for signal, group in zip(signals, problem.parameters.signal_group, strict=True):
        index = problem.parameters.group_width[group]
        if index >= 0 and signal.name in warm.names:
            theta[index] = warm.lorentz_hz[warm.names.index(signal.name)]
    return [theta]


def _starts(problem: Problem, spectrum: ComplexArray, step_hz: float, count: int) -> list[FloatArray]:
    """Search phase, shift and width on a grid with all signals non-negative; return the best points.

    `spectrum` is the data on the model's whole axis, so that a shift is a shifted window.
    """
    parameters, window = problem.parameters, problem.model.window
    reach = int(2 * parameters.sd[SHIFT] / step_hz)
    stride = max(1, round(_START_STEP_HZ / step_hz))
    lags = [
        lag
        for lag in sorted(range(-reach, reach + 1, stride) if reach > 0 else [0], key=abs)
        if window.start + lag >= 0 and window.stop + lag <= len(spectrum)
    ]
    phases = np.arange(_START_PHASES) * 2 * np.pi / _START_PHASES
    if parameters.sd[PHASE0] < 1:
        phases = parameters.mean[[PHASE0]]
    found: list[tuple[float, FloatArray]] = []
    for scale in _START_WIDTH_SCALES:
        theta = start_theta(parameters, scale)
        signals = problem.model.spectra(problem.model.shaped(theta)).real
        gram = problem.baseline.inner(signals, signals)
        likely = lags if len(phases) == 1 else _likely_lags(problem, gram, signals, spectrum, lags)
        for lag in likely:
            shifted = spectrum[window.start + lag : window.stop + lag]
            for cost, phase in _phase_costs(problem, gram, signals, shifted, phases):
                point = theta.copy()
                point[PHASE0], point[SHIFT] = phase, parameters.mean[SHIFT] + lag * step_hz
                found.append((cost, point))
    return _distinct([point for _, point in sorted(found, key=lambda item: item[0])], count)


def _likely_lags(
    problem: Problem, gram: FloatArray, signals: FloatArray, spectrum: ComplexArray, lags: Sequence[int]
) -> list[int]:
    """Keep the shifts at which the signals leave least, at the best phase and without bounds on amplitudes.

    What is left at phase p is a quadratic form in (cos p, sin p), so that its least value is an eigenvalue.
    """
    window = problem.model.window
    scale = np.sqrt(np.diag(gram))
    factor = np.linalg.cholesky(gram / np.outer(scale, scale) + 1e-6 * np.eye(len(gram)))
    costs = []
    for lag in lags:
        shifted = spectrum[window.start + lag : window.stop + lag]
        parts = np.column_stack([shifted.real, shifted.imag])
        explained, _ = dtrtrs(factor, problem.baseline.inner(signals, parts) / scale[:, None], lower=1)
        left = problem.baseline.inner(parts, parts) - explained.T @ explained
        costs.append((float(np.linalg.eigvalsh(left)[0]), lag))
    return [lag for _, lag in sorted(costs)[:_START_KEPT]]


def _phase_costs(
    problem: Problem, gram: FloatArray, signals: FloatArray, data: ComplexArray, phases: FloatArray
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
