"""The exam beside earlier ones of the patient: dated, level by level, and what changed between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from analysis.morphology import Morphology, roman
from analysis.reading import Reading, voxel_key
from analysis.types import Ratio, VoxelResult
from app.report.parts import Cell, Column, Section, Table
from app.report.source import PriorExam, ReportSource
from app.report.wording import (
    UNKNOWN,
    class_words,
    clean,
    decimals_for,
    dicom_date,
    fixed,
    likelihood_ratio,
    plus_minus,
)

_MOST_PRIORS, _RATIOS = 3, 3
_LARGE_SDS = 2.0
"""A change of more standard deviations than this is marked (design choice)."""


def comparison_section(source: ReportSource, title: str) -> Section:
    """Hold the exam against earlier ones of the patient."""
    priors = source.priors[:_MOST_PRIORS]
    if not priors:
        return Section(title, lines=("No earlier exam was compared.",))
    return Section(
        title,
        tables=tuple(_table(source, prior) for prior in priors),
        lines_after=tuple(_what_changed(source, prior) for prior in priors),
    )


def _by_label(prior: PriorExam) -> Mapping[str, VoxelResult]:
    return {voxel.label: voxel for voxel in prior.exam.voxels}


def _what_changed(source: ReportSource, prior: PriorExam) -> str:
    """Say in one sentence which classes and grades are others, and which levels only one exam has."""
    earlier = _by_label(prior)
    changes = [
        f"{clean(now.label, 40)} {change}"
        for now in source.exam.voxels
        if now.label in earlier
        for change in _changes(earlier[now.label], now, prior.reading, source.reading)
    ]
    labels = [voxel.label for voxel in source.exam.voxels]
    new = [clean(label, 40) for label in labels if label not in earlier]
    gone = [clean(label, 40) for label in earlier if label not in labels]
    parts = [*changes] or ["no class and no grade changed"]
    parts += [f"measured only now: {', '.join(new)}"] if new else []
    parts += [f"measured only then: {', '.join(gone)}"] if gone else []
    return f"Since {dicom_date(prior.study.info.study_date)}: {'; '.join(parts)}."


def _changes(before: VoxelResult, now: VoxelResult, earlier: Reading, present: Reading) -> Iterator[str]:
    one, other = _class(before), _class(now)
    if one != other:
        yield f"{one} → {other}"
    then, seen = (_seen(earlier, before), _seen(present, now))
    for name, was, has in (
        ("Pfirrmann", then.pfirrmann, seen.pfirrmann),
        ("Modic", then.modic, seen.modic),
        ("herniation", then.herniation, seen.herniation),
    ):
        if was is not None and has is not None and was != has:
            yield f"{name} {_grade(was)} → {_grade(has)}"


def _seen(reading: Reading, voxel: VoxelResult) -> Morphology:
    return reading.of(voxel_key(voxel.acquisition)).morphology


def _grade(value: int | str) -> str:
    return roman(value) if isinstance(value, int) else value


def _class(result: VoxelResult) -> str:
    if not result.quality.evaluable:
        return class_words("not evaluable")
    return class_words(result.evidence.evidence_class) if result.evidence is not None else "not compared"


def _table(source: ReportSource, prior: PriorExam) -> Table:
    then, now = (dicom_date(study.info.study_date) for study in (prior.study, source.study))
    earlier = _by_label(prior)
    names = source.protocol.ratios[:_RATIOS]
    rows = []
    for result in source.exam.voxels:
        before = earlier.get(result.label)
        rows.append(_row(before, None, then, names, clean(result.label, 40)))
        rows.append(_row(result, before, now, names, ""))
    return Table(
        title=f"{then} and {now}",
        columns=(
            Column("Level", 0.1),
            Column("Exam", 0.13),
            Column("Class", 0.19),
            Column("Likelihood ratio", 0.19),
            *(Column(clean(name, 40), 0.39 / _RATIOS) for name in names),
        ),
        rows=tuple(rows),
        shaded=tuple(bool(i % 2) for i in range(len(rows))),
        note=_note(source, prior),
        dense=True,
    )


def _note(source: ReportSource, prior: PriorExam) -> str:
    notes = [
        "Beneath a ratio: its change ± SD; ▲ and ▼ mark one beyond 2 SD. The SD holds noise and fit, but not that the "
        "voxel lies elsewhere. A likelihood ratio is relative to the discs of its own exam, so its change is not a "
        "change of one disc."
    ]
    if prior.exam.protocol_sha256 != source.exam.protocol_sha256:
        notes.append("The earlier exam was computed with another protocol, or another text of it.")
    return " ".join(notes)


def _row(
    result: VoxelResult | None, before: VoxelResult | None, date: str, names: tuple[str, ...], label: str
) -> tuple[Cell, ...]:
    if result is None:
        nothing = (Cell(UNKNOWN),) * (len(names) + 1)
        return (Cell(label, bold=True), Cell(date), Cell("not measured"), *nothing)
    lr = result.evidence.lr if result.evidence is not None else None
    return (
        Cell(label, bold=True),
        Cell(date),
        Cell(_class(result)),
        Cell(likelihood_ratio(lr) if lr is not None else UNKNOWN),
        *(_ratio_cell(result.ratios.get(name), before.ratios.get(name) if before else None) for name in names),
    )


def _ratio_cell(ratio: Ratio | None, before: Ratio | None) -> Cell:
    if ratio is None or ratio.value is None:
        return Cell(UNKNOWN)
    return Cell(plus_minus(ratio.value, ratio.sd), _change(ratio, before))


def _change(ratio: Ratio, before: Ratio | None) -> str:
    """Return the change of a ratio with its SD, as of two independent measurements; empty where unknown."""
    if before is None or None in (ratio.value, ratio.sd, before.value, before.sd):
        return ""
    assert ratio.value is not None
    assert ratio.sd is not None
    assert before.value is not None
    assert before.sd is not None
    change, sd = ratio.value - before.value, math.hypot(ratio.sd, before.sd)
    if not math.isfinite(change) or not sd > 0:
        return ""
    decimals = min(decimals_for(sd), 6)
    mark = ("▲ " if change > 0 else "▼ ") if abs(change) > _LARGE_SDS * sd else ""
    sign = "+" if change >= 0 else "−"
    return f"{mark}{sign}{fixed(abs(change), decimals)} ± {fixed(sd, decimals)}"
