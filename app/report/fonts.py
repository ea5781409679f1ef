"""The report's embedded fonts, and how a line of any script becomes glyphs that they hold.

Each character is drawn with the first font that holds it; scripts of south and south-east Asia are shaped, and runs
that go right to left are put in visual order. The exact text stays searchable (`Run.exact`). A character that no font
holds is shown as an empty box, everywhere in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from app.report.right_to_left import directions, joined, visual
from app.report.shaping import Placed, shaped
from app.resource_files import resource_path

REGULAR = "DiscernSans"
BOLD = "DiscernSans-Bold"
SYMBOLS = "DiscernSymbols"
HANGUL = "DiscernHangul"
HAN = "DiscernHan"
MISSING = "□"
"""Shown for a character that no font of the report holds."""

_BMP = 0xFFFF
"""Characters beyond it are shown, but reportlab writes a wrong code for searching them."""
_SHAPED = {
    "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF),
    "Gurmukhi": (0x0A00, 0x0A7F),
    "Gujarati": (0x0A80, 0x0AFF),
    "Oriya": (0x0B00, 0x0B7F),
    "Tamil": (0x0B80, 0x0BFF),
    "Telugu": (0x0C00, 0x0C7F),
    "Kannada": (0x0C80, 0x0CFF),
    "Malayalam": (0x0D00, 0x0D7F),
    "Sinhala": (0x0D80, 0x0DFF),
    "Thai": (0x0E00, 0x0E7F),
    "Lao": (0x0E80, 0x0EFF),
    "Myanmar": (0x1000, 0x109F),
    "Ethiopic": (0x1200, 0x137F),
    "Khmer": (0x1780, 0x17FF),
}
"""Scripts with a font of their own, and their blocks of Unicode."""
_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))
_JOINERS = frozenset("\u200c\u200d")
_MAIN = {REGULAR: "NotoSans-Regular.ttf", BOLD: "NotoSans-Bold.ttf", SYMBOLS: "DejaVuSans.ttf"}
_FILES = {
    **_MAIN,
    HANGUL: "NanumSquareR.ttf",
    HAN: "DroidSansFallbackFull.ttf",
    **{f"Discern{script}": f"NotoSans{script}-Regular.ttf" for script in _SHAPED},
}


@dataclass(frozen=True)
class Run:
    """Neighbouring characters of one font: what is drawn, the exact text where that differs, places where shaped."""

    font: str
    shown: str
    exact: str | None = None
    places: tuple[Placed, ...] | None = None

    def width(self, size: float) -> float:
        """Return the width in points at a font size."""
        if self.places is not None:
            return sum(place.advance for place in self.places) * size / 1000
        return float(pdfmetrics.stringWidth(self.shown, self.font, size))


@cache
def register_fonts() -> None:
    """Make the fonts that every report has known to reportlab, once; the others follow where a text asks for them."""
    for name in _MAIN:
        _register(name)


@cache
def _register(font: str) -> None:
    pdfmetrics.registerFont(TTFont(font, str(resource_path("fonts", _FILES[font]))))


@cache
def _glyphs(font: str) -> frozenset[int]:
    _register(font)
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
    for piece, is_right_to_left in directions(text):
        if is_right_to_left:
            shown = "".join(_choose(character, SYMBOLS)[1] for character in joined(piece))
            found.append(Run(SYMBOLS, visual(shown), piece))
        else:
            found.extend(_by_font(piece, main))
    return tuple(found)


def _by_font(text: str, main: str) -> list[Run]:
    found: list[Run] = []
    start = 0
    while start < len(text):
        script, end = _shaped_until(text, start)
        if script is not None:
            shown, places = shaped(text[start:end], script)
            found.append(Run(script, shown, text[start:end], places))
            start = end
            continue
        _add(found, text[start], main)
        start += 1
    return found


def _shaped_until(text: str, start: int) -> tuple[str | None, int]:
    """Return the font that shapes the text from a place on and where that ends; None where none does."""
    font = _shaped_font(text[start])
    end = start
    while font is not None and end < len(text):
        if _shaped_font(text[end]) != font and not (text[end] in _JOINERS or ord(text[end]) in _glyphs(font) - _PLAIN):
            break
        end += 1
    return font, end


_PLAIN = frozenset(range(0x0250))
"""Latin letters, digits and signs look the same everywhere, also where a script's own font has them."""


def _shaped_font(character: str) -> str | None:
    for script, (first, last) in _SHAPED.items():
        if first <= ord(character) <= last and ord(character) in _glyphs(f"Discern{script}"):
            return f"Discern{script}"
    return None


def _add(found: list[Run], character: str, main: str) -> None:
    """Add a character to the last run, or begin a new one."""
    font, shown = _choose(character, main)
    exact = character if shown != character or ord(character) > _BMP else None
    last = found[-1] if found and found[-1].places is None else None
    if last and last.font == font and (last.exact is None) == (exact is None):
        found[-1] = Run(font, last.shown + shown, None if exact is None else f"{last.exact}{exact}")
    else:
        found.append(Run(font, shown, exact))


def _choose(character: str, main: str) -> tuple[str, str]:
    """Return the font that draws a character by itself, and what it draws."""
    return next(
        ((font, character) for font in (main, SYMBOLS, HANGUL, HAN) if _holds(font, character)), (SYMBOLS, MISSING)
    )


def _holds(font: str, character: str) -> bool:
    if font == HANGUL and not any(first <= ord(character) <= last for first, last in _HANGUL):
        return False  # its Han would mix with the other font's
    return ord(character) in _glyphs(font)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line in points."""
    return float(sum(run.width(size) for run in runs(text, bold=bold)))
