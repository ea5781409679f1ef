"""How a line of any script becomes runs of glyphs, from left to right as they are drawn.

Right-to-left pieces are put in visual order. Their letters carry their own text, since programs that read a page turn
it round by themselves; every other shaped run carries its exact text. A character that no font holds is shown as an
empty box, and what it is stays in the exact text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from app.report.fonts import BOLD, MISSING, REGULAR, SYMBOLS, font_holding, glyph_width, is_shaped
from app.report.shaping import Glyph, restated, shape

_JOINERS = frozenset("\u200c\u200d")
_BMP = 0xFFFF
_VIRAMA = 9
"""Canonical combining class of the signs that join consonants (Unicode Standard, section 4.3)."""


@dataclass(frozen=True)
class Run:
    """Neighbouring glyphs of one font: characters at their own width, or placed ones; `exact` is their text."""

    font: str
    shown: str
    glyphs: tuple[Glyph, ...] = ()
    exact: str | None = None

    def width(self, size: float) -> float:
        """Return the width in points at a font size in points."""
        if self.glyphs:
            return size / 1000 * sum(glyph.advance for glyph in self.glyphs)
        return size / 1000 * sum(glyph_width(self.font, character) for character in self.shown)


@dataclass(frozen=True)
class _Segment:
    font: str | None
    is_shaped: bool
    text: str


def runs(text: str, *, bold: bool = False) -> tuple[Run, ...]:
    """Split one line into runs of one font, left to right as they are drawn."""
    return _runs(text, BOLD if bold else REGULAR)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line in points."""
    return sum(run.width(size) for run in runs(text, bold=bold))


def missing_characters(text: str) -> tuple[str, ...]:
    """Return the characters of a text that the report can only show as a box, each once, in order."""
    lines = (runs(line) for line in text.split("\n"))
    found = (run.exact or "" for line in lines for run in line if run.shown.strip(MISSING) == "")
    return tuple(dict.fromkeys(character for exact in found for character in exact))


def clusters(text: str) -> list[str]:
    """Cut a text into what must stay together: a letter, its marks, and what a joining sign ties to it."""
    found: list[str] = []
    for character in text:
        is_tied = unicodedata.category(character).startswith("M") or character in _JOINERS
        before = found[-1][-1] if found else ""
        if found and (is_tied or before == "\u200d" or (before and unicodedata.combining(before) == _VIRAMA)):
            found[-1] += character
        else:
            found.append(character)
    return found


@lru_cache(maxsize=8192)
def _runs(text: str, main: str) -> tuple[Run, ...]:
    found: list[Run] = []
    for piece, is_right_to_left in _directions(text):
        if is_right_to_left:
            found.extend(_right_to_left(piece))
        else:
            found.extend(_left_to_right(segment) for segment in _segments(piece, main))
    return tuple(found)


def _left_to_right(segment: _Segment) -> Run:
    if segment.font is None:
        return Run(SYMBOLS, MISSING * len(segment.text), exact=segment.text)
    if segment.is_shaped:
        return Run(segment.font, segment.text, shape(segment.text, segment.font), segment.text)
    shown = _without_selectors(segment.text)
    return Run(segment.font, shown, exact=segment.text if shown != segment.text else None)


def _right_to_left(piece: str) -> Iterator[Run]:
    """Put a piece in visual order, numbers kept from left to right."""
    for part, is_number in reversed(_numbers(piece)):
        segments = _segments(part, SYMBOLS)
        if is_number:
            yield from (_left_to_right(segment) for segment in segments)
            continue
        for segment in reversed(segments):
            if segment.font is None:
                yield Run(SYMBOLS, MISSING * len(segment.text), exact=segment.text)
            else:
                yield from _turned(segment.font, segment.text)


def _turned(name: str, text: str) -> Iterator[Run]:
    """Shape a right-to-left text; in the file each letter stands for itself and its marks, from left to right too.

    Programs turn only the blocks of the first plane round, so that a text beyond it carries its exact text.
    """
    glyphs = shape(text, name, right_to_left=True)
    if ord(text[0]) > _BMP:
        yield Run(name, text, glyphs, text)
        return
    drawn = {glyph.start for glyph in glyphs}
    bounds = accumulate((len(cluster) for cluster in clusters(text)), initial=0)
    starts = [start for start in bounds if start in drawn]  # a ligature is drawn where its first letter stands
    for start, end in reversed(list(zip(starts, [*starts[1:], len(text)], strict=True))):
        *marks, letter = (glyph for glyph in glyphs if start <= glyph.start < end)
        yield from (Run(name, "", (restated(mark, name, ""),)) for mark in marks)
        meaning = text[start:end][::-1]
        if marks and end == len(text):
            meaning = "\N{RIGHT-TO-LEFT MARK}" + meaning  # a mark alone does not say that the line turns round here
        yield Run(name, text[start:end], (restated(letter, name, meaning),))


def _numbers(piece: str) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for character in piece:
        is_number = unicodedata.bidirectional(character) in {"EN", "AN"}
        if found and found[-1][1] == is_number:
            found[-1] = (found[-1][0] + character, is_number)
        else:
            found.append((character, is_number))
    return found


def _segments(text: str, main: str) -> list[_Segment]:
    """Cut text of one direction where its font changes, in reading order."""
    found: list[_Segment] = []
    for cluster in clusters(text):
        for segment in _fonts(cluster, main):
            last = found[-1] if found else None
            if last and last.font == segment.font:
                found[-1] = _Segment(last.font, last.is_shaped or segment.is_shaped, last.text + segment.text)
            else:
                found.append(segment)
    return found


def _fonts(cluster: str, main: str) -> list[_Segment]:
    """Find the font of a cluster, or of each of its characters where no font holds them all."""
    needed = "".join(character for character in _without_selectors(cluster) if character not in _JOINERS)
    if not needed:
        return []
    chosen = font_holding(needed, main)
    if chosen is None and len(needed) > 1:
        return [segment for character in needed for segment in _fonts(character, main)]
    has_marks = any(unicodedata.category(character).startswith("M") for character in needed)
    return [_Segment(chosen, chosen is not None and (has_marks or is_shaped(chosen)), cluster)]


def _without_selectors(text: str) -> str:
    """Leave out the signs that choose between forms of a character that the fonts have in one form only."""
    return "".join(c for c in text if not ("\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"))


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
        start = max(i + 1 for i in range(first, left) if kinds[i] in {"R", "AL", "NSM", "EN", "AN"})
        start = _closed(text, first, start)
        pieces.append((text[first:start], True))
    return pieces


def _closed(text: str, first: int, end: int) -> int:
    """Return the end of a piece, moved past the brackets that close what it opens (Unicode Annex 9, rule N0)."""
    opened = sum((c in "([{") - (c in ")]}") for c in text[first:end])
    while opened > 0 and end < len(text) and text[end] in ")]}":
        opened, end = opened - 1, end + 1
    return end
