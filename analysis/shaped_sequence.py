"""Density matrices after slice-selective pulses: chemical-shift displacement and what it does to couplings.

Crushers leave one coherence pathway. The effect of every slice on the density matrix is then a linear map of its own,
and the integral over the voxel is the product of one integral per axis (Zhang, An, Shen, J Magn Reson 2017;281:130;
Landheer et al., Magn Reson Med 2019;81:2209). A place in a slice is the frequency in Hz that its gradient adds.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from analysis.errors import BadProtocol
from analysis.rf_pulses import (
    PARTS,
    RfPulse,
    adiabatic_pulse,
    excitation_pulse,
    kron,
    refocusing_pulse,
    segments,
    turned,
)
from analysis.sequences import Sequence, SlicePulses
from analysis.spin_operators import Evolution, Spins, coherence, coupling_hamiltonian, hamiltonian, operators
from analysis.spin_systems import Composite
from analysis.spins import Prepare
from analysis.types import ComplexArray, FloatArray
from analysis.units import hz_of_ppm

_SAMPLES_PER_FEATURE = 4
"""Places per 1 / pulse duration, the finest structure of a profile."""
_SKIRT = 3.0
"""How far beyond its half-height a profile is followed, in units of 1 / pulse duration."""
_PROTON = Composite(spins=(0.5,), members=(0,), j_hz=(), weight=1)


def shaped(sequence: Sequence, f0_mhz: float, reference_ppm: float) -> Prepare:
    """Return what prepares a system with the slice-selective pulses of `sequence`.

    The signal is scaled so that an uncoupled proton at the carrier gives 1 with phase 0.

    Raises
    ------
    BadProtocol
        If the pulses do not fit into the sequence.
    """
    pulses = sequence.pulses
    if pulses is None or not sequence.pulses_fit:
        raise BadProtocol(
            f"{sequence.describe()} cannot be simulated with slice-selective pulses: they need a PRESS, spin echo or "
            "sLASER whose delays are longer than the pulses."
        )
    carrier_hz = hz_of_ppm(pulses.carrier_ppm, f0_mhz, reference_ppm)
    alone = _after(sequence, pulses, _PROTON, np.zeros(1))
    scale = 0.5 / np.trace(alone @ operators(_PROTON.spins).f_plus)

    def prepare(system: Composite, offset_hz: FloatArray, _evolve: Evolution) -> ComplexArray:
        # Echoes refocus the carrier's own offset, so everything is simulated in its frame.
        return np.asarray(scale * _after(sequence, pulses, system, offset_hz - carrier_hz))

    return prepare


def _after(sequence: Sequence, pulses: SlicePulses, system: Composite, offset_hz: FloatArray) -> ComplexArray:
    """Return the density matrix at the echo, integrated over all slices, (states, states)."""
    evolve = Evolution(hamiltonian(system.spins, offset_hz, system.j_hz))
    magnetic = operators(system.spins).magnetic
    refocusing, before_s = _refocusing(sequence, pulses), pulses.excitation_s / 2
    axes = _axes(sequence)
    order = 1 if sum(map(len, axes)) % 2 else -1
    density = _excite(pulses, system, offset_hz, order)
    place_hz, step_hz = _places(refocusing, pulses.refocusing_hz, offset_hz)
    turns = propagators(refocusing, system, offset_hz, place_hz)
    for delays_s in axes:
        for delay_s in delays_s:
            density = evolve(density, delay_s - before_s - refocusing.duration_s / 2)
            order, before_s = -order, refocusing.duration_s / 2
            density = coherence(turns @ density @ _adjoint(turns), magnetic, order)
        density = density.sum(axis=0) * step_hz
    return evolve(density, sequence.delays_s[-1] - before_s)


def _axes(sequence: Sequence) -> tuple[tuple[float, ...], ...]:
    """Return the delay before each refocusing pulse, axis by axis; an adiabatic pair shares one."""
    before = sequence.delays_s[:-1]
    if sequence.name == "sLASER":
        return (before[:2], before[2:])
    return tuple((delay,) for delay in before)


def _refocusing(sequence: Sequence, pulses: SlicePulses) -> RfPulse:
    make = adiabatic_pulse if sequence.name == "sLASER" else refocusing_pulse
    return make(pulses.refocusing_hz, pulses.refocusing_s)


def _excite(pulses: SlicePulses, system: Composite, offset_hz: FloatArray, order: int) -> ComplexArray:
    """Return the wanted coherence after excitation and the lobe that rephases its slice."""
    pulse = excitation_pulse(pulses.excitation_hz, pulses.excitation_s)
    magnetic = operators(system.spins).magnetic
    place_hz, step_hz = _places(pulse, pulses.excitation_hz, offset_hz)
    turns = propagators(pulse, system, offset_hz, place_hz)
    density = coherence((turns * magnetic) @ _adjoint(turns), magnetic, order)
    rephased = np.exp(1j * math.pi * order * place_hz * pulse.duration_s)
    return np.asarray(np.tensordot(rephased, density, axes=1) * step_hz)


def _places(pulse: RfPulse, bandwidth_hz: float, offset_hz: FloatArray) -> tuple[FloatArray, float]:
    """Return places that cover the slices of all spins, and their spacing, in Hz."""
    reach = bandwidth_hz / 2 + _SKIRT / pulse.duration_s + float(np.abs(offset_hz).max())
    step_hz = 1 / (_SAMPLES_PER_FEATURE * pulse.duration_s)
    count = math.ceil(reach / step_hz)
    return np.asarray(np.arange(-count, count + 1) * step_hz, dtype=float), step_hz


def _adjoint(matrices: ComplexArray) -> ComplexArray:
    return np.conj(np.swapaxes(matrices, -1, -2))


def propagators(pulse: RfPulse, system: Composite, offset_hz: FloatArray, place_hz: FloatArray) -> ComplexArray:
    """Return the propagator of a pulse with a gradient at each place, (places, states, states).

    Notes
    -----
    Strang splitting: in each of a few dozen parts, every spin turns by itself (in closed form), between two halves of
    the coupling. Couplings of 20 Hz and shift differences of 500 Hz move by far less than a turn in such a part.
    """
    parts = math.gcd(len(pulse.b1_hz), PARTS)
    single = segments(pulse, place_hz[:, None] + offset_hz, parts)
    energy, vectors = np.linalg.eigh(coupling_hamiltonian(system.spins, system.j_hz))

    def coupled(time_s: float) -> ComplexArray:
        return np.asarray((vectors * np.exp(-2j * math.pi * energy * time_s)) @ vectors.T)

    part_s = pulse.duration_s / parts
    whole, half = coupled(part_s), coupled(part_s / 2)
    u = np.broadcast_to(half, (len(place_hz), *half.shape))
    for part in range(parts):
        u = _turn_each(single[part], system.spins, u)
        u = (half if part == parts - 1 else whole) @ u
    return u


def _turn_each(turn: ComplexArray, spins: Spins, u: ComplexArray) -> ComplexArray:
    """Apply the turn (places, spins, 2, 2) of every spin to matrices (places, states, states), in two halves."""
    middle = (len(spins) + 1) // 2
    upper = [turned(turn[:, k], spin) for k, spin in enumerate(spins[:middle])]
    lower = [turned(turn[:, k + middle], spin) for k, spin in enumerate(spins[middle:])]
    places, states = u.shape[0], u.shape[-1]
    first = functools.reduce(kron, upper)
    if lower:
        second = functools.reduce(kron, lower)
        u = second[:, None] @ u.reshape(places, first.shape[-1], second.shape[-1], states)
    u = first @ u.reshape(places, first.shape[-1], -1)
    return u.reshape(places, states, states)
