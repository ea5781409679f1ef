"""Density-matrix simulation of coupled proton spins with ideal pulses.

The Liouville-von Neumann equation is solved exactly in the product basis (one diagonalisation per system of coupled
spins); see Levitt, Spin Dynamics, chapters 11 and 15. Times in s, couplings in Hz, shifts in ppm.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.sequences import Sequence
from analysis.spin_operators import Evolution, Spins, coherence, hamiltonian, operators, quarter_turn, upside_down
from analysis.spin_systems import Composite, SpinGroup, SpinSystem, composites, hetero_shifts
from analysis.types import ComplexArray, FloatArray, Sampling
from analysis.units import hz_of_ppm, time_axis_s

_SMALLEST_LINE = 1e-5
"""Transitions weaker than this share of the strongest are dropped."""
_LINE_STEP_HZ = 0.02
"""Transitions closer than this are merged; far below any line width."""

Prepare = Callable[[Composite, FloatArray, Evolution], ComplexArray]
"""Returns the density matrix at the start of acquisition of a system whose spins have these offsets in Hz."""


def density_after(sequence: Sequence, spins: Spins, evolve: Evolution) -> ComplexArray:
    """Return the density matrix at the start of acquisition, ideal pulses; an uncoupled proton gives signal 1."""
    ops = operators(spins)
    if sequence.name != "STEAM":
        first, *rest = sequence.delays_s
        density = evolve(ops.f_x.astype(complex), first)
        for delay in rest:
            density = evolve(upside_down(density), delay)
        return density
    quarter = quarter_turn(spins, "x")
    density = evolve(coherence(ops.f_x.astype(complex), ops.magnetic, 1), sequence.te_s / 2)
    density = coherence(quarter @ density @ quarter.conj().T, ops.magnetic, 0)
    density = evolve(density, sequence.tm_s)
    density = coherence(quarter @ density @ quarter.conj().T, ops.magnetic, -1)
    # Only half of the magnetisation makes the stimulated echo; the factor restores 1 per proton.
    return 2 * evolve(density, sequence.te_s / 2)


def transitions(density: ComplexArray, spins: Spins, evolve: Evolution) -> tuple[FloatArray, ComplexArray]:
    """Return frequencies in Hz and complex amplitudes, Tr(density F+) line by line, of what is acquired."""
    vectors, energy = evolve.vectors, evolve.energy_hz
    seen = vectors.T @ operators(spins).f_plus @ vectors
    amplitude = (vectors.T @ density @ vectors) * seen.T
    keep = np.abs(amplitude) > _SMALLEST_LINE * max(float(np.abs(amplitude).max()), 1e-300)
    row, column = np.nonzero(keep)
    return -(energy[row] - energy[column]), amplitude[row, column]


def _merged(frequency: FloatArray, amplitude: ComplexArray) -> tuple[FloatArray, ComplexArray]:
    """Add up lines that fall on the same step of `_LINE_STEP_HZ`."""
    steps, index = np.unique(np.round(frequency / _LINE_STEP_HZ).astype(np.int64), return_inverse=True)
    real = np.bincount(index, amplitude.real, len(steps))
    imag = np.bincount(index, amplitude.imag, len(steps))
    return np.asarray(steps * _LINE_STEP_HZ, dtype=float), np.asarray(real + 1j * imag, dtype=complex)


def ideal(sequence: Sequence) -> Prepare:
    """Return what prepares a system with a sequence of ideal pulses."""
    return lambda system, _offset_hz, evolve: density_after(sequence, system.spins, evolve)


def group_lines(
    group: SpinGroup, prepare: Prepare, f0_mhz: float, reference_ppm: float
) -> tuple[FloatArray, ComplexArray]:
    """Return the lines of one group after a sequence: frequencies in Hz and amplitudes (1 per proton)."""
    offset = np.array([hz_of_ppm(p, f0_mhz, reference_ppm) for p in group.ppm])
    # Tr(F_x F+) of n protons is n 2**(n - 2).
    norm = 2.0 ** (len(group.ppm) - 2)
    frequencies, amplitudes = [], []
    for share, shift in hetero_shifts(group):
        for system in composites(group):
            offset_hz = (offset + shift)[list(system.members)]
            evolve = Evolution(hamiltonian(system.spins, offset_hz, system.j_hz))
            frequency, amplitude = transitions(prepare(system, offset_hz, evolve), system.spins, evolve)
            frequencies.append(frequency)
            amplitudes.append(amplitude * (share * system.weight / norm))
    return _merged(np.concatenate(frequencies), np.concatenate(amplitudes))


def simulate_fid(system: SpinSystem, sequence: Sequence, sampling: Sampling) -> ComplexArray:
    """Simulate the undamped FID of one molecule, (points,) complex; a CH3 singlet starts at 3."""
    return prepared_fid(system, ideal(sequence), sampling)


def prepared_fid(system: SpinSystem, prepare: Prepare, sampling: Sampling) -> ComplexArray:
    """Return the undamped FID of one molecule after any preparation, (points,) complex."""
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    fid = np.zeros(sampling.points, dtype=complex)
    for group in system.groups:
        frequency, amplitude = group_lines(group, prepare, sampling.f0_mhz, sampling.reference_ppm)
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
