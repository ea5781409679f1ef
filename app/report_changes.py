"""What is different between a signed report and its amendment: texts, settings and numbers, one sentence each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final

from analysis.reading import Reading, VoxelReading
from analysis.results import reading_of
from analysis.voxel_settings import VoxelSettings
from app.report.compare import Compared, compared_values
from widgets.adjust_wording import change_text
from widgets.texts import english
from widgets.undone_wording import STEP_WORDS

_NUMBERS: Final = (" ratios ", " evidence lr median", " evidence class", "exam evaluable", "exam withheld")
_LONGEST: Final = 160
_TEXTS: Final = {
    "impression": "Impression",
    "protocol_id": "Protocol",
}
_RECORD: Final = {
    "indication": "Indication",
    "icd10": "ICD-10",
    "prior_care": "Prior care",
    "authorisation_number": "Authorisation number",
    "screen": "Contraindication screen",
    "screen_detail": "Detail of the screen",
    "consent": "Consent",
    "left_out": "Discs left out",
    "answers": "Answers to criteria",
}


@english()
def report_changes(before: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return what changed from one results.json to another, for the reader and for the amended report.

    Parameters
    ----------
    before, after : the results.json that the signed report carries, and the one of now
    labels : what each voxel is called now, by its key

    Raises
    ------
    BadReading
        If the reading in one of them cannot be understood.
    """
    old, new = reading_of(before), reading_of(after)
    return (*_said(old, new), *_adjusted(old, new, labels), *_numbers(before, after))


def _said(old: Reading, new: Reading) -> Iterator[str]:
    for name, title in _TEXTS.items():
        yield from _changed(title, getattr(old, name), getattr(new, name))
    if old.pretest != new.pretest:
        yield f"Pre-test probability: {100 * old.pretest:.0f} % → {100 * new.pretest:.0f} %"
    for name, title in _RECORD.items():
        yield from _changed(title, getattr(old.record, name), getattr(new.record, name))


def _adjusted(old: Reading, new: Reading, labels: Mapping[str, str]) -> Iterator[str]:
    for key in dict.fromkeys((*labels, *old.voxels, *new.voxels)):
        one, other = old.of(key), new.of(key)
        if one != other:
            label = labels.get(key, "A voxel")
            yield from (f"{label}: {text}" for text in _voxel(one, other))


def _voxel(old: VoxelReading, new: VoxelReading) -> Iterator[str]:
    yield from _settings(old.settings, new.settings)
    for field in dataclasses.fields(VoxelReading):
        one, other = getattr(old, field.name), getattr(new, field.name)
        if field.name == "settings" or one == other:
            continue
        if field.name == "morphology":
            for part in dataclasses.fields(one):
                yield from _changed(part.name.replace("_", " "), getattr(one, part.name), getattr(other, part.name))
        else:
            yield f"{field.name.replace('_', ' ')} changed"


def _settings(old: VoxelSettings, new: VoxelSettings) -> Iterator[str]:
    yield from _changed("named", old.label, new.label)
    fit = change_text(old.fit, new.fit)
    if fit:
        yield fit
    for name, words in STEP_WORDS.items():
        one, other = getattr(old.process, name), getattr(new.process, name)
        if one != other:
            yield f"{words} {'on' if other else 'off'}" if isinstance(other, bool) else f"{words} changed"
    if old.water_t2_s != new.water_t2_s:
        yield "T2 of water changed"
    for gate in new.accepted_gates:
        if gate not in old.accepted_gates:
            yield f"gate {gate.gate} accepted: {_short(gate.reason)}"
    for gate in old.accepted_gates:
        if gate.gate not in {other.gate for other in new.accepted_gates}:
            yield f"gate {gate.gate} no longer accepted"


def _numbers(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for found in compared_values(before, after):
        if not found.agrees and _counts(found):
            place = found.place.replace(" ratios ", " ").removesuffix(" value").replace(" evidence", "")
            yield f"{place}: {_digits(found.old)} → {_digits(found.new)}"


def _counts(found: Compared) -> bool:
    is_spread = " ratios " in found.place and not found.place.endswith(" value")
    return not is_spread and any(part in found.place for part in _NUMBERS)


def _digits(text: str) -> str:
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return text


def _changed(title: str, old: Any, new: Any) -> Iterator[str]:
    if old != new:
        yield f"{title}: {_short(_plain(old))} → {_short(_plain(new))}"


def _plain(value: Any) -> str:
    if value is None or value == "" or value == () or value == {}:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_plain(item)}" for name, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    # A field of the impression is no text in braces to whoever reads the list.
    return f"“{value}”".replace("{", "[").replace("}", "]") if isinstance(value, str) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
