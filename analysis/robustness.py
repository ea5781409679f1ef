"""How far a disc's evidence depends on choices: those of the fit multiverse, and each adjustment by the reader.

A choice of the multiverse (stiffness of the baseline, signals left out) is applied to all discs at once, because it is
a choice of method, and alone: the spread between fits, which is part of the exam's own evidence, is then left away. The
gates of the voxels stay those of the exam.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analysis.multiverse import akaike_weights
from analysis.pipeline import exam_of
from analysis.protocol import Protocol
from analysis.types import Evidence, EvidenceClass, ExamResult, Fit, VoxelResult

ChoiceKind = Literal["exam", "fit", "undone"]


@dataclass(frozen=True)
class FitChoice:
    """One way to fit: the baseline's stiffness over that of the fit itself, and what is left out beyond it."""

    stiffness: float
    left_out: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is different, for example ``baseline freedom × 1.75, without Coll``."""
        parts = []
        if self.stiffness != 1.0:
            parts.append(f"baseline freedom × {self.stiffness:g}")
        parts += [f"without {name}" for name in self.left_out]
        return ", ".join(parts) or "the fit itself"


@dataclass(frozen=True)
class ChoiceResult:
    """The selected disc under one choice.

    Attributes
    ----------
    kind : the exam as it stands, one fit of the multiverse, or the exam with one adjustment undone
    evidence : None where the disc is not evaluable so
    withheld : why nothing could be compared under this choice
    weight : share (0 to 1) that the disc's own data leave to this fit, by Akaike's criterion; None for another kind
    """

    name: str
    kind: ChoiceKind
    evidence: Evidence | None
    withheld: str | None = None
    weight: float | None = None

    @property
    def evidence_class(self) -> EvidenceClass:
        """The class under this choice."""
        return self.evidence.evidence_class if self.evidence is not None else "not evaluable"


@dataclass(frozen=True)
class Robustness:
    """A disc under every choice, the exam as it stands first, and what depends on what, in sentences."""

    label: str
    choices: tuple[ChoiceResult, ...]
    sentences: tuple[str, ...]


def robustness(
    exam: ExamResult, index: int, protocol: Protocol, undone: Sequence[tuple[str, ExamResult]] = ()
) -> Robustness:
    """Hold a disc's evidence against every choice.

    Parameters
    ----------
    index : the disc among the exam's voxels
    undone : for every adjustment by the reader its name and the exam without it
    """
    result = exam.voxels[index]
    own = _choice("the exam as it stands", "exam", exam, index)
    fits = [] if not protocol.compares or result.fit is None else _fits(exam, index, protocol)
    without = [_choice(name, "undone", other, index) for name, other in undone]
    return Robustness(result.label, (own, *fits, *without), _sentences(result.label, own, fits, without))


def _choice(name: str, kind: ChoiceKind, exam: ExamResult, index: int, weight: float | None = None) -> ChoiceResult:
    return ChoiceResult(name, kind, exam.voxels[index].evidence, exam.withheld, weight)


# --- the multiverse --------------------------------------------------------------------------------------------------


def _fits(exam: ExamResult, index: int, protocol: Protocol) -> list[ChoiceResult]:
    result = exam.voxels[index]
    if result.fit is None or not result.variants:
        return []
    known = fits_of(result, protocol)
    weights = akaike_weights(tuple(known.values()))
    return [
        _choice(choice.text, "fit", exam_with(exam, choice, protocol), index, float(weight))
        for choice, weight in zip(known, weights, strict=True)
    ]


def fits_of(result: VoxelResult, protocol: Protocol) -> dict[FitChoice, Fit]:
    """Return every fit of a voxel by its choice, the fit itself first; empty where it was not fitted."""
    if result.fit is None:
        return {}
    return {FitChoice(1.0): result.fit} | {
        choice_of(variant, result.fit, protocol): variant for variant in result.variants
    }


def choice_of(variant: Fit, fit: Fit, protocol: Protocol) -> FitChoice:
    """Return how a variant differs from the fit, in the protocol's own figures."""
    rules = protocol.rules.multiverse
    scales = rules.baseline_scales if rules is not None else (1.0,)
    found = variant.baseline_ed_per_ppm / fit.baseline_ed_per_ppm if fit.baseline_ed_per_ppm else 1.0
    wanted = variant.settings.baseline_ed_per_ppm
    if wanted is not None and fit.baseline_ed_per_ppm:
        found = wanted / fit.baseline_ed_per_ppm
    stiffness = min(scales, key=lambda scale: abs(scale - found))
    more = tuple(name for name in variant.settings.left_out if name not in fit.settings.left_out)
    return FitChoice(float(stiffness), more)


def exam_with(exam: ExamResult, choice: FitChoice, protocol: Protocol) -> ExamResult:
    """Return the exam as if every voxel had been fitted in one way alone; one without such a fit keeps its own."""
    voxels = []
    for result in exam.voxels:
        fits = fits_of(result, protocol)
        voxels.append(replace(result, fit=fits[choice], variants=()) if choice in fits else result)
    return exam_of(voxels, protocol, exam.warnings)


# --- sentences -------------------------------------------------------------------------------------------------------


def _sentences(
    label: str, own: ChoiceResult, fits: Sequence[ChoiceResult], without: Sequence[ChoiceResult]
) -> tuple[str, ...]:
    if own.withheld is not None:
        found = [f"The comparison is withheld: {own.withheld}"]
    elif own.evidence_class == "not evaluable":
        found = [f"{label} is not evaluable in this exam, so there is no evidence to hold against other fits."]
    elif not fits and not without:
        found = ["There is no other choice to hold the evidence against."]
    else:
        found = [_about_fits(label, own, fits)] if fits else []
    return (*found, _about_adjustments(label, own, without)) if without else tuple(found)


def _about_fits(label: str, own: ChoiceResult, fits: Sequence[ChoiceResult]) -> str:
    other = [fit for fit in fits if fit.evidence_class != own.evidence_class]
    if not other:
        return f"The class of {label} stays '{own.evidence_class}' in all {len(fits)} fits."
    if len(other) == len(fits):
        quoted = _listed(f"'{kind}'" for kind in _kinds(other))
        return (
            f"The class of {label} is '{own.evidence_class}' only because the {len(fits)} fits differ; "
            f"each by itself gives {quoted}."
        )
    parts = [
        f"'{kind}' with {_listed(fit.name for fit in other if fit.evidence_class == kind)}" for kind in _kinds(other)
    ]
    same, left = len(fits) - len(other), sum(fit.weight or 0.0 for fit in other)
    return (
        f"The class of {label} depends on the fit: '{own.evidence_class}' in {same} of {len(fits)} fits, "
        f"but {'; '.join(parts)}. The data of {label} leave the fits that differ a weight of {_percent(left)}."
    )


def _about_adjustments(label: str, own: ChoiceResult, without: Sequence[ChoiceResult]) -> str:
    other = [choice for choice in without if choice.evidence_class != own.evidence_class]
    count = len(without)
    if not other:
        many = f"any of the {count} adjustments" if count > 1 else f"the adjustment '{without[0].name}'"
        return f"It does not depend on {many}."
    parts = [f"without '{choice.name}' it would be '{choice.evidence_class}'" for choice in other]
    return f"The class of {label} depends on adjustments: {'; '.join(parts)}."


def _percent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")


def _kinds(choices: Sequence[ChoiceResult]) -> list[EvidenceClass]:
    return list(dict.fromkeys(choice.evidence_class for choice in choices))


def _listed(names: Iterable[str]) -> str:
    """Join names as ``a, b and c``, those with commas of their own by semicolons."""
    items = list(names)
    comma = "; " if any("," in item for item in items) else ", "
    return items[0] if len(items) == 1 else f"{comma.join(items[:-1])}{';' if comma == '; ' else ''} and {items[-1]}"
