"""Evidence under every choice, held against the exam computed by hand with that choice."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from analysis.basis import simulate_basis
from analysis.pipeline import BasisCache, exam_of
from analysis.protocol import Protocol
from analysis.reanalysis import Analysed, reanalysed
from analysis.robustness import FitChoice, choice_of, exam_with, fits_of, robustness
from analysis.types import ExamResult, Fit, FitSettings
from analysis.undone import each_undone
from analysis.voxel_settings import ExamSettings, VoxelSettings
from tests.benchmarks.simulated import analysed, shipped, spin_library

DISC = shipped("disc")


@pytest.fixture(scope="module")
def exam() -> ExamResult:
    return analysed(1)[1]


@pytest.fixture(scope="module")
def painful(exam: ExamResult) -> int:
    """The disc that is called higher."""
    return next(i for i, v in enumerate(exam.voxels) if v.evidence and v.evidence.evidence_class == "higher")


def with_lactate(fit: Fit, times: float) -> Fit:
    """A fit that found another amount of lactate and alanine."""
    factor = np.array([times if name in ("Lac", "Ala") else 1.0 for name in fit.names])
    return replace(fit, amplitudes=fit.amplitudes * factor)


def doubted(exam: ExamResult, index: int, which: FitChoice) -> ExamResult:
    """The exam, but one fit of one disc finds hardly any lactate."""
    result = exam.voxels[index]
    assert result.fit is not None
    variants = [with_lactate(v, 0.2) if choice_of(v, result.fit, DISC) == which else v for v in result.variants]
    voxels = list(exam.voxels)
    voxels[index] = replace(result, variants=tuple(variants))
    return exam_of(voxels, DISC)


def test_the_choices_are_those_of_the_protocol(exam: ExamResult, painful: int) -> None:
    found = set(fits_of(exam.voxels[painful], DISC))
    rules = DISC.rules.multiverse
    assert rules is not None
    assert found == {FitChoice(s, tuple(out)) for s in rules.baseline_scales for out in rules.left_out}
    assert FitChoice(1.0).text == "the fit itself"
    assert FitChoice(1.75, ("Coll",)).text == "baseline freedom × 1.75, without Coll"


def test_every_row_is_the_exam_computed_with_that_fit_alone(exam: ExamResult, painful: int) -> None:
    found = robustness(exam, painful, DISC)
    assert [choice.kind for choice in found.choices] == ["exam"] + 6 * ["fit"]
    assert found.choices[0].evidence == exam.voxels[painful].evidence
    rows = {choice.name: choice for choice in found.choices}
    for position in range(len(exam.voxels[painful].variants)):
        by_hand = [replace(v, fit=v.variants[position], variants=()) if v.variants else v for v in exam.voxels]
        fit = exam.voxels[painful].fit
        assert fit is not None
        name = choice_of(exam.voxels[painful].variants[position], fit, DISC).text
        assert rows[name].evidence == exam_of(by_hand, DISC).voxels[painful].evidence
    weights = [choice.weight for choice in found.choices[1:]]
    assert sum(weight for weight in weights if weight is not None) == pytest.approx(1.0)


def test_a_class_that_no_fit_changes(exam: ExamResult, painful: int) -> None:
    label = exam.voxels[painful].label
    assert robustness(exam, painful, DISC).sentences == (f"The class of {label} stays 'higher' in all 6 fits.",)


def test_a_class_that_one_fit_changes(exam: ExamResult, painful: int) -> None:
    choice = FitChoice(1.75)
    other = doubted(exam, painful, choice)
    found = robustness(other, painful, DISC)
    row = next(row for row in found.choices if row.name == choice.text)
    assert row.evidence_class != "higher"
    (sentence,) = found.sentences
    label = exam.voxels[painful].label
    assert sentence.startswith(
        f"The class of {label} depends on the fit: '{found.choices[0].evidence_class}' in 5 of 6 fits, "
        f"but '{row.evidence_class}' with {choice.text}. The data of {label} leave"
    )


def test_each_adjustment_undone(exam: ExamResult, painful: int) -> None:
    healthy = list(exam.voxels)
    fit = healthy[painful].fit
    assert fit is not None
    healthy[painful] = replace(healthy[painful], fit=with_lactate(fit, 0.3), variants=())
    without = exam_of(healthy, DISC)
    label = exam.voxels[painful].label
    kept = robustness(exam, painful, DISC, [("phase +4°", exam)])
    assert kept.sentences[1] == "It does not depend on the adjustment 'phase +4°'."
    both = robustness(exam, painful, DISC, [("phase +4°", exam), ("without Lip13", without)])
    changed = without.voxels[painful].evidence
    assert changed is not None
    assert both.sentences[1] == (
        f"The class of {label} depends on adjustments: without 'without Lip13' it would be '{changed.evidence_class}'."
    )
    assert [choice.kind for choice in both.choices[-2:]] == ["undone", "undone"]


def test_a_disc_that_is_not_evaluable_has_nothing_to_hold(exam: ExamResult) -> None:
    failed = next(i for i, voxel in enumerate(exam.voxels) if not voxel.quality.evaluable)
    found = robustness(exam, failed, DISC)
    assert "not evaluable" in found.sentences[0]
    assert all(choice.evidence_class == "not evaluable" for choice in found.choices)


def test_a_withheld_comparison_says_why(exam: ExamResult, painful: int) -> None:
    few = exam_of([exam.voxels[painful], exam.voxels[painful]], DISC)
    found = robustness(few, 0, DISC)
    assert found.sentences[0].startswith("The comparison is withheld: Only 2 evaluable discs")


def test_a_protocol_without_comparison_has_no_fits_to_hold(exam: ExamResult) -> None:
    brain: Protocol = shipped("brain")
    found = robustness(replace(exam, compares=False), 0, brain)
    assert [choice.kind for choice in found.choices] == ["exam"]


def test_a_voxel_without_such_a_fit_keeps_its_own(exam: ExamResult, painful: int) -> None:
    voxels = list(exam.voxels)
    other = (painful + 1) % len(voxels) if voxels[(painful + 1) % len(voxels)].fit else 0
    voxels[other] = replace(voxels[other], variants=())
    found = exam_with(replace(exam, voxels=tuple(voxels)), FitChoice(0.5), DISC)
    assert found.voxels[other].fit is voxels[other].fit
    assert found.voxels[painful].fit is not exam.voxels[painful].fit


def test_an_adjustment_of_a_real_fit_taken_back_is_the_automatic_exam(painful: int) -> None:
    study, automatic = analysed(1)
    bases = BasisCache(DISC, spin_library(), simulate_basis)
    settings = ExamSettings({painful: VoxelSettings(fit=FitSettings(baseline_ed_per_ppm=2.5))})
    known = Analysed(study, DISC, ExamSettings(), automatic)
    adjusted = Analysed(study, DISC, settings, reanalysed(known, settings, bases))
    (undone,) = each_undone(settings)
    without = reanalysed(adjusted, undone.settings, bases)
    found = robustness(adjusted.exam, painful, DISC, [("baseline stiffness 2.50 ED/ppm", without)])
    assert found.choices[-1].evidence == automatic.voxels[painful].evidence
    assert found.choices[0].evidence == adjusted.exam.voxels[painful].evidence
    assert sum(choice.kind == "fit" for choice in found.choices) == 6


def test_it_is_quick(exam: ExamResult, painful: int) -> None:
    began = time.perf_counter()
    robustness(exam, painful, DISC, [("one", exam)])
    assert time.perf_counter() - began < 1.0
