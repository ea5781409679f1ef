"""The text that LCModel's files are made of: Fortran namelists followed by columns of numbers.

Follows the user's manual of LCModel 6.3 (S. Provencher), sections 4 and 5, and its source (BSD-3-Clause).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.errors import UnreadableFile
from analysis.types import ComplexArray, FloatArray

_NAMELIST = re.compile(r"[$&](?!END\b)(\w+)\b(.*?)[$&]END\b[^\n]*\n?", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][-+]?\d+|[-+]\d{3}(?![\d.]))?")
"""A Fortran number; neighbours may touch when each is signed, and a three-digit exponent may lack its letter."""
_BARE_EXPONENT = re.compile(r"(?<=[\d.])([-+]\d{3})$")


@dataclass(frozen=True)
class Namelist:
    """One ``$NAME ... $END`` block: its name, its text, and where the text after it starts."""

    name: str
    body: str
    end: int

    def text(self, key: str) -> str | None:
        """Return a quoted value without its quotes and outer blanks; None where it is missing or blank."""
        found = re.search(rf"\b{key}\s*=\s*(?:'((?:[^']|'')*)'|\"([^\"]*)\")", self.body, re.IGNORECASE)
        value = (found[1] if found[1] is not None else found[2]).replace("''", "'").strip() if found else ""
        return value or None

    def number(self, key: str) -> float | None:
        """Return a finite number, or None where it is missing or not one."""
        found = re.search(rf"\b{key}\s*=\s*([-+.\dEeDd]+)", self.body, re.IGNORECASE)
        try:
            number = float(re.sub("[Dd]", "e", found[1])) if found else None
        except ValueError:
            return None
        return number if number is not None and math.isfinite(number) else None

    def flag(self, key: str) -> bool:
        """Return a logical value; False where it is missing."""
        return re.search(rf"\b{key}\s*=\s*\.?T", self.body, re.IGNORECASE) is not None


def namelists(text: str) -> Iterator[Namelist]:
    """Yield the namelists of a file in order."""
    for found in _NAMELIST.finditer(text):
        yield Namelist(found[1].upper(), found[2], found.end())


def complex_numbers(text: str) -> ComplexArray:
    """Read columns of numbers as pairs of real and imaginary part, (n,) complex.

    Raises
    ------
    UnreadableFile : the text holds something else, or an odd count of numbers
    """
    values = _numbers(text)
    if not len(values) or len(values) % 2:
        raise UnreadableFile("this LCModel file is cut short: its numbers do not come in pairs")
    return np.asarray(values[0::2] + 1j * values[1::2])


def _numbers(text: str) -> FloatArray:
    try:
        return np.array(text.split(), dtype=float)
    except ValueError:
        pass  # Columns that touch, or Fortran's own exponents: take the text apart number by number.
    found = _NUMBER.findall(text)
    if _NUMBER.sub("", text).strip():
        raise UnreadableFile("the numbers of this LCModel file cannot be read")
    return np.array([_plain(number) for number in found], dtype=float)


def _plain(number: str) -> str:
    if "E" in number:
        return number
    return _BARE_EXPONENT.sub(r"e\1", re.sub("[Dd]", "e", number))
