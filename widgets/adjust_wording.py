"""Adjustments in words and units, as they stand on buttons and in the history. No Qt in here."""

from __future__ import annotations

import math

from analysis.types import FitSettings
from widgets.texts import noop, tr

PHASE, SHIFT, STIFFNESS, WIDTH = (
    noop("Zero-order phase"),
    noop("Frequency shift"),
    noop("Baseline stiffness"),
    noop("Gaussian width"),
)


def change_text(before: FitSettings, after: FitSettings) -> str:
    """Name what a gesture did, for example ``zero-order phase +4.0°``; empty where nothing changed."""
    parts = []
    if after.phase0_rad != before.phase0_rad:
        parts.append(tr("zero-order phase {amount}", amount=degrees(after.phase0_rad)))
    if after.shift_ppm != before.shift_ppm:
        parts.append(tr("frequency shift {amount}", amount=_unit(after.shift_ppm, "+.3f", " ppm")))
    if after.ppm_range != before.ppm_range:
        parts.append(tr("fit range {span}", span=ppm_range(after.ppm_range)))
    if after.baseline_ed_per_ppm != before.baseline_ed_per_ppm:
        parts.append(tr("baseline stiffness {amount}", amount=_unit(after.baseline_ed_per_ppm, ".2f", " ED/ppm")))
    if after.gauss_hz != before.gauss_hz:
        parts.append(tr("Gaussian width {amount}", amount=_unit(after.gauss_hz, ".1f", " Hz")))
    gone = [name for name in after.left_out if name not in before.left_out]
    back = [name for name in before.left_out if name not in after.left_out]
    parts += [tr("without {names}", names=", ".join(gone))] if gone else []
    parts += [tr("with {names}", names=", ".join(back))] if back else []
    return ", ".join(parts)


def degrees(phase_rad: float | None) -> str:
    """Show a phase within half a turn as ``+4.0°``."""
    if phase_rad is None:
        return tr("automatic")
    return f"{math.degrees(math.remainder(phase_rad, 2 * math.pi)):+.1f}°".replace("-", "−")


def ppm_range(limits: tuple[float, float] | None) -> str:
    """Show a range from its higher to its lower end, as the axis runs."""
    return tr("automatic") if limits is None else f"{limits[1]:.2f}–{limits[0]:.2f} ppm"


def settings_text(settings: FitSettings) -> str:
    """Name everything that a reader has set."""
    return change_text(FitSettings(), settings)


def _unit(value: float | None, form: str, unit: str) -> str:
    return tr("automatic") if value is None else f"{value:{form}}{unit}".replace("-", "−")
