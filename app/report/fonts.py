"""The report's embedded fonts, and how a line of any script becomes glyphs that they hold.

A character that no font holds is shown as an empty box, everywhere in the same way. Right-to-left runs are put in
visual order and Arabic letters are joined, by the Unicode character data of the standard library; the exact text
stays searchable (`Run.exact`). Indic and other scripts that need reordering are shown letter by letter.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from app.resource_files import resource_path

REGULAR = "DiscernSans"
BOLD = "DiscernSans-Bold"
SYMBOLS = "DiscernSymbols"
MISSING = "□"
"""Shown for a character that no font of the report holds."""

_BMP = 0xFFFF
"""Characters beyond it are shown, but reportlab writes a wrong code for searching them."""
_FILES = {REGULAR: "NotoSans-Regular.ttf", BOLD: "NotoSans-Bold.ttf", SYMBOLS: "DejaVuSans.ttf"}


@dataclass(frozen=True)
class Run:
    """Neighbouring characters of one font: what is drawn, and the exact text where that differs."""

    font: str
    shown: str
    exact: str | None = None


@cache
def register_fonts() -> None:
    """Make the report's fonts known to reportlab, once."""
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(resource_path("fonts", file))))


@cache
def _glyphs(font: str) -> frozenset[int]:
    register_fonts()
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)


def lacks_glyphs(text: str) -> bool:
    """Whether a text holds a character that the report can only show as a box."""
    return any(MISSING in run.shown for run in runs(text)) and MISSING not in text


def runs(text: str, *, bold: bool = False) -> tuple[Run, ...]:
    """Split one line into runs of one font, left to right as they are drawn."""
    return _runs(text, BOLD if bold else REGULAR)


@lru_cache(maxsize=8192)
def _runs(text: str, main: str) -> tuple[Run, ...]:
    found: list[Run] = []
    for piece, is_right_to_left in _directions(text):
        if is_right_to_left:
            found.append(Run(SYMBOLS, _visual(piece), piece))
        else:
            found.extend(_by_font(piece, main))
    return tuple(found)


def _by_font(text: str, main: str) -> list[Run]:
    found: list[Run] = []
    for character in text:
        font, shown = _choose(character, main)
        exact = character if shown != character or ord(character) > _BMP else None
        last = found[-1] if found else None
        if last and last.font == font and (last.exact is None) == (exact is None):
            joined = None if exact is None else f"{last.exact}{exact}"
            found[-1] = Run(font, last.shown + shown, joined)
        else:
            found.append(Run(font, shown, exact))
    return found


def _choose(character: str, main: str) -> tuple[str, str]:
    for font in (main, SYMBOLS):
        if ord(character) in _glyphs(font):
            return font, character
    return SYMBOLS, MISSING


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line in points."""
    return float(sum(pdfmetrics.stringWidth(run.shown, run.font, size) for run in runs(text, bold=bold)))


def _directions(text: str) -> list[tuple[str, bool]]:
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


def _visual(piece: str) -> str:
    """Put a right-to-left piece in visual order, numbers kept left to right, with a glyph for every character."""
    shown = "".join(_choose(character, SYMBOLS)[1] for character in _joined(piece))
    mirrored = {"(": ")", ")": "(", "[": "]", "]": "[", "<": ">", ">": "<"}
    turned: list[str] = []
    number = ""
    for character in reversed(shown):
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


def _joined(piece: str) -> str:
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
