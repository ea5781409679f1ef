"""The single transients of an acquisition, aligned and judged: what lies behind the mean that is fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.align import Scale
from analysis.preprocess import aligned_transients
from analysis.rejection import spoilt_transients
from analysis.types import Acquisition, BoolArray, ComplexArray, Fit, FloatArray, ProcessSettings, Spectrum
from analysis.units import spectrum_of


@dataclass(frozen=True, eq=False)
class Transients:
    """Aligned transients and what the rule of rejection says of each.

    Attributes
    ----------
    fids : (transients, points) complex, as they go into the mean
    shift_hz, phase_rad : (transients,) corrections that aligned them
    kept : (transients,) bool, which ones the rule keeps
    reasons : for each transient what the rule minds, empty where nothing
    """

    fids: ComplexArray
    scale: Scale
    shift_hz: FloatArray
    phase_rad: FloatArray
    kept: BoolArray
    reasons: tuple[str, ...]


def transients_of(acquisition: Acquisition, settings: ProcessSettings) -> Transients:
    """Align the transients of an acquisition and judge each; a reader's own choice of them plays no part.

    Raises
    ------
    ProcessingFailed
        If the signal is not finite.
    """
    fids, alignment = aligned_transients(acquisition, replace(settings, keep_transients=None))
    parameters = acquisition.parameters
    scale = Scale(parameters.f0_mhz, parameters.spectral_width_hz, parameters.reference_ppm)
    judged = len(fids) > 1 and not acquisition.averaged_only
    spoilt = spoilt_transients(fids, alignment, scale) if judged else None
    if spoilt is None:
        kept, reasons = np.ones(len(fids), dtype=bool), ("",) * len(fids)
    else:
        kept, reasons = ~spoilt.transients, tuple(", ".join(why) for why in spoilt.why)
        kept = kept if settings.reject else np.ones(len(fids), dtype=bool)
    return Transients(fids, scale, alignment.shift_hz, alignment.phase_rad, kept, reasons)


def display_phase_rad(spectrum: Spectrum, fit: Fit | None) -> float:
    """Return the phase that stands between aligned transients and the upright lines of the fit, in rad."""
    found = 0.0 if fit is None else fit.phase0_rad
    for step in spectrum.history:
        value = step.values.get("phase0_rad")
        if step.name == "Phase" and isinstance(value, float):
            found += value
    return found


def band_spectra(
    transients: Transients, ppm_range: tuple[float, float], phase0_rad: float
) -> tuple[FloatArray, FloatArray]:
    """Return the ppm axis (m,) over a range and the real upright spectra (transients, m)."""
    axis = transients.scale.axis(transients.fids.shape[1])
    inside = (axis >= ppm_range[0]) & (axis <= ppm_range[1])
    turned = spectrum_of(transients.fids)[:, inside] * np.exp(-1j * phase0_rad)
    return axis[inside], np.asarray(turned.real)
