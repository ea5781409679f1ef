"""Scripts whose letters change, join and move beside each other: HarfBuzz chooses and places their glyphs.

reportlab draws characters, not glyphs. So every glyph that stands for no character of its own gets one of the private
use area, always the same, in the order of the font's glyphs: a report's bytes do not depend on those made before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from reportlab.pdfbase import pdfmetrics

_PRIVATE = 0xE000


@dataclass(frozen=True)
class Placed:
    """How far a glyph stands from where the pen is, and how far the pen moves on, in thousandths of the font size."""

    right: float
    up: float
    advance: float


@dataclass(frozen=True)
class _Shaper:
    font: Any
    codes: dict[int, int]
    """The character that reportlab draws for a glyph."""
    scale: float


@cache
def _shaper(font_name: str) -> _Shaper:
    """Return HarfBuzz's view of a registered font; every glyph of it can be drawn then."""
    import uharfbuzz

    face = pdfmetrics.getFont(font_name).face
    shape_face = uharfbuzz.Face(face._ttf_data)
    font = uharfbuzz.Font(shape_face)
    scale = 1000 / shape_face.upem
    codes = {glyph: code for code, glyph in sorted(face.charToGlyph.items(), reverse=True)}
    free = _PRIVATE
    for glyph in range(shape_face.glyph_count):
        if glyph not in codes:
            while free in face.charToGlyph:
                free += 1
            codes[glyph] = free
            face.charToGlyph[free] = glyph
            face.glyphToChar.setdefault(glyph, []).append(free)
            face.charWidths[free] = font.get_glyph_h_advance(glyph) * scale
            free += 1
    return _Shaper(font, codes, scale)


def shaped(text: str, font_name: str) -> tuple[str, tuple[Placed, ...]]:
    """Return the characters that draw a text's glyphs, left to right, and where each stands."""
    import uharfbuzz

    shaper = _shaper(font_name)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(shaper.font, buffer)
    shown = "".join(chr(shaper.codes[info.codepoint]) for info in buffer.glyph_infos)
    places = tuple(
        Placed(at.x_offset * shaper.scale, at.y_offset * shaper.scale, at.x_advance * shaper.scale)
        for at in buffer.glyph_positions
    )
    return shown, places
