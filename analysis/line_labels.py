"""Which names stand over the lines of a spectrum, in the window and in the report alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.protocol import ProtocolRules
from analysis.types import Fit

_CLEAR_SDS = 2.0
"""A name is written where its signals are this many standard deviations above nothing."""


@dataclass(frozen=True)
class LineLabel:
    """A line that a protocol wants named: the name, where it lies, and the fitted signals that make it."""

    name: str
    ppm: float
    signals: tuple[str, ...]


def line_labels(rules: ProtocolRules) -> tuple[LineLabel, ...]:
    """Return the lines to name; a sum of signals takes the name over from its only named member, as tNAA from NAA."""
    named = {signal.name: signal.label_ppm for signal in rules.signals if signal.label_ppm is not None}
    sums = {}
    for biomarker in rules.biomarkers:
        members = [name for name in biomarker.of if name in named]
        if len(members) == 1 and len(biomarker.of) > 1:
            sums[members[0]] = (biomarker.name, tuple(biomarker.of))
    labels = []
    for name, ppm in named.items():
        shown, signals = sums.get(name, (name, (name,)))
        labels.append(LineLabel(shown, ppm, signals))
    return tuple(labels)


def is_clear(label: LineLabel, fit: Fit) -> bool:
    """Whether a line lies in the fit and its signals stand clear of their uncertainty."""
    rows = [fit.names.index(signal) for signal in label.signals if signal in fit.names]
    if not rows or not fit.ppm[0] <= label.ppm <= fit.ppm[-1]:
        return False
    sd = float(np.sqrt(max(float(fit.covariance[np.ix_(rows, rows)].sum()), 0.0)))
    return float(fit.amplitudes[rows].sum()) > _CLEAR_SDS * sd
