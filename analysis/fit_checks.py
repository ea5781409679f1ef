"""What a bare fit has to say against itself: a residual that is more than noise, and lipid that the basis set lacks.

A basis set without lipid gives the lipid at 1.3 ppm to lactate, with a small standard deviation. Whether it does so
here is asked of the data: the fit is done again with lines of lipid added, and the two are compared by their
chi-squared, which the misfit of the fuller model scales. Both take one stiffness of the baseline, because a free one
swallows the question.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from pydantic import ValidationError

from analysis.bare_fit import BareRules, bare_protocol
from analysis.basis import broad_fid
from analysis.errors import BadProtocol
from analysis.file_problem import problem_of
from analysis.fit import fit_spectrum
from analysis.sourced import Sourced
from analysis.spin_library import BroadSignal
from analysis.types import Basis, Fit, FitSettings, Spectrum

_WINDOW_PPM = 0.3
"""Width over which the residual is averaged to say where it is largest."""


class LipidRules(Sourced):
    """When and how a missing lipid is looked for."""

    prefixes: tuple[str, ...]
    """A basis set with a signal whose name starts so has its own lipid, and is not asked."""
    signals: tuple[str, ...]
    """Broad signals of `resources/spins` that stand for lipid."""
    watched: tuple[str, ...]
    """Signals that lie on lipid."""
    least_height_sd: float
    """Only a watched line this many times higher than the noise is worth asking about."""
    baseline_ed_per_ppm: float
    least_gain: float
    """Fall of chi-squared, in units of the fuller model's residual variance, from which on lipid is reported."""


@dataclass(frozen=True)
class LipidFound:
    """Lines of lipid explain a spectrum better.

    Attributes
    ----------
    gain : fall of chi-squared with the lines
    without, with_lipid : amplitude of each watched signal in the two fits
    """

    gain: float
    without: Mapping[str, float]
    with_lipid: Mapping[str, float]


def parse_lipid_rules(text: str) -> LipidRules:
    """Read the table ``[lipid]`` of the rules of the bare fit.

    Raises
    ------
    BadProtocol : not TOML, or something is missing or of the wrong kind
    """
    try:
        return LipidRules.model_validate(tomllib.loads(text).get("lipid", {}))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadProtocol(f"The rules of the bare fit cannot be read: {problem_of(error)}.") from error


def misfit_remark(fit: Fit, limit: float) -> tuple[str, ...]:
    """Return a sentence on a residual of more than `limit` times the variance of the noise, or nothing."""
    if fit.misfit <= limit:
        return ()
    step = float(fit.ppm[1] - fit.ppm[0])
    window = np.ones(max(1, round(_WINDOW_PPM / step)))
    power = np.convolve(fit.residual**2, window / len(window), mode="same")
    worst = int(np.argmax(power))
    times = float(power[worst]) / fit.noise_sd**2
    return (
        f"The basis set does not describe this spectrum: the residual has {fit.misfit:.1f} times the variance of the"
        f" noise, and {times:.0f} times around {fit.ppm[worst]:.1f} ppm; look for lipid, artefacts or missing signals.",
    )


def missing_lipid(
    spectrum: Spectrum, basis: Basis, fit: Fit, rules: BareRules, lipid: LipidRules, library: Mapping[str, BroadSignal]
) -> LipidFound | None:
    """Ask whether lines of lipid, which the basis set lacks, explain a spectrum better.

    Parameters
    ----------
    basis : what `fit` was done with
    library : broad signals by name, of which `LipidRules.signals` are taken

    Returns
    -------
    None where the basis set has lipid, no watched line stands out of the noise, or lipid explains nothing.
    """
    watched = [name for name in lipid.watched if name in fit.names]
    height = max((float(fit.components[fit.names.index(n)].max()) for n in watched), default=0.0)
    if any(name.startswith(lipid.prefixes) for name in basis.names) or height < lipid.least_height_sd * fit.noise_sd:
        return None
    fuller = _with_lines(basis, [library[name] for name in lipid.signals])
    settings = FitSettings(baseline_ed_per_ppm=lipid.baseline_ed_per_ppm)
    plain, richer = (
        fit_spectrum(spectrum, b, bare_protocol(rules, b.names, spectrum.f0_mhz), settings) for b in (basis, fuller)
    )
    gain = len(plain.data) * (plain.misfit - richer.misfit) / max(1.0, richer.misfit)
    if gain < lipid.least_gain:
        return None
    return LipidFound(gain, _amplitudes(plain, watched), _amplitudes(richer, watched))


def lipid_remark(found: LipidFound | None) -> tuple[str, ...]:
    """Return the sentence on a missing lipid, or nothing."""
    if found is None:
        return ()
    shares = [
        f"{name} is {100 * found.with_lipid[name] / amplitude:.0f} %"
        for name, amplitude in found.without.items()
        if amplitude > 0
    ]
    return (
        "There is lipid in this spectrum and none in the basis set, so what lies near 1.3 ppm is not known:"
        f" with lines of lipid added, {' and '.join(shares)} of the amplitude without them; add lipid to the basis"
        " set.",
    )


def _with_lines(basis: Basis, lines: list[BroadSignal]) -> Basis:
    fids = np.array([broad_fid(line, basis.sampling) for line in lines])
    return replace(basis, names=(*basis.names, *(line.key for line in lines)), fids=np.vstack([basis.fids, fids]))


def _amplitudes(fit: Fit, names: list[str]) -> dict[str, float]:
    return {name: float(fit.amplitudes[fit.names.index(name)]) for name in names}
