"""Frequency and phase alignment of transients, and rejection of spoilt ones.

Alignment is spectral registration (Near et al., MRM 2015;73:44) against the mean: for each transient the shift that
maximises the magnitude of its product with the reference, found by a zero-filled Fourier transform. The lipid range is
left out, because fat that moves with breathing would be aligned instead of the disc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analysis.types import BoolArray, ComplexArray, FloatArray
from analysis.units import ppm_axis, time_axis_s

_ALIGN_PPM = (1.75, 5.4)
_LIPID_PPM = (0.9, 1.6)
_WATER_PPM = (4.2, 5.1)
_REACH_HZ = 40.0
_ROUNDS = 3
_MAD_LIMIT = 3.5
_SHIFT_LIMIT_HZ = 4.0
_FEWEST = 8
_MAD_TO_SD = 1.4826
_REGISTER_S = 0.2
_EDGE_PPM = 0.03
_SMOOTHED = 15


@dataclass(frozen=True, eq=False)
class Alignment:
    """Corrections (transients,) that were applied: shift in Hz and phase in rad."""

    shift_hz: FloatArray
    phase_rad: FloatArray


@dataclass(frozen=True)
class Scale:
    """What is needed to place ppm on a spectrum."""

    f0_mhz: float
    spectral_width_hz: float
    reference_ppm: float

    def axis(self, points: int) -> FloatArray:
        """Return the ascending ppm axis."""
        return ppm_axis(points, self.spectral_width_hz, self.f0_mhz, self.reference_ppm)


def _band(transients: ComplexArray, scale: Scale, low: float, high: float) -> ComplexArray:
    """Keep a ppm band of FIDs (transients, points), with soft edges of 0.1 ppm."""
    ppm = scale.axis(transients.shape[-1])
    mask = expit((ppm - low) / _EDGE_PPM) * expit((high - ppm) / _EDGE_PPM)
    return np.asarray(np.fft.ifft(np.fft.fft(transients, axis=-1) * np.fft.ifftshift(mask), axis=-1))


def corrected(transients: ComplexArray, alignment: Alignment, spectral_width_hz: float) -> ComplexArray:
    """Apply an alignment to FIDs (transients, points)."""
    time = time_axis_s(transients.shape[-1], spectral_width_hz)
    turn = 2 * np.pi * np.outer(alignment.shift_hz, time) + alignment.phase_rad[:, None]
    return np.asarray(transients * np.exp(1j * turn))


def align_transients(transients: ComplexArray, scale: Scale) -> Alignment:
    """Find the shift and phase of each transient relative to the median transient.

    Parameters
    ----------
    transients : (transients, points) complex
    """
    count = len(transients)
    if count < 2:
        return Alignment(np.zeros(count), np.zeros(count))
    short = _band(transients, scale, *_ALIGN_PPM)[:, : max(64, int(_REGISTER_S * scale.spectral_width_hz))]
    likeness = np.abs(short @ short.mean(axis=0).conj())
    reference: ComplexArray = short[int(np.argmax(likeness))]
    for _ in range(_ROUNDS):
        alignment = _register(short, reference, scale.spectral_width_hz)
        reference = np.median(corrected(short, alignment, scale.spectral_width_hz).view(float), axis=0).view(complex)
    return Alignment(alignment.shift_hz - np.median(alignment.shift_hz), _centred(alignment.phase_rad))


def _register(signals: ComplexArray, reference: ComplexArray, spectral_width_hz: float) -> Alignment:
    product = signals.conj() * reference
    length = 1 << int(np.ceil(np.log2(16 * product.shape[1])))
    response = np.fft.fft(product, length, axis=1)
    frequency = np.fft.fftfreq(length, 1 / spectral_width_hz)
    near = np.flatnonzero(np.abs(frequency) <= _REACH_HZ)
    near = near[np.argsort(frequency[near])]
    height = np.abs(response[:, near])
    best = np.clip(height.argmax(axis=1), 1, len(near) - 2)
    rows = np.arange(len(signals))
    left, middle, right = height[rows, best - 1], height[rows, best], height[rows, best + 1]
    offset = 0.5 * (left - right) / np.where(left - 2 * middle + right == 0, 1, left - 2 * middle + right)
    shift = frequency[near][best] + offset * (frequency[near][1] - frequency[near][0])
    time = time_axis_s(product.shape[1], spectral_width_hz)
    phase = np.angle(np.sum(product * np.exp(-2j * np.pi * np.outer(shift, time)), axis=1))
    return Alignment(shift, phase)


def _centred(phase_rad: FloatArray) -> FloatArray:
    centre = np.angle(np.mean(np.exp(1j * phase_rad)))
    return np.asarray(np.angle(np.exp(1j * (phase_rad - centre))))


def _outliers(values: FloatArray, both_sides: bool) -> BoolArray:
    deviation = values - np.median(values)
    spread = _MAD_TO_SD * np.median(np.abs(deviation)) + 1e-12 * np.max(np.abs(values))
    far = np.abs(deviation) if both_sides else deviation
    return np.asarray(far > _MAD_LIMIT * spread)


def spoilt_transients(
    transients: ComplexArray, alignment: Alignment, scale: Scale
) -> tuple[BoolArray, tuple[str, ...]]:
    """Tell which aligned transients are spoilt, and how many by each criterion.

    A transient is spoilt if it lies more than 3.5 robust standard deviations from the others in frequency (and more
    than 4 Hz), or above them in lipid energy, in energy next to water, or in the energy of its tail.
    """
    count = len(transients)
    if count < _FEWEST:
        return np.zeros(count, dtype=bool), ("too few transients to judge",)
    tail = transients[:, -transients.shape[1] // 4 :]
    shift = alignment.shift_hz - _smoothed(alignment.shift_hz)
    apart = transients - np.median(transients.view(float), axis=0).view(complex)
    criteria = {
        "frequency": _outliers(shift, both_sides=True) & (np.abs(shift) > _SHIFT_LIMIT_HZ),
        "lipid": _outliers(_energy(_band(apart, scale, *_LIPID_PPM)), both_sides=False),
        "water": _outliers(_energy(_band(apart, scale, *_WATER_PPM)), both_sides=False),
        "tail": _outliers(_energy(tail), both_sides=False),
    }
    named = tuple(f"{name} {int(found.sum())}" for name, found in criteria.items() if found.any())
    return np.logical_or.reduce(list(criteria.values())), named


def _energy(signals: ComplexArray) -> FloatArray:
    return np.asarray(np.log(np.sum(np.abs(signals) ** 2, axis=1) + 1e-300))


def drift_hz(shift_hz: FloatArray) -> float:
    """Return the range of the shifts after smoothing over 15 transients."""
    if len(shift_hz) < 3:
        return float(np.ptp(shift_hz)) if len(shift_hz) else 0.0
    return float(np.ptp(_smoothed(shift_hz, trend=True)))


def _smoothed(values: FloatArray, *, trend: bool = False) -> FloatArray:
    """Return the running median over 15 values (fewer for short series).

    The series is mirrored at its ends; with `trend` it is turned about them as well, so that a drift goes on.
    """
    half = min(_SMOOTHED // 2, (len(values) - 1) // 2)
    padded = np.pad(values, half, mode="reflect")
    if trend and half:
        ends = min(5, len(values))
        first, last = np.median(values[:ends]), np.median(values[-ends:])
        overhang = (last - first) / max(len(values) - ends, 1) * (ends - 1) / 2
        padded[:half] = 2 * (first - overhang) - padded[:half]
        padded[-half:] = 2 * (last + overhang) - padded[-half:]
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1))
