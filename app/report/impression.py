"""The impression: a text whose numbers are fields of the results, drafted until the reader writes one.

A field stands in braces, as in ``{L4-L5 LR}``. Where the text is printed, the field becomes the number with its
interval; a field that no result answers says so, so that no number ever gets lost or goes stale.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from analysis.evidence import probability_after
from analysis.morphology import cautions, roman
from analysis.reading import Reading, voxel_key
from analysis.types import ExamResult, VoxelResult
from app.report.template import ImpressionRule
from app.report.wording import (
    UNKNOWN,
    clean,
    fixed,
    likelihood_ratio,
    p_value,
    percent,
    plus_minus,
    ratio_span,
    reason_words,
    score,
    significant,
)

_FIELD = re.compile(r"\{([^{}\n]{1,120})\}")
_NOT_KNOWN = "not known"
_LONGEST = 20_000
_MOST_DRAFTED = 12
"""More voxels than this are not gone through one by one in a draft of an exam that compares nothing."""


@dataclass(frozen=True)
class ImpressionField:
    """A number, or a word, of the results that a text can hold.

    Attributes
    ----------
    key : how the text names it, without its braces
    title : what it is, the voxel first where it belongs to one
    value : as the report prints it
    """

    key: str
    title: str
    value: str


def impression_fields(exam: ExamResult, reading: Reading) -> tuple[ImpressionField, ...]:
    """Return every field of an exam: those of the exam first, then those of each voxel."""
    found = [ImpressionField(f"exam {key}", title, value) for key, title, value in _exam_fields(exam)]
    for name, voxel in zip(level_names(exam), exam.voxels, strict=True):
        found += [
            ImpressionField(f"{name} {key}", f"{name}, {title}", value)
            for key, title, value in _voxel_fields(voxel, reading)
        ]
    return tuple(found)


def level_names(exam: ExamResult) -> tuple[str, ...]:
    """Return a name for each voxel that no other has: its label, numbered where two share one."""
    labels = [clean(voxel.label, 40).replace("{", "(").replace("}", ")") for voxel in exam.voxels]
    seen: Counter[str] = Counter()
    names = []
    for label in labels:
        seen[label] += 1
        names.append(label if labels.count(label) == 1 else f"{label} ({seen[label]})")
    return tuple(names)


def impression_text(exam: ExamResult, reading: Reading, rule: ImpressionRule) -> str:
    """Return the impression as it is printed: the reader's, else the draft, its fields filled in."""
    return filled(reading.impression.strip() or drafted(exam, rule), impression_fields(exam, reading))


def filled(text: str, fields: tuple[ImpressionField, ...]) -> str:
    """Return a text with its fields filled in; one that no result answers is said to be unknown, in brackets."""
    known: Mapping[str, str] = {field.key: field.value for field in fields}
    cut = " [cut here: the text is longer than a report takes]" if len(text) > _LONGEST else ""
    lines = _FIELD.sub(lambda m: known.get(m[1], f"[{m[1]}: no such result]"), text[:_LONGEST] + cut).split("\n")
    return "\n".join("" if not line.strip() else clean(line, 2 * _LONGEST) for line in lines).strip()


def drafted(exam: ExamResult, rule: ImpressionRule) -> str:
    """Return the draft of an impression, with fields for every number; it states nothing that was not found."""
    parts = [rule.opening]
    if exam.withheld is not None:
        parts.append(rule.withheld)
    parts += _paragraphs(exam, rule)
    parts.append(rule.closing)
    return "\n".join(part for part in parts if part)


def _paragraphs(exam: ExamResult, rule: ImpressionRule) -> Iterator[str]:
    """Return one paragraph for each disc that stands out, and one for all that do not."""
    kinds = [_kind(voxel) for voxel in exam.voxels]

    def sentences(kind: str, sentence: str) -> list[str]:
        names = zip(level_names(exam), kinds, strict=True)
        return [sentence.replace("<level>", name) for name, found in names if found == kind and sentence]

    if not exam.compares and len(exam.voxels) > _MOST_DRAFTED:
        yield rule.many
        return
    yield from sentences("higher", rule.higher)
    yield from sentences("lower", rule.lower)
    yield " ".join(sentences("indeterminate", rule.indeterminate))
    yield from sentences("not evaluable", rule.not_evaluable)
    yield from sentences("voxel", "" if exam.compares else rule.voxel)


def _kind(voxel: VoxelResult) -> str:
    if not voxel.quality.evaluable:
        return "not evaluable"
    return voxel.evidence.evidence_class if voxel.evidence is not None else "voxel"


def _exam_fields(exam: ExamResult) -> Iterator[tuple[str, str, str]]:
    count = str(len(exam.voxels))
    yield "evaluable", "evaluable voxels", str(exam.evaluable)
    yield ("discs", "discs measured", count) if exam.compares else ("voxels", "voxels measured", count)
    if exam.compares:
        yield "contrast", "contrast between the discs", p_value(exam.contrast_p)
        yield "withheld", "why the comparison is withheld", clean(exam.withheld, 1000) if exam.withheld else "it is not"


def _voxel_fields(voxel: VoxelResult, reading: Reading) -> Iterator[tuple[str, str, str]]:
    if voxel.evidence is not None:
        yield from _evidence_fields(voxel, reading)
    for name, ratio in voxel.ratios.items():
        value = UNKNOWN if ratio.value is None else f"{plus_minus(ratio.value, ratio.sd)} {ratio_span(ratio)}".strip()
        yield clean(name, 40), f"{clean(name, 40)} (molar)", _known(value)
    quality = voxel.quality
    yield "SNR", "signal-to-noise ratio", _known(significant(quality.snr, 3))
    yield "linewidth", "line width", _unit(quality.fwhm_hz, "Hz")
    yield "reasons", "why it is not evaluable", reason_words(quality.reasons) if quality.reasons else "it is evaluable"
    yield from _morphology_fields(voxel, reading)
    yield "cautions", "what limits its reading", _cautions(voxel, reading)


def _evidence_fields(voxel: VoxelResult, reading: Reading) -> Iterator[tuple[str, str, str]]:
    evidence = voxel.evidence
    assert evidence is not None
    yield "LR", "likelihood ratio [90 %]", likelihood_ratio(evidence.lr) if evidence.lr else _NOT_KNOWN
    yield "score", "score 0–10 [90 %]", score(evidence.score) if evidence.score else _NOT_KNOWN
    yield "class", "class", evidence.evidence_class
    yield "driver", "driver", evidence.driver or "none"
    if evidence.lr is not None and 0 < reading.pretest < 1:
        title = f"probability at a pre-test probability of {fixed(100 * reading.pretest, 0)} %"
        yield "probability", title, percent(probability_after(reading.pretest, evidence.lr))


def _morphology_fields(voxel: VoxelResult, reading: Reading) -> Iterator[tuple[str, str, str]]:
    seen = reading.of(voxel_key(voxel.acquisition)).morphology
    say: Callable[[object], str] = lambda value: _NOT_KNOWN if value is None else str(value)  # noqa: E731
    yield "Pfirrmann", "Pfirrmann grade", _NOT_KNOWN if seen.pfirrmann is None else roman(seen.pfirrmann)
    yield "Modic", "Modic type", say(seen.modic)
    yield "herniation", "herniation", say(seen.herniation)


def _cautions(voxel: VoxelResult, reading: Reading) -> str:
    """Return what a reader must know beside the number: an adjusted fit, and discs the evidence was not read for."""
    adjusted = ("Its fit was adjusted by the reader.",) if voxel.adjusted_by_reader else ()
    seen = cautions(reading.of(voxel_key(voxel.acquisition)).morphology) if voxel.evidence is not None else ()
    return " ".join((*adjusted, *seen))


def _known(text: str) -> str:
    return _NOT_KNOWN if text == UNKNOWN else text


def _unit(value: float | None, unit: str) -> str:
    return _NOT_KNOWN if value is None else f"{significant(value, 3)} {unit}"
