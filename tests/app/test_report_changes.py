"""What an amendment says has changed: texts, settings and numbers, by two results.json."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analysis.exam_record import ExamRecord
from analysis.morphology import Morphology
from analysis.reading import Reading, VoxelReading, voxel_key
from analysis.types import FitSettings, ProcessSettings, Ratio
from analysis.voxel_settings import GateOverride, VoxelSettings
from app.outputs import exam_bytes
from app.report_changes import report_changes
from tests.samples import sample_exam, sample_study

STUDY = sample_study()
EXAM = sample_exam(STUDY)
KEYS = [voxel_key(acquisition) for acquisition in STUDY.acquisitions]
LABELS = {key: acquisition.label for key, acquisition in zip(KEYS, STUDY.acquisitions, strict=True)}
SIGNED = Reading(state="final", impression="Acid at L4-L5.", record=ExamRecord(icd10=("M51.36",)))


def changes(after: Reading, exam=EXAM, before: Reading = SIGNED) -> tuple[str, ...]:
    documents = [json.loads(exam_bytes(STUDY, e, r)) for e, r in ((EXAM, before), (exam, after))]
    return report_changes(documents[0], documents[1], LABELS)


def test_being_an_amendment_is_no_change() -> None:
    assert changes(replace(SIGNED, state="amended", amends="0" * 64, amendment_reason="Why")) == ()


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (replace(SIGNED, impression="Acid at L5-S1."), "Impression: “Acid at L4-L5.” → “Acid at L5-S1.”"),
        (replace(SIGNED, pretest=0.1), "Pre-test probability: 33 % → 10 %"),
        (replace(SIGNED, record=ExamRecord(icd10=("M51.36", "M54.50"))), "ICD-10: M51.36 → M51.36, M54.50"),
        (replace(SIGNED, record=ExamRecord()), "ICD-10: M51.36 → nothing"),
    ],
)
def test_texts_are_shown_before_and_after(after: Reading, said: str) -> None:
    assert changes(after) == (said,)


def test_settings_and_grades_carry_the_voxels_name() -> None:
    settings = VoxelSettings(
        process=ProcessSettings(align=False),
        fit=FitSettings(phase0_rad=0.0698, left_out=("Coll",)),
        accepted_gates=(GateOverride("snr", "clear lines"),),
    )
    after = SIGNED.with_voxel(KEYS[3], VoxelReading(settings, Morphology(pfirrmann=4, hiz=True)))
    assert changes(after) == (
        "L4-L5: zero-order phase +4.0°, without Coll",
        "L4-L5: alignment off",
        "L4-L5: gate snr accepted: clear lines",
        "L4-L5: pfirrmann: nothing → 4",
        "L4-L5: hiz: nothing → yes",
    )
    assert changes(SIGNED, before=after)[2] == "L4-L5: gate snr no longer accepted"


def test_numbers_and_classes_are_listed_without_their_spreads() -> None:
    voxels = list(EXAM.voxels)
    ratio = voxels[3].ratios["Lac/PG"]
    voxels[3] = replace(
        voxels[3],
        ratios={**voxels[3].ratios, "Lac/PG": Ratio(1.2, ratio.sd, ratio.low90, 9.0)},
        evidence=replace(voxels[3].evidence, evidence_class="indeterminate"),
    )
    said = changes(SIGNED, exam=replace(EXAM, voxels=tuple(voxels)))
    assert said == ("L4-L5 Lac/PG: 1.94 → 1.2", "L4-L5 class: higher → indeterminate")


def test_a_long_text_is_cut() -> None:
    assert all(len(text) < 400 for text in changes(replace(SIGNED, impression="word " * 500)))
