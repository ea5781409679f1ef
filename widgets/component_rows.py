"""Which fitted signals get a row of their own in the stack under the spectrum. No Qt in here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from analysis.types import Fit, FloatArray
from widgets.texts import tr

MOST_ROWS = 12


@dataclass(frozen=True, eq=False)
class ComponentRow:
    """One row of the stack: a name, its curve (m,), and the number that gives its colour."""

    name: str
    curve: FloatArray
    colour: int


def component_rows(fit: Fit, most: int = MOST_ROWS, named: Collection[str] = ()) -> tuple[ComponentRow, ...]:
    """Return the rows of the stack in the fit's order.

    Where there are more than `most` signals, those that the protocol names keep a row before the others, the tallest
    first, and the sum of the rest is the last one.
    """
    count = len(fit.names)
    if count <= most:
        return tuple(ComponentRow(name, fit.components[i], i) for i, name in enumerate(fit.names))
    height = np.abs(fit.components).max(axis=1)
    unnamed = np.array([name not in named for name in fit.names])
    kept = np.sort(np.lexsort((-height, unnamed))[: most - 1])
    rows = [ComponentRow(fit.names[i], fit.components[i], position) for position, i in enumerate(kept)]
    left = np.setdiff1d(np.arange(count), kept)
    rows.append(ComponentRow(tr("{size} others", size=left.size), fit.components[left].sum(axis=0), most - 1))
    return tuple(rows)
