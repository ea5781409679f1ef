"""The shape of ICD-10-CM codes: what a reader types is told apart from what cannot be a code."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?")
_WITHOUT_POINT = re.compile(r"([A-Z]\d[0-9A-Z])([0-9A-Z]{1,4})")
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class TypedCodes:
    """What was found in a typed list.

    Attributes
    ----------
    codes : upper case with their point, each once, in the order they were typed
    not_codes : words that are not shaped like a code, as they were typed
    """

    codes: tuple[str, ...] = ()
    not_codes: tuple[str, ...] = ()


def typed_codes(text: str) -> TypedCodes:
    """Return the codes of a typed list; commas, semicolons and spaces divide, and the point may be left out.

    Only the shape is checked (a letter, a digit, a digit or letter, then up to four behind a point, as the ICD-10-CM
    tabular list has it); whether a code exists and may be billed is for the site's coding system to say.
    """
    codes: dict[str, None] = {}
    wrong: dict[str, None] = {}
    for word in filter(None, _BETWEEN.split(text)):
        code = word.upper()
        bare = _WITHOUT_POINT.fullmatch(code)
        if bare is not None:
            code = f"{bare.group(1)}.{bare.group(2)}"
        if _CODE.fullmatch(code):
            codes[code] = None
        else:
            wrong[word] = None
    return TypedCodes(tuple(codes), tuple(wrong))
