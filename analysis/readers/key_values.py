"""The lines ``name: value`` of text headers (Siemens RDA, Philips SPAR, jMRUI), every value checked when asked for.

Read here and not by a converter: hostile headers reach ``literal_eval`` and unchecked allocations there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis.readers.guard import clean_text

_LONGEST_HEADER_LINE = 4096


class KeyValues:
    """The values of a text header by lower-case name; the first of several lines with one name counts."""

    def __init__(self, text: str, comment: str | None = None) -> None:
        self._values: Mapping[str, str] = _parsed(text, comment)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        """Return a value as clean text without quotation marks, or None."""
        return clean_text(self._values.get(name, "").strip('"').strip())

    def number(self, name: str) -> float | None:
        """Return a value as a finite number, or None; some locales write a decimal comma."""
        try:
            number = float(self._values.get(name, "").replace(",", "."))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def integer(self, name: str) -> int | None:
        """Return a value as a whole number, or None."""
        number = self.number(name)
        return int(number) if number is not None and number == math.floor(number) else None

    def vector(self, names: tuple[str, ...]) -> tuple[float, ...] | None:
        """Return several values as numbers, or None where one is missing."""
        numbers = [self.number(name) for name in names]
        return tuple(number for number in numbers if number is not None) if None not in numbers else None


def _parsed(text: str, comment: str | None) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in text.splitlines():
        if len(line) > _LONGEST_HEADER_LINE or (comment is not None and line.startswith(comment)):
            continue
        name, colon, value = line.partition(":")
        if colon:
            values.setdefault(name.strip().lower(), value.strip())
    return values
