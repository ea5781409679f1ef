"""Find the water reference of every metabolite acquisition.

In this order: the header's own reference, the same voxel with the suppression attribute, names, and only where all
of these are silent the data themselves, which is recorded as a warning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

import numpy as np

from analysis.geometry import box_corners_mm
from analysis.readers.records import Signal
from analysis.types import Voxel
from analysis.units import WATER_PPM, ppm_axis, spectrum_of

SAME_CENTRE_MM = 1.0
_SAME_CORNER_MM = 1.5
_SAME_FIELD = 0.01
_MUCH_STRONGER = 10.0
_WATER_DOMINATES = 5.0
_WATER_NAME = re.compile(
    r"(?<![a-z])(w|water|h2o)?[-_ ]?ref(erence|s)?\d*(?![a-z])|(?<![a-z])wref|mrsref|(?<![a-z])ecc(?![a-z])"
    r"|(?<![a-z])(water|h2o)(?![a-z])(?![-_ ]?s(up|at))|unsup|no[-_ ]?ws(?![a-z])|(?<![a-z])nws(?![a-z])|no[-_ ]?water",
    re.IGNORECASE,
)
_METABOLITE_NAME = re.compile(r"water[-_ ]?s(up|at)|(?<![a-z])ws(?![a-z])|(?<![a-z])metab", re.IGNORECASE)

NO_PARTNER = "it is a water reference without a metabolite acquisition of the same voxel"
ALONE = "Water is not suppressed in this acquisition and no suppressed one was found; it is read as it is."
SPARE = "it is a further water reference of a voxel that already has one"
MISFIT = "it is a water reference whose receiver elements or field differ from the metabolites of the same voxel"

Evidence = Literal["header", "name", "data"]


@dataclass(frozen=True, eq=False)
class Paired:
    """A metabolite signal and its water reference, if one was found, with sentences about how."""

    signal: Signal
    water: Signal | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Judged:
    signal: Signal
    is_water: bool
    evidence: Evidence


def pair(signals: Sequence[Signal]) -> tuple[list[Paired], list[tuple[Signal, str]]]:
    """Pair the signals of one study.

    Returns
    -------
    The metabolite acquisitions, and (water signal, reason) for references that serve none of them.
    """
    judged = _judge(merged(signals))
    metabolites = [one.signal for one in judged if not one.is_water]
    waters = [one for one in judged if one.is_water]
    pairs = [_with_water(signal, waters) for signal in metabolites]
    used = {id(one.water) for one in pairs}
    left: list[tuple[Signal, str]] = []
    for water in (one for one in waters if id(one.signal) not in used):
        if not metabolites and named_water(water.signal) is not True:
            pairs.append(Paired(water.signal, None, (ALONE,)))
        else:
            left.append((water.signal, _why_left(water.signal, metabolites)))
    return pairs, left


def _why_left(water: Signal, metabolites: Sequence[Signal]) -> str:
    if any(compatible(water, signal) for signal in metabolites):
        return SPARE
    return MISFIT if any(_same_voxel(water, signal) for signal in metabolites) else NO_PARTNER


def merged(signals: Sequence[Signal]) -> list[Signal]:
    """Join signals that a scanner wrote one transient per file: one series, voxel, element and suppression."""
    ordered = sorted(signals, key=lambda one: (one.order[:1], one.series_instance_uid or "", one.order, one.file.shown))
    joined: list[Signal] = []
    for _, group in groupby(ordered, key=lambda one: one.series_instance_uid or one.file.shown):
        kinds: list[list[Signal]] = []
        for one in group:
            kind = next((kind for kind in kinds if _one_series(kind[0], one)), None)
            if kind is None:
                kinds.append([one])
            else:
                kind.append(one)
        joined += [_joined(kind) for kind in kinds]
    return joined


def _one_series(a: Signal, b: Signal) -> bool:
    return (
        a.fids.shape[::2] == b.fids.shape[::2]
        and a.water is None
        and b.water is None
        and (a.suppressed, a.element, a.cell, a.parameters) == (b.suppressed, b.element, b.cell, b.parameters)
        and _same_voxel(a, b)
        and (a.suppressed is not None or _alike_strong(a, b))
    )


def _alike_strong(a: Signal, b: Signal) -> bool:
    """Where no header tells water from metabolites, a far stronger signal is not one more transient."""
    weak, strong = sorted((_strength(a), _strength(b)))
    return strong < _MUCH_STRONGER * weak


def _joined(kind: Sequence[Signal]) -> Signal:
    first = kind[0]
    if len(kind) == 1:
        return first
    fids = np.concatenate([one.fids for one in kind], axis=1)
    files = tuple((one.file, one.sop_instance_uid) for one in kind[1:])
    note = f"{len(kind)} files of one series were read as the transients of one acquisition."
    return replace(first, fids=fids, more_files=files, averaged_only=False, warnings=(*first.warnings, note))


def _judge(signals: Sequence[Signal]) -> list[_Judged]:
    """Decide which signals are water references."""
    judged = []
    for one in signals:
        named = named_water(one)
        if one.suppressed is not None:
            judged.append(_Judged(one, not one.suppressed, "header"))
        elif named is not None:
            judged.append(_Judged(one, named, "name"))
        else:
            judged.append(_Judged(one, _is_water_by_data(one, signals), "data"))
    return judged


def named_water(signal: Signal) -> bool | None:
    """Whether the names say that a signal is a water reference; None where they do not tell.

    The name of a file without a series (NIfTI-MRS) counts more than its protocol's: converters give metabolites and
    built-in references of one measurement the same protocol name and different files.
    """
    own_file = signal.file.name if signal.sop_instance_uid is None else None
    for name in (own_file, signal.description, signal.protocol):
        if name and _WATER_NAME.search(name):
            return True
        if name and _METABOLITE_NAME.search(name):
            return False
    return None


def _is_water_by_data(signal: Signal, signals: Sequence[Signal]) -> bool:
    """Unsuppressed water dominates its spectrum and is much stronger than another signal of the same voxel."""
    others = [one for one in signals if one is not signal and compatible(one, signal)]
    if not others or not _water_dominates(signal):
        return False
    return _strength(signal) > _MUCH_STRONGER * min(_strength(one) for one in others)


def _strength(signal: Signal) -> float:
    """Return the root of the mean over transients of the early signal's power, summed over coils."""
    early = signal.fids[..., : max(16, signal.fids.shape[-1] // 32)]
    return float(np.sqrt((np.abs(early) ** 2).sum(axis=0).mean()))


def _water_dominates(signal: Signal) -> bool:
    power = np.sqrt((np.abs(spectrum_of(signal.fids.mean(axis=1))) ** 2).sum(axis=0))
    parameters = signal.parameters
    ppm = ppm_axis(len(power), parameters.spectral_width_hz, parameters.f0_mhz, parameters.reference_ppm)
    near, metabolites = np.abs(ppm - WATER_PPM) < 0.5, (ppm > 0.5) & (ppm < 3.5)
    return bool(power[near].max(initial=0.0) > _WATER_DOMINATES * power[metabolites].max(initial=0.0))


def _with_water(signal: Signal, waters: Sequence[_Judged]) -> Paired:
    if signal.water is not None:
        return Paired(signal)
    candidates = [water for water in waters if compatible(signal, water.signal)]
    if not candidates:
        return Paired(signal)
    best = min(candidates, key=lambda water: _remoteness(signal, water.signal))
    notes = {
        "header": (),
        "name": ("The water reference was recognised by its name, because the header does not say what it is.",),
        "data": ("The water reference was recognised by its strong water line, because the header does not say.",),
    }
    return Paired(signal, best.signal, notes[best.evidence])


def compatible(a: Signal, b: Signal) -> bool:
    """Whether one can be the other's reference: the same voxel, frame, field, nucleus and receiver elements."""
    f0_a, f0_b = a.parameters.f0_mhz, b.parameters.f0_mhz
    return (
        _same_voxel(a, b)
        and abs(f0_a - f0_b) <= _SAME_FIELD * f0_a
        and a.parameters.nucleus == b.parameters.nucleus
        and a.fids.shape[0] == b.fids.shape[0]
        and a.cell == b.cell
    )


def _same_voxel(a: Signal, b: Signal) -> bool:
    """Whether two signals come from one place; where neither says from where, they must lie in one folder."""
    if None not in (a.frame_of_reference_uid, b.frame_of_reference_uid) and (
        a.frame_of_reference_uid != b.frame_of_reference_uid
    ):
        return False
    if a.voxel is None or b.voxel is None:
        return a.voxel is b.voxel and a.file.folder == b.file.folder
    return same_box(a.voxel, b.voxel)


def same_box(a: Voxel, b: Voxel) -> bool:
    """Whether two voxels are one box: centres within 1 mm, and every corner of one near a corner of the other."""
    if np.linalg.norm(np.subtract(a.centre_mm, b.centre_mm)) > SAME_CENTRE_MM:
        return False
    distance = np.linalg.norm(box_corners_mm(a)[:, None] - box_corners_mm(b)[None], axis=-1)
    return bool(distance.min(axis=1).max() <= _SAME_CORNER_MM)


def _remoteness(signal: Signal, water: Signal) -> tuple[bool, bool, bool, int, str]:
    """Order candidates: named by the header, same echo time, same name, nearest in the order of acquisition."""
    return (
        water.sop_instance_uid not in signal.references,
        water.parameters.te_s != signal.parameters.te_s,
        _stem(water) != _stem(signal),
        abs((water.order or (0,))[0] - (signal.order or (0,))[0]),
        water.file.shown,
    )


def _stem(signal: Signal) -> str:
    """Return the letters and digits of the series name without the words that tell water from metabolites."""
    name = _WATER_NAME.sub("", _METABOLITE_NAME.sub("", signal.description or signal.protocol or ""))
    return "".join(character for character in name.lower() if character.isalnum())
