"""Right-to-left text in the order in which it is drawn, Arabic letters joined, by Python's own Unicode data."""

from __future__ import annotations

import unicodedata
from functools import cache


def directions(text: str) -> list[tuple[str, bool]]:
    """Cut a line into pieces that run right to left, from their first letter to their last, and the rest."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    pieces: list[tuple[str, bool]] = []
    start = 0
    while start < len(text):
        first = next((i for i in range(start, len(text)) if kinds[i] in {"R", "AL"}), len(text))
        if first > start:
            pieces.append((text[start:first], False))
        if first == len(text):
            break
        left = next((i for i in range(first, len(text)) if kinds[i] == "L"), len(text))
        start = max(i + 1 for i in range(first, left) if kinds[i] in {"R", "AL", "NSM"})
        pieces.append((text[first:start], True))
    return pieces


def visual(joined: str) -> str:
    """Put a right-to-left piece, its letters joined, in visual order, with numbers kept left to right."""
    mirrored = {"(": ")", ")": "(", "[": "]", "]": "[", "<": ">", ">": "<"}
    turned: list[str] = []
    number = ""
    for character in reversed(joined):
        if unicodedata.bidirectional(character) in {"EN", "AN"}:
            number = character + number
            continue
        turned += [number, mirrored.get(character, character)]
        number = ""
    return "".join([*turned, number])


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Return each Arabic letter's presentation forms (isolated, initial, medial, final) from Unicode's data."""
    forms: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFC00), *range(0xFE70, 0xFEFD)):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) in (2, 3) and parts[0] in {"<isolated>", "<initial>", "<medial>", "<final>"}:
            base = "".join(chr(int(part, 16)) for part in parts[1:])
            forms.setdefault(base, {})[parts[0].strip("<>")] = chr(code)
    return forms


def joined(piece: str) -> str:
    """Replace Arabic letters by the forms they take beside each other (Unicode Standard, section 9.2)."""
    forms = _forms()
    units = _ligated(piece, forms)
    out: list[str] = []
    for i, unit in enumerate(units):
        mine = forms.get(unit)
        if mine is None:
            out.append(unit)
            continue
        before = next((u for u in reversed(units[:i]) if unicodedata.combining(u[0]) == 0), "")
        after = next((u for u in units[i + 1 :] if unicodedata.combining(u[0]) == 0), "")
        to_before = "initial" in forms.get(before, {}) and "final" in mine
        to_after = "initial" in mine and "final" in forms.get(after, {})
        name = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get(
            (to_before, to_after), "isolated"
        )
        out.append(mine.get(name, unit))
    return "".join(out)


def _ligated(piece: str, forms: dict[str, dict[str, str]]) -> list[str]:
    """Cut into letters, keeping the mandatory lam-alef pairs together."""
    units: list[str] = []
    for character in piece:
        pair = units[-1] + character if units else ""
        if pair[:1] == "\N{ARABIC LETTER LAM}" and len(pair) == 2 and pair in forms:
            units[-1] = pair
        else:
            units.append(character)
    return units
