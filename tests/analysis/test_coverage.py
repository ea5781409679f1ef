"""Coverage: what the documentation meets is said item by item, what is silent stays open, and nothing is promised."""

from __future__ import annotations

from datetime import date

import pytest

from analysis.coverage import Advice, Coverage, advise
from analysis.exam_record import ExamRecord
from analysis.policy import parse_policy

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
