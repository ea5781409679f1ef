"""The table as CSV: every number unrounded, in the C locale; what is not known is an empty field."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from analysis.types import VoxelResult
from widgets.disc_columns import Row, accepted_gates
from widgets.wording import day

_MORPHOLOGY = ("pfirrmann", "modic", "hiz", "herniation", "prior_surgery", "note")


def rows_csv(rows: Sequence[Row]) -> str:
    """Return rows with results as CSV; a row without results is left out."""
    found = [(row, row.result) for row in rows if row.result is not None]
    ratios = sorted({name for _, voxel in found for name in voxel.ratios})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = ["level", "evaluable", "reasons", "class", "lr_median", "lr_low90", "lr_high90", "driver"]
    for name in ratios:
        header += [f"{name} {what}" for what in ("value", "sd", "low90", "high90")]
    header += ["gates", "accepted gates", "adjusted by reader", "level source", "level confidence"]
    header += _MORPHOLOGY
    header += ["nucleus share", "nucleus share low", "nucleus share high"]
    writer.writerow([*header, "prior date", "prior lr_median", "prior lr_low90", "prior lr_high90"])
    for row, voxel in found:
        writer.writerow([*_evidence(voxel), *_ratios(voxel, ratios), *_gates(voxel), *_level(row), *_rest(row)])
    return out.getvalue()


def _level(row: Row) -> list[str]:
    sure = row.level.confidence if row.level is not None else ""
    return [row.acquisition.label_source, sure]


def _evidence(voxel: VoxelResult) -> list[str]:
    evidence = voxel.evidence
    lr = evidence.lr if evidence is not None else None
    fields = [voxel.label, "yes" if voxel.quality.evaluable else "no", " ".join(voxel.quality.reasons)]
    fields.append(evidence.evidence_class if evidence is not None else "")
    fields += map(_number, (lr.median, lr.low90, lr.high90) if lr is not None else (None,) * 3)
    return [*fields, (evidence.driver if evidence is not None else None) or ""]


def _ratios(voxel: VoxelResult, names: Sequence[str]) -> list[str]:
    fields: list[str] = []
    for name in names:
        ratio = voxel.ratios.get(name)
        values = (ratio.value, ratio.sd, ratio.low90, ratio.high90) if ratio is not None else (None,) * 4
        fields += map(_number, values)
    return fields


def _gates(voxel: VoxelResult) -> list[str]:
    gates = "; ".join(f"{gate.name}: {gate.verdict}" for gate in voxel.quality.gates)
    accepted = "; ".join(gate.name for gate in accepted_gates(voxel.quality))
    return [gates, accepted, "yes" if voxel.adjusted_by_reader else "no"]


def _rest(row: Row) -> list[str]:
    said = [getattr(row.morphology, name) for name in _MORPHOLOGY]
    fields = ["" if one is None else ("no", "yes")[one] if isinstance(one, bool) else str(one) for one in said]
    share = row.nucleus
    fields += map(_number, (share.value, share.low, share.high) if share is not None else (None,) * 3)
    prior = row.prior
    evidence = prior.evidence if prior is not None else None
    lr = evidence.lr if evidence is not None else None
    fields.append((day(prior.date) or "") if prior is not None else "")
    return [*fields, *map(_number, (lr.median, lr.low90, lr.high90) if lr is not None else (None,) * 3)]


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value))
