"""The first page: the finding of every voxel, how sure it is, and why a voxel could not be read."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.morphology import roman
from analysis.reading import voxel_key
from analysis.types import EvidenceClass, ExamResult, Gate, LabelSource, Study, VoxelResult
from app.report.impression import impression_text
from app.report.parts import Cell, Column, Summary, Table
from app.report.pictures import overview
from app.report.source import ReportSource
from app.report.template import ImpressionRule
from app.report.wording import (
    UNKNOWN,
    VERDICT_GLYPHS,
    class_words,
    clean,
    fixed,
    likelihood_ratio,
    limit_words,
    p_value,
    percent,
    plus_minus,
    ratio_span,
    reason_words,
    score,
    with_unit,
)

_CLASSES: tuple[EvidenceClass, ...] = ("higher", "lower", "indeterminate", "not evaluable")
_NAMED: dict[LabelSource, str] = {
    "reader": "named by reader",
    "header": "",
    "geometry": "named from geometry",
    "order": "named from file order",
}
_RATIOS_ACROSS = 7
"""How many ratios one table takes."""
_GLANCE_RATIOS = 3
_FEW_VOXELS, _MOST_NAMED, _MOST_CHANGES = 3, 8, 3
_RATIO_TITLE = "Molar ratios ± SD [90 %]"
_RATIO_NOTE = (
    "A ratio counts molecules, not peak areas; in parentheses where the voxel is not evaluable. "
    "Every gate is on the voxel's own page."
)


def summary_of(source: ReportSource, rule: ImpressionRule) -> Summary:
    """Say what the first page says."""
    exam, study, protocol = source.exam, source.study, source.protocol
    picture = overview(study, exam.voxels)
    compared = exam.compares and exam.withheld is None
    own = source.reading.impression.strip()
    return Summary(
        findings=(*_amends(source), *_findings(exam)),
        withheld=f"Comparison withheld: {clean(exam.withheld, 1000)}" if exam.withheld else "",
        impression=tuple(line for line in impression_text(exam, source.reading, rule).split("\n") if line),
        impression_note="" if own else "Drafted by software from the results; no reader has edited it.",
        picture=picture,
        picture_absence="" if picture else _why_no_picture(study),
        beside=_beside(exam, protocol.ratios, protocol.pretest),
        below=(_glance_table(source),) if exam.compares and exam.voxels else (),
        reading_notes=_reading_notes() if compared else (),
    )


def _amends(source: ReportSource) -> tuple[str, ...]:
    """Say on the first page that a report amends another one, why, and what changed first of all."""
    amendment = source.amendment
    if amendment is None:
        return ()
    lines = [f"This report amends an earlier signed one, which it carries whole: {clean(amendment.reason, 300)}"]
    changes = [clean(change, 120).rstrip(".") for change in amendment.changes]
    if changes:
        more = f"; and {len(changes) - _MOST_CHANGES} more, listed behind" if len(changes) > _MOST_CHANGES else ""
        lines.append(f"Changed: {'; '.join(changes[:_MOST_CHANGES])}{more}.")
    return tuple(lines)


def _beside(exam: ExamResult, ratios: Sequence[str], pretest: Sequence[float]) -> tuple[Table, ...]:
    """Return the tables beside the picture: the evidence, or the ratios of an exam that compares nothing."""
    voxels = exam.voxels
    if not (exam.compares and exam.withheld is None):
        return (_turned_ratio_table(voxels, ratios),) if len(voxels) <= _FEW_VOXELS else ()
    tables: tuple[Table, ...] = (_evidence_table(voxels),)
    if pretest and any(v.evidence and v.evidence.probability for v in voxels):
        tables = (*tables, _probability_table(voxels, pretest))
    return tables


def _glance_table(source: ReportSource) -> Table:
    """Return morphology, chemistry and quality of each disc side by side, as they are read together."""
    names = source.protocol.ratios[:_GLANCE_RATIOS]
    rows = []
    for result in source.exam.voxels:
        seen = source.reading.of(voxel_key(result.acquisition)).morphology
        grade = UNKNOWN if seen.pfirrmann is None else roman(seen.pfirrmann)
        ratios = (Cell(_ratio_cell(result, name).text) for name in names)
        label = Cell(clean(result.label, 60), _NAMED[result.acquisition.label_source], bold=True)
        rows.append((label, Cell(grade), Cell(seen.modic or UNKNOWN), *ratios, _gate_count(result)))
    return Table(
        title="Morphology, chemistry and quality",
        columns=(
            Column("Level", 0.17),
            Column("Pfirrmann", 0.09),
            Column("Modic", 0.07),
            *(Column(f"{clean(name, 40)}, molar", 0.36 / _GLANCE_RATIOS) for name in names),
            Column("Quality gates", 0.31),
        ),
        dense=True,
        rows=tuple(rows),
        note="Ratios ± SD; in parentheses where not evaluable. Grades are the reader's.",
    )


def _gate_count(result: VoxelResult) -> Cell:
    gates, adjusted = result.quality.gates, ["fit adjusted by reader"] if result.adjusted_by_reader else []
    if not result.quality.evaluable:
        return Cell("; ".join(["✗ not evaluable", *adjusted]), bold=True)
    raised = [clean(gate.name, 40) for gate in gates if gate.verdict in ("warn", "fail")]
    passed = sum(gate.verdict == "pass" for gate in gates)
    return Cell("; ".join([f"{VERDICT_GLYPHS['pass']} {passed} of {len(gates)} pass", *raised, *adjusted]))


def numbers_tables(exam: ExamResult, ratios: Sequence[str]) -> tuple[Table, ...]:
    """Return the ratios of every voxel, unless the first page has them."""
    if not (exam.compares and exam.withheld is None) and len(exam.voxels) <= _FEW_VOXELS:
        return ()
    return _ratio_tables(exam.voxels, ratios, _RATIOS_ACROSS)


def _why_no_picture(study: Study) -> str:
    if not study.volumes:
        return "The study holds no MR images, so the place of the voxels cannot be shown."
    if all(a.voxel is None for a in study.acquisitions):
        return "The spectroscopy files do not say where the voxels lie, so they cannot be drawn on the images."
    return "No image of the study shows a voxel in the same frame of reference."


def _findings(exam: ExamResult) -> tuple[str, ...]:
    count = len(exam.voxels)
    if not exam.compares:
        return (
            f"{exam.evaluable} of {count} {'voxel' if count == 1 else 'voxels'} evaluable. "
            "This protocol states ratios and makes no comparison between voxels.",
        )
    evaluable = f"{exam.evaluable} of {count} discs evaluable"
    if exam.contrast_p is not None:
        evaluable += f"; contrast between the discs {p_value(exam.contrast_p)}"
    if exam.withheld is not None:
        return (f"{evaluable}.",)
    named = []
    for evidence_class in _CLASSES:
        labels = [clean(v.label, 40) for v in exam.voxels if v.evidence and v.evidence.evidence_class == evidence_class]
        if labels:
            named.append(f"{class_words(evidence_class)}: {', '.join(labels)}")
    return (f"Evidence for pain:   {'   '.join(named)}", f"{evaluable}.") if named else (f"{evaluable}.",)


def _level(result: VoxelResult) -> Cell:
    notes = [_NAMED[result.acquisition.label_source], "adjusted by reader" if result.adjusted_by_reader else ""]
    return Cell(clean(result.label, 60), "; ".join(filter(None, notes)), bold=True)


def _evidence_table(voxels: Sequence[VoxelResult]) -> Table:
    rows = []
    for result in voxels:
        evidence = result.evidence
        found = evidence.evidence_class if evidence else "not evaluable"
        interval = evidence.lr if evidence else None
        rows.append(
            (
                Cell(clean(result.label, 40), bold=True),
                Cell(likelihood_ratio(interval) if interval else "withheld", bold=found in ("higher", "lower")),
                Cell("", interval=interval),
                Cell(score(evidence.score) if evidence and evidence.score else UNKNOWN),
                Cell(class_words(found), bold=found in ("higher", "lower")),
                Cell(evidence.driver or UNKNOWN if evidence else UNKNOWN),
            )
        )
    return Table(
        title="Evidence for pain, relative to the other discs of this exam",
        columns=(
            Column("Level", 0.1),
            Column("Likelihood ratio\n[90 %]", 0.2),
            Column("", 0.18, is_interval=True),
            Column("Score 0–10\n[90 %]", 0.18),
            Column("Class", 0.21),
            Column("Driver", 0.13),
        ),
        rows=tuple(rows),
        shaded=tuple(bool(v.evidence and v.evidence.evidence_class == "higher") for v in voxels),
    )


def _probability_table(voxels: Sequence[VoxelResult], pretest: Sequence[float]) -> Table:
    rows = []
    for result in voxels:
        found = {round(p.pretest, 6): p.value for p in result.evidence.probability} if result.evidence else {}
        values = [found.get(round(p, 6)) for p in pretest]
        rows.append(
            (
                Cell(clean(result.label, 40), bold=True),
                *(Cell(percent(value) if value else UNKNOWN) for value in values),
            )
        )
    return Table(
        title="Probability of pain [90 %] after this evidence, for a pre-test probability of",
        columns=(Column("Level", 0.16), *(Column(f"{fixed(100 * p, 0)} %", 0.84 / len(pretest)) for p in pretest)),
        rows=tuple(rows),
        note="The pre-test probability is for the reader to choose; the software knows none.",
    )


def _ratio_tables(voxels: Sequence[VoxelResult], ratios: Sequence[str], per_table: int) -> tuple[Table, ...]:
    """Return the ratios, one row per voxel, some per table."""
    groups = [ratios[i : i + per_table] for i in range(0, len(ratios), per_table)]
    return tuple(
        Table(
            title=_RATIO_TITLE if number == 0 else f"{_RATIO_TITLE}, continued",
            columns=(Column("Level", 0.22), *(Column(clean(name, 40), 0.78 / per_table) for name in group)),
            rows=tuple((_level(v), *(_ratio_cell(v, name) for name in group)) for v in voxels),
            note=_RATIO_NOTE if number == len(groups) - 1 else "",
        )
        for number, group in enumerate(groups)
    )


def _turned_ratio_table(voxels: Sequence[VoxelResult], ratios: Sequence[str]) -> Table:
    """Return the ratios of few voxels, one row per ratio."""
    share = 0.75 / max(len(voxels), 2)
    return Table(
        title=_RATIO_TITLE,
        columns=(Column("Ratio", 0.25), *(Column(clean(v.label, 40), share) for v in voxels)),
        rows=tuple((Cell(clean(name, 40), bold=True), *(_ratio_cell(v, name) for v in voxels)) for name in ratios),
        note=_RATIO_NOTE,
    )


def gate_table(voxels: Sequence[VoxelResult]) -> Table:
    """Return every gate that did not pass, and why a voxel is not evaluable; voxels of the same quality share a row."""
    alike: dict[Cell, list[str]] = {}
    for voxel in voxels:
        alike.setdefault(_gate_cell(voxel, "; "), []).append(clean(voxel.label, 60))
    return Table(
        title="",
        columns=(Column("Level", 0.25), Column("Quality gates", 0.75)),
        rows=tuple((Cell(_few(labels), bold=True), cell) for cell, labels in alike.items()),
    )


def _few(labels: Sequence[str]) -> str:
    """Name voxels, the first of many."""
    return ", ".join(labels) if len(labels) <= _MOST_NAMED else f"{labels[0]} and {len(labels) - 1} others"


def _ratio_cell(result: VoxelResult, name: str) -> Cell:
    """Return a ratio; in parentheses where its voxel is not evaluable, so that nobody reads it as a finding."""
    ratio = result.ratios.get(name)
    if ratio is None or ratio.value is None:
        return Cell(UNKNOWN)
    text = plus_minus(ratio.value, ratio.sd)
    return Cell(text if result.quality.evaluable else f"({text})", ratio_span(ratio))


def _gate_cell(result: VoxelResult, between: str) -> Cell:
    """Return every gate that did not pass, and in full why a voxel is not evaluable; `between` joins the gates."""
    quality = result.quality
    raised = [_gate_words(gate) for gate in quality.gates if gate.verdict in ("warn", "fail")]
    unknown = [clean(gate.name, 60) for gate in quality.gates if gate.verdict == "unknown"]
    passed = sum(gate.verdict == "pass" for gate in quality.gates)
    count = len(quality.gates)
    lines = [f"{VERDICT_GLYPHS['pass']} {passed} of {count} pass" if count else "no gate evaluated", *raised]
    lines += [f"{VERDICT_GLYPHS['unknown']} unknown: {', '.join(unknown)}"] if unknown else []
    if quality.evaluable:
        return Cell("; ".join(lines)) if between == "; " else Cell(lines[0], between.join(lines[1:]))
    return Cell(f"Not evaluable: {reason_words(quality.reasons)}", between.join(lines), bold=True)


def _gate_words(gate: Gate) -> str:
    value = with_unit(gate.value, gate.unit)
    return f"{VERDICT_GLYPHS[gate.verdict]} {clean(gate.name, 60)} {value} ({limit_words(gate.limit)})"


def _reading_notes() -> tuple[str, ...]:
    return (
        "Likelihood ratio (LR): how much more likely these spectra are from a painful disc than from a painless one, "
        "judged against the other discs of this exam; 1 says nothing. It is limited, so that it never claims more than "
        "the study behind it. Score = 10 LR / (1 + LR). Driver: acid, or structure (less proteoglycan: degeneration, "
        "not acid), or mixed.",
    )
