"""The exam's paperwork in the report: record, technique, and what published policies ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from analysis.coverage import NOT_ANSWERED, Advice, CheckedCriterion, State, advise, coverage_of
from analysis.exam_record import ExamRecord
from analysis.types import Acquisition, Study
from app.policies import load_policies
from app.report.evidence_blocks import frequency_words
from app.report.parts import Cell, Column, Item, Section, Table
from app.report.source import Received, ReportSource
from app.report.template import ReportTemplate
from app.report.wording import UNKNOWN, clean, dicom_day, fixed, moment, with_unit

NOT_RECORDED = "not recorded"
_MOST_LISTED = 12
_STATES: dict[State, str] = {"met": "✓ met", "not met": "✗ not met", "not documented": "? not documented"}
_YEAR = re.compile(r"\b(19|20)\d\d\b")
_ADVISORY = (
    "This shows which published criteria the documentation meets and cites the documents with their dates. It does not "
    "say that anybody will pay."
)


def record_section(source: ReportSource, template: ReportTemplate, title: str) -> Section:
    """Say what the exam's paperwork says; what is not there is called so."""
    record = source.reading.record
    left_out = _listed([f"{clean(level, 40)}: {clean(why, 200)}" for level, why in record.left_out.items()])
    return Section(
        title,
        items=(
            Item("Indication", _said(record.indication, 1000)),
            Item("ICD-10-CM", clean(", ".join(record.icd10), 400) if record.icd10 else NOT_RECORDED),
            Item("Prior care", _said(record.prior_care, 1000)),
            Item("Authorisation", _said(record.authorisation_number, 80)),
            Item("Screening", _screen(record)),
            Item("Consent", record.consent),
            Item("Procedure codes", ", ".join(template.procedure_codes)),
            Item("Left out", left_out or "nothing is named as left out"),
        ),
    )


def _said(text: str, longest: int) -> str:
    return clean(text, longest) if text.strip() else NOT_RECORDED


def _screen(record: ExamRecord) -> str:
    detail = f" ({clean(record.screen_detail, 500)})" if record.screen_detail.strip() else ""
    return record.screen + detail


def technique_section(source: ReportSource, template: ReportTemplate, title: str) -> Section:
    """Say how the exam was done: what all voxels share once, what differs as a range."""
    study = source.study
    return Section(
        title,
        items=(
            *_shared(study.acquisitions),
            Item("Data received", received_words(source.received) or NOT_RECORDED),
            Item("Voxel size", _each(_size(a) for a in study.acquisitions)),
            Item("Images", _series(study)),
        ),
        lines=tuple(clean(line, 600) for line in template.technique),
    )


def _shared(acquisitions: Sequence[Acquisition]) -> tuple[Item, ...]:
    parameters = [a.parameters for a in acquisitions]
    return (
        Item("Scanner", _each(" ".join(clean(t, 60) for t in (p.manufacturer, p.model) if t) for p in parameters)),
        Item("Frequency", _each(frequency_words(p.f0_mhz, p.nucleus) for p in parameters)),
        Item("Sampling", _each(_sampling(a) for a in acquisitions)),
        Item("Sequence", _each(p.localisation or clean(p.sequence, 60) for p in parameters)),
        Item("Echo time", _each(_milliseconds(p.te_s) for p in parameters)),
        Item("Repetition time", _each(_milliseconds(p.tr_s) for p in parameters)),
        Item("Transients", _each(_transients(a) for a in acquisitions)),
        Item("Water reference", _each("yes" if a.water is not None else "none" for a in acquisitions)),
    )


def _each(texts: Iterable[str]) -> str:
    """Return what all voxels share, or every different value."""
    found = list(dict.fromkeys(text or UNKNOWN for text in texts))
    return _listed(found) if found else UNKNOWN


def _listed(texts: Sequence[str]) -> str:
    """Join texts, the first of many, so that no cell grows taller than a page."""
    more = len(texts) - _MOST_LISTED
    return "; ".join((*texts[:_MOST_LISTED], *([f"and {more} more"] if more > 0 else [])))


def _milliseconds(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else with_unit(1000 * seconds, "ms", 4)


def _sampling(acquisition: Acquisition) -> str:
    width = with_unit(acquisition.parameters.spectral_width_hz, "Hz", 5)
    return f"{width}, {acquisition.fids.shape[2]} points"


def _transients(acquisition: Acquisition) -> str:
    if acquisition.averaged_only:
        averages = acquisition.parameters.averages
        return f"averaged by the scanner ({averages} averages)" if averages else "averaged by the scanner"
    return str(acquisition.fids.shape[1])


def _size(acquisition: Acquisition) -> str:
    voxel = acquisition.voxel
    return UNKNOWN if voxel is None else " × ".join(fixed(v, 1) for v in voxel.size_mm) + " mm"


def _series(study: Study) -> str:
    if not study.volumes:
        return "none"
    return _listed([f"{clean(v.description, 60)} ({len(v.pixels)} slices)" for v in study.volumes])


def coverage_section(source: ReportSource, template: ReportTemplate, title: str) -> Section:
    """Say which published criteria the documentation meets, document by document."""
    found = load_policies()
    coverage = coverage_of(
        template.procedure_codes,
        source.reading.record,
        source.exam,
        exam_date=dicom_day(source.study.info.study_date),
        received=received_words(source.received),
    )
    advice = advise(coverage, found.policies, source.created_at.date())
    lines = [_ADVISORY, *(f"{_document(one)}: {clean(one.statement, 800)}" for one in advice if not one.criteria)]
    lines += [clean(problem, 300) for problem in found.problems]
    return Section(title, lines=tuple(lines), tables=tuple(_criteria(one) for one in advice if one.criteria))


def received_words(received: Received | None) -> str:
    """Say when and from where the data came; empty where that is not known."""
    return "" if received is None else f"{moment(received.at)}, {clean(received.way, 120)}"


def _document(advice: Advice) -> str:
    policy = advice.policy
    dates = [f"effective {policy.effective}"] if policy.effective else []
    dates += [f"last review {policy.reviewed}"] if policy.reviewed else []
    dates += [f"next review {policy.next_review}"] if policy.next_review else []
    dates += ["OUT OF DATE: its review has passed"] if advice.outdated else []
    dates += ["not in force yet on the day of the exam"] if advice.after_exam else []
    undated = "" if _YEAR.search(policy.title) else " (undated)"
    stated = f" ({'; '.join(dates)})" if dates else undated
    publisher = "" if policy.publisher in policy.title else f", {clean(policy.publisher, 80)}"
    return f"{clean(policy.title, 160)}{publisher}{stated}"


def _criteria(advice: Advice) -> Table:
    own = [one for one in advice.criteria if one.group is None]
    groups = dict.fromkeys(one.group for one in advice.criteria if one.group is not None and one.under is None)
    rows = [_row(one, clean(one.text, 500)) for one in own]
    for group in groups:
        rows += _group_rows([one for one in advice.criteria if one.group == group], advice.criteria)
    return Table(
        title=f"{', '.join(advice.codes)}: {_document(advice)}",
        columns=(Column("", 0.17), Column("Criterion", 0.59), Column("Decided by", 0.24)),
        rows=tuple(rows),
        note=f"{advice.summary} {clean(advice.statement, 600)} Source: {clean(advice.policy.source, 300)}.",
        dense=True,
    )


def _row(one: CheckedCriterion, text: str) -> tuple[Cell, ...]:
    return (Cell(_STATES[one.state], bold=one.state == "not met"), Cell(text), Cell(clean(one.why, 200)))


def _group_rows(group: Sequence[CheckedCriterion], every: Sequence[CheckedCriterion]) -> list[tuple[Cell, ...]]:
    """Return one row for each alternative that was answered, and one for all that were not."""
    answered = [one for one in group if one.why != NOT_ANSWERED]
    silent = [one for one in group if one.why == NOT_ANSWERED]
    rows = []
    for one in answered:
        held = [c.text for c in every if c.under == one.id and c.state == "met"]
        rows.append(_row(one, clean(" ".join(("One of these is enough:", one.text, "; ".join(held))), 600)))
    if silent:
        start = "One of these is enough:" if not answered else "Not answered:"
        texts = "; ".join(one.text.rstrip(".:") for one in silent)
        rows.append(_row(silent[0], clean(f"{start} {texts}.", 1500)))
    return rows
