"""Do recomputed results agree with those that a report carries?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

RELATIVE_TOLERANCE: Final = 1e-4
"""Numbers agree within this share of themselves; those that carry a deviation or an interval, of the largest of them.

Smaller differences come from another processor's rounding; a report prints three digits at most.
"""
_ABSENT = object()
_LEFT_OUT = frozenset({"path", "version", "warnings", "skipped", "text", "audit"})
"""Where files lie, who computed, the end of the audit trail, and sentences may differ without other findings."""


@dataclass(frozen=True)
class Compared:
    """One value of the results, as the report has it and as it was computed again.

    Attributes
    ----------
    place : where it stands, for example ``L4-L5 ratios Lac/PG value``
    old, new : both as they are shown
    agrees : whether they are the same, up to rounding
    number : whether both are numbers
    """

    place: str
    old: str
    new: str
    agrees: bool
    number: bool = False


def compare_results(embedded: Mapping[str, Any], recomputed: Mapping[str, Any]) -> tuple[str, ...]:
    """List what differs, one entry each, for example ``L4-L5 ratios Lac/PG value: 1.94 in the report, 1.71 now``."""
    found = compared_values(embedded, recomputed)
    return tuple(f"{c.place}: {c.old} in the report, {c.new} now" for c in found if not c.agrees)


def compared_values(embedded: Mapping[str, Any], recomputed: Mapping[str, Any]) -> tuple[Compared, ...]:
    """List every value with its counterpart, in the order of the report; what differs and what agrees."""
    return tuple(_compared("", embedded, recomputed, 0.0))


def _compared(place: str, old: Any, new: Any, scale: float) -> Iterator[Compared]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        own = _scale(old)
        for key in dict.fromkeys((*old, *new)):
            if key not in _LEFT_OUT:
                yield from _compared(f"{place} {key}".strip(), old.get(key, _ABSENT), new.get(key, _ABSENT), own)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield Compared(place, str(len(old)), str(len(new)), agrees=False)
            return
        for number, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _compared(_named(place, number, a), a, b, 0.0)
    elif _is_number(old) and _is_number(new):
        largest = max(abs(old), abs(new), scale)
        agrees = math.isclose(old, new, rel_tol=0.0, abs_tol=RELATIVE_TOLERANCE * largest)
        yield Compared(place, _shown(old), _shown(new), agrees, number=True)
    else:
        yield Compared(place, _shown(old), _shown(new), type(old) is type(new) and old == new)


def _scale(record: Mapping[str, Any]) -> float:
    """Return the size against which the numbers of a record are compared: its largest, where it has an interval."""
    if not {"sd", "low90"} & set(record):
        return 0.0
    return max((abs(v) for v in record.values() if _is_number(v)), default=0.0)


def _named(place: str, number: int, item: Any) -> str:
    """Name an item of a list by its label, its name or its number; a voxel's label stands alone."""
    if isinstance(item, Mapping):
        if place == "voxels" and isinstance(item.get("label"), str):
            return str(item["label"])
        if isinstance(item.get("name"), str):
            return f"{place} {item['name']}"
    return f"{place} {number + 1}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if value is None:
        return "unknown"
    if _is_number(value):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
