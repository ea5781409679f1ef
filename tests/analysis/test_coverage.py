"""Coverage: what the documentation meets is said item by item, what is silent stays open, and nothing is promised."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from analysis.coverage import Advice, Coverage, advise, coverage_of
from analysis.exam_record import ExamRecord
from analysis.policy import parse_policy
from tests.samples import sample_exam

POLICY = parse_policy(
    """
id = "p"
title = "T"
publisher = "P"
source = "S"
next_review = 2027-01-31

[[sections]]
codes = ["0609T"]
stance = "criteria"
text = "x"
icd10 = ["M51.2-M51.9"]

[[sections.criteria]]
id = "three"
text = "three discs"
check = "three_discs_evaluable"

[[sections.criteria]]
id = "one"
text = "one way"
group = "way"

[[sections.criteria]]
id = "other"
text = "another way"
group = "way"

[[sections.criteria]]
id = "code"
text = "a listed code"
check = "icd10_listed"

[[sections]]
codes = ["76390"]
stance = "not covered"
text = "never"
"""
)


def advice_on(record: ExamRecord, *, evaluable: int = 3, today: date = date(2026, 11, 27)) -> Advice:
    (advice,) = advise(Coverage(("0609T",), record, 5, evaluable), [POLICY], today)
    return advice


def states(advice: Advice) -> dict[str, str]:
    return {one.id: one.state for one in advice.criteria}


def test_silence_is_not_documented_and_never_no() -> None:
    advice = advice_on(ExamRecord())
    assert states(advice) == {
        "three": "met",
        "one": "not documented",
        "other": "not documented",
        "code": "not documented",
    }
    assert advice.summary == "1 of 3 requirements are met, 2 not documented."


def test_one_of_a_group_is_enough_and_all_others_must_be_met() -> None:
    record = ExamRecord(icd10=("M51.36",), answers={"one": False, "other": True})
    assert advice_on(record).summary == "The documentation meets every criterion of this document."
    advice = advice_on(record, evaluable=2)
    assert states(advice)["three"] == "not met"
    assert advice.summary == "2 of 3 requirements are met, 1 not met."


def test_a_group_that_is_open_in_part_is_not_yet_refused() -> None:
    assert "1 not documented" in advice_on(ExamRecord(icd10=("M51.36",), answers={"one": False})).summary


def test_a_code_outside_the_list_is_not_met() -> None:
    assert states(advice_on(ExamRecord(icd10=("C71.1",))))["code"] == "not met"


def test_only_what_speaks_of_the_codes_is_said() -> None:
    (advice,) = advise(Coverage(("76390",), ExamRecord(), 1, 1), [POLICY], date(2026, 11, 27))
    assert (advice.stance, advice.criteria, advice.summary) == ("not covered", (), "")
    assert advise(Coverage(("12345",), ExamRecord(), 1, 1), [POLICY], date(2026, 11, 27)) == ()


@pytest.mark.parametrize(("today", "outdated"), [(date(2027, 1, 31), False), (date(2027, 2, 1), True)])
def test_a_policy_is_out_of_date_after_its_review(today: date, outdated: bool) -> None:
    assert advice_on(ExamRecord(), today=today).outdated is outdated


CONDITIONS = parse_policy(
    """
id = "q"
title = "T"
publisher = "P"
source = "S"
effective = 2026-05-15

[[sections]]
codes = ["76390"]
protocols = ["brain"]
stance = "criteria"
text = "x"

[[sections.criteria]]
id = "tumour"
text = "a tumour, and one of:"
group = "why"
any_of = [{ id = "biopsy", text = "biopsy" }, { id = "grade", text = "grade" }]

[[sections.criteria]]
id = "epilepsy"
text = "epilepsy"
group = "why"
"""
)


def conditions(answers: dict[str, bool], **others: object) -> tuple[Advice, ...]:
    coverage = Coverage(("76390",), ExamRecord(answers=answers), 1, 1, **{"protocol": "brain", **others})  # type: ignore[arg-type]
    return advise(coverage, [CONDITIONS], date(2026, 11, 27))


@pytest.mark.parametrize(
    ("answers", "state", "summary"),
    [
        ({}, "not documented", "0 of 1 requirements are met, 1 not documented."),
        ({"tumour": True}, "not documented", "0 of 1 requirements are met, 1 not documented."),
        ({"tumour": True, "grade": True}, "met", "The documentation meets every criterion of this document."),
        ({"tumour": False, "grade": True}, "not met", "0 of 1 requirements are met, 1 not documented."),
        (
            {"tumour": True, "biopsy": False, "grade": False, "epilepsy": False},
            "not met",
            "0 of 1 requirements are met, 1 not met.",
        ),
        ({"tumour": False, "epilepsy": True}, "not met", "The documentation meets every criterion of this document."),
    ],
)
def test_a_criterion_with_conditions_needs_one_of_them(answers: dict[str, bool], state: str, summary: str) -> None:
    (advice,) = conditions(answers)
    assert [(one.id, one.under) for one in advice.criteria] == [
        ("tumour", None),
        ("biopsy", "tumour"),
        ("grade", "tumour"),
        ("epilepsy", None),
    ]
    assert states(advice)["tumour"] == state
    assert advice.summary == summary


def test_a_document_speaks_only_of_its_kind_of_exam_and_from_its_date_on() -> None:
    assert conditions({}, protocol="cord") == ()
    assert conditions({}, exam_date=date(2026, 5, 14))[0].after_exam
    assert not conditions({}, exam_date=date(2026, 5, 15))[0].after_exam
    assert not conditions({})[0].after_exam


def test_a_disc_that_was_measured_twice_is_one_disc() -> None:
    exam = sample_exam()
    names = {0: "L4-L5", 1: "L4-L5 (2)", 3: "L5-S1"}
    voxels = tuple(
        dataclasses.replace(exam.voxels[i], acquisition=dataclasses.replace(exam.voxels[i].acquisition, label=name))
        for i, name in names.items()
    )
    coverage = coverage_of(("0609T",), ExamRecord(), dataclasses.replace(exam, voxels=voxels))
    assert (coverage.measured, coverage.evaluable, coverage.biomarkers) == (2, 2, ())
    whole = coverage_of(("0609T",), ExamRecord(), exam)
    assert (whole.measured, whole.evaluable) == (5, 4)
    assert {"Lac", "LAAL", "PG", "Coll"} <= set(whole.biomarkers)
