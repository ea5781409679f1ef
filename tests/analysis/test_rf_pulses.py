"""Pulses against a Bloch simulation, and against what they are asked to be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from analysis.rf_pulses import (
    adiabatic_pulse,
    excitation_pulse,
    excited,
    hard_pulse,
    refocused,
    refocusing_pulse,
    segments,
    turned,
)

SELECTIVE = [
    (excitation_pulse, excited, 2200.0, 0.0024),
    (excitation_pulse, excited, 4000.0, 0.0020),
    (refocusing_pulse, refocused, 1250.0, 0.0052),
    (refocusing_pulse, refocused, 3000.0, 0.0080),
    (refocusing_pulse, refocused, 20000.0, 0.0010),
]
NAMES = ["excitation 2.2 kHz", "excitation 4 kHz", "refocusing 1.25 kHz", "refocusing 3 kHz", "refocusing 20 kHz"]


def bloch(pulse, offset_hz: float) -> np.ndarray:
    """The rotation of the magnetisation vector, step by step, dM/dt = 2 pi (field x M)."""
    whole = np.eye(3)
    for b1 in pulse.b1_hz:
        x, y, z = b1.real, b1.imag, offset_hz
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        whole = expm(2 * np.pi * pulse.step_s * cross) @ whole
    return whole


@pytest.mark.parametrize(
    "pulse",
    [excitation_pulse(2200.0, 0.0024), refocusing_pulse(1250.0, 0.0052), adiabatic_pulse(5000.0, 0.0045)],
    ids=["excitation", "refocusing", "adiabatic"],
)
def test_profiles_are_those_of_a_bloch_simulation(pulse):
    offset_hz = np.array([-1800.0, -620.0, 0.0, 300.0, 633.0, 1100.0])
    rotations = [bloch(pulse, offset) for offset in offset_hz]
    transverse = [np.hypot(*(m @ [0, 0, 1])[:2]) for m in rotations]
    # Crushers dephase the spins before and after: what is left turns M+ into the conjugate.
    crushed = [abs((m[0, 0] - m[1, 1]) + 1j * (m[0, 1] + m[1, 0])) / 2 for m in rotations]
    assert excited(pulse, offset_hz) == pytest.approx(np.array(transverse), abs=1e-9)
    assert refocused(pulse, offset_hz) == pytest.approx(np.array(crushed), abs=1e-9)


@pytest.mark.parametrize(("make", "profile", "bandwidth_hz", "duration_s"), SELECTIVE, ids=NAMES)
def test_a_selective_pulse_has_the_bandwidth_and_the_flip_angle_it_was_asked_for(
    make, profile, bandwidth_hz, duration_s
):
    pulse = make(bandwidth_hz, duration_s)
    offset_hz = bandwidth_hz * np.linspace(-1.5, 1.5, 3001)
    height = profile(pulse, offset_hz)
    inside = offset_hz[height > 0.5]
    assert np.ptp(inside) == pytest.approx(bandwidth_hz, rel=0.02)
    assert pulse.duration_s == pytest.approx(duration_s)
    skirt_hz = 2 / duration_s
    assert height[np.abs(offset_hz) < bandwidth_hz / 2 - skirt_hz].min(initial=1.0) > 0.98
    assert height[np.abs(offset_hz) > bandwidth_hz / 2 + skirt_hz].max() < 0.02


def test_an_adiabatic_pulse_turns_its_band_over_whatever_its_amplitude():
    """The definition of adiabatic: 30 % more or less amplitude changes nothing inside the swept band."""
    pulse = adiabatic_pulse(5000.0, 0.0045)
    inside = np.linspace(-1800, 1800, 41)
    for factor in (0.75, 1.0, 1.3):
        other = type(pulse)(tuple(factor * b for b in pulse.b1_hz), pulse.step_s)
        assert refocused(other, inside).min() > 0.97
    assert refocused(pulse, np.array([-4000.0, 4000.0])).max() < 0.01


def test_parts_of_a_pulse_multiply_to_the_whole():
    pulse, offset_hz = refocusing_pulse(1250.0, 0.0052), np.array([[-400.0, 0.0], [70.0, 900.0]])
    whole = segments(pulse, offset_hz, 1)[0]
    product = np.eye(2)
    for part in segments(pulse, offset_hz, 32):
        product = part @ product
    assert product == pytest.approx(whole)


def test_a_hard_pulse_is_the_ideal_rotation():
    turn = segments(hard_pulse(np.pi), np.array([300.0]), 1)[0, 0]
    assert turn == pytest.approx(np.array([[0, -1j], [-1j, 0]]), abs=1e-3)


@pytest.mark.parametrize("spin", [0.5, 1.0, 1.5, 2.0])
def test_larger_spins_turn_by_their_own_matrices(spin):
    m = spin - np.arange(round(2 * spin) + 1)
    plus = np.diag(np.sqrt(spin * (spin + 1) - m[1:] * (m[1:] + 1)), 1)
    field = 0.7 * (plus + plus.T) / 2 + 0.4 * (plus - plus.T) / 2j - 1.1 * np.diag(m)
    half = np.array([[-1.1, 0.7 - 0.4j], [0.7 + 0.4j, 1.1]]) / 2
    assert turned(expm(-1j * half), spin) == pytest.approx(expm(-1j * field))
