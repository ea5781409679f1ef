"""How far results move between equally defensible fits: the covariance that one fit alone does not show.

Parameters are fixed in advance by the protocol and every choice is run, instead of tuning a fit until it looks best
(domain dossier, section 5.1 step 11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.biomarkers import biomarker_weights
from analysis.fit import fit_spectrum
from analysis.protocol import Protocol
from analysis.types import Basis, Fit, FitSettings, FloatArray, Spectrum, Stop


def variations(protocol: Protocol, settings: FitSettings) -> tuple[FitSettings, ...]:
    """Return the settings of every other fit of the protocol's multiverse, around a reader's settings."""
    rules = protocol.rules.multiverse
    if rules is None:
        return ()
    chosen = settings.baseline_ed_per_ppm
    stiffness = protocol.rules.fit.baseline_ed_per_ppm if chosen is None else chosen
    found = [
        replace(settings, baseline_ed_per_ppm=stiffness * scale, left_out=(*settings.left_out, *left_out))
        for scale in rules.baseline_scales
        for left_out in rules.left_out
    ]
    same = replace(settings, baseline_ed_per_ppm=stiffness)
    signals = {signal.name for signal in protocol.rules.signals}
    return tuple(v for v in found if v != same and not signals <= set(v.left_out))


def fit_variations(
    spectrum: Spectrum,
    basis: Basis,
    protocol: Protocol,
    settings: FitSettings,
    whole: Fit,
    *,
    stop: Stop | None = None,
) -> tuple[Fit, ...]:
    """Fit a spectrum in every other way of the multiverse, starting from its fit `whole`."""
    return tuple(
        fit_spectrum(spectrum, basis, protocol, variation, warm=whole, stop=stop)
        for variation in variations(protocol, settings)
    )


def between_fit_covariance(fits: Sequence[Fit], protocol: Protocol, names: Sequence[str]) -> FloatArray:
    """Return the covariance of biomarkers over fits, (n, n) in the order of `names`; zero for fewer than two fits."""
    if len(fits) < 2:
        return np.zeros((len(names), len(names)))
    values = []
    for fit in fits:
        rows = biomarker_weights(fit, protocol)
        values.append([float(rows[name] @ fit.amplitudes) for name in names])
    return np.cov(np.array(values), rowvar=False, ddof=1).reshape(len(names), len(names))
