"""The forward model of a spectrum: basis signals with shifts and Voigt widths, and its parameter vector.

In the time domain signal k is ``b_k(t) exp(2 pi i f_k t - pi L_k t - (pi G t)^2 / (4 ln 2))`` with its line shift
``f_k``, Lorentzian width ``L_k`` and the common Gaussian width ``G`` (both full widths at half maximum, Hz).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from analysis.errors import FitFailed
from analysis.protocol import FitRules, SignalRule, WidthGroup
from analysis.types import Basis, ComplexArray, FitSettings, FloatArray
from analysis.units import ppm_axis, spectrum_of, time_axis_s

ZERO_FILL = 2
"""The real part of a spectrum filled to twice its length holds all the information of the complex FID."""

_FIXED_SD = 1e-7
_FEWEST_POINTS = 32
PHASE0, PHASE1, SHIFT, GAUSS = range(4)
_COMMON = 4


@dataclass(frozen=True, eq=False)
class Parameters:
    """Where each non-linear parameter stands in the vector, and its Gaussian prior.

    Attributes
    ----------
    group_width, group_shift, signal_shift, signal_width : indices into the vector, -1 where there is no such parameter
    mean, sd : (p,) prior; sd is infinite where the parameter is free
    """

    group_width: tuple[int, ...]
    group_shift: tuple[int, ...]
    signal_shift: tuple[int, ...]
    signal_width: tuple[int, ...]
    signal_group: tuple[int, ...]
    mean: FloatArray
    sd: FloatArray

    @property
    def count(self) -> int:
        """Length of the parameter vector."""
        return len(self.mean)


def make_parameters(
    signals: Sequence[SignalRule],
    groups: Sequence[WidthGroup],
    rules: FitRules,
    settings: FitSettings,
    f0_mhz: float,
    *,
    phase_known: bool = False,
) -> Parameters:
    """Lay out the parameter vector: phase0, phase1, shift, Gaussian width, then groups, then signals."""
    mean = [0.0, 0.0, 0.0, rules.gauss_mean_hz]
    phase_sd = rules.water_phase_sd_rad if phase_known else math.inf
    sd = [phase_sd, rules.phase1_sd_s or _FIXED_SD, rules.shift_range_ppm * f0_mhz, rules.gauss_sd_hz]
    if settings.phase0_rad is not None:
        mean[PHASE0], sd[PHASE0] = settings.phase0_rad, _FIXED_SD
    if settings.shift_ppm is not None:
        mean[SHIFT], sd[SHIFT] = settings.shift_ppm * f0_mhz, _FIXED_SD

    def add(prior_mean: float, prior_sd: float) -> int:
        if prior_sd <= 0:
            return -1
        mean.append(prior_mean)
        sd.append(prior_sd)
        return len(mean) - 1

    names = [g.name for g in groups]
    return Parameters(
        group_width=tuple(add(g.mean_hz, g.sd_hz) for g in groups),
        group_shift=tuple(add(0.0, g.shift_sd_ppm * f0_mhz) for g in groups),
        signal_shift=tuple(add(0.0, s.shift_sd_ppm * f0_mhz) for s in signals),
        signal_width=tuple(add(0.0, s.width_sd_hz) for s in signals),
        signal_group=tuple(names.index(s.group) for s in signals),
        mean=np.array(mean),
        sd=np.array(sd),
    )


def signal_shift_hz(parameters: Parameters, theta: FloatArray) -> FloatArray:
    """Return the line shift of each signal, (k,) Hz."""
    shift = np.full(len(parameters.signal_group), theta[SHIFT])
    for k, group in enumerate(parameters.signal_group):
        for index in (parameters.group_shift[group], parameters.signal_shift[k]):
            shift[k] += theta[index] if index >= 0 else 0.0
    return shift


def signal_lorentz_hz(parameters: Parameters, theta: FloatArray) -> FloatArray:
    """Return the Lorentzian width of each signal, (k,) Hz, never negative."""
    width = np.zeros(len(parameters.signal_group))
    for k, group in enumerate(parameters.signal_group):
        for index in (parameters.group_width[group], parameters.signal_width[k]):
            width[k] += theta[index] if index >= 0 else 0.0
    return np.maximum(width, 0.0)


class ForwardModel:
    """Evaluates the basis signals over a ppm range for given non-linear parameters."""

    def __init__(self, basis: Basis, ppm_range: tuple[float, float], parameters: Parameters) -> None:
        sampling = basis.sampling
        self.parameters = parameters
        self.length = ZERO_FILL * sampling.points
        axis = ppm_axis(self.length, sampling.spectral_width_hz, sampling.f0_mhz, sampling.reference_ppm)
        inside = np.flatnonzero((axis >= ppm_range[0]) & (axis <= ppm_range[1]))
        if len(inside) < _FEWEST_POINTS:
            raise FitFailed(f"The range {ppm_range[0]:g} to {ppm_range[1]:g} ppm holds too little of the spectrum.")
        self.window = slice(int(inside[0]), int(inside[-1]) + 1)
        self.ppm = axis[self.window]
        self.offset_hz = (self.ppm - sampling.reference_ppm) * sampling.f0_mhz
        self.time = time_axis_s(sampling.points, sampling.spectral_width_hz)
        # Turned so that the fit range starts at the first point of the transform: no shift, no gather.
        self._turn = np.exp(-2j * np.pi * self.offset_hz[0] * self.time)
        self._fids = basis.fids * self._turn
        self._fids[:, 0] *= 0.5

    def data(self, fid: ComplexArray) -> ComplexArray:
        """Return the spectrum of a FID over the fit range, (m,) complex."""
        return spectrum_of(fid, self.length)[self.window]

    def rotation(self, theta: FloatArray) -> ComplexArray:
        """Return the factor (m,) that turns data of these phases upright."""
        return np.asarray(np.exp(-1j * (theta[PHASE0] + 2 * np.pi * self.offset_hz * theta[PHASE1])))

    def _transform(self, fids: ComplexArray) -> ComplexArray:
        return np.asarray(scipy.fft.fft(fids, self.length, axis=-1)[:, : len(self.ppm)].T)

    def shaped(self, theta: FloatArray) -> ComplexArray:
        """Return the basis FIDs with their shifts and widths, (k, n)."""
        t = self.time
        shift = signal_shift_hz(self.parameters, theta)
        width = signal_lorentz_hz(self.parameters, theta)
        common = np.exp(-((math.pi * float(theta[GAUSS]) * t) ** 2) / (4 * math.log(2)))
        return np.asarray(self._fids * np.exp(np.outer(2j * np.pi * shift - math.pi * width, t)) * common)

    def spectra(self, fids: ComplexArray) -> ComplexArray:
        """Return all signals over the fit range, (m, k) complex, from their FIDs (see `shaped`)."""
        return self._transform(fids)

    def jacobian(
        self, theta: FloatArray, fids: ComplexArray, amplitudes: FloatArray, rotated: ComplexArray
    ) -> FloatArray:
        """Return the derivative (m, p) of ``real(rotated data) - model`` by the non-linear parameters.

        `fids` are those of `shaped` at `theta`.
        """
        once = self._transform(fids * self.time)
        twice = self._transform((amplitudes @ fids)[None] * self.time**2)[:, 0]
        p = self.parameters
        columns = np.zeros((len(self.ppm), p.count))
        columns[:, PHASE0] = rotated.imag
        columns[:, PHASE1] = 2 * np.pi * self.offset_hz * rotated.imag
        by_shift = 2 * np.pi * once.imag * amplitudes
        by_width = math.pi * once.real * amplitudes
        columns[:, SHIFT] = by_shift.sum(axis=1)
        columns[:, GAUSS] = math.pi**2 * float(theta[GAUSS]) / (2 * math.log(2)) * twice.real
        for k, group in enumerate(p.signal_group):
            for index, change in (
                (p.group_shift[group], by_shift),
                (p.signal_shift[k], by_shift),
                (p.group_width[group], by_width),
                (p.signal_width[k], by_width),
            ):
                if index >= 0:
                    columns[:, index] += change[:, k]
        return columns
