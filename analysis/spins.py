"""Density-matrix simulation of coupled proton spins with ideal pulses.

The Liouville-von Neumann equation is solved exactly in the product basis (one diagonalisation per group of coupled
spins); see Levitt, Spin Dynamics, chapters 11 and 15. Times in s, couplings in Hz, shifts in ppm.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.types import ComplexArray, FloatArray, Sampling
from analysis.units import hz_of_ppm, time_axis_s

_SMALLEST_LINE = 1e-5
"""Transitions weaker than this share of the strongest are dropped."""
_LINE_STEP_HZ = 0.02
"""Transitions closer than this are merged; far below any line width."""


@dataclass(frozen=True)
class Hetero:
    """A nucleus that 1H pulses leave alone, with its coupling in Hz to each proton of the group."""

    spin: float
    j_hz: tuple[float, ...]


@dataclass(frozen=True)
class SpinGroup:
    """Protons that couple among themselves; `count` > 1 is that many protons of one shift without couplings."""

    ppm: tuple[float, ...]
    j_hz: tuple[tuple[int, int, float], ...] = ()
    count: int = 1
    hetero: tuple[Hetero, ...] = ()


@dataclass(frozen=True)
class SpinSystem:
    """A metabolite as independent groups of coupled protons."""

    key: str
    name: str
    groups: tuple[SpinGroup, ...]
    source: str
    status: str
    note: str = ""


@dataclass(frozen=True)
class Sequence:
    """An excitation sequence with ideal pulses.

    ``PRESS``: 90 - te1/2 - 180 - te/2 - 180 - te2/2; ``STEAM``: 90 - te/2 - 90 - tm - 90 - te/2, zero quantum order
    during tm; ``sLASER``: four 180s with the same two echoes split evenly; ``SPECIAL``: 90 - te/2 - 180 - te/2.
    """

    name: Literal["PRESS", "STEAM", "sLASER", "SPECIAL"]
    te_s: float
    te1_s: float | None = None
    tm_s: float = 0.0

    def describe(self) -> str:
        """Name the sequence with its times in ms."""
        times = f"{self.name} TE {self.te_s * 1e3:g} ms"
        return f"{times}, TM {self.tm_s * 1e3:g} ms" if self.name == "STEAM" else times


@dataclass(frozen=True)
class Operators:
    """Product-basis operators of n spin-1/2 nuclei: total Fx and F+, each Iz, and the state's magnetic number."""

    f_x: ComplexArray
    f_plus: ComplexArray
    i_z: FloatArray
    magnetic: FloatArray


@functools.lru_cache(maxsize=16)
def operators(n: int) -> Operators:
    """Build the operators of n spins, (2**n, 2**n)."""
    size = 2**n
    states = np.arange(size)
    bits = (states[:, None] >> (n - 1 - np.arange(n))) & 1
    i_z = 0.5 - bits.T.astype(float)
    f_plus: ComplexArray = np.zeros((size, size), dtype=complex)
    for k in range(n):
        mask = 1 << (n - 1 - k)
        down = states[(states & mask) != 0]
        f_plus[down ^ mask, down] = 1.0
    return Operators(np.asarray((f_plus + f_plus.T) / 2, dtype=complex), f_plus, i_z, i_z.sum(axis=0))


def hamiltonian(offset_hz: FloatArray, j_hz: tuple[tuple[int, int, float], ...]) -> FloatArray:
    """Return the rotating-frame Hamiltonian in Hz, real symmetric (2**n, 2**n): shifts and full scalar coupling."""
    n = len(offset_hz)
    ops = operators(n)
    size = 2**n
    states = np.arange(size)
    h = np.diag(offset_hz @ ops.i_z)
    for a, b, j in j_hz:
        h += np.diag(j * ops.i_z[a] * ops.i_z[b])
        flip = (1 << (n - 1 - a)) | (1 << (n - 1 - b))
        opposite = states[ops.i_z[a] != ops.i_z[b]]
        h[opposite ^ flip, opposite] += j / 2
    return h


@functools.lru_cache(maxsize=32)
def rotation(n: int, angle_rad: float, axis: Literal["x", "y"]) -> ComplexArray:
    """Return the ideal rotation of all n spins, exp(-i angle F_axis)."""
    c, s = math.cos(angle_rad / 2), math.sin(angle_rad / 2)
    one = np.array([[c, -1j * s], [-1j * s, c]]) if axis == "x" else np.array([[c, -s], [s, c]], dtype=complex)
    return functools.reduce(np.kron, [one] * n)


def _order(density: ComplexArray, magnetic: FloatArray, order: int) -> ComplexArray:
    """Keep one coherence order of a density matrix, as crusher gradients do."""
    return np.where(np.isclose(magnetic[:, None] - magnetic[None, :], order), density, 0)


class _Evolution:
    """Free evolution under one Hamiltonian, through its eigenvectors."""

    def __init__(self, h: FloatArray) -> None:
        self.energy_hz, self.vectors = np.linalg.eigh(h)

    def __call__(self, density: ComplexArray, time_s: float) -> ComplexArray:
        phase = np.exp(-2j * np.pi * self.energy_hz * time_s)
        u = (self.vectors * phase) @ self.vectors.T
        return np.asarray(u @ density @ u.conj().T)


def _echoes(density: ComplexArray, evolve: _Evolution, flip: ComplexArray, half_s: list[float]) -> ComplexArray:
    """Refocus with 180 degree pulses between the delays of `half_s`."""
    density = evolve(density, half_s[0])
    for delay in half_s[1:]:
        density = evolve(flip @ density @ flip.conj().T, delay)
    return density


def _delays(sequence: Sequence) -> list[float]:
    te = sequence.te_s
    if sequence.name == "PRESS":
        te1 = te / 2 if sequence.te1_s is None else sequence.te1_s
        return [te1 / 2, te / 2, (te - te1) / 2]
    if sequence.name == "sLASER":
        return [te / 8, te / 4, te / 4, te / 4, te / 8]
    return [te / 2, te / 2]


def density_after(sequence: Sequence, h: FloatArray) -> ComplexArray:
    """Return the density matrix at the start of acquisition, scaled so that an uncoupled proton gives signal 1."""
    n = round(math.log2(len(h)))
    ops, evolve = operators(n), _Evolution(h)
    if sequence.name != "STEAM":
        return _echoes(ops.f_x, evolve, rotation(n, math.pi, "x"), _delays(sequence))
    quarter = rotation(n, math.pi / 2, "x")
    density = evolve(_order(ops.f_x, ops.magnetic, 1), sequence.te_s / 2)
    density = _order(quarter @ density @ quarter.conj().T, ops.magnetic, 0)
    density = evolve(density, sequence.tm_s)
    density = _order(quarter @ density @ quarter.conj().T, ops.magnetic, -1)
    # Only half of the magnetisation makes the stimulated echo; the factor restores 1 per proton.
    return 2 * evolve(density, sequence.te_s / 2)


def transitions(density: ComplexArray, h: FloatArray) -> tuple[FloatArray, ComplexArray]:
    """Return frequencies in Hz and complex amplitudes of the lines seen from a density matrix."""
    n = round(math.log2(len(h)))
    energy, vectors = np.linalg.eigh(h)
    seen = vectors.T @ operators(n).f_plus @ vectors
    prepared = vectors.T @ density @ vectors
    amplitude = (prepared * seen.T) / 2.0 ** (n - 2)
    keep = np.abs(amplitude) > _SMALLEST_LINE * max(float(np.abs(amplitude).max()), 1e-300)
    row, column = np.nonzero(keep)
    return -(energy[row] - energy[column]), amplitude[row, column]


def _merged(frequency: FloatArray, amplitude: ComplexArray) -> tuple[FloatArray, ComplexArray]:
    """Add up lines that fall on the same step of `_LINE_STEP_HZ`."""
    steps, index = np.unique(np.round(frequency / _LINE_STEP_HZ).astype(np.int64), return_inverse=True)
    real = np.bincount(index, amplitude.real, len(steps))
    imag = np.bincount(index, amplitude.imag, len(steps))
    return np.asarray(steps * _LINE_STEP_HZ, dtype=float), np.asarray(real + 1j * imag, dtype=complex)


def _hetero_shifts(group: SpinGroup) -> Iterator[tuple[float, FloatArray]]:
    """Yield each orientation of the other nuclei: its weight and the shift in Hz that it gives every proton."""
    cases: list[tuple[float, FloatArray]] = [(1.0, np.zeros(len(group.ppm)))]
    for nucleus in group.hetero:
        levels = np.arange(-nucleus.spin, nucleus.spin + 0.5)
        cases = [(w / len(levels), s + m * np.asarray(nucleus.j_hz)) for w, s in cases for m in levels]
    yield from cases


def group_lines(
    group: SpinGroup, sequence: Sequence, f0_mhz: float, reference_ppm: float
) -> tuple[FloatArray, ComplexArray]:
    """Return the lines of one group after a sequence: frequencies in Hz and amplitudes (1 per proton)."""
    offset = np.array([hz_of_ppm(p, f0_mhz, reference_ppm) for p in group.ppm])
    frequencies, amplitudes = [], []
    for weight, shift in _hetero_shifts(group):
        h = hamiltonian(offset + shift, group.j_hz)
        frequency, amplitude = transitions(density_after(sequence, h), h)
        frequencies.append(frequency)
        amplitudes.append(amplitude * (weight * group.count))
    return _merged(np.concatenate(frequencies), np.concatenate(amplitudes))


def simulate_fid(system: SpinSystem, sequence: Sequence, sampling: Sampling) -> ComplexArray:
    """Simulate the undamped FID of one molecule, (points,) complex; a CH3 singlet starts at 3."""
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    fid = np.zeros(sampling.points, dtype=complex)
    for group in system.groups:
        frequency, amplitude = group_lines(group, sequence, sampling.f0_mhz, sampling.reference_ppm)
        fid += _sum_of_lines(frequency, amplitude, time)
    return fid


def _sum_of_lines(frequency: FloatArray, amplitude: ComplexArray, time: FloatArray) -> ComplexArray:
    """Sum undamped lines; split into coarse and fine time steps, so that few exponentials are computed."""
    fine = 64
    coarse = -(-len(time) // fine)
    step = time[1] if len(time) > 1 else 0.0
    inner = np.exp(2j * np.pi * np.outer(frequency, np.arange(fine) * step))
    outer = np.exp(2j * np.pi * np.outer(np.arange(coarse) * fine * step, frequency)) * amplitude
    return np.asarray((outer @ inner).reshape(-1)[: len(time)])
