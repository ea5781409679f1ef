"""What a fit settled on for everything that a reader may adjust: where a control stands while it is automatic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.model import SHIFT
from analysis.types import Fit, FitSettings


@dataclass(frozen=True)
class Adjustables:
    """One value for each adjustable quantity: zero-order phase in rad, shift and range in ppm, width in Hz."""

    phase0_rad: float
    shift_ppm: float
    ppm_range: tuple[float, float]
    baseline_ed_per_ppm: float
    gauss_hz: float


def found_by(fit: Fit, f0_mhz: float) -> Adjustables:
    """Return what a fit found.

    The shift is the one that all signals share; a group's or a signal's own small shift comes on top of it.
    """
    shift_hz = float(np.median(fit.shift_hz)) if fit.theta is None else float(fit.theta[SHIFT])
    return Adjustables(
        phase0_rad=fit.phase0_rad,
        shift_ppm=shift_hz / f0_mhz,
        ppm_range=(float(fit.ppm[0]), float(fit.ppm[-1])),
        baseline_ed_per_ppm=fit.baseline_ed_per_ppm,
        gauss_hz=float(fit.gauss_hz[0]),
    )


def in_force(settings: FitSettings, found: Adjustables) -> Adjustables:
    """Return what the reader has set, and what the fit found for the rest."""
    return Adjustables(
        phase0_rad=found.phase0_rad if settings.phase0_rad is None else settings.phase0_rad,
        shift_ppm=found.shift_ppm if settings.shift_ppm is None else settings.shift_ppm,
        ppm_range=settings.ppm_range or found.ppm_range,
        baseline_ed_per_ppm=found.baseline_ed_per_ppm
        if settings.baseline_ed_per_ppm is None
        else settings.baseline_ed_per_ppm,
        gauss_hz=found.gauss_hz if settings.gauss_hz is None else settings.gauss_hz,
    )
