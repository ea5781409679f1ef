"""From a reading to what its report says: a pure function whose result is ready to be drawn."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import PurePath
from typing import Final

from analysis.line_labels import line_labels
from analysis.protocol import Protocol
from analysis.types import ExamResult, Study
from app.report.comparison import comparison_section
from app.report.evidence_blocks import voxel_block
from app.report.findings_sections import adjustments_section, morphology_section
from app.report.parts import Cell, Column, Item, ReportContent, Section, Table
from app.report.record_sections import NOT_RECORDED, coverage_section, record_section, technique_section
from app.report.source import ReportSource
from app.report.summary import gate_table, numbers_tables, summary_of
from app.report.template import ReportTemplate, SectionRule, load_template, template_words
from app.report.wording import UNKNOWN, clean, dicom_date, moment, sex
from widgets.texts import english

_MOST_PAGES = 24
"""A grid of voxels has its pages for the first of them only."""


AUTOMATIC: Final = "Preliminary, signed automatically, not read"
"""What a report calls itself that was signed without a window."""


@english()
def report_content(source: ReportSource, *, signed: bool) -> ReportContent:
    """Say what the report says; `signed` is whether it is going to be signed."""
    study, exam, protocol = source.study, source.exam, source.protocol
    info = study.info
    names = line_labels(protocol.rules)
    voxels = tuple(voxel_block(study, result, names) for result in exam.voxels[:_MOST_PAGES])
    template = load_template(protocol.rules.id)
    return ReportContent(
        title=f"MR spectroscopy report: {clean(protocol.title)}",
        banner=_banner(source, template),
        header_patient=f"{clean(info.patient_name)} · ID {clean(info.patient_id)}",
        header_date=f"Study {dicom_date(info.study_date)}",
        state=state_words(source, signed=signed),
        signed=signed,
        paper=source.paper,
        says_pdfa=template.says_pdfa,
        simulated=info.simulated,
        statement=clean(protocol.statement, 1000),
        software=f"Discern {clean(source.version)}",
        created=moment(source.created_at),
        summary=summary_of(source, template.impression),
        summary_plot=voxels[0].plot if len(exam.voxels) == 1 else None,
        sections=tuple(_section(source, template, rule) for rule in template.sections),
        voxels=voxels,
        methods=_methods(source),
        limits=tuple(clean(limit, 1000) for limit in protocol.limits),
        provenance=_provenance(protocol),
        files=_files(study),
        skipped=_skipped(study),
        warnings=tuple(clean(w, 600) for w in dict.fromkeys((*_left_out(exam), *study.warnings, *exam.warnings))),
    )


def _left_out(exam: ExamResult) -> tuple[str, ...]:
    count = len(exam.voxels)
    if count <= _MOST_PAGES:
        return ()
    return (
        f"Only the first {_MOST_PAGES} of {count} voxels have a page of their own; the ratios of all stand in the "
        "tables, and every number in the attached results.json.",
    )


def state_words(source: ReportSource, *, signed: bool) -> str:
    """Return what a report calls itself on every page: only one that a reader has read and signed is final."""
    if signed and source.amendment is not None:
        return "Amended report, signed"
    if signed:
        return "Final report, signed" if source.reading.state == "final" else AUTOMATIC
    if source.amendment is not None or source.reading.state == "amended":
        return "Amendment, unsigned draft"
    return "Preliminary report, unsigned" if source.reading.state == "preliminary" else "Unsigned draft"


def _banner(source: ReportSource, template: ReportTemplate) -> tuple[Item, ...]:
    info, record = source.study.info, source.reading.record
    codes = f" · ICD-10-CM {clean(', '.join(record.icd10), 80)}" if record.icd10 else ""
    indication = clean(record.indication, 300) if record.indication.strip() else NOT_RECORDED
    return (
        Item("Patient", clean(info.patient_name, 200)),
        Item("Patient ID", clean(info.patient_id, 80)),
        Item("Accession", clean(info.accession_number, 80)),
        Item("Born", dicom_date(info.patient_birth_date)),
        Item("Sex", sex(info.patient_sex)),
        Item("Study date", dicom_date(info.study_date)),
        Item("Study", clean(info.study_description)),
        Item("Indication", f"{indication}{codes}"),
        Item("Procedure", ", ".join(template.procedure_codes)),
    )


def _section(source: ReportSource, template: ReportTemplate, rule: SectionRule) -> Section:
    exam, title = source.exam, clean(rule.title, 80)
    if rule.id == "record":
        return record_section(source, template, title)
    if rule.id == "technique":
        return technique_section(source, template, title)
    if rule.id == "morphology":
        return morphology_section(source, title)
    if rule.id == "numbers":
        return Section(title, tables=numbers_tables(exam, source.protocol.ratios))
    if rule.id == "quality":
        return Section(title, tables=(gate_table(exam.voxels),))
    if rule.id == "comparison":
        return comparison_section(source, title)
    if rule.id == "adjustments":
        return adjustments_section(source, title)
    return coverage_section(source, template, title)


def _methods(source: ReportSource) -> tuple[Item, ...]:
    info, exam, protocol = source.study.info, source.exam, source.protocol
    items = [
        Item("Software", f"Discern {clean(source.version)}"),
        Item("Protocol", f"{clean(protocol.title)} ({clean(protocol.id)})"),
        Item("Protocol SHA-256", clean(exam.protocol_sha256)),
        Item("Report template", clean(template_words(protocol.rules.id))),
        Item("Report made", moment(source.created_at)),
        Item("Study Instance UID", clean(info.study_instance_uid)),
        Item("Attached results.json SHA-256", hashlib.sha256(source.results).hexdigest()),
        Item(
            "Amplitudes",
            "Per molecule, in the arbitrary unit of the signal: not concentrations. Ratios of "
            "amplitudes are therefore molar ratios, not ratios of peak areas.",
        ),
        Item("Standard deviations", "From the full covariance of the fit, nuisance parameters included."),
        Item("Intervals", "90 %: from the 5th to the 95th percentile."),
        Item("Settings", "Every processing step and the settings of every fit are printed with each voxel."),
    ]
    if exam.protocol_sha256 != protocol.sha256:
        items.append(
            Item(
                "Warning",
                "The results were made with another text of this protocol "
                f"than the one printed here (SHA-256 {clean(protocol.sha256)}).",
            )
        )
    return tuple(items)


def _provenance(protocol: Protocol) -> Table:
    facts = tuple(protocol.facts)
    counts = Counter(clean(fact.status) for fact in facts)
    counted = ", ".join(f"{count} {status}" for status, count in counts.items())
    return Table(
        title="Where the protocol's numbers come from",
        columns=(Column("Number", 0.16), Column("Value", 0.34), Column("Status", 0.1), Column("Source", 0.4)),
        rows=tuple(
            (
                Cell(clean(fact.name), bold=True),
                Cell(clean(fact.value, 800)),
                Cell(clean(fact.status)),
                Cell(clean(fact.source, 800)),
            )
            for fact in facts
        ),
        note=f"Status of these entries: {counted}." if facts else "The protocol states no numbers.",
        dense=True,
    )


def _files(study: Study) -> Table:
    rows = [(a.label, source) for a in study.acquisitions for source in a.sources]
    images = [source for volume in study.volumes for source in volume.sources]
    note = f"Pictures were taken from {len(images)} image files, which are not listed." if images else ""
    return Table(
        title="Spectroscopy files used",
        columns=(Column("Voxel", 0.11), Column("Use", 0.11), Column("File", 0.26), Column("SHA-256", 0.52)),
        rows=tuple(
            (
                Cell(clean(label, 40)),
                Cell(clean(source.role)),
                Cell(_file_name(source.path)),
                Cell("", clean(source.sha256)),
            )
            for label, source in rows
        ),
        note=note,
        dense=True,
    )


def _skipped(study: Study) -> Table | None:
    if not study.skipped:
        return None
    return Table(
        title="Files that were not used",
        columns=(Column("File", 0.4), Column("Reason", 0.6)),
        rows=tuple((Cell(_file_name(s.path)), Cell(clean(s.reason, 600))) for s in study.skipped),
    )


def _file_name(path: str) -> str:
    """Return a file's folder and name: enough to find it, without the path on somebody's disk."""
    parts = PurePath(path.replace("\\", "/")).parts[-2:]
    return clean("/".join(part.strip("/") for part in parts), 160) if parts else UNKNOWN
