"""Combination of receive coils, weighted by sensitivity over noise (Roemer et al., MRM 1990;16:192).

The sensitivities are the strongest direction of the whitened signal (Rodgers and Robson, MRM 2010;63:881).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from analysis.errors import ProcessingFailed
from analysis.types import ComplexArray, SignalArray, Step

_TAIL = 0.2
"""Share of a FID, at its end, that holds noise."""
_HEAD_POINTS = 64
_FEWEST_SAMPLES, _MOST_SAMPLES = 20, 1000
"""Noise samples per coil: below the first the noise counts as uncorrelated, more than the second add nothing."""
_TRACE = 1e-6


def coil_weights(reference: SignalArray, noise_from: SignalArray, *, whiten: bool = True) -> ComplexArray:
    """Return the combination weights (coils,) so that ``combined = weights @ signals``.

    Parameters
    ----------
    reference : (coils, transients, points) strong signal that tells each coil's complex sensitivity
    noise_from : (coils, transients, points) signal whose tail is noise
    whiten : whether to weigh by the coils' noise; otherwise all count as equally noisy and independent

    Notes
    -----
    The weights keep the scale of the root-mean-square coil, and turn the start of the reference upright.

    Raises
    ------
    ProcessingFailed
        If a value is not a number.
    """
    coils = reference.shape[0]
    if coils == 1:
        return np.ones(1, dtype=complex)
    head, tail = _head(reference), _tail(noise_from)
    if not (np.all(np.isfinite(head)) and np.all(np.isfinite(tail))):
        raise ProcessingFailed("The signal holds values that are not numbers.")
    live = np.any(head != 0, axis=1) & np.any(_head(noise_from) != 0, axis=1)
    if not live.any():
        return np.full(coils, 1 / coils, dtype=complex)
    root = np.linalg.cholesky(_noise_covariance(tail[live]) if whiten else np.eye(int(live.sum())))
    left, _, _ = np.linalg.svd(solve_triangular(root, head[live], lower=True), full_matrices=False)
    strongest = left[:, 0]
    # The whitened matched filter, undone to act on the coils as they are.
    found = solve_triangular(root, strongest, lower=True, trans="C").conj() * np.linalg.norm(root @ strongest)
    weights = np.zeros(coils, dtype=complex)
    weights[live] = found * np.exp(-1j * np.angle(found @ head[live, 0]))
    return weights


def combined(weights: ComplexArray, signals: SignalArray) -> ComplexArray:
    """Return the combined signals, (transients, points) in double precision; what is not finite stays so."""
    with np.errstate(invalid="ignore", over="ignore"):
        if signals.shape[0] == 1:
            return np.asarray(weights[0] * signals[0], dtype=complex)
        # The weights take the precision of the file: nothing is gained by widening every coil first.
        summed = np.matmul(weights.astype(signals.dtype)[None, None, :], signals.transpose(1, 0, 2))[:, 0]
    return np.asarray(summed, dtype=complex)


def _head(reference: SignalArray) -> ComplexArray:
    """Return the start of the mean transient, (coils, points)."""
    points = max(_HEAD_POINTS, reference.shape[0])
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(reference[:, :, :points].mean(axis=1, dtype=complex))


def _tail(signal: SignalArray) -> ComplexArray:
    """Return samples from the end of the FIDs, (coils, samples), from transients all over the measurement."""
    coils, transients, points = signal.shape
    start = int(points * (1 - _TAIL))
    every = max(1, transients * (points - start) // (_MOST_SAMPLES * coils))
    return np.asarray(signal[:, ::every, start:].reshape(coils, -1), dtype=complex)


def _noise_covariance(tail: ComplexArray) -> ComplexArray:
    """Estimate the coils' noise covariance from noise (coils, samples); diagonal where there are too few."""
    coils, samples = tail.shape
    tail = tail - tail.mean(axis=1, keepdims=True)
    power = np.mean(np.abs(tail) ** 2, axis=1)
    if not np.all(power > 0):
        return np.eye(coils, dtype=complex)
    if samples < _FEWEST_SAMPLES * coils:
        return np.diag(power).astype(complex)
    # A trace of independent noise keeps simulated signals without any from being singular.
    return np.asarray(tail @ tail.conj().T / samples + _TRACE * np.diag(power))


def combination_step(coils: int, weights: ComplexArray, by_water: bool, *, whitened: bool = True) -> Step:
    """Describe a combination for the history."""
    if coils == 1:
        return Step("Coil combination", "One coil or already combined; nothing to do.", {"coils": 1})
    share = np.abs(weights) ** 2 / np.sum(np.abs(weights) ** 2)
    source = "the water reference" if by_water else "the signal itself"
    kind = "noise-whitened weights" if whitened else "weights by sensitivity alone"
    text = f"{coils} coils combined with {kind} from {source}."
    return Step("Coil combination", text, {"coils": coils, "effective_coils": float(1 / np.sum(share**2))})
