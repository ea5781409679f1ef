"""Metabolites as groups of coupled protons, and the smaller systems that equivalent protons make of them."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.types import FloatArray


@dataclass(frozen=True)
class Hetero:
    """A nucleus that 1H pulses leave alone, with its coupling in Hz to each proton of the group."""

    spin: float
    j_hz: tuple[float, ...]


@dataclass(frozen=True)
class SpinGroup:
    """Protons that couple among themselves; `count` > 1 is that many protons of one shift without couplings."""

    ppm: tuple[float, ...]
    j_hz: tuple[tuple[int, int, float], ...] = ()
    count: int = 1
    hetero: tuple[Hetero, ...] = ()


@dataclass(frozen=True)
class SpinSystem:
    """A metabolite as independent groups of coupled protons."""

    key: str
    name: str
    groups: tuple[SpinGroup, ...]
    source: str
    status: str
    note: str = ""


@dataclass(frozen=True)
class Composite:
    """One system of total spins that a group falls into; a group's signal is the weighted sum over them.

    Attributes
    ----------
    spins : (n,) total spin of each class of magnetically equivalent protons, 1/2 for a proton by itself
    members : (n,) for each class one proton that stands for it: its shift and its coupling to other nuclei
    j_hz : couplings between classes
    weight : how many times the system occurs in the group
    """

    spins: tuple[float, ...]
    members: tuple[int, ...]
    j_hz: tuple[tuple[int, int, float], ...]
    weight: int

    @property
    def size(self) -> int:
        """Number of states."""
        return math.prod(round(2 * spin + 1) for spin in self.spins)


def composites(group: SpinGroup) -> tuple[Composite, ...]:
    """Split a group into systems of total spins, so that a methyl group costs 4 + 2 states instead of 8.

    Protons of one shift that couple alike to every other nucleus act only through their total spin, and couplings
    among them have no effect on the signal (Corio, Structure of High-Resolution NMR Spectra, chapter 5; composite
    particles). Three protons are one spin 3/2 and two spins 1/2.
    """
    classes = _equivalent(group)
    coupling = _coupling_table(group)
    pairs = list(itertools.combinations(range(len(classes)), 2))
    j_hz = [(a, b, coupling[classes[a][0], classes[b][0]]) for a, b in pairs]
    found = []
    for parts in itertools.product(*(_total_spins(len(members)) for members in classes)):
        kept = [k for k, (spin, _) in enumerate(parts) if spin > 0]
        place = {k: position for position, k in enumerate(kept)}
        found.append(
            Composite(
                spins=tuple(parts[k][0] for k in kept),
                members=tuple(classes[k][0] for k in kept),
                j_hz=tuple((place[a], place[b], j) for a, b, j in j_hz if a in place and b in place and j != 0),
                weight=group.count * math.prod(times for _, times in parts),
            )
        )
    return tuple(system for system in found if system.spins)


def _total_spins(protons: int) -> list[tuple[float, int]]:
    """Return the total spins of n protons and how often each occurs (Clebsch-Gordan series)."""
    found = []
    for flipped in range(protons // 2 + 1):
        times = math.comb(protons, flipped) - (math.comb(protons, flipped - 1) if flipped else 0)
        found.append((protons / 2 - flipped, times))
    return found


def _coupling_table(group: SpinGroup) -> FloatArray:
    table = np.zeros((len(group.ppm), len(group.ppm)))
    for a, b, j in group.j_hz:
        table[a, b] = table[b, a] = j
    return table


def _equivalent(group: SpinGroup) -> list[list[int]]:
    """Return the classes of magnetically equivalent protons."""
    coupling = _coupling_table(group)
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for k, ppm in enumerate(group.ppm):
        others = tuple(coupling[k, m] for m, other in enumerate(group.ppm) if other != ppm)
        alike[ppm, others, tuple(nucleus.j_hz[k] for nucleus in group.hetero)].append(k)
    classes: list[list[int]] = []
    for members in alike.values():
        outside = [m for m in range(len(group.ppm)) if m not in members]
        same = bool(np.all(coupling[np.ix_(members, outside)] == coupling[members[0], outside]))
        classes += [members] if same else [[k] for k in members]
    return classes


def hetero_shifts(group: SpinGroup) -> Iterator[tuple[float, FloatArray]]:
    """Yield each orientation of the other nuclei: its weight and the shift in Hz that it gives every proton."""
    cases: list[tuple[float, FloatArray]] = [(1.0, np.zeros(len(group.ppm)))]
    for nucleus in group.hetero:
        levels = np.arange(-nucleus.spin, nucleus.spin + 0.5)
        cases = [(w / len(levels), s + m * np.asarray(nucleus.j_hz)) for w, s in cases for m in levels]
    yield from cases
