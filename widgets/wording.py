"""Numbers, names and sentences as the window shows them; one place, no Qt."""

from __future__ import annotations

import math

from analysis.types import (
    Acquisition,
    Evidence,
    EvidenceClass,
    ExamResult,
    Gate,
    Interval,
    Quality,
    Ratio,
    StudyInfo,
    Verdict,
    VoxelResult,
)
from widgets.texts import noop, plural, tr
from widgets.theme import CLASS_GLYPH, VERDICT_GLYPH

NONE = "—"
VERDICT_WORD: dict[Verdict, str] = {
    "pass": noop("pass"),
    "warn": noop("warning"),
    "fail": noop("fail"),
    "unknown": noop("unknown"),
}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def person_name(name: str | None) -> str:
    """Show a DICOM person name as ``Family, Given Middle``."""
    if not name:
        return tr("Name not stated")
    family, _, rest = name.split("=")[0].partition("^")
    given = " ".join(part for part in rest.split("^")[:2] if part)
    return f"{family}, {given}" if given else family


def day(date: str | None) -> str | None:
    """Show a DICOM date as ``2026-09-14``; anything else as it is."""
    if date and len(date) == 8 and date.isdigit():
        return f"{date[:4]}-{date[4:6]}-{date[6:]}"
    return date


def patient_line(info: StudyInfo) -> str:
    """Return sex, birth date with the age at the study, and identifier in one line."""
    born = day(info.patient_birth_date)
    age = _age(info.patient_birth_date, info.study_date)
    parts = [info.patient_sex or tr("sex not stated")]
    parts.append(
        tr("born {born}", born=born) + (tr(" ({age} y)", age=age) if age is not None else "")
        if born
        else tr("birth date not stated")
    )
    parts.append(tr("ID {patient}", patient=info.patient_id) if info.patient_id else tr("no ID"))
    return " · ".join(parts)


def _age(born: str | None, on: str | None) -> int | None:
    dates = [d for d in (born, on) if d and len(d) == 8 and d.isdigit()]
    if len(dates) < 2:
        return None
    return int(dates[1][:4]) - int(dates[0][:4]) - (dates[1][4:] < dates[0][4:])


def study_line(info: StudyInfo) -> str:
    """Return the study's description and date."""
    return " · ".join(part for part in (info.study_description, day(info.study_date)) if part) or tr(
        "Study not described"
    )


def acquisition_line(acquisition: Acquisition) -> str:
    """Return for example ``L4-L5 · PRESS TE 30 ms · 256 averages · 20 × 14 × 5 mm``."""
    parameters, voxel = acquisition.parameters, acquisition.voxel
    sequence = parameters.localisation or parameters.sequence or tr("sequence not stated")
    if parameters.te_s is not None:
        sequence += tr(" TE {ms:.4g} ms", ms=parameters.te_s * 1000.0)
    if parameters.tr_s is not None:
        sequence += tr(", TR {ms:.4g} ms", ms=parameters.tr_s * 1000.0)
    parts = [acquisition.label, sequence]
    transients = acquisition.fids.shape[1]
    if transients > 1:
        parts.append(plural("1 transient", "{n} transients", transients))
    elif parameters.averages and parameters.averages > 1:
        parts.append(plural("1 average", "{n} averages", parameters.averages))
    if voxel is not None:
        parts.append(" × ".join(f"{edge:.3g}" for edge in voxel.size_mm) + " mm")
    return " · ".join(parts)


def number(value: float) -> str:
    """Show a likelihood ratio or similar number with two significant figures below 1, one decimal above."""
    return f"{value:.2f}" if abs(value) < 0.995 else f"{value:.1f}"


def interval(value: Interval) -> str:
    """Show ``3.9 [2.2–4.1]``."""
    return f"{number(value.median)} [{number(value.low90)}–{number(value.high90)}]"


def decimals(sd: float) -> int:
    """Return how many decimals show an SD: two significant figures up to 35, else one, at most 4.

    This is the rule of the Particle Data Group, so that an SD is never shown finer than it is known.
    """
    if not math.isfinite(sd) or sd <= 0:
        return 2
    power = math.floor(math.log10(sd) + 1e-9)
    figures = 2 if sd / 10.0**power < 3.55 else 1
    return min(max(figures - 1 - power, 0), 4)


def with_sd(value: float | None, sd: float | None) -> str:
    """Show ``1.94 ± 0.21``."""
    if value is None or not math.isfinite(value):
        return NONE
    if sd is None or not math.isfinite(sd):
        return f"{value:.3g}"
    places = decimals(sd)
    return f"{value:.{places}f} ± {sd:.{places}f}"


def ratio_text(ratio: Ratio | None) -> str:
    """Show a ratio with its SD."""
    return with_sd(ratio.value, ratio.sd) if ratio else NONE


def scale_exponent(largest: float) -> int:
    """Return the power of ten, a multiple of 3, that brings a number between 1 and 1000."""
    if not math.isfinite(largest) or largest <= 0:
        return 0
    return 3 * math.floor(math.log10(largest) / 3)


def arbitrary_unit(exponent: int) -> str:
    """Name the signal's arbitrary unit, for example ``10⁻³ a.u.``."""
    return "a.u." if exponent == 0 else f"10{str(exponent).translate(_SUPERSCRIPT)} a.u."


def gate_value(gate: Gate) -> str:
    """Show a gate's measured value with its unit."""
    if gate.value is None:
        return tr("not known")
    if gate.unit == "":
        return f"{gate.value:.3g}"
    if gate.unit == "%":
        return f"{gate.value:.3g} %"
    return f"{gate.value:.3g} {gate.unit}"


def gate_chip(gate: Gate) -> str:
    """Show a gate as ``✓ drift 2.1 Hz``; a verdict other than pass is also said in a word."""
    word = "" if gate.verdict == "pass" else f" ({tr(VERDICT_WORD[gate.verdict])})"
    if gate.verdict == "unknown":
        word = ""
    return f"{VERDICT_GLYPH[gate.verdict]} {gate.name} {gate_value(gate)}{word}"


def gate_tooltip(gate: Gate) -> str:
    """Explain a gate: the limit and what it means."""
    return tr(
        "{gate}: {verdict}. Limit: {limit}. {why}",
        gate=gate.name,
        verdict=tr(VERDICT_WORD[gate.verdict]),
        limit=gate.limit,
        why=gate.explanation,
    )


def gates_summary(quality: Quality) -> str:
    """Say in a few words how a voxel stands against its gates; the worst first."""
    for verdict in ("fail", "warn"):
        named = [gate for gate in quality.gates if gate.verdict == verdict]
        if named:
            more = f" +{len(named) - 1}" if len(named) > 1 else ""
            return f"{VERDICT_GLYPH[named[0].verdict]} {named[0].name} {gate_value(named[0])}{more}"
    if not quality.evaluable:
        return tr("{glyph} not evaluable", glyph=VERDICT_GLYPH["fail"])
    unknown = sum(gate.verdict == "unknown" for gate in quality.gates)
    return tr("{glyph} pass", glyph=VERDICT_GLYPH["pass"]) + (
        f" · {unknown} {VERDICT_GLYPH['unknown']}" if unknown else ""
    )


_CLASS_WORDS: dict[EvidenceClass, str] = {
    "higher": noop("higher"),
    "lower": noop("lower"),
    "indeterminate": noop("indeterminate"),
    "not evaluable": noop("not evaluable"),
}


def class_text(evidence: Evidence) -> str:
    """Show the class with its glyph."""
    return f"{CLASS_GLYPH[evidence.evidence_class]} {tr(_CLASS_WORDS[evidence.evidence_class])}"


def reasons_text(quality: Quality) -> str:
    """Join the reasons of a voxel that is not evaluable."""
    return " ".join(quality.reasons) or tr("No reason is given.")


def probability_text(voxel: VoxelResult, pretest: float) -> str:
    """Say what the evidence makes of a pre-test probability, or why it says nothing."""
    evidence = voxel.evidence
    if evidence is None or evidence.lr is None:
        return tr("{label} is not evaluable. {reasons}", label=voxel.label, reasons=reasons_text(voxel.quality))
    for row in evidence.probability:
        if abs(row.pretest - pretest) < 1e-6:
            low, high = round(row.value.low90 * 100), round(row.value.high90 * 100)
            return tr(
                "{label}: {median:.0f} % [{low}–{high}] painful",
                label=voxel.label,
                median=row.value.median * 100,
                low=low,
                high=high,
            )
    return tr("{label}: no probability was computed for {percent:.0f} %.", label=voxel.label, percent=pretest * 100)


def exam_text(exam: ExamResult) -> str:
    """Say how many discs were evaluable and how much they differ."""
    text = plural(
        "{evaluable} of 1 disc evaluable",
        "{evaluable} of {n} discs evaluable",
        len(exam.voxels),
        evaluable=exam.evaluable,
    )
    if exam.contrast_p is not None:
        shown = "< 0.001" if exam.contrast_p < 0.001 else f"= {exam.contrast_p:.3f}"
        text += tr(" · difference between discs p {shown}", shown=shown)
    return text
