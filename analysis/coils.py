"""Combination of receive coils, weighted by sensitivity over noise (Roemer et al., MRM 1990;16:192)."""

from __future__ import annotations

import numpy as np

from analysis.types import ComplexArray, Step

_TAIL = 0.2
_HEAD_POINTS = 64


def coil_weights(reference: ComplexArray, noise_from: ComplexArray) -> ComplexArray:
    """Return the combination weights (coils,) so that ``combined = weights @ signals``.

    Parameters
    ----------
    reference : (coils, transients, points) strong signal that tells each coil's complex sensitivity
    noise_from : (coils, transients, points) signal whose tail is noise

    Notes
    -----
    The sensitivity is the first left singular vector of the averaged reference's start. The weights are those of
    whitened combination; they keep the scale of the root-mean-square coil.
    """
    coils = reference.shape[0]
    if coils == 1:
        return np.ones(1, dtype=complex)
    live = np.flatnonzero(np.any(reference != 0, axis=(1, 2)) & np.any(noise_from != 0, axis=(1, 2)))
    if 0 < len(live) < coils:
        weights = np.zeros(coils, dtype=complex)
        weights[live] = coil_weights(reference[live], noise_from[live])
        return weights
    head = reference.mean(axis=1)[:, : max(_HEAD_POINTS, coils)]
    left, _, _ = np.linalg.svd(head, full_matrices=False)
    sensitivity = left[:, 0]
    covariance = _noise_covariance(noise_from)
    whitened = np.linalg.solve(covariance, sensitivity)
    weights = whitened.conj() / np.real(sensitivity.conj() @ whitened)
    turn = np.angle(weights @ head[:, 0])
    return np.asarray(weights * np.exp(-1j * turn))


def _noise_covariance(signal: ComplexArray) -> ComplexArray:
    """Estimate the coils' noise covariance from FID tails; diagonal where there are too few samples."""
    coils, _, points = signal.shape
    tail = signal[:, :, int(points * (1 - _TAIL)) :].reshape(coils, -1)
    tail = tail - tail.mean(axis=1, keepdims=True)
    power = np.mean(np.abs(tail) ** 2, axis=1)
    if not np.all(power > 0):
        return np.eye(coils, dtype=complex)
    if tail.shape[1] < 20 * coils:
        return np.diag(power).astype(complex)
    return np.asarray(tail @ tail.conj().T / tail.shape[1])


def combination_step(coils: int, weights: ComplexArray, by_water: bool) -> Step:
    """Describe a combination for the history."""
    if coils == 1:
        return Step("Coil combination", "One coil or already combined; nothing to do.", {"coils": 1})
    share = np.abs(weights) ** 2 / np.sum(np.abs(weights) ** 2)
    source = "the water reference" if by_water else "the signal itself"
    text = f"{coils} coils combined with noise-whitened weights from {source}."
    return Step("Coil combination", text, {"coils": coils, "effective_coils": float(1 / np.sum(share**2))})
