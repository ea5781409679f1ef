"""Millimolar amplitudes by the unsuppressed water of the same voxel.

    concentration = amplitude  *  (reference area per proton / water area per proton)
                               *  water concentration that is visible at this echo time  /  metabolite relaxation

The reference is a singlet of known proton count in the basis set, so that the basis may have any scale. Both areas are
measured alike, in one of two ways (`WaterRules.areas`):

``lcmodel``
    Integrals over a peak of the real spectrum above a level that is the mean of the regions on both sides, over the
    windows of LCModel (subroutines AREABA, AREAW2, INTEGRATE of LCModel 6.3, BSD-3-Clause; re-stated here).
``total``
    Amplitudes at t = 0: of a Voigt line fitted to the singlet, and of the water FID.

The total is the physical quantity: neither the line width of the basis set nor the shim changes it. Windows cut off
tails; of a 2 Hz Lorentzian singlet they catch 89 %, of a water line of 3 to 12 Hz 97 to 99 %, so LCModel's millimolar
are about 10 % smaller with such a basis set. They are kept as the default of ``discern fit`` because its amplitudes
are compared with tables made by LCModel. The choice does not rest on the 10.00 mM creatine set of the fitting
challenge 2016 (9.8 mM with windows, 10.8 mM in total): that set's water starts at 0.924 of what its README implies,
and in the 28 spectra it starts at 0.95 (Gaussian lines), 0.84, 0.70 and 0.68 (Lorentzian lines, ever broader), in
proportion to what LCModel loses of such lines, so that LCModel's tCr is 6.4 to 6.6 in sets 4 to 11 and FSL-MRS's, by
total areas, 8.4 to 9.7. The organisers, it seems, scaled the water by LCModel; a participant's published code carries
their calibration factor 1.848 for 2 protons (github.com/patbolan/ISMRM_MRS_Fitting_Challenge), with which total areas
give 10.0 mM. The sentences say both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.errors import FitFailed
from analysis.line_area import amplitude_at_start, singlet_amplitude
from analysis.sourced import Sourced
from analysis.types import Basis, ComplexArray, FloatArray, Sampling
from analysis.units import ppm_axis, spectrum_of


class Singlet(Sourced):
    """A line of known size in the basis: the signal it belongs to, its place and its number of protons."""

    signal: str
    ppm: float
    protons: float


class Tissue(Sourced):
    """One compartment: its share of the voxel, water in g per ml, and the T2 of its water."""

    name: str
    fraction: float
    water_g_per_ml: float
    t2_s: float


class WaterRules(Sourced):
    """The constants of water scaling, and the windows of the two integrals."""

    areas: Literal["lcmodel", "total"]
    water_molar_mass_g: float
    metabolite_t2_s: float
    te_s: float
    """Where neither the file nor the basis set gives the echo time."""
    basis_fwhm_ppm: float
    basis_half_widths: float
    basis_search_ppm: float
    basis_border_ppm: float
    water_half_width_ppm: float
    water_border_ppm: float
    tissues: tuple[Tissue, ...]
    singlets: tuple[Singlet, ...]


@dataclass(frozen=True)
class WaterScale:
    """The factor from amplitudes to mM, and the sentences that say how it was made."""

    millimolar_per_unit: float
    sentences: tuple[str, ...]


def visible_water_mm(rules: WaterRules, te_s: float) -> float:
    """Return the water of the voxel that is left at the echo time, in mmol per litre of tissue."""
    grams = sum(t.fraction * t.water_g_per_ml * math.exp(-te_s / t.t2_s) for t in rules.tissues)
    return 1e6 * grams / rules.water_molar_mass_g


def water_scale(
    basis: Basis, fwhm_ppm: float | None, water: ComplexArray, sampling: Sampling, te_s: float | None, rules: WaterRules
) -> WaterScale:
    """Return the factor from amplitudes of a basis to mM.

    Parameters
    ----------
    basis : as its file gives it
    fwhm_ppm : its line width, None for LCModel's default
    water : (points,) FID of the unsuppressed water on the scale of the fitted spectrum
    te_s : echo time of both, None where unknown

    Raises
    ------
    FitFailed : the basis has no reference singlet, or an integral is not positive
    """
    echo_s = rules.te_s if te_s is None else te_s
    singlet = next((s for s in rules.singlets if s.signal in basis.names), None)
    if singlet is None:
        names = ", ".join(s.signal for s in rules.singlets)
        raise FitFailed(f"Water scaling needs one of the signals {names} in the basis set to know its scale.")
    ratios = {
        "lcmodel": _ratio(singlet_area(basis, singlet, fwhm_ppm, rules), singlet, water_area(water, sampling, rules)),
        "total": _ratio(_singlet_in_all(basis, singlet, rules), singlet, amplitude_at_start(water, sampling).value / 2),
    }
    visible = visible_water_mm(rules, echo_s)
    relaxation = math.exp(-echo_s / rules.metabolite_t2_s)
    tissues = ", ".join(
        f"{t.name} {t.fraction:g} (water {t.water_g_per_ml:g} g/ml, T2 {t.t2_s * 1e3:g} ms)" for t in rules.tissues
    )
    others = "total" if rules.areas == "lcmodel" else "lcmodel"
    chosen = ratios[rules.areas]
    sentences = (
        f"Water scaling by {_AREAS[rules.areas]}: the {singlet.signal} line at {singlet.ppm:g} ppm of the basis set"
        f" ({singlet.protons:g} protons) against water is {chosen:.6g} per proton; by"
        f" {_AREAS[others]} every number would be {ratios[others] / chosen:.3f} times as large.",
        f"Visible water {visible:.0f} mM at an echo time of {echo_s * 1e3:g} ms"
        f"{' (assumed)' if te_s is None else ''}: {tissues}.",
        f"Metabolite relaxation {relaxation:.4f} (T2 {rules.metabolite_t2_s * 1e3:g} ms); no correction for T1.",
    )
    return WaterScale(chosen * visible / relaxation, sentences)


_AREAS = {"lcmodel": "areas integrated as LCModel does", "total": "total areas (amplitudes at t = 0)"}


def _ratio(singlet_half: float, singlet: Singlet, proton: float) -> float:
    """Return the area of a proton of the reference over that of one of water; both areas in halves of a FID's start."""
    if min(singlet_half, proton) <= 0:
        raise FitFailed("The water reference or the basis set's reference line has no area; leave out --water.")
    return singlet_half / singlet.protons / (proton / 2)


def _singlet_in_all(basis: Basis, singlet: Singlet, rules: WaterRules) -> float:
    """Return half the amplitude at t = 0 of a line of the basis."""
    fid = basis.fids[basis.names.index(singlet.signal)]
    return singlet_amplitude(fid, basis.sampling, singlet.ppm, rules.basis_search_ppm) / 2


def singlet_area(basis: Basis, singlet: Singlet, fwhm_ppm: float | None, rules: WaterRules) -> float:
    """Return the integral of a line of the basis, in units of half a FID's value at t = 0."""
    s = basis.sampling
    spectrum = spectrum_of(basis.fids[basis.names.index(singlet.signal)]).real
    ppm = ppm_axis(s.points, s.spectral_width_hz, s.f0_mhz, s.reference_ppm)
    near = np.flatnonzero(np.abs(ppm - singlet.ppm) <= rules.basis_search_ppm)
    if not len(near):
        return 0.0
    peak = int(near[np.argmax(spectrum[near])])
    half = rules.basis_half_widths * (fwhm_ppm or rules.basis_fwhm_ppm)
    return _integral(spectrum, ppm, peak, half, rules.basis_border_ppm) / s.points


def water_area(water: ComplexArray, sampling: Sampling, rules: WaterRules) -> float:
    """Return the integral of the water line, in units of half a FID's value at t = 0."""
    points = len(water)
    ppm = ppm_axis(points, sampling.spectral_width_hz, sampling.f0_mhz, sampling.reference_ppm)
    spectrum = spectrum_of(water)
    peak = int(np.argmax(np.abs(spectrum)))
    upright = (spectrum * np.exp(-1j * np.angle(water[1]))).real
    return _integral(upright, ppm, peak, rules.water_half_width_ppm, rules.water_border_ppm) / points


def _integral(spectrum: FloatArray, ppm: FloatArray, peak: int, half_ppm: float, border_ppm: float) -> float:
    """Sum a line above the mean level of the regions beside it; the window ends at the farther of the two minima."""
    step = float(ppm[1] - ppm[0])
    reach = min(max(2, round(half_ppm / step)), peak, len(ppm) - 1 - peak)
    left, right = spectrum[peak - reach : peak], spectrum[peak + 1 : peak + reach + 1]
    if not len(left):
        return 0.0
    reach = max(reach - int(np.argmin(left)), int(np.argmin(right)) + 1)
    border = max(1, round(border_ppm / step))
    below = spectrum[max(0, peak - reach - border) : peak - reach]
    above = spectrum[peak + reach + 1 : peak + reach + 1 + border]
    if not len(below) or not len(above):
        return 0.0
    level = 0.5 * float(below.mean() + above.mean())
    return float(np.sum(spectrum[peak - reach : peak + reach + 1] - level))
