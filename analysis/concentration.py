"""Concentrations in an exam: amplitudes against the unsuppressed water of the same voxel, with every uncertainty.

    concentration = amplitude / (water / 2 protons)  *  water of the tissue  *  R(water) / R(signal)
    R = exp(-TE / T2) exp(-TM / T1) (1 - exp(-TR / T1))

The amplitude is per molecule (a proton of the simulated basis has area 1) and the water is the total area of its
line, the amplitude of its FID at t = 0, so that widths cancel and no window is chosen. The saturation factor is that
of a repeated 90 degree excitation: what the refocusing pulses take from the recovery is about TE / T1 of its missing
part, and nearly the same for water and signals.

Water content and relaxation times are priors of the protocol, each with its standard deviation; a voxel's own water T2
takes the place of the prior where one was measured. Errors are propagated to first order on the logarithm: those of the
water are common to all signals of a voxel and cancel in ratios, those of a relaxation rule are common to its signals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.errors import FitFailed
from analysis.line_area import amplitude_at_start
from analysis.tissue_water import Known, TissueWater
from analysis.types import (
    Acquisition,
    AcquisitionParameters,
    Fit,
    FloatArray,
    Measured,
    Sampling,
    Spectrum,
    VoxelResult,
)

_WATER_MMOL_PER_G = 1e3 / 18.015
_WATER_PROTONS = 2.0


@dataclass(frozen=True)
class Times:
    """Echo, repetition and mixing time of a sequence; the mixing time is 0 but for STEAM."""

    te_s: float
    tr_s: float
    tm_s: float


@dataclass(frozen=True)
class TissueScale:
    """What turns amplitudes of one voxel into mmol per litre of tissue.

    Attributes
    ----------
    factor : mmol/l of each signal per unit of its amplitude; signals without known relaxation are absent
    water_rsd : relative SD that all signals share: water area, water content, water T1 and T2
    rules : for each relaxation rule, its signals and their common relative SD
    """

    factor: Mapping[str, float]
    water_rsd: float
    rules: tuple[tuple[frozenset[str], float], ...]


def times_of(parameters: AcquisitionParameters) -> Times | None:
    """Return the times that relaxation needs, or None where the file does not say one."""
    mixing_s = parameters.tm_s if parameters.localisation == "STEAM" else 0.0
    if parameters.te_s is None or parameters.tr_s is None or mixing_s is None:
        return None
    return Times(parameters.te_s, parameters.tr_s, mixing_s)


def left_after(times: Times, t1_s: float, t2_s: float) -> float:
    """Return the share of a signal that relaxation leaves."""
    saturation = -math.expm1(-times.tr_s / t1_s)
    return math.exp(-times.te_s / t2_s - times.tm_s / t1_s) * saturation


def relaxation_rsd(times: Times, t1: Known | Measured, t2: Known | Measured) -> float:
    """Return the relative SD of `left_after` that the SDs of the two times give, to first order."""
    recovering = math.exp(-times.tr_s / t1.value)
    by_t1 = (times.tm_s - times.tr_s * recovering / (1 - recovering)) / t1.value**2
    by_t2 = times.te_s / t2.value**2
    return math.hypot(by_t1 * t1.sd, by_t2 * t2.sd)


def tissue_scale(
    acquisition: Acquisition, spectrum: Spectrum, water: TissueWater | None, own_t2_s: Measured | None = None
) -> TissueScale | None:
    """Return how amplitudes of a voxel become concentrations, or None where something needed is not known.

    Parameters
    ----------
    water : the protocol's priors, None where it has none
    own_t2_s : T2 of this voxel's water in s, in place of the protocol's
    """
    times = times_of(acquisition.parameters)
    if water is None or times is None or spectrum.water is None:
        return None
    if not water.f0_range_mhz[0] <= spectrum.f0_mhz <= water.f0_range_mhz[1]:
        return None
    width_hz = acquisition.water_spectral_width_hz or spectrum.spectral_width_hz
    sampling = Sampling(spectrum.f0_mhz, width_hz, len(spectrum.water), spectrum.reference_ppm)
    try:
        area = amplitude_at_start(spectrum.water, sampling)
    except FitFailed:
        return None
    t2_s = own_t2_s or water.t2_s
    visible = left_after(times, water.t1_s.value, t2_s.value)
    tissue_mmol_per_l = 1e3 * water.content_g_per_ml.value * _WATER_MMOL_PER_G
    per_proton = _WATER_PROTONS * tissue_mmol_per_l * visible / area.value
    content_rsd = water.content_g_per_ml.sd / water.content_g_per_ml.value
    return TissueScale(
        factor={
            name: per_proton / left_after(times, rule.t1_s.value, rule.t2_s.value)
            for rule in water.metabolites
            for name in rule.signals
        },
        water_rsd=math.hypot(area.sd / area.value, content_rsd, relaxation_rsd(times, water.t1_s, t2_s)),
        rules=tuple((frozenset(r.signals), relaxation_rsd(times, r.t1_s, r.t2_s)) for r in water.metabolites),
    )


def concentration(fit: Fit, weights: FloatArray, scale: TissueScale | None) -> Measured | None:
    """Return a weighted sum of amplitudes in mmol per litre of tissue, or None where a part of it is not known.

    Parameters
    ----------
    weights : (k,) of the fitted signals
    """
    names = [name for name, weight in zip(fit.names, weights, strict=True) if weight]
    if scale is None or not names or any(name not in scale.factor for name in names):
        return None
    row = weights * np.array([scale.factor.get(name, 0.0) for name in fit.names])
    parts = dict(zip(fit.names, row * fit.amplitudes, strict=True))
    value = float(sum(parts.values()))
    common = [sum(parts[name] for name in names if name in signals) * rsd for signals, rsd in scale.rules]
    by_fit = math.sqrt(max(float(row @ fit.covariance @ row), 0.0))
    return Measured(value, math.hypot(by_fit, value * scale.water_rsd, *common))


def water_for_driver(voxels: Sequence[VoxelResult]) -> list[float | None]:
    """Return the water of each voxel that the comparison of acid and structure takes.

    Corrected for T2 where every voxel has a T2 of its own; else uncorrected in all, because a correction of some
    would make a difference of its own. None where a voxel has no water reference.
    """
    corrected = all(v.water_t2_s is not None and v.acquisition.parameters.te_s is not None for v in voxels)
    return [_water(voxel, corrected=corrected) for voxel in voxels]


def _water(voxel: VoxelResult, *, corrected: bool) -> float | None:
    area = None if voxel.spectrum is None else voxel.spectrum.water_area
    t2_s, te_s = voxel.water_t2_s, voxel.acquisition.parameters.te_s
    if area is None or not corrected or t2_s is None or te_s is None:
        return area
    return area * math.exp(te_s / t2_s.value)
