"""A coverage policy: a TOML file with what a payer or society has published about MR spectroscopy, item by item.

It says what was published, by whom and when. Whether anybody pays is not in it.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from analysis.errors import DiscernError
from analysis.file_problem import problem_of
from analysis.sourced import Strict

Check = Literal[
    "reader", "three_discs_measured", "three_discs_evaluable", "biomarkers_measured", "received", "icd10_listed",
    "indication", "prior_care", "authorisation", "screen", "consent", "left_out_explained",
]  # fmt: skip
"""How a criterion is checked: by the reader's own answer, or from the exam and its record."""
Stance = Literal["criteria", "not covered", "statement"]
"""Criteria to meet, a use that the document speaks against, or a statement that nothing can be checked against."""
_RANGE = re.compile(r"([A-Z]\d[0-9A-Z])(?:\.([0-9A-Z]{1,4}))?(?:-([A-Z]\d[0-9A-Z])(?:\.([0-9A-Z]{1,4}))?)?")


class BadPolicy(DiscernError):
    """A policy file that cannot be used; its text is a sentence for the user."""


class Condition(Strict):
    """One of several conditions of a criterion, for the reader to answer."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    text: str


class Criterion(Condition):
    """One checkable item; of the criteria that share a `group` one is enough, all others must be met."""

    check: Check = "reader"
    group: str | None = None
    any_of: tuple[Condition, ...] = ()
    """Besides the criterion itself, one of these must hold."""
    biomarkers: tuple[str, ...] = ()
    """What `biomarkers_measured` asks for, by the names of the results."""


class Section(Strict):
    """What a policy says about some procedure codes."""

    codes: tuple[str, ...]
    protocols: tuple[str, ...] = ()
    """Kinds of exam that it speaks of, such as ``brain``; empty is all that have one of the codes."""
    stance: Stance
    text: str
    icd10: tuple[str, ...] = ()
    """Codes and ranges of codes that the document lists, such as ``C71.0-C71.9``."""
    criteria: tuple[Criterion, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.criteria) != (self.stance == "criteria"):
            raise ValueError("criteria belong to a section whose stance is 'criteria', and only there")
        ids = [c.id for criterion in self.criteria for c in (criterion, *criterion.any_of)]
        if len(set(ids)) != len(ids):
            raise ValueError("two criteria have the same id")
        if any((c.check == "biomarkers_measured") != bool(c.biomarkers) for c in self.criteria):
            raise ValueError("biomarkers belong to a criterion that checks 'biomarkers_measured', and only there")
        for entry in self.icd10:
            if not _RANGE.fullmatch(entry):
                raise ValueError(f"'{entry}' is neither an ICD-10 code nor a range of codes")
        return self


class Policy(Strict):
    """A policy as its file has it; a date that the document does not give is None."""

    id: str = Field(pattern=r"^[a-z0-9.-]{1,60}$")
    title: str
    publisher: str
    source: str
    effective: date | None = None
    reviewed: date | None = None
    next_review: date | None = None
    sections: tuple[Section, ...]


def parse_policy(text: str) -> Policy:
    """Read a policy.

    Raises
    ------
    BadPolicy
        If the text is not TOML, misses something or contradicts itself.
    """
    try:
        return Policy.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadPolicy(f"The policy cannot be read: {problem_of(error)}.") from error


def is_listed(code: str, entries: tuple[str, ...]) -> bool:
    """Whether an ICD-10 code is one of the entries, within one of their ranges, or finer than one of them."""
    return any(_is_within(code, entry) for entry in entries)


def _is_within(code: str, entry: str) -> bool:
    match = _RANGE.fullmatch(entry)
    if match is None:
        return False
    first, last = match.group(1, 2), match.group(3, 4)
    low = "".join(filter(None, first))
    high = "".join(filter(None, last)) if last[0] else low
    plain = code.replace(".", "")
    return low <= plain[: len(low)] and plain[: len(high)] <= high
