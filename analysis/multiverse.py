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


def variations(protocol: Protocol, settings: FitSettings, stiffness: float) -> tuple[FitSettings, ...]:
    """Return the settings of every other fit of the protocol's multiverse, around a reader's settings.

    `stiffness` is that of the fit's own baseline, in effective dimensions per ppm.
    """
    rules = protocol.rules.multiverse
    if rules is None:
        return ()
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
        for variation in variations(protocol, settings, whole.baseline_ed_per_ppm)
    )


def between_fit_covariance(fit: Fit, variants: Sequence[Fit], protocol: Protocol, names: Sequence[str]) -> FloatArray:
    """Return what the choice of fit adds to the covariance of biomarkers, (n, n) in the order of `names`.

    Each variant's departure from the fit counts with its Akaike weight (Burnham and Anderson, Sociol Methods Res
    2004;33:261): a choice that the data reject is no longer defensible.
    """
    values = []
    for found in (fit, *variants):
        rows = biomarker_weights(found, protocol)
        values.append([float(rows[name] @ found.amplitudes) for name in names])
    return _spread(np.array(values), akaike_weights((fit, *variants)))


def with_variants(fit: Fit, variants: Sequence[Fit]) -> Fit:
    """Return the fit with what the choice of fit adds to the covariance of its amplitudes.

    A signal that a variant leaves out counts with the fit's own amplitude.
    """
    own = dict(zip(fit.names, fit.amplitudes, strict=True))
    values = [own | dict(zip(variant.names, variant.amplitudes, strict=True)) for variant in variants]
    table = np.array([[found[name] for name in fit.names] for found in (own, *values)])
    return replace(fit, covariance=fit.covariance + _spread(table, akaike_weights((fit, *variants))))


def akaike_weights(fits: Sequence[Fit]) -> FloatArray:
    """Return how much the data leave of each fit, (f,), adding up to 1; noise counts as the first fit's residual."""
    variance = max(1.0, fits[0].misfit)
    free = np.array([fit.effective_parameters for fit in fits])
    left = np.array([fit.misfit * (len(fit.data) - n) for fit, n in zip(fits, free, strict=True)])
    criterion = left / variance + 2 * free
    weights = np.exp(-(criterion - criterion.min()) / 2)
    return np.asarray(weights / weights.sum())


def _spread(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean square departure (n, n) of rows of values (f, n) from the first."""
    apart = values - values[0]
    return np.asarray((apart * weights[:, None]).T @ apart)
