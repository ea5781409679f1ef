"""The forward model of a spectrum: basis signals with shifts and Voigt widths, and its parameter vector.

In the time domain signal k is ``b_k(t) exp(2 pi i f_k t - pi L_k t) g(t)`` with its line shift ``f_k`` and Lorentzian
width ``L_k``. The common line shape ``g(t) = exp(-(s t)^2 / 2 - i q (s t)^3 / 6)`` is the characteristic function of
field values over the voxel to third order: its Gaussian width ``G = s sqrt(2 ln 2) / pi`` (widths are full widths at
half maximum, Hz) and its skewness ``q``. As ``g(0) = 1``, a line's area stays its amplitude.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.band import cut_band, exponentials
from analysis.protocol import FitRules, SignalRule, WidthGroup
from analysis.types import Basis, ComplexArray, FitSettings, FloatArray
from analysis.units import FWHM_PER_GAUSS_SD, spectrum_of

FIXED_SD = 1e-7
"""Prior of a parameter that is held."""
NARROWEST_HZ = 0.05
"""No width that is fitted or held lies below this."""

PHASE0, PHASE1, SHIFT, GAUSS, SKEW = range(5)


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
    """Lay out the vector: phase0, phase1, shift, Gaussian width, skewness (held at 0), then groups, then signals."""
    mean = [0.0, 0.0, 0.0, rules.gauss_mean_hz, 0.0]
    phase_sd = rules.water_phase_sd_rad if phase_known else math.inf
    sd = [phase_sd, rules.phase1_sd_s or FIXED_SD, rules.shift_range_ppm * f0_mhz, rules.gauss_sd_hz, FIXED_SD]
    if settings.phase0_rad is not None:
        mean[PHASE0], sd[PHASE0] = settings.phase0_rad, FIXED_SD
    if settings.shift_ppm is not None:
        mean[SHIFT], sd[SHIFT] = settings.shift_ppm * f0_mhz, FIXED_SD
    if settings.gauss_hz is not None:
        mean[GAUSS], sd[GAUSS] = max(settings.gauss_hz, NARROWEST_HZ), FIXED_SD

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
    """Evaluates the basis signals over a ppm range for given non-linear parameters.

    Attributes
    ----------
    ppm, offset_hz : (m,) the fit range, ascending, and relative to the basis's reference
    length, window : the zero-filled spectrum's length, and where the fit range lies in it
    """

    def __init__(
        self, basis: Basis, names: Sequence[str], ppm_range: tuple[float, float], parameters: Parameters
    ) -> None:
        self._band = cut_band(basis, tuple(names), ppm_range)
        self.parameters = parameters
        self.ppm, self.offset_hz = self._band.ppm, self._band.offset_hz
        self.length, self.window = self._band.length, self._band.window

    def with_parameters(self, parameters: Parameters) -> ForwardModel:
        """Return the same model with other priors."""
        other = copy.copy(self)
        other.parameters = parameters
        return other

    def data(self, fid: ComplexArray) -> ComplexArray:
        """Return the spectrum of a FID over the fit range, (m,) complex."""
        return spectrum_of(fid, self.length)[self.window]

    def rotation(self, theta: FloatArray) -> ComplexArray:
        """Return the factor (m,) that turns data of these phases upright."""
        return np.asarray(np.exp(-1j * (theta[PHASE0] + 2 * np.pi * self.offset_hz * theta[PHASE1])))

    def shaped(self, theta: FloatArray) -> ComplexArray:
        """Return the basis signals in the time domain with their shifts and widths, (k, j)."""
        shift = signal_shift_hz(self.parameters, theta)
        width = signal_lorentz_hz(self.parameters, theta)
        turned = exponentials(np.asarray(2j * np.pi * shift - math.pi * width, dtype=complex), self._band.time_s)
        turned *= self._band.fids
        turned *= line_shape(self._band.time_s, float(theta[GAUSS]), float(theta[SKEW]))
        return turned

    def spectra(self, fids: ComplexArray) -> ComplexArray:
        """Return all signals over the fit range, (m, k) complex, from their FIDs (see `shaped`)."""
        return self._band.transform(fids).T

    def jacobian(
        self, theta: FloatArray, fids: ComplexArray, amplitudes: FloatArray, rotated: ComplexArray
    ) -> FloatArray:
        """Return the derivative (m, p) of ``real(rotated data) - model`` by the non-linear parameters.

        `fids` are those of `shaped` at `theta`.
        """
        p, time = self.parameters, self._band.time_s
        rows = np.zeros((p.count, len(self.ppm)))
        rows[PHASE0] = rotated.imag
        rows[PHASE1] = 2 * np.pi * self.offset_hz * rotated.imag
        rows[GAUSS], rows[SKEW] = -self._by_shape(theta, amplitudes @ fids)
        by_time = self._band.transform(fids * time)
        by_shift = 2 * np.pi * amplitudes[:, None] * by_time.imag
        by_width = math.pi * amplitudes[:, None] * by_time.real
        rows[SHIFT] = by_shift.sum(axis=0)
        for k, group in enumerate(p.signal_group):
            for index, change in (
                (p.group_shift[group], by_shift),
                (p.signal_shift[k], by_shift),
                (p.group_width[group], by_width),
                (p.signal_width[k], by_width),
            ):
                if index >= 0:
                    rows[index] += change[k]
        return rows.T

    def _by_shape(self, theta: FloatArray, total: ComplexArray) -> FloatArray:
        """Return the derivative (2, m) of the model by Gaussian width and by skewness."""
        slope = _per_gauss_hz(self._band.time_s)
        spread = slope * float(theta[GAUSS])
        by_gauss = -slope * spread - 0.5j * float(theta[SKEW]) * slope * spread**2
        by_skew = -1j / 6 * spread**3
        return np.asarray(self._band.transform(total * np.array([by_gauss, by_skew])).real)


def line_shape(time_s: FloatArray, gauss_hz: float, skewness: float) -> ComplexArray:
    """Return the factor (n,) that the line shape common to all signals puts on them."""
    spread = _per_gauss_hz(time_s) * gauss_hz
    return np.asarray(np.exp(-0.5 * spread**2 - 1j / 6 * skewness * spread**3))


def _per_gauss_hz(time_s: FloatArray) -> FloatArray:
    """Return the phase spread (rad) over the voxel at each time for a Gaussian width of 1 Hz."""
    return 2 * math.pi * time_s / FWHM_PER_GAUSS_SD
