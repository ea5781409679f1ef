"""Which published criteria an exam's documentation meets, item by item; an advisory, never a promise of payment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.exam_record import ExamRecord
from analysis.policy import Check, Criterion, Policy, Section, Stance, is_listed
from analysis.types import ExamResult

State = Literal["met", "not met", "not documented"]
DISCS_NEEDED = 3
"""0609T is for biomarkers in at least three discs (domain/coverage_and_coding.md)."""


@dataclass(frozen=True)
class CheckedCriterion:
    """One criterion of a policy held against the exam; `why` says what decided, in a few words."""

    id: str
    text: str
    state: State
    why: str
    group: str | None
    by_reader: bool


@dataclass(frozen=True)
class Advice:
    """What one document says about an exam.

    Attributes
    ----------
    outdated : whether the date of its next review has passed when the advice is given
    statement : the document's own position, paraphrased
    summary : one sentence on how far the documentation meets the criteria; empty where there are none
    """

    policy: Policy
    codes: tuple[str, ...]
    stance: Stance
    statement: str
    outdated: bool
    criteria: tuple[CheckedCriterion, ...]
    summary: str


@dataclass(frozen=True)
class Coverage:
    """What is held against the policies.

    Attributes
    ----------
    codes : procedure codes of the exam
    measured, evaluable : voxels; those of discs in a disc exam
    """

    codes: tuple[str, ...]
    record: ExamRecord
    measured: int
    evaluable: int


def coverage_of(codes: Sequence[str], record: ExamRecord, exam: ExamResult) -> Coverage:
    """Return what an exam has to be held against policies."""
    return Coverage(tuple(codes), record, len(exam.voxels), exam.evaluable)


def advise(coverage: Coverage, policies: Sequence[Policy], today: date) -> tuple[Advice, ...]:
    """Return what every policy says about the exam's procedure codes; a policy without a word on them is left out."""
    return tuple(
        _advice(coverage, policy, section, today)
        for policy in policies
        for section in policy.sections
        if set(section.codes) & set(coverage.codes)
    )


def _advice(coverage: Coverage, policy: Policy, section: Section, today: date) -> Advice:
    checked = tuple(_checked(coverage, section, criterion) for criterion in section.criteria)
    outdated = policy.next_review is not None and policy.next_review < today
    codes = tuple(code for code in coverage.codes if code in section.codes)
    return Advice(policy, codes, section.stance, section.text, outdated, checked, _summary(checked))


def _checked(coverage: Coverage, section: Section, criterion: Criterion) -> CheckedCriterion:
    state, why = _found(coverage, section, criterion)
    return CheckedCriterion(
        criterion.id, criterion.text, state, why, criterion.group, by_reader=criterion.check == "reader"
    )


def _found(coverage: Coverage, section: Section, criterion: Criterion) -> tuple[State, str]:
    record = coverage.record
    if criterion.check == "reader":
        answer = record.answers.get(criterion.id)
        return ("not documented", "not answered") if answer is None else _answered(answer)
    if criterion.check == "icd10_listed":
        return _listed(record, section)
    if criterion.check in ("three_discs_measured", "three_discs_evaluable"):
        count = coverage.measured if criterion.check == "three_discs_measured" else coverage.evaluable
        word = "measured" if criterion.check == "three_discs_measured" else "evaluable"
        return ("met" if count >= DISCS_NEEDED else "not met"), f"{count} {word}"
    return _documented(record, criterion.check)


def _answered(answer: bool) -> tuple[State, str]:
    return ("met", "the reader says yes") if answer else ("not met", "the reader says no")


def _listed(record: ExamRecord, section: Section) -> tuple[State, str]:
    if not record.icd10:
        return "not documented", "no ICD-10 code is recorded"
    found = [code for code in record.icd10 if is_listed(code, section.icd10)]
    return ("met", ", ".join(found)) if found else ("not met", f"not among the listed codes: {', '.join(record.icd10)}")


def _documented(record: ExamRecord, check: Check) -> tuple[State, str]:
    texts: Mapping[str, str] = {
        "indication": record.indication,
        "prior_care": record.prior_care,
        "authorisation": record.authorisation_number,
        "left_out_explained": "; ".join(record.left_out.values()),
    }
    if check in texts:
        return ("met", "recorded") if texts[check].strip() else ("not documented", "not recorded")
    if check == "screen":
        states: Mapping[str, State] = {"clear": "met", "conditional": "met", "contraindicated": "not met"}
        return states.get(record.screen, "not documented"), record.screen
    given: Mapping[str, State] = {"given": "met", "declined": "not met"}
    return given.get(record.consent, "not documented"), record.consent


def _summary(checked: Sequence[CheckedCriterion]) -> str:
    if not checked:
        return ""
    units: list[tuple[CheckedCriterion, ...]] = [(one,) for one in checked if one.group is None]
    groups = dict.fromkeys(one.group for one in checked if one.group is not None)
    units += [tuple(one for one in checked if one.group == group) for group in groups]
    states = [_best(unit) for unit in units]
    met, open_ = states.count("met"), states.count("not documented")
    if met == len(states):
        return "The documentation meets every criterion of this document."
    parts = [f"{met} of {len(states)} requirements are met"]
    parts += [f"{open_} not documented"] if open_ else []
    failed = states.count("not met")
    parts += [f"{failed} not met"] if failed else []
    return ", ".join(parts) + "."


def _best(unit: Sequence[CheckedCriterion]) -> State:
    states = {one.state for one in unit}
    order: tuple[State, ...] = ("met", "not documented", "not met")
    return next(state for state in order if state in states)
