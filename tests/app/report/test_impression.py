"""The impression: numbers are fields that follow the results, and the draft says nothing that was not found."""

from __future__ import annotations

import dataclasses

import pytest

from analysis.morphology import Morphology
from analysis.protocol import Protocol
from analysis.reading import Reading, VoxelReading, voxel_key
from analysis.types import ExamResult, Interval, Study
from app.report.impression import drafted, filled, impression_fields, impression_text, level_names
from app.report.summary import summary_of
from app.report.template import load_template
from tests.app.report.conftest import source_of

RULE = load_template("disc").impression


def with_lr(exam: ExamResult, level: str, median: float) -> ExamResult:
    """Return the exam with another likelihood ratio at a level."""

    def changed(voxel):  # type: ignore[no-untyped-def]
        if voxel.label != level or voxel.evidence is None:
            return voxel
        lr = Interval(median, median / 2, median * 2)
        return dataclasses.replace(voxel, evidence=dataclasses.replace(voxel.evidence, lr=lr))

    return dataclasses.replace(exam, voxels=tuple(map(changed, exam.voxels)))


def test_a_number_follows_the_results(exam: ExamResult) -> None:
    reading = Reading(impression="Disc L4-L5: {L4-L5 LR}, Lac/PG {L4-L5 Lac/PG}.")
    assert impression_text(exam, reading, RULE) == "Disc L4-L5: 3.9 [2.2–4.1], Lac/PG 1.94 ± 0.05 [1.86–2.02]."
    assert impression_text(with_lr(exam, "L4-L5", 1.5), reading, RULE).startswith("Disc L4-L5: 1.5 [0.75–3.0]")


def test_a_field_that_no_result_answers_says_so(exam: ExamResult) -> None:
    text = impression_text(exam, Reading(impression="{L9-L10 LR} and {nonsense}"), RULE)
    assert text == "[L9-L10 LR: no such result] and [nonsense: no such result]"


def test_what_is_not_known_is_said_to_be_not_known(exam: ExamResult) -> None:
    assert impression_text(exam, Reading(impression="{L3-L4 LR} {L3-L4 Pfirrmann}"), RULE) == "not known not known"


def test_the_draft_names_every_disc_once_with_fields_for_its_numbers(exam: ExamResult) -> None:
    draft = drafted(exam, RULE)
    assert "3.9" not in draft, "numbers are fields, not words"
    for level in level_names(exam):
        assert draft.count(f"{level}: ") == 1, level
    text = filled(draft, impression_fields(exam, Reading()))
    assert "L4-L5: higher. Under the model this chemistry is 3.9 [2.2–4.1] times as likely in a painful disc as" in text
    assert "L3-L4: not evaluable. The signal-to-noise ratio of PG is 3.8, below 5." in text
    assert "no such result" not in text
    assert "{" not in text


def test_a_withheld_comparison_states_no_likelihood(exam: ExamResult) -> None:
    plain = tuple(dataclasses.replace(voxel, evidence=None) for voxel in exam.voxels)
    withheld = dataclasses.replace(exam, voxels=plain, withheld="Too few discs.", contrast_p=None)
    text = impression_text(withheld, Reading(), RULE)
    assert "no likelihood of pain is stated: Too few discs." in text
    assert "likelihood ratio" not in text


@pytest.mark.parametrize("protocol", ["brain", "cord"])
def test_an_exam_without_comparison_states_ratios(exam: ExamResult, protocol: str) -> None:
    rule = load_template(protocol).impression
    voxel = dataclasses.replace(exam.voxels[0], evidence=None)
    brain = dataclasses.replace(exam, voxels=(voxel,), compares=False, evaluable=1, contrast_p=None)
    text = impression_text(brain, Reading(), rule)
    assert text.startswith("Evaluable: 1 of 1.")
    assert "pain" not in text


def test_voxels_of_one_name_are_told_apart(exam: ExamResult) -> None:
    twins = dataclasses.replace(exam, voxels=(exam.voxels[3], exam.voxels[3]))
    assert level_names(twins) == ("L4-L5 (1)", "L4-L5 (2)")
    keys = [field.key for field in impression_fields(twins, Reading())]
    assert len(set(keys)) == len(keys)


def test_foreign_text_cannot_write_fields_or_controls(exam: ExamResult) -> None:
    acquisition = dataclasses.replace(exam.voxels[0].acquisition, label="{L4-L5 LR}\x1b")
    odd = dataclasses.replace(exam, voxels=(dataclasses.replace(exam.voxels[0], acquisition=acquisition),))
    assert level_names(odd) == ("(L4-L5 LR)",)
    assert impression_text(exam, Reading(impression="a\u202eb\x00c"), RULE) == "abc"


def test_what_limits_a_number_stands_beside_it(exam: ExamResult) -> None:
    """A herniated or operated disc is outside the evidence; the draft must not state its number without saying so."""
    voxel = exam.voxels[3]
    seen = VoxelReading(morphology=Morphology(herniation="extrusion", prior_surgery=True))
    reading = Reading().with_voxel(voxel_key(voxel.acquisition), seen)
    adjusted = dataclasses.replace(exam, voxels=(dataclasses.replace(voxel, adjusted_by_reader=True),))
    (line,) = [line for line in impression_text(adjusted, reading, RULE).split("\n") if line.startswith("L4-L5")]
    assert "Its fit was adjusted by the reader." in line
    assert "which the evidence cannot see" in line
    assert "no evidence was read for discs after surgery" in line
    (plain,) = [line for line in impression_text(exam, Reading(), RULE).split("\n") if line.startswith("L4-L5")]
    assert plain.endswith("(driver: acid).")


@pytest.mark.parametrize("impression", ["", " \n "])
def test_an_empty_impression_is_drafted_and_says_who_wrote_it(
    study: Study, exam: ExamResult, protocol: Protocol, impression: str
) -> None:
    summary = summary_of(source_of(study, exam, protocol, reading=Reading(impression=impression)), RULE)
    assert summary.impression[0] == "4 of 5 discs could be evaluated."
    assert summary.impression_note == "Drafted by software from the results; no reader has edited it."
    own = summary_of(source_of(study, exam, protocol, reading=Reading(impression="Seen.")), RULE)
    assert (own.impression, own.impression_note) == (("Seen.",), "")


def test_a_text_is_never_cut_in_silence(exam: ExamResult) -> None:
    whole = "word " * 3000
    assert impression_text(exam, Reading(impression=whole), RULE) == whole.strip()
    assert "[cut here:" in impression_text(exam, Reading(impression="word " * 5000), RULE)


def test_a_probability_follows_any_pre_test_probability_that_the_reader_chooses(exam: ExamResult) -> None:
    """Odds of 1 to 3 times a likelihood ratio of 3 are 1 to 1."""
    reading = Reading(impression="{L4-L5 probability}", pretest=0.25)
    assert impression_text(with_lr(exam, "L4-L5", 3.0), reading, RULE) == "50 % [33–67]"
