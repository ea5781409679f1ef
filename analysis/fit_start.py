"""Where a fit starts: a search over phase, shift and width that needs no known line, or an earlier fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dtrtrs

from analysis.fit_problem import Problem, start_theta
from analysis.least_squares import bounded_least_squares
from analysis.model import FIXED_SD, GAUSS, PHASE0, SHIFT, Parameters
from analysis.protocol import SignalRule
from analysis.types import ComplexArray, Fit, FloatArray, Spectrum
from analysis.units import spectrum_of

_START_PHASES = 12
_START_STEP_HZ = 2.5
_HOPELESS = 2.0
"""A start that leaves over this many times what the best one leaves is not tried; noise alone keeps them nearer."""
_START_WIDTH_SCALES = (0.6, 1.2, 2.2)


def find_starts(
    problem: Problem, spectrum: Spectrum, signals: Sequence[SignalRule], warm: Fit | None
) -> list[FloatArray]:
    """Return the parameter vectors to start from: that of an earlier fit, or the best two of the search."""
    step_hz = spectrum.spectral_width_hz / problem.model.length
    if warm is None:
        return _starts(problem, spectrum_of(spectrum.fid, problem.model.length), step_hz, 2)
    same = warm.theta is not None and warm.names == tuple(signal.name for signal in signals)
    if same and warm.theta is not None and len(warm.theta) == problem.parameters.count:
        return [_held(warm.theta, problem.parameters)]
    theta = start_theta(problem.parameters, 1.0)
    theta[PHASE0], theta[SHIFT] = warm.phase0_rad, float(np.median(warm.shift_hz))
    theta[GAUSS] = max(float(warm.gauss_hz[0]), 0.1)
    for signal, group in zip(signals, problem.parameters.signal_group, strict=True):
        index = problem.parameters.group_width[group]
        if index >= 0 and signal.name in warm.names:
            theta[index] = warm.lorentz_hz[warm.names.index(signal.name)]
    return [_held(theta, problem.parameters)]


def _held(theta: FloatArray, parameters: Parameters) -> FloatArray:
    """Return a start with every parameter that is held where it is held."""
    return np.where(parameters.sd > FIXED_SD, theta, parameters.mean)


@dataclass(frozen=True, eq=False)
class _Width:
    """The signals at one width against the data at every shift and phase.

    Attributes
    ----------
    gram : (k, k) of the signals
    moments : (lags, k, 2) of signals and the data's real and imaginary part
    powers : (lags, 2, 2) of the data's parts
    least : (lags, phases) what the signals leave over at least, with amplitudes of any sign
    """

    theta: FloatArray
    gram: FloatArray
    moments: FloatArray
    powers: FloatArray
    least: FloatArray


def _starts(problem: Problem, spectrum: ComplexArray, step_hz: float, count: int) -> list[FloatArray]:
    """Search phase, shift and width on a grid with all signals non-negative; return the best distinct points.

    `spectrum` is the data on the model's whole axis, so that a shift is a shifted window. What is left over without
    bounds on the amplitudes is cheap to know and never more than what is left with them, so that the points are looked
    at in its order, until no other can be better than the best.
    """
    parameters, window = problem.parameters, problem.model.window
    reach = int(2 * parameters.sd[SHIFT] / step_hz)
    stride = max(1, round(_START_STEP_HZ / step_hz))
    lags = [
        lag
        for lag in (range(-(reach // stride) * stride, reach + 1, stride) if reach > 0 else [0])
        if window.start + lag >= 0 and window.stop + lag <= len(spectrum)
    ]
    phases = np.arange(_START_PHASES) * 2 * np.pi / _START_PHASES
    if parameters.sd[PHASE0] < 1:
        phases = parameters.mean[[PHASE0]]
    shifted = np.array([spectrum[window.start + lag : window.stop + lag] for lag in lags])
    turns = np.array([np.cos(phases), np.sin(phases)])
    widths = [_at_width(problem, scale, shifted, turns) for scale in _START_WIDTH_SCALES]
    least = np.array([width.least for width in widths])
    found: list[tuple[float, FloatArray]] = []
    for flat in np.argsort(least, axis=None, kind="stable"):
        i, lag, phase = np.unravel_index(flat, least.shape)
        best = _distinct(found, count)
        if len(best) == count and least[i, lag, phase] > best[-1][0]:
            break
        point = widths[i].theta.copy()
        point[PHASE0], point[SHIFT] = phases[phase], parameters.mean[SHIFT] + lags[lag] * step_hz
        found.append((_bounded_cost(widths[i], int(lag), turns[:, phase]), point))
    best = _distinct(found, count)
    return [point for cost, point in best if cost <= _HOPELESS * best[0][0]]


def _at_width(problem: Problem, scale: float, shifted: ComplexArray, turns: FloatArray) -> _Width:
    """Compare signals of one width with the data at every shift (lags, m)."""
    theta = start_theta(problem.parameters, scale)
    signals = problem.model.spectra(problem.model.shaped(theta)).real
    gram = problem.baseline.inner(signals, signals)
    parts = np.stack([shifted.real, shifted.imag], axis=1)
    columns = parts.reshape(-1, parts.shape[-1]).T
    by_mode = (problem.baseline.modes.T @ columns) * np.sqrt(problem.baseline.kept)[:, None]
    powers = _within(columns, parts.shape[:2]) - _within(by_mode, parts.shape[:2])
    moments = problem.baseline.inner(signals, columns)
    scales = np.sqrt(np.diag(gram))
    factor = np.linalg.cholesky(gram / np.outer(scales, scales) + 1e-6 * np.eye(len(gram)))
    explained, _ = dtrtrs(factor, moments / scales[:, None], lower=1)
    left = powers - _within(explained, parts.shape[:2])
    least = np.einsum("ap,lab,bp->lp", turns, left, turns)
    return _Width(theta, gram, moments.T.reshape(len(shifted), 2, -1).transpose(0, 2, 1), powers, least)


def _within(columns: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return the inner products (lags, 2, 2) of the two columns of each lag."""
    pairs = columns.T.reshape(*shape, -1)
    return np.asarray(np.einsum("lam,lbm->lab", pairs, pairs))


def _bounded_cost(width: _Width, lag: int, turn: FloatArray) -> float:
    moment = width.moments[lag] @ turn
    amplitudes = bounded_least_squares(width.gram, moment, np.ones(len(moment), dtype=bool))
    return float(turn @ width.powers[lag] @ turn - moment @ amplitudes)


def _distinct(found: Sequence[tuple[float, FloatArray]], count: int) -> list[tuple[float, FloatArray]]:
    """Return the best points that differ clearly in phase or shift, with their costs."""
    kept: list[tuple[float, FloatArray]] = []
    for cost, point in sorted(found, key=lambda item: item[0]):
        apart = [
            abs(math.remainder(point[PHASE0] - k[PHASE0], 2 * math.pi)) > 0.7 or abs(point[SHIFT] - k[SHIFT]) > 8
            for _, k in kept
        ]
        if all(apart):
            kept.append((cost, point))
        if len(kept) == count:
            break
    return kept
