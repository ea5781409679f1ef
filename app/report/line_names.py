"""Which names stand over the lines of a spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.types import Fit
from app.report.wording import clean

_CLEAR_SDS = 2.0
"""A name is written where its signals are this many standard deviations above nothing."""


@dataclass(frozen=True)
class LineName:
    """A name, the chemical shift that it is written at, and the fitted signals that it stands for."""

    text: str
    ppm: float
    signals: tuple[str, ...]


def line_names(rules: Any) -> tuple[LineName, ...]:
    """Return the lines that a protocol names; a sum takes the name over from its only named member, as tNAA from NAA.

    Parameters
    ----------
    rules : the content of a protocol file, `analysis.protocol.Protocol.rules`
    """
    named = {signal.name: signal.label_ppm for signal in rules.signals if signal.label_ppm is not None}
    sums: dict[str, tuple[str, tuple[str, ...]]] = {}
    for biomarker in rules.biomarkers:
        members = [name for name in biomarker.of if name in named]
        if len(members) == 1 and len(biomarker.of) > 1:
            sums[members[0]] = (biomarker.name, tuple(biomarker.of))
    return tuple(LineName(*_shown(sums.get(name, (name, (name,))), ppm)) for name, ppm in named.items())


def _shown(sum_of: tuple[str, tuple[str, ...]], ppm: float) -> tuple[str, float, tuple[str, ...]]:
    return clean(sum_of[0], 20), ppm, sum_of[1]


def visible_names(fit: Fit, names: tuple[LineName, ...]) -> tuple[tuple[str, float], ...]:
    """Return the names, with their places, whose signals lie in the fit and stand clear of their uncertainty."""
    found = []
    for name in names:
        rows = [fit.names.index(signal) for signal in name.signals if signal in fit.names]
        amplitude = float(fit.amplitudes[rows].sum())
        sd = float(np.sqrt(max(float(fit.covariance[np.ix_(rows, rows)].sum()), 0.0)))
        if rows and amplitude > _CLEAR_SDS * sd and fit.ppm.min() <= name.ppm <= fit.ppm.max():
            found.append((name.text, name.ppm))
    return tuple(found)
