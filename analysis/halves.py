"""One half of the transients against the other: what repeats, and what does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.displayed import complex_band, upright
from analysis.types import Fit, FloatArray, Spectrum


@dataclass(frozen=True, eq=False)
class Halves:
    """Spectra (m,) of every second transient and of the others, over the fit range, with the phases of the fit.

    Attributes
    ----------
    difference : half of odd minus even; signal cancels in it, noise is that of the whole spectrum
    noise_sd : of `difference`, from the noise region
    misfit : variance of `difference` over that of the noise; 1 where only noise differs
    """

    ppm: FloatArray
    odd: FloatArray
    even: FloatArray
    difference: FloatArray
    noise_sd: float
    misfit: float


def halves_of(spectrum: Spectrum, fit: Fit) -> Halves | None:
    """Return both halves as the fit of the whole sees them; None where fewer than four transients were kept."""
    if spectrum.odd is None or spectrum.even is None:
        return None
    odd, even = (
        upright(complex_band(replace(spectrum, fid=fid), fit.ppm), fit.ppm, spectrum, fit.phase0_rad, fit.phase1_s)
        for fid in (spectrum.odd, spectrum.even)
    )
    difference = (odd - even) / 2
    misfit = float(difference @ difference) / len(difference) / fit.noise_sd**2 if fit.noise_sd > 0 else float("nan")
    return Halves(fit.ppm, odd, even, difference, fit.noise_sd, misfit)
