"""Which published criteria an exam's documentation meets, item by item; an advisory, never a promise of payment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from analysis.exam_record import ExamRecord
from analysis.levels import bare_label
from analysis.policy import Check, Criterion, Policy, Section, Stance, is_listed
from analysis.types import ExamResult, VoxelResult

State = Literal["met", "not met", "not documented"]
NOT_ANSWERED = "not answered"
DISCS_NEEDED = 3
"""0609T is for biomarkers in at least three discs (domain/coverage_and_coding.md)."""


@dataclass(frozen=True)
class CheckedCriterion:
    """One criterion of a policy held against the exam, or one condition of the criterion before it.

    Attributes
    ----------
    why : what decided, in a few words
    group : of those that share one, one is enough
    under : id of the criterion that this is a condition of, which cannot be met without one of its conditions
    """

    id: str
    text: str
    state: State
    why: str
    group: str | None
    by_reader: bool
    under: str | None = None


@dataclass(frozen=True)
class Advice:
    """What one document says about an exam.

    Attributes
    ----------
    outdated : whether the date of its next review has passed when the advice is given
    after_exam : whether it came into force after the exam
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
    after_exam: bool = False


@dataclass(frozen=True)
class Coverage:
    """What is held against the policies.

    Attributes
    ----------
    codes : procedure codes of the exam
    measured, evaluable : discs of a disc exam, each counted once however often it was measured; else voxels
    protocol : kind of the exam, such as ``disc``; empty is unknown
    biomarkers : what was measured in at least three evaluable discs (one voxel where discs are not compared)
    exam_date : None where the headers do not say
    received : when and from where the data came, in words; empty where that is not known
    """

    codes: tuple[str, ...]
    record: ExamRecord
    measured: int
    evaluable: int
    protocol: str = ""
    biomarkers: tuple[str, ...] = ()
    exam_date: date | None = None
    received: str = ""


def coverage_of(
    codes: Sequence[str],
    record: ExamRecord,
    exam: ExamResult,
    *,
    exam_date: date | None = None,
    received: str = "",
) -> Coverage:
    """Return what an exam has to be held against policies."""
    fit = [voxel for voxel in exam.voxels if voxel.quality.evaluable]
    return Coverage(
        tuple(codes),
        record,
        _count(exam.voxels),
        _count(fit),
        protocol=exam.protocol_id.rsplit("-", 1)[0],
        biomarkers=_biomarkers(fit, DISCS_NEEDED if exam.compares else 1),
        exam_date=exam_date,
        received=received,
    )


def _count(voxels: Sequence[VoxelResult]) -> int:
    """Count places: a disc that was measured twice is one disc."""
    return len({bare_label(voxel.label) for voxel in voxels})


def _biomarkers(voxels: Sequence[VoxelResult], least: int) -> tuple[str, ...]:
    names: dict[str, list[VoxelResult]] = {}
    for voxel in voxels:
        found = {name.split("/")[0] for name, ratio in voxel.ratios.items() if ratio.value is not None}
        for name in {*voxel.metabolites, *found}:
            names.setdefault(name, []).append(voxel)
    return tuple(sorted(name for name, measured in names.items() if _count(measured) >= least))


def advise(coverage: Coverage, policies: Sequence[Policy], today: date) -> tuple[Advice, ...]:
    """Return what every policy says about the exam's procedure codes; a policy without a word on them is left out."""
    return tuple(
        _advice(coverage, policy, section, today)
        for policy in policies
        for section in policy.sections
        if _speaks_of(section, coverage)
    )


def _speaks_of(section: Section, coverage: Coverage) -> bool:
    of_this_kind = not section.protocols or not coverage.protocol or coverage.protocol in section.protocols
    return of_this_kind and bool(set(section.codes) & set(coverage.codes))


def _advice(coverage: Coverage, policy: Policy, section: Section, today: date) -> Advice:
    checked = tuple(c for criterion in section.criteria for c in _checked(coverage, section, criterion))
    codes = tuple(code for code in coverage.codes if code in section.codes)
    effective, exam = policy.effective, coverage.exam_date
    return Advice(
        policy,
        codes,
        section.stance,
        section.text,
        outdated=policy.next_review is not None and policy.next_review < today,
        criteria=checked,
        summary=_summary(checked),
        after_exam=effective is not None and exam is not None and exam < effective,
    )


def _checked(coverage: Coverage, section: Section, criterion: Criterion) -> tuple[CheckedCriterion, ...]:
    """Return a criterion and its conditions; it is met only where one of them is."""
    state, why = _found(coverage, section, criterion)
    conditions = tuple(
        CheckedCriterion(
            one.id, one.text, *_answer(coverage.record, one.id), criterion.id, by_reader=True, under=criterion.id
        )
        for one in criterion.any_of
    )
    checked = CheckedCriterion(
        criterion.id, criterion.text, state, why, criterion.group, by_reader=criterion.check == "reader"
    )
    if state == "met" and conditions and _best(conditions) != "met":
        refused = _best(conditions) == "not met"
        why += ", but to none of its conditions" if refused else ", but to none of its conditions yet"
        checked = replace(checked, state=_best(conditions), why=why)
    return (checked, *conditions)


def _found(coverage: Coverage, section: Section, criterion: Criterion) -> tuple[State, str]:
    record = coverage.record
    checks: Mapping[Check, Callable[[], tuple[State, str]]] = {
        "reader": lambda: _answer(record, criterion.id),
        "icd10_listed": lambda: _listed(record, section),
        "three_discs_measured": lambda: _enough(coverage.measured, "measured"),
        "three_discs_evaluable": lambda: _enough(coverage.evaluable, "evaluable"),
        "biomarkers_measured": lambda: _measured(coverage, criterion),
        "received": lambda: ("met", coverage.received) if coverage.received else ("not documented", "not recorded"),
    }
    return checks.get(criterion.check, lambda: _documented(record, criterion.check))()


def _answer(record: ExamRecord, criterion_id: str) -> tuple[State, str]:
    answer = record.answers.get(criterion_id)
    if answer is None:
        return "not documented", NOT_ANSWERED
    return ("met", "the reader says yes") if answer else ("not met", "the reader says no")


def _enough(count: int, word: str) -> tuple[State, str]:
    return ("met" if count >= DISCS_NEEDED else "not met"), f"{count} {word}"


def _measured(coverage: Coverage, criterion: Criterion) -> tuple[State, str]:
    missing = [name for name in criterion.biomarkers if name not in coverage.biomarkers]
    if missing:
        return "not met", f"not measured: {', '.join(missing)}"
    return "met", ", ".join(criterion.biomarkers)


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
    own = [one for one in checked if one.under is None]
    units: list[tuple[CheckedCriterion, ...]] = [(one,) for one in own if one.group is None]
    groups = dict.fromkeys(one.group for one in own if one.group is not None)
    units += [tuple(one for one in own if one.group == group) for group in groups]
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
