"""The comparison with earlier exams: dated, with what changed, and no more said than two measurements can say."""

from __future__ import annotations

import dataclasses

import pytest

from analysis.morphology import Morphology
from analysis.protocol import Protocol
from analysis.reading import Reading, VoxelReading, voxel_key
from analysis.types import ExamResult, Ratio, Study, VoxelResult
from app.report.comparison import comparison_section
from app.report.parts import Section
from app.report.source import PriorExam
from tests.app.report.conftest import source_of
from tests.app.report.test_content import words


def earlier(study: Study, *voxels: VoxelResult, exam: ExamResult, reading: Reading | None = None) -> PriorExam:
    info = dataclasses.replace(study.info, study_date="20250102")
    before = dataclasses.replace(exam, voxels=voxels)
    return PriorExam(dataclasses.replace(study, info=info), before, reading or Reading())


def compared(
    study: Study, exam: ExamResult, protocol: Protocol, *priors: PriorExam, reading: Reading | None = None
) -> Section:
    source = source_of(study, exam, protocol, reading=reading or Reading(), priors=priors)
    return comparison_section(source, "Comparison")


def graded(voxel: VoxelResult, grade: int) -> Reading:
    return Reading().with_voxel(voxel_key(voxel.acquisition), VoxelReading(morphology=Morphology(pfirrmann=grade)))


def test_without_an_earlier_exam_it_says_so(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    assert compared(study, exam, protocol).lines == ("No earlier exam was compared.",)


def test_both_exams_are_dated_and_levels_of_one_exam_are_named(
    study: Study, exam: ExamResult, protocol: Protocol
) -> None:
    other = exam.voxels[0]
    renamed = dataclasses.replace(other, acquisition=dataclasses.replace(other.acquisition, label="T12-L1"))
    section = compared(study, exam, protocol, earlier(study, renamed, *exam.voxels[1:], exam=exam))
    (table,) = section.tables
    assert table.title == "2025-01-02 and 2026-09-14"
    assert "L1-L2 | 2025-01-02 | not measured | —" in words(table)
    assert section.lines_after == (
        "Since 2025-01-02: no class and no grade changed; measured only now: L1-L2; measured only then: T12-L1.",
    )
    assert "not a change of one disc" in table.note


def test_changed_classes_and_grades_are_said(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    voxel = exam.voxels[3]
    before = dataclasses.replace(voxel, evidence=exam.voxels[1].evidence)
    prior = earlier(study, before, exam=exam, reading=graded(voxel, 3))
    one = dataclasses.replace(exam, voxels=(voxel,))
    section = compared(study, one, protocol, prior, reading=graded(voxel, 4))
    assert section.lines_after == ("Since 2025-01-02: L4-L5 ▬ indeterminate → ▲ higher; L4-L5 Pfirrmann III → IV.",)
    silent = compared(study, one, protocol, prior)
    assert "Pfirrmann" not in silent.lines_after[0], "a grade that is not said now did not change"


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (Ratio(1.0, 0.3, 0.5, 1.5), Ratio(1.4, 0.4, 0.7, 2.1), "+0.4 ± 0.5"),
        (Ratio(1.0, 0.3, 0.5, 1.5), Ratio(2.2, 0.4, 1.5, 2.9), "▲ +1.2 ± 0.5"),
        (Ratio(2.2, 0.3, 1.7, 2.7), Ratio(1.0, 0.4, 0.3, 1.7), "▼ −1.2 ± 0.5"),
        (Ratio(None, None, None, None), Ratio(1.0, 0.4, 0.3, 1.7), ""),
        (Ratio(1.0, 0.0, 1.0, 1.0), Ratio(1.0, 0.0, 1.0, 1.0), ""),
    ],
)
def test_a_change_has_the_spread_of_both_measurements(
    study: Study, exam: ExamResult, protocol: Protocol, then: Ratio, now: Ratio, said: str
) -> None:
    """0.3 and 0.4 add to 0.5 in quadrature; a change is marked beyond twice that."""
    voxel = dataclasses.replace(exam.voxels[0], ratios={"Lac/PG": now})
    before = dataclasses.replace(exam.voxels[0], ratios={"Lac/PG": then})
    one = dataclasses.replace(exam, voxels=(voxel,))
    section = compared(study, one, protocol, earlier(study, before, exam=exam))
    assert section.tables[0].rows[1][4].small == said


def test_another_protocol_is_named(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    other = dataclasses.replace(exam, protocol_sha256="1" * 64)
    section = compared(study, exam, protocol, earlier(study, *exam.voxels, exam=other))
    assert "another protocol, or another text of it" in section.tables[0].note
