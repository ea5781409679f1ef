"""What the reader saw and changed, voxel by voxel: morphology and adjustments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from analysis.disc_measure import DiscMeasures, measure_disc
from analysis.morphology import cautions, roman
from analysis.nucleus import nucleus_share
from analysis.reading import VoxelReading, voxel_key
from analysis.types import Acquisition, Measured, ProcessSettings, VoxelResult
from analysis.voxel_settings import VoxelSettings
from app.report.parts import Cell, Column, Section, Table
from app.report.source import ReportSource
from app.report.wording import UNKNOWN, clean, fixed, plus_minus
from widgets.adjust_wording import settings_text

_STEPS = {
    "whiten_coils": "coil whitening",
    "align": "alignment",
    "reject": "automatic rejection",
    "eddy_current": "eddy-current correction",
    "remove_water": "water removal",
    "automatic_phase": "automatic phase",
}


def morphology_section(source: ReportSource, title: str) -> Section:
    """Say what the reader sees on the images and what was measured on them."""
    rows, notes = [], []
    for result in source.exam.voxels:
        voxel = _said_of(source, result)
        rows.append(_morphology_row(source, result, voxel))
        label = clean(result.label, 40)
        notes += [f"{label}: {clean(caution, 300)}" for caution in cautions(voxel.morphology)]
        notes += [f"{label}: {clean(voxel.morphology.note, 600)}"] if voxel.morphology.note.strip() else []
    table = Table(
        title="",
        columns=(
            Column("Level", 0.12),
            Column("Pfirrmann", 0.1),
            Column("Modic", 0.08),
            Column("HIZ", 0.08),
            Column("Herniation", 0.14),
            Column("Surgery", 0.1),
            Column("Height, mm", 0.14),
            Column("Nucleus / CSF", 0.14),
            Column("Voxel in nucleus", 0.14),
        ),
        rows=tuple(rows),
        note="Height (between the bony endplates) and nucleus-to-CSF signal ratio are measured on sagittal T2 images, "
        "± SD; the receive coil is not corrected for. A dash is not graded or not measurable.",
    )
    return Section(title, tables=(table,), lines_after=tuple(notes))


def _said_of(source: ReportSource, result: VoxelResult) -> VoxelReading:
    return source.reading.of(voxel_key(result.acquisition))


def _morphology_row(source: ReportSource, result: VoxelResult, voxel: VoxelReading) -> tuple[Cell, ...]:
    acquisition, seen = result.acquisition, voxel.morphology
    measures = _measures_of(source, acquisition)
    return (
        Cell(clean(result.label, 40), bold=True),
        Cell(UNKNOWN if seen.pfirrmann is None else roman(seen.pfirrmann)),
        Cell(seen.modic or UNKNOWN),
        Cell(_yes_no(seen.hiz)),
        Cell(seen.herniation or UNKNOWN),
        Cell(_yes_no(seen.prior_surgery)),
        Cell(_measured(measures.height_mm)),
        Cell(_measured(measures.nucleus_to_csf)),
        Cell(_share(result, voxel)),
    )


def _measures_of(source: ReportSource, acquisition: Acquisition) -> DiscMeasures:
    known = source.measures.get(voxel_key(acquisition))
    if known is not None:
        return known
    return measure_disc(acquisition.voxel, acquisition.frame_of_reference_uid, source.study.volumes)


def _yes_no(value: bool | None) -> str:
    return UNKNOWN if value is None else "yes" if value else "no"


def _measured(value: Measured | None) -> str:
    return UNKNOWN if value is None else plus_minus(value.value, value.sd)


def _share(result: VoxelResult, voxel: VoxelReading) -> str:
    box = result.acquisition.voxel
    if box is None or not voxel.nucleus.contours:
        return UNKNOWN
    share = nucleus_share(box, voxel.nucleus)
    if share.value is None:
        return UNKNOWN if share.high is None else f"at most {fixed(100 * share.high, 0)} %"
    low, high = (UNKNOWN if end is None else fixed(100 * end, 0) for end in (share.low, share.high))
    return f"{fixed(100 * share.value, 0)} % [{low}–{high}]"


def adjustments_section(source: ReportSource, title: str) -> Section:
    """List every number-changing choice of the reader with its reason, and what an amendment changed."""
    lines = [line for result in source.exam.voxels for line in _adjusted(result, _said_of(source, result))]
    amendment = source.amendment
    if amendment is not None:
        reason = clean(amendment.reason, 1000)
        lines.insert(0, f"This report amends the signed report with SHA-256 {amendment.original_sha256}: {reason}")
        lines[1:1] = [clean(change, 600) for change in amendment.changes]
    return Section(title, lines=tuple(lines) or ("Nothing: every number is the automatic one.",))


def _adjusted(result: VoxelResult, voxel: VoxelReading) -> Iterator[str]:
    label, settings = clean(result.label, 40), voxel.settings
    yield from _changes(label, settings)
    if voxel.adjustment_reason.strip():
        yield f"{label}: the reader's reason: {clean(voxel.adjustment_reason.strip(), 400)}"
    elif replace(settings, accepted_gates=()).adjusted:
        yield f"{label}: the reader gave no reason."


def _changes(label: str, settings: VoxelSettings) -> Iterator[str]:
    fit = settings_text(settings.fit)
    if fit:
        yield f"{label}: {clean(fit, 600)}."
    yield from (f"{label}: {step}." for step in _processing(settings.process))
    if settings.water_t2_s is not None:
        t2 = settings.water_t2_s
        yield f"{label}: water T2 set to {plus_minus(1000 * t2.value, 1000 * t2.sd)} ms."
    for accepted in settings.accepted_gates:
        yield f"{label}: gate '{clean(accepted.gate, 60)}' accepted: {clean(accepted.reason, 400)}"
    if settings.label is not None:
        yield f"{label}: named by the reader."


def _processing(settings: ProcessSettings) -> Sequence[str]:
    usual = ProcessSettings()
    changed = [words for name, words in _STEPS.items() if getattr(settings, name) != getattr(usual, name)]
    found = [f"without {', '.join(changed)}"] if changed else []
    kept = settings.keep_transients
    return found if kept is None else [*found, f"{sum(kept)} of {len(kept)} transients kept by the reader"]
