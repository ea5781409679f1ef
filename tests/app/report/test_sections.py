"""The sections behind the summary: paperwork, morphology, comparison, adjustments, coverage, as the reading has it."""

from __future__ import annotations

import dataclasses

import pytest

from analysis.disc_measure import DiscMeasures, measure_disc
from analysis.exam_record import ExamRecord
from analysis.morphology import Morphology
from analysis.protocol import Protocol
from analysis.reading import Reading, VoxelReading, voxel_key
from analysis.types import ExamResult, FitSettings, ProcessSettings, Study
from analysis.voxel_settings import GateOverride, VoxelSettings
from app.report import findings_sections
from app.report.content import report_content
from app.report.parts import Section
from app.report.source import Amendment
from app.resource_files import load_protocol
from tests.app.report.conftest import source_of
from tests.app.report.test_content import words
from tests.reading_desk import study_with_images
from tests.samples import sample_exam

RECORD = ExamRecord(
    indication="Low back pain <b>14 months</b>",
    icd10=("M51.36", "M54.50"),
    prior_care="Physiotherapy",
    authorisation_number="PA-1",
    screen="conditional",
    screen_detail="MR conditional stimulator",
    consent="given",
    left_out={"L1-L2": "motion"},
)


def sections_of(
    study: Study, exam: ExamResult, protocol: Protocol, reading: Reading, **others: object
) -> dict[str, Section]:
    content = report_content(source_of(study, exam, protocol, reading=reading, **others), signed=False)
    return {section.title: section for section in content.sections}


def everything(section: Section) -> str:
    items = [f"{item.name}: {item.value}" for item in section.items]
    return " | ".join([*items, *section.lines, *(words(table) for table in section.tables), *section.lines_after])


def test_the_exam_record_is_printed_as_it_was_typed(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    text = everything(sections_of(study, exam, protocol, Reading(record=RECORD))["Exam record"])
    screen = "conditional (MR conditional stimulator)"
    for said in ("<b>14 months</b>", "M51.36, M54.50", "PA-1", screen, "L1-L2: motion"):
        assert said in text


def test_an_empty_record_says_not_recorded(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    items = {i.name: i.value for i in sections_of(study, exam, protocol, Reading())["Exam record"].items}
    assert items["Indication"] == items["Screening"] == items["Consent"] == "not recorded"


def test_morphology_shows_grades_and_warns(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    key = voxel_key(exam.voxels[3].acquisition)
    seen = Morphology(pfirrmann=5, modic="1", hiz=True, herniation="extrusion", note="see axial 12")
    section = sections_of(study, exam, protocol, Reading(voxels={key: VoxelReading(morphology=seen)}))
    text = everything(section["Morphology, as the reader sees it"])
    assert "L4-L5 | V | 1 | yes | extrusion" in text
    assert "L4-L5: see axial 12" in text
    assert "Herniated (extrusion)" in text
    assert "L1-L2 | — | — | —" in text


def test_discs_that_are_measured_already_are_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    study, protocol = study_with_images(), load_protocol("disc")
    exam = sample_exam(study)
    assert len(exam.voxels) == 5
    measures = {
        voxel_key(a): measure_disc(a.voxel, a.frame_of_reference_uid, study.volumes) for a in study.acquisitions
    }
    assert all(found.height_mm is not None for found in measures.values())
    plain = {title: everything(s) for title, s in sections_of(study, exam, protocol, Reading()).items()}
    asked: list[object] = []

    def counted(*place: object) -> DiscMeasures:
        asked.append(place[0])
        return DiscMeasures()

    monkeypatch.setattr(findings_sections, "measure_disc", counted)
    known = sections_of(study, exam, protocol, Reading(), measures=measures)
    assert {title: everything(section) for title, section in known.items()} == plain
    assert asked == []
    missing = study.acquisitions[2]
    some = {key: found for key, found in measures.items() if key != voxel_key(missing)}
    sections_of(study, exam, protocol, Reading(), measures=some)
    assert asked == [missing.voxel]


def test_adjustments_are_listed_with_their_reasons(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    settings = VoxelSettings(
        fit=FitSettings(phase0_rad=0.1, left_out=("Tau",)),
        process=ProcessSettings(align=False, keep_transients=(True, False, True)),
        accepted_gates=(GateOverride("PG SNR", "the peak is plain"),),
    )
    reading = Reading(voxels={voxel_key(exam.voxels[0].acquisition): VoxelReading(settings=settings)})
    lines = sections_of(study, exam, protocol, reading)["Changed by the reader"].lines
    assert lines == (
        "L1-L2: zero-order phase +5.7°, without Tau.",
        "L1-L2: without alignment.",
        "L1-L2: 2 of 3 transients kept by the reader.",
        "L1-L2: gate 'PG SNR' accepted: the peak is plain",
        "L1-L2: the reader gave no reason.",
    )
    key = voxel_key(exam.voxels[0].acquisition)
    why = Reading(voxels={key: VoxelReading(settings=settings, adjustment_reason="The doublet\x07 was <b>split</b>. ")})
    lines = sections_of(study, exam, protocol, why)["Changed by the reader"].lines
    assert lines[-1] == "L1-L2: the reader's reason: The doublet was <b>split</b>."
    only_gate = VoxelReading(settings=VoxelSettings(accepted_gates=settings.accepted_gates))
    lines = sections_of(study, exam, protocol, Reading(voxels={key: only_gate}))["Changed by the reader"].lines
    assert lines == ("L1-L2: gate 'PG SNR' accepted: the peak is plain",)
    assert "every number is the automatic one" in everything(
        sections_of(study, exam, protocol, Reading())["Changed by the reader"]
    )


def test_an_amendment_says_what_it_amends_and_why(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    amendment = Amendment("cd" * 32, b"%PDF", "L4-L5 was mislabelled.", ("L4-L5: LR 1 is now 2.",))
    section = sections_of(study, exam, protocol, Reading(state="amended"), amendment=amendment)
    lines = section["Changed by the reader"].lines
    assert "cd" * 32 in lines[0]
    assert lines[0].endswith("L4-L5 was mislabelled.")
    assert lines[1] == "L4-L5: LR 1 is now 2."


@pytest.mark.parametrize(("record", "state"), [(RECORD, "✓ met"), (ExamRecord(), "? not documented")])
def test_coverage_cites_documents_and_promises_nothing(
    study: Study, exam: ExamResult, protocol: Protocol, record: ExamRecord, state: str
) -> None:
    section = sections_of(study, exam, protocol, Reading(record=record))["Coverage advisory"]
    text = everything(section)
    assert "does not say that anybody will pay" in text
    assert "Not medically necessary for every use in the spine" in text
    assert "2027-01-31" in text
    assert f"{state} | Consent is recorded." in text
    assert "4 evaluable" in text


def test_technique_says_what_voxels_share_once_and_what_differs(
    study: Study, exam: ExamResult, protocol: Protocol
) -> None:
    one, *others = study.acquisitions
    longer = dataclasses.replace(one, parameters=dataclasses.replace(one.parameters, te_s=0.144, tr_s=None))
    mixed = dataclasses.replace(study, acquisitions=(longer, *others))
    items = {i.name: i.value for i in sections_of(mixed, exam, protocol, Reading())["Technique"].items}
    assert items["Echo time"] == "144 ms; 30 ms"
    assert items["Repetition time"] == "—; 1500 ms"
    assert items["Frequency"] == "123.25 MHz (1H, 2.89 T)"
    assert items["Sampling"] == "2000 Hz, 1024 points"
    assert items["Data received"] == "not recorded"
