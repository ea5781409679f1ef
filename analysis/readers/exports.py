"""One measurement in several formats: an RDA, SDAT or text export beside the DICOM object is not a second voxel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.readers.files import Found
from analysis.readers.guard import clean_text
from analysis.readers.records import Signal

_FIRST = 64
_SAME_SHAPE = 1 - 1e-6
"""Two exports of one measurement differ by a factor and by rounding; two measurements differ by their noise."""


def without_exports(signals: Sequence[Signal], found: Found) -> list[Signal]:
    """Return the signals, each measurement once, DICOM before other formats; what is left out is named in `found`."""
    ranked = sorted(signals, key=lambda one: one.sop_instance_uid is None)
    kept: list[Signal] = []
    for signal in ranked:
        twin = next((one for one in kept if _same_measurement(one, signal)), None)
        if twin is None:
            kept.append(signal)
        else:
            found.skip(signal.file.shown, f"it is another export of {clean_text(twin.file.name)}, which was read")
    return [one for one in signals if any(one is mine for mine in kept)]


def _same_measurement(a: Signal, b: Signal) -> bool:
    if None not in (a.sop_instance_uid, b.sop_instance_uid):
        return False
    if a.fids.shape != b.fids.shape or _suffix(a) == _suffix(b) or a.cell != b.cell:
        return False
    return _alike(a.fids[0, 0, :_FIRST], b.fids[0, 0, :_FIRST]) and _alike(a.fids[-1, -1], b.fids[-1, -1])


def _suffix(signal: Signal) -> str:
    return signal.file.name.lower().rpartition(".")[2]


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    product = float(np.linalg.norm(a) * np.linalg.norm(b))
    return product > 0 and abs(np.vdot(a, b)) > _SAME_SHAPE * product
