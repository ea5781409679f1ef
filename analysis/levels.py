"""Which disc a voxel lies in: from headers, from the order along the spine, or from the reader's word.

Frames: voxel centres are LPS mm, so the spine runs from head (+z) to foot (-z). A label names the vertebrae above and
below the disc, for example ``L4-L5``. Transitional anatomy: 4, 5 or 6 lumbar vertebrae (``L4-S1``, ``L6-S1``), and a
disc ``S1-S2`` below a lumbarised S1; a sacralised L5 keeps its number and the lowest free disc is then ``L4-L5``.

The spacing of discs is a design choice in the range of ordinary adults (body plus disc); it is stretched to the
patient by the gaps that are seen, and only tells how many discs lie between two voxels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.errors import DiscernError
from analysis.types import Acquisition, LabelSource

LevelConfidence = Literal["high", "moderate", "low"]

LUMBAR_COUNTS = (4, 5, 6)
USUAL_LUMBAR_COUNT = 5
_SPACING_MM = {"C": 18.0, "T first": 20.0, "T last": 31.0, "L": 36.0, "S": 32.0}
_SCALES = (0.75, 1.25)
"""How far a patient's spacing may differ from the above."""
_CLEAR, _FAIR = 0.22, 0.36
"""Departure of a gap from a whole number of discs, in disc spacings, that is still clear, and still fair."""
_COPY = re.compile(r" \(\d+\)$")
_RANKS: tuple[LevelConfidence, ...] = ("high", "moderate", "low")


class ImpossibleLevels(DiscernError):
    """A labelling that no spine allows; the message says why."""


@dataclass(frozen=True)
class LevelLabel:
    """The disc of one voxel, who said so, how sure that is, and why in one sentence."""

    label: str
    source: LabelSource
    confidence: LevelConfidence
    why: str


@dataclass(frozen=True)
class _Placed:
    """A voxel on the spine: its index among the acquisitions and how many mm below the topmost voxel it lies."""

    index: int
    below_mm: float


def disc_levels(lumbar_count: int = USUAL_LUMBAR_COUNT) -> tuple[str, ...]:
    """Return every disc from C2-C3 to S1-S2, head to foot, for a number of lumbar vertebrae.

    Raises
    ------
    ImpossibleLevels
        For any other number than 4, 5 or 6.
    """
    names = _vertebrae(lumbar_count)
    return tuple(f"{upper}-{lower}" for upper, lower in zip(names, names[1:], strict=False))


def _vertebrae(lumbar_count: int) -> list[str]:
    if lumbar_count not in LUMBAR_COUNTS:
        raise ImpossibleLevels(f"A spine has 4, 5 or 6 lumbar vertebrae, not {lumbar_count}.")
    regions = (("C", range(2, 8)), ("T", range(1, 13)), ("L", range(1, lumbar_count + 1)), ("S", range(1, 3)))
    return [f"{region}{number}" for region, numbers in regions for number in numbers]


def lumbar_count_of(labels: Iterable[str]) -> int:
    """Return the number of lumbar vertebrae that labels imply; 5 where they imply none."""
    found = {bare_label(label) for label in labels}
    if found & {"L5-L6", "L6-S1"}:
        return 6
    return 4 if "L4-S1" in found else USUAL_LUMBAR_COUNT


def relabel(
    acquisitions: Sequence[Acquisition], index: int, label: str, lumbar_count: int = USUAL_LUMBAR_COUNT
) -> tuple[LevelLabel, ...]:
    """Number all voxels after the reader has named one.

    Parameters
    ----------
    index : the voxel that the reader named
    label : its disc, one of `disc_levels` of `lumbar_count`

    Returns
    -------
    One label per acquisition, in their order. Voxels in the same frame of reference follow by geometry; a gap of
    several disc spacings skips levels. A voxel without a place, or in another frame, keeps the name it has.

    Raises
    ------
    ImpossibleLevels
        If the label is no disc of such a spine, or the numbering would run off its end.
    """
    levels = disc_levels(lumbar_count)
    if label not in levels:
        raise ImpossibleLevels(f"{label} is not a disc of a spine with {lumbar_count} lumbar vertebrae.")
    named: dict[int, LevelLabel] = {index: LevelLabel(label, "reader", "high", "The reader named this disc.")}
    named |= _numbered(acquisitions, index, levels.index(label), levels)
    kept = tuple(named.get(i, _kept(acquisition)) for i, acquisition in enumerate(acquisitions))
    return _told_apart(kept, index)


def levels_of(acquisitions: Sequence[Acquisition]) -> tuple[LevelLabel, ...]:
    """Label all voxels without the reader: headers first, then their neighbours along the spine.

    A header that the geometry of the other headers agrees with is sure; one that it contradicts is not. Where no header
    names a disc, the voxels keep their numbers: geometry alone cannot tell which disc is which.
    """
    levels = disc_levels(lumbar_count_of(a.label for a in acquisitions))
    anchors = [i for i, a in enumerate(acquisitions) if a.label_source != "order" and bare_label(a.label) in levels]
    found = [_kept(acquisition) for acquisition in acquisitions]
    guesses = [_safely_numbered(acquisitions, i, levels) for i in anchors]
    for i, acquisition in enumerate(acquisitions):
        said = [guess[i] for guess in guesses if i in guess]
        if i in anchors:
            found[i] = _judged(acquisition, said, len(anchors))
        elif said and len({one.label for one in said}) == 1:
            found[i] = max(said, key=lambda one: _RANKS.index(one.confidence))
        elif said:
            text = "The headers of the other voxels contradict each other, so this disc was not numbered."
            found[i] = LevelLabel(acquisition.label, acquisition.label_source, "low", text)
    return _told_apart(tuple(found), None)


def _judged(acquisition: Acquisition, said: Sequence[LevelLabel], anchors: int) -> LevelLabel:
    """Hold a header against what the other headers and the spacing say of the same voxel."""
    against = sorted({one.label for one in said} - {bare_label(acquisition.label)})
    source = acquisition.label_source
    if against:
        text = (
            f"The name speaks of {bare_label(acquisition.label)}, but the place along the spine of "
            f"{' or '.join(against)}."
        )
        return LevelLabel(acquisition.label, source, "low", text)
    if source == "reader":
        return LevelLabel(acquisition.label, source, "high", "The reader named this disc.")
    if said:
        return LevelLabel(acquisition.label, source, "high", "The name and the place along the spine agree.")
    text = "The file's name of the series says so" + ("; no other voxel confirms it." if anchors < 2 else ".")
    return LevelLabel(acquisition.label, source, "moderate", text)


def _safely_numbered(acquisitions: Sequence[Acquisition], index: int, levels: Sequence[str]) -> dict[int, LevelLabel]:
    try:
        return _numbered(acquisitions, index, levels.index(bare_label(acquisitions[index].label)), levels)
    except ImpossibleLevels:
        return {}


def _kept(acquisition: Acquisition) -> LevelLabel:
    known = acquisition.label_source != "order"
    sure: LevelConfidence = "moderate" if known else "low"
    why = "The name is the file's own." if known else "No header names the disc; voxels are numbered in their order."
    label = bare_label(acquisition.label) if known else acquisition.label
    return LevelLabel(label, acquisition.label_source, sure, why)


def bare_label(label: str) -> str:
    """Return a label without the number that tells two voxels of one disc apart."""
    return _COPY.sub("", label)


def _told_apart(labels: tuple[LevelLabel, ...], first: int | None) -> tuple[LevelLabel, ...]:
    """Number the second and further voxels of one disc, ``L4-L5 (2)``; the one the reader named stays plain."""
    order = sorted(range(len(labels)), key=lambda i: (i != first, i))
    seen: dict[str, int] = {}
    named = list(labels)
    for i in order:
        plain = bare_label(labels[i].label)
        seen[plain] = seen.get(plain, 0) + 1
        text = plain if seen[plain] == 1 else f"{plain} ({seen[plain]})"
        named[i] = LevelLabel(text, labels[i].source, labels[i].confidence, labels[i].why)
    return tuple(named)


def _numbered(
    acquisitions: Sequence[Acquisition], index: int, level: int, levels: Sequence[str]
) -> dict[int, LevelLabel]:
    """Count discs upwards and downwards from one whose level is known; that one is not in the answer."""
    spine = _along_spine(acquisitions, index)
    start = next((i for i, placed in enumerate(spine) if placed.index == index), None)
    if start is None:
        return {}
    scale = _scale(spine, start, level, levels)
    found: dict[int, LevelLabel] = {}
    for step in (-1, 1):
        at, worst = level, 0.0
        for i in range(start + step, len(spine) if step > 0 else -1, step):
            gap_mm = abs(spine[i].below_mm - spine[i - step].below_mm)
            discs, off = _discs_in(gap_mm / scale, at, step, levels)
            at, worst = at + step * discs, max(worst, off)
            found[spine[i].index] = LevelLabel(levels[at], "geometry", _confidence(worst), _why(gap_mm, discs, step))
    return found


def _why(gap_mm: float, discs: int, step: int) -> str:
    count = "same disc" if discs == 0 else f"{discs} disc{'s' if discs > 1 else ''} {'below' if step > 0 else 'above'}"
    return f"It lies {gap_mm:.0f} mm from its neighbour along the spine: {count}."


def _confidence(off: float) -> LevelConfidence:
    return "high" if off <= _CLEAR else "moderate" if off <= _FAIR else "low"


def _along_spine(acquisitions: Sequence[Acquisition], index: int) -> list[_Placed]:
    """Order the voxels that share the frame of `index` from head to foot, with the path length between centres."""
    frame = acquisitions[index].frame_of_reference_uid
    placed = [
        (np.asarray(a.voxel.centre_mm), i)
        for i, a in enumerate(acquisitions)
        if a.voxel is not None and a.frame_of_reference_uid == frame
    ]
    placed.sort(key=lambda one: -float(one[0][2]))
    below, last, spine = 0.0, None, []
    for centre, i in placed:
        # Voxels of one disc may stand side by side; only what separates them along the body counts then.
        step = 0.0 if last is None else _spine_step_mm(centre - last)
        below, last = below + step, centre
        spine.append(_Placed(i, below))
    return spine


def _spine_step_mm(move_mm: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Return the length of a step along the spine; sideways it counts only as far as a scoliosis leans."""
    down, across = abs(float(move_mm[2])), float(np.hypot(move_mm[0], move_mm[1]))
    return float(np.hypot(down, min(across, down)))


def _spacing_mm(vertebra: str) -> float:
    """Return the usual distance between the discs above and below a vertebra."""
    region, number = vertebra[0], int(vertebra[1:])
    if region == "T":
        first, last = _SPACING_MM["T first"], _SPACING_MM["T last"]
        return first + (last - first) * (number - 1) / 11
    return _SPACING_MM[region]


def _discs_in(gap_mm: float, at: int, step: int, levels: Sequence[str]) -> tuple[int, float]:
    """Return how many discs further a gap leads, and how far it is from that in disc spacings.

    Raises
    ------
    ImpossibleLevels
        If the gap leads past the first or last disc.
    """
    reach, passed, last = 0.0, 0, at
    while True:
        spacing = _next_spacing_mm(last, step, levels)
        if gap_mm < reach + spacing / 2:
            return passed, abs(gap_mm - reach) / spacing
        if not 0 <= last + step < len(levels):
            way = "below" if step > 0 else "above"
            raise ImpossibleLevels(
                f"There would be a voxel {way} {levels[last]}, where this spine has no further disc."
            )
        reach, passed, last = reach + spacing, passed + 1, last + step


def _next_spacing_mm(level: int, step: int, levels: Sequence[str]) -> float:
    upper, lower = levels[level].split("-")
    return _spacing_mm(lower if step > 0 else upper)


def _scale(spine: Sequence[_Placed], start: int, level: int, levels: Sequence[str]) -> float:
    """Return how this patient's spacing compares with the usual one: the median over the gaps, within `_SCALES`."""
    shares = []
    for step in (-1, 1):
        at = level
        for i in range(start + step, len(spine) if step > 0 else -1, step):
            gap_mm = abs(spine[i].below_mm - spine[i - step].below_mm)
            discs, _ = _discs_in(gap_mm, at, step, levels)
            usual = sum(_next_spacing_mm(at + step * k, step, levels) for k in range(discs))
            at += step * discs
            if usual:
                shares.append(gap_mm / usual)
    return float(np.clip(np.median(shares), *_SCALES)) if shares else 1.0
