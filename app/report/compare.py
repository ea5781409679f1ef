"""Do recomputed results agree with those that a report carries?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

RELATIVE_TOLERANCE: Final = 1e-4
"""Numbers agree within this share of themselves; those that carry a deviation or an interval, of the largest of them.

Smaller differences come from another processor's rounding; a report prints three digits at most.
"""
_ABSENT = object()
_LEFT_OUT = frozenset({"path", "version", "warnings", "skipped", "text"})
"""Where files lie, who computed, and sentences may differ without a difference in what was found."""


def compare_results(embedded: Mapping[str, Any], recomputed: Mapping[str, Any]) -> tuple[str, ...]:
    """List what differs, one entry each, for example ``L4-L5 ratios Lac/PG value: 1.94 in the report, 1.71 now``."""
    return tuple(_differences("", embedded, recomputed, 0.0))


def _differences(place: str, old: Any, new: Any, scale: float) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        own = _scale(old)
        for key in dict.fromkeys((*old, *new)):
            if key not in _LEFT_OUT:
                yield from _differences(f"{place} {key}".strip(), old.get(key, _ABSENT), new.get(key, _ABSENT), own)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{place}: {len(old)} in the report, {len(new)} now"
            return
        for number, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _differences(_named(place, number, a), a, b, 0.0)
    elif _is_number(old) and _is_number(new):
        largest = max(abs(old), abs(new), scale)
        if not math.isclose(old, new, rel_tol=0.0, abs_tol=RELATIVE_TOLERANCE * largest):
            yield f"{place}: {_shown(old)} in the report, {_shown(new)} now"
    elif type(old) is not type(new) or old != new:
        yield f"{place}: {_shown(old)} in the report, {_shown(new)} now"


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
