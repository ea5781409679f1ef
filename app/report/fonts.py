"""The report's embedded fonts, and which of them holds a character.

Noto Sans holds Latin, Greek and Cyrillic; DejaVu Sans symbols, Arabic and Hebrew; every other script has a font of its
own, which is read only when a text needs it. Fonts beside Noto Sans exist in one weight.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from functools import cache
from typing import Any, cast

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from app.resource_files import resource_path

REGULAR = "DiscernSans"
BOLD = "DiscernSans-Bold"
SYMBOLS = "DiscernSymbols"
HAN = "DiscernHan"
HANGUL = "DiscernHangul"
MISSING = "□"
"""Shown for a character that no font of the report holds."""

_FILES = {
    REGULAR: "NotoSans-Regular.ttf",
    BOLD: "NotoSans-Bold.ttf",
    SYMBOLS: "DejaVuSans.ttf",
    HAN: "DroidSansFallbackFull.ttf",
    HANGUL: "NanumSquareR.ttf",
}
_SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0780, 0x07BF, "Thaana"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0A00, 0x0A7F, "Gurmukhi"),
    (0x0A80, 0x0AFF, "Gujarati"),
    (0x0B00, 0x0B7F, "Oriya"),
    (0x0B80, 0x0BFF, "Tamil"),
    (0x0C00, 0x0C7F, "Telugu"),
    (0x0C80, 0x0CFF, "Kannada"),
    (0x0D00, 0x0D7F, "Malayalam"),
    (0x0D80, 0x0DFF, "Sinhala"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Lao"),
    (0x0F00, 0x0FFF, "Tibetan"),
    (0x1000, 0x109F, "Myanmar"),
    (0x1200, 0x139F, "Ethiopic"),
    (0x1780, 0x17FF, "Khmer"),
    (0x1C50, 0x1C7F, "OlChiki"),
    (0x2D80, 0x2DDF, "Ethiopic"),
    (0x2E80, 0x312F, HAN),
    (0x3130, 0x318F, HANGUL),
    (0x3190, 0x9FFF, HAN),
    (0xA8E0, 0xA8FF, "Devanagari"),
    (0xA9E0, 0xA9FF, "Myanmar"),
    (0xAA60, 0xAA7F, "Myanmar"),
    (0xAAE0, 0xAAFF, "MeeteiMayek"),
    (0xAB00, 0xAB2F, "Ethiopic"),
    (0xABC0, 0xABFF, "MeeteiMayek"),
    (0xAC00, 0xD7A3, HANGUL),
    (0xF900, 0xFAFF, HAN),
    (0xFE30, 0xFE4F, HAN),
    (0xFF00, 0xFFEF, HAN),
    (0x10D00, 0x10D3F, "HanifiRohingya"),
    (0x1E900, 0x1E95F, "Adlam"),
)
"""The blocks of the Unicode Standard that have a font of their own: first and last code point, in rising order."""

_FIRSTS = tuple(first for first, _, _ in _SCRIPTS)
_PRIVATE = 0xF0000
"""Codes from here on stand for glyphs that no character has, such as a conjunct; none of them is written to a file."""


class ReportFont(TTFont):  # type: ignore[misc]
    """A font that can also draw glyphs without a character, and says of every glyph what text it stands for."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self._codes: dict[tuple[int, str], int] = {}
        self._meanings: dict[int, str] = {}
        self._lock = threading.Lock()

    def character_for(self, glyph: int, meaning: str) -> str:
        """Return the character by which reportlab draws a glyph that stands for a text."""
        with self._lock:
            code = self._codes.get((glyph, meaning))
            if code is None:
                code = _PRIVATE + len(self._codes)
                self.face.charToGlyph[code] = glyph
                self.face.charWidths[code] = self.pdfScale(self.face.hmetrics[glyph][0])
                self._meanings[code] = meaning
                self._codes[glyph, meaning] = code
        return chr(code)

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab's name
        """Add the font's subsets to a document, with text for each glyph, also beyond the first 65,536 characters."""
        subsets = [list(subset) for subset in self.state[doc].subsets]
        streams = set(doc.idToObject)
        super().addObjects(doc)
        added = [key for key in doc.idToObject if key not in streams and str(key).startswith("toUnicodeCMap:")]
        for key, subset in zip(added, subsets, strict=True):
            doc.idToObject[key].content = self._to_unicode(subset)

    def _to_unicode(self, subset: list[int]) -> str:
        texts = [(index, self._meanings.get(code, chr(code))) for index, code in enumerate(subset) if code]
        lines = [f"<{index:02X}> <{text.encode('utf-16-be').hex().upper()}>" for index, text in texts if text]
        blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]  # the most that one block may hold
        return "\n".join(
            [
                "/CIDInit /ProcSet findresource begin",
                "12 dict begin",
                "begincmap",
                "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
                "/CMapName /Adobe-Identity-UCS def",
                "/CMapType 2 def",
                "1 begincodespacerange",
                "<00> <FF>",
                "endcodespacerange",
                *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
                "endcmap",
                "CMapName currentdict /CMap defineresource pop",
                "end",
                "end",
            ]
        )


@cache
def register_fonts() -> None:
    """Make the fonts that every report needs known to reportlab, once."""
    for name in (REGULAR, BOLD, SYMBOLS):
        font(name)


@cache
def font(name: str) -> ReportFont:
    """Return a font of the report by the name that reportlab knows it by, reading its file at the first call."""
    file = _FILES.get(name, f"NotoSans{name}-Regular.ttf" if name != "Tibetan" else "NotoSerifTibetan-Regular.ttf")
    made = ReportFont(name, str(resource_path("fonts", file)))
    pdfmetrics.registerFont(made)
    return made


@cache
def _held(name: str) -> frozenset[int]:
    return frozenset(font(name).face.charToGlyph)


def font_holding(cluster: str, main: str) -> str | None:
    """Return the first font that holds every character of a cluster; None where no single one does.

    Parameters
    ----------
    cluster : a character with its marks
    main : the font to prefer
    """
    codes = [ord(character) for character in cluster]
    for name in (main, *_script_font(codes[0]), SYMBOLS):
        if _held(name).issuperset(codes):
            return name
    return None


def _script_font(code: int) -> tuple[str, ...]:
    at = bisect_right(_FIRSTS, code) - 1
    return (_SCRIPTS[at][2],) if at >= 0 and code <= _SCRIPTS[at][1] else ()


def is_shaped(name: str) -> bool:
    """Whether a font belongs to a script whose letters change, join or move beside each other."""
    return name not in _FILES


def glyph_width(name: str, character: str) -> float:
    """Return the width of a character's glyph, in thousandths of the font size."""
    return cast("float", font(name).face.getCharWidth(ord(character)))
