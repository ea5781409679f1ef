"""Find the disc that a series or protocol name speaks of."""

from __future__ import annotations

import re

_VERTEBRAE = [f"C{n}" for n in range(2, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + ["S1"]
_LEVEL = re.compile(
    r"(?<![A-Z0-9])(?P<upper>[CTL]\d{1,2})"
    r"(?:\s*[-/_. ]?\s*(?P<lower>[CTLS]\d{1,2})|\s*[-/_]\s*(?P<digits>\d{1,2}))(?![A-Z0-9])",
    re.IGNORECASE,
)
# Not for T: ``T12`` is a vertebra and ``T2`` a contrast.
_RUN_TOGETHER = re.compile(r"(?<![A-Z0-9])([CL])(\d)(\d)(?![A-Z0-9])", re.IGNORECASE)


def disc_level(text: str | None) -> str | None:
    """Return a disc level such as ``L4-L5`` for ``L4-L5``, ``L4/5``, ``l4_l5``, ``L45``, ``L5S1`` or ``L5-S1``.

    Only neighbouring vertebrae make a disc; None where the text names no level, or more than one.
    """
    found = {level for level in map(_neighbours, _pairs(text or "")) if level is not None}
    return found.pop() if len(found) == 1 else None


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for match in _LEVEL.finditer(text):
        upper, lower = match["upper"].upper(), (match["lower"] or "").upper()
        pairs.append((upper, lower or _same_region(upper, match["digits"])))
    pairs += [(f"{region}{a}".upper(), f"{region}{b}".upper()) for region, a, b in _RUN_TOGETHER.findall(text)]
    return pairs


def _same_region(upper: str, digits: str) -> str:
    """Complete ``L4/5`` to L5; the disc below the last lumbar vertebra is written ``L5/1`` or ``L5/S1``."""
    if upper == "L5" and digits == "1":
        return "S1"
    return f"{upper[0]}{digits}"


def _neighbours(pair: tuple[str, str]) -> str | None:
    upper, lower = pair
    if upper not in _VERTEBRAE or lower not in _VERTEBRAE:
        return None
    return f"{upper}-{lower}" if _VERTEBRAE.index(lower) == _VERTEBRAE.index(upper) + 1 else None
