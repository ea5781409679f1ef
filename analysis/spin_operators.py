"""Operators of coupled spins in the product basis, and free evolution under a Hamiltonian.

Every spin's states run from +S to -S, so that turning all spins upside down reverses the order of the product states.
Frequencies and couplings in Hz, times in s.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.types import ComplexArray, FloatArray

Spins = tuple[float, ...]
"""Spin quantum numbers, for example (1.5, 0.5) for a methyl group beside one proton."""


@dataclass(frozen=True, eq=False)
class Operators:
    """Total Fx and F+ (real), each spin's Iz (n, states), and the magnetic number of each state."""

    f_x: FloatArray
    f_plus: FloatArray
    i_z: FloatArray
    magnetic: FloatArray


def _levels(spin: float) -> FloatArray:
    return np.asarray(spin - np.arange(round(2 * spin) + 1), dtype=float)


def _raising(spin: float) -> FloatArray:
    """Return I+ of one spin: sqrt(S(S+1) - m(m+1)) above the diagonal."""
    m = _levels(spin)[1:]
    return np.diag(np.sqrt(spin * (spin + 1) - m * (m + 1)), 1)


def _kron(factors: Sequence[NDArray[Any]]) -> NDArray[Any]:
    product = factors[0]
    for factor in factors[1:]:
        product = np.kron(product, factor)
    return product


def _product(spins: Spins, parts: dict[int, FloatArray]) -> FloatArray:
    """Return the Kronecker product of some spins' matrices with the identity of the others."""
    factors = [parts.get(k, np.eye(round(2 * spin) + 1)) for k, spin in enumerate(spins)]
    return _kron(factors)


@functools.lru_cache(maxsize=128)
def operators(spins: Spins) -> Operators:
    """Build the operators of a system, each (states, states)."""
    i_z = np.array([np.diag(_product(spins, {k: np.diag(_levels(spin))})) for k, spin in enumerate(spins)])
    f_plus = sum((_product(spins, {k: _raising(spin)}) for k, spin in enumerate(spins)), np.zeros(()))
    return Operators((f_plus + f_plus.T) / 2, f_plus, i_z, i_z.sum(axis=0))


@functools.lru_cache(maxsize=256)
def _scalar_product(spins: Spins, a: int, b: int) -> FloatArray:
    """Return I_a . I_b, real symmetric."""
    flip = _product(spins, {a: _raising(spins[a]), b: _raising(spins[b]).T})
    i_z = operators(spins).i_z
    return np.diag(i_z[a] * i_z[b]) + (flip + flip.T) / 2


def coupling_hamiltonian(spins: Spins, j_hz: tuple[tuple[int, int, float], ...]) -> FloatArray:
    """Return the full scalar coupling in Hz, real symmetric (states, states)."""
    size = operators(spins).magnetic.size
    h = np.zeros((size, size))
    for a, b, j in j_hz:
        h += j * _scalar_product(spins, a, b)
    return h


def hamiltonian(spins: Spins, offset_hz: FloatArray, j_hz: tuple[tuple[int, int, float], ...]) -> FloatArray:
    """Return the rotating-frame Hamiltonian in Hz, real symmetric: shifts and full scalar coupling."""
    return np.diag(offset_hz @ operators(spins).i_z) + coupling_hamiltonian(spins, j_hz)


@functools.lru_cache(maxsize=128)
def quarter_turn(spins: Spins, axis: Literal["x", "y"]) -> ComplexArray:
    """Return the ideal 90 degree pulse on all spins, exp(-i pi/2 F_axis)."""
    parts = []
    for spin in spins:
        plus = _raising(spin)
        energy, vectors = np.linalg.eigh((plus + plus.T) / 2)
        turn = (vectors * np.exp(-0.5j * math.pi * energy)) @ vectors.T
        if axis == "y":
            # y is x seen after a quarter turn about z
            about_z = np.exp(-0.5j * math.pi * _levels(spin))
            turn = about_z[:, None] * turn * about_z.conj()
        parts.append(turn)
    return np.asarray(_kron(parts))


def upside_down(density: ComplexArray) -> ComplexArray:
    """Apply an ideal 180 degree pulse about x, which turns every state m into -m."""
    return density[::-1, ::-1]


def coherence(density: ComplexArray, magnetic: FloatArray, order: int) -> ComplexArray:
    """Keep one coherence order of density matrices (..., states, states), as crusher gradients do."""
    return np.where(np.isclose(magnetic[:, None] - magnetic[None, :], order), density, 0)


class Evolution:
    """Free evolution under one Hamiltonian in Hz, through its eigenvectors."""

    def __init__(self, h: FloatArray) -> None:
        self.energy_hz, self.vectors = np.linalg.eigh(h)

    def __call__(self, density: ComplexArray, time_s: float) -> ComplexArray:
        """Evolve density matrices (..., states, states)."""
        if time_s == 0.0:
            return density
        phase = np.exp(-2j * np.pi * self.energy_hz * time_s)
        u = (self.vectors * phase) @ self.vectors.T
        return np.asarray(u @ density @ u.conj().T)
