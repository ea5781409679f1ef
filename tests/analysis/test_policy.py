"""Policy files: what they must hold, and which ICD-10 codes their lists cover."""

from __future__ import annotations

import pytest

from analysis.policy import BadPolicy, is_listed, parse_policy

GOOD = """
id = "p"
title = "T"
publisher = "P"
source = "S"
next_review = 2027-01-31

[[sections]]
codes = ["76390"]
stance = "criteria"
text = "x"
icd10 = ["C71.0-C71.9", "G03.9"]

[[sections.criteria]]
id = "a"
text = "A"
"""


def test_a_policy_is_read_with_its_dates() -> None:
    policy = parse_policy(GOOD)
    assert str(policy.next_review) == "2027-01-31"
    assert policy.effective is None
    assert policy.sections[0].criteria[0].check == "reader"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('id = "a"', 'id = "a"\nchecks = "reader"', "checks"),
        ('stance = "criteria"', 'stance = "not covered"', "criteria belong"),
        ('"G03.9"', '"somewhere"', "neither an ICD-10 code"),
        ('text = "A"', 'text = "A"\n[[sections.criteria]]\nid = "a"\ntext = "B"', "same id"),
        ("id", "id = [", "not TOML"),
    ],
)
def test_a_policy_that_contradicts_itself_says_why(old: str, new: str, why: str) -> None:
    with pytest.raises(BadPolicy, match=why):
        parse_policy(GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("code", "listed"),
    [
        ("C71.0", True),
        ("C71.9", True),
        ("C71", False),
        ("C72.0", False),
        ("G03.9", True),
        ("G03.8", False),
        ("C79.31", True),
        ("C79.40", True),
        ("C79.51", False),
        ("G46.8", True),
        ("R56.9", False),
    ],
)
def test_ranges_of_codes_hold_what_lies_between_their_ends(code: str, listed: bool) -> None:
    entries = ("C71.0-C71.9", "G03.9", "C79.31-C79.49", "G46.0-G46.8")
    assert is_listed(code, entries) is listed
