"""Waveforms of slice-selective radio-frequency pulses, and how they turn single spins.

Amplitudes are nutation frequencies in Hz (gamma B1 / 2 pi), times in s. A spin's offset from the carrier and its place
in the slice gradient are one frequency in Hz.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.types import ComplexArray, FloatArray

PARTS = 32
"""The number of steps of a selective pulse is a multiple of this."""
_STEP_S = 20e-6
"""Longest time that a waveform is held constant."""
_STEPS_PER_TURN = 6
"""Steps in 1 / bandwidth: profiles repeat every 1 / step, which must lie far outside the slice."""
_FILL = 16
"""How much finer than the pulse's own grid its polynomials are sampled."""
_LARGEST_TURN = 0.9998
"""sin(flip / 2) of a 180 degree pulse in the design; 1 would need a polynomial with zeros on the unit circle."""
_SECH_CUT = 5.298
"""asech(0.01): a hyperbolic secant pulse starts at 1 % of its peak."""
_ADIABATICITY = 3.0
"""Peak amplitude of a hyperbolic secant pulse over its adiabatic threshold; a design choice."""


@dataclass(frozen=True)
class RfPulse:
    """A pulse in steps of constant complex amplitude."""

    b1_hz: tuple[complex, ...]
    step_s: float

    @property
    def duration_s(self) -> float:
        """Length of the pulse."""
        return len(self.b1_hz) * self.step_s


def hard_pulse(flip_rad: float, duration_s: float = 1e-6) -> RfPulse:
    """Return a short rectangular pulse about x, which is ideal for all offsets far below 1 / duration."""
    return RfPulse((complex(flip_rad / (2 * math.pi * duration_s)),), duration_s)


def _steps(duration_s: float, time_bandwidth: float) -> tuple[int, float]:
    """Return how many steps a pulse has, a multiple of `PARTS`, and the length of one in s."""
    least = max(duration_s / _STEP_S, _STEPS_PER_TURN * time_bandwidth)
    steps = PARTS * max(1, math.ceil(least / PARTS))
    return steps, duration_s / steps


def _selective(flip_rad: float, duration_s: float, time_bandwidth: float) -> RfPulse:
    """Design a linear-phase pulse by the Shinnar-Le Roux transform (Pauly et al., IEEE Trans Med Imaging 1991;10:53).

    The polynomial that turns spins over is a sinc under a Hamming window, scaled to sin(flip / 2); its partner is the
    minimum-phase one. Polynomials are in ``w = exp(2 pi i offset step)``.
    """
    steps, step_s = _steps(duration_s, time_bandwidth)
    time = (2 * np.arange(steps) + 1) / steps - 1
    window = np.sinc(time * time_bandwidth / 2) * (0.54 + 0.46 * np.cos(math.pi * time))
    spectrum = np.fft.fft(window, _FILL * steps)
    scale = min(math.sin(flip_rad / 2), _LARGEST_TURN) / np.abs(spectrum).max()
    turned_over = -1j * scale * window
    kept = _minimum_phase(np.sqrt(1 - np.abs(scale * spectrum) ** 2))[:steps]
    b1 = np.zeros(steps, dtype=complex)
    for step in reversed(range(steps)):
        ratio = 1j * turned_over[0] / kept[0]
        half = math.atan(abs(ratio))
        b1[step] = half / (math.pi * step_s) * ratio / max(abs(ratio), 1e-300)
        direction = 1j * math.sin(half) * ratio / max(abs(ratio), 1e-300)
        before = math.cos(half) * turned_over + direction * kept
        kept = (math.cos(half) * kept - np.conj(direction) * turned_over)[:-1]
        turned_over = before[1:]
    return RfPulse(tuple(complex(b) for b in b1), step_s)


def _minimum_phase(magnitude: FloatArray) -> ComplexArray:
    """Return the coefficients in w of the minimum-phase function of this magnitude, through its cepstrum."""
    cepstrum = np.fft.fft(np.log(magnitude)) / len(magnitude)
    half = len(magnitude) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    function = np.exp(np.fft.ifft(cepstrum) * len(magnitude))
    return np.asarray(np.fft.fft(function) / len(magnitude))


@functools.lru_cache(maxsize=16)
def excitation_pulse(bandwidth_hz: float, duration_s: float) -> RfPulse:
    """Return a 90 degree pulse whose profile has this full width at half maximum."""
    return _with_width(lambda tb: _selective(math.pi / 2, duration_s, tb), bandwidth_hz, duration_s, excited)


@functools.lru_cache(maxsize=16)
def refocusing_pulse(bandwidth_hz: float, duration_s: float) -> RfPulse:
    """Return a 180 degree pulse whose profile between crushers has this full width at half maximum."""
    return _with_width(lambda tb: _selective(math.pi, duration_s, tb), bandwidth_hz, duration_s, refocused)


@functools.lru_cache(maxsize=16)
def adiabatic_pulse(bandwidth_hz: float, duration_s: float) -> RfPulse:
    """Return a hyperbolic secant full passage (Silver, Joseph, Hoult 1984) that sweeps this bandwidth."""
    steps, step_s = _steps(duration_s, bandwidth_hz * duration_s)
    time = (2 * np.arange(steps) + 1) / steps - 1
    rate = 2 * _SECH_CUT / duration_s
    sweep = math.pi * bandwidth_hz / rate
    sech = 1 / np.cosh(_SECH_CUT * time)
    peak_hz = _ADIABATICITY * rate * math.sqrt(max(sweep, 1.0)) / (2 * math.pi)
    amplitude = peak_hz * sech * np.exp(1j * sweep * np.log(sech))
    return RfPulse(tuple(complex(b) for b in amplitude), step_s)


def _with_width(
    make: Callable[[float], RfPulse],
    bandwidth_hz: float,
    duration_s: float,
    profile: Callable[[RfPulse, FloatArray], FloatArray],
) -> RfPulse:
    """Scale the time-bandwidth product until the profile's full width at half maximum is the one asked for."""
    wanted = found = bandwidth_hz * duration_s
    for _ in range(8):
        pulse = make(found)
        offset_hz = np.linspace(0, 2 * bandwidth_hz, 801)
        height = profile(pulse, offset_hz)
        width = 2 * float(offset_hz[np.argmax(height < height[0] / 2)]) * duration_s
        found *= wanted / max(width, 1e-3)
    return make(found)


def excited(pulse: RfPulse, offset_hz: FloatArray) -> FloatArray:
    """Return the transverse magnetisation that a pulse makes of 1 along z, at each offset."""
    turn = segments(pulse, offset_hz, 1)[0]
    return np.asarray(2 * np.abs(turn[:, 0, 0] * turn[:, 0, 1]))


def refocused(pulse: RfPulse, offset_hz: FloatArray) -> FloatArray:
    """Return the share of transverse magnetisation that a pulse between crushers refocuses, at each offset."""
    return np.asarray(np.abs(segments(pulse, offset_hz, 1)[0][:, 0, 1]) ** 2)


def segments(pulse: RfPulse, offset_hz: FloatArray, count: int) -> ComplexArray:
    """Return how a spin 1/2 is turned in each of `count` equal parts of a pulse, (count, ..., 2, 2).

    Each step is the rotation ``exp(-2 pi i step (offset Iz + Re b1 Ix + Im b1 Iy))`` in closed form; `count` divides
    the number of steps.
    """
    length = len(pulse.b1_hz) // count
    parts = []
    for start in range(0, len(pulse.b1_hz), length):
        a, b = np.ones(offset_hz.shape, dtype=complex), np.zeros(offset_hz.shape, dtype=complex)
        for b1 in pulse.b1_hz[start : start + length]:
            field = np.sqrt(offset_hz**2 + abs(b1) ** 2)
            half = np.pi * field * pulse.step_s
            over = np.pi * pulse.step_s * np.sinc(field * pulse.step_s)
            alpha = np.cos(half) - 1j * offset_hz * over
            beta = -1j * np.conj(b1) * over
            # [[alpha, beta], [-beta*, alpha*]] times what was before
            a, b = alpha * a - beta * np.conj(b), alpha * b + beta * np.conj(a)
        parts.append(np.stack([np.stack([a, b], -1), np.stack([-np.conj(b), np.conj(a)], -1)], -2))
    return np.asarray(parts)


@functools.lru_cache(maxsize=8)
def _symmetric_states(protons: int) -> FloatArray:
    """Return the states of largest total spin as columns, (2**n, n + 1), from +S to -S."""
    flipped = np.array([index.bit_count() for index in range(2**protons)])
    columns = (flipped[:, None] == np.arange(protons + 1)).astype(float)
    return np.asarray(columns / np.sqrt(columns.sum(axis=0)))


def turned(turn: ComplexArray, spin: float) -> ComplexArray:
    """Return the rotation of a spin S that a spin 1/2 undergoes as `turn` (..., 2, 2): (..., 2S + 1, 2S + 1)."""
    protons = round(2 * spin)
    states = _symmetric_states(protons)
    whole = turn
    for _ in range(protons - 1):
        whole = kron(whole, turn)
    return np.asarray(states.T @ whole @ states)


def kron(left: ComplexArray, right: ComplexArray) -> ComplexArray:
    """Return the Kronecker products of matrices (..., a, a) and (..., b, b)."""
    product = left[..., :, None, :, None] * right[..., None, :, None, :]
    size = left.shape[-1] * right.shape[-1]
    return product.reshape(*product.shape[:-4], size, size)
