"""From letters to placed glyphs, by HarfBuzz: joined, reordered and stacked as their script wants it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import uharfbuzz

from app.report.fonts import font, is_shaped


@dataclass(frozen=True)
class Glyph:
    """One placed glyph: reportlab's character for it, how far the pen moves, and where it stands from the pen.

    Lengths are in thousandths of the font size; `start` is the place in the text of the first letter that it draws.
    """

    character: str
    advance: float
    dx: float
    dy: float
    start: int


def shape(text: str, name: str, *, right_to_left: bool = False) -> tuple[Glyph, ...]:
    """Shape text of one script and direction, in reading order, and return its glyphs from left to right.

    Each glyph carries the text that it stands for into the file, so that it can be searched and copied.
    """
    used = font(name)
    buffer = uharfbuzz.Buffer()
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if right_to_left else "ltr"
    # Latin with marks stands beside plain Latin, which is neither kerned nor ligated.
    uharfbuzz.shape(uharfbuzz.Font(used.hbFace), buffer, {} if is_shaped(name) else {"kern": False, "liga": False})
    infos, places = buffer.glyph_infos, buffer.glyph_positions
    starts = sorted({info.cluster for info in infos} | {len(text)})
    meaning = {start: text[start:end] for start, end in zip(starts, starts[1:], strict=False)}
    scale = used.pdfScale
    glyphs: list[Glyph] = []
    for info, place in zip(infos, places, strict=True):
        # The first glyph of a cluster stands for all of it, the others for nothing.
        character = used.character_for(info.codepoint, meaning.pop(info.cluster, ""))
        advance, dx, dy = scale(place.x_advance), scale(place.x_offset), scale(place.y_offset)
        glyphs.append(Glyph(character, advance, dx, dy, info.cluster))
    return tuple(glyphs)


def restated(glyph: Glyph, name: str, meaning: str) -> Glyph:
    """Return the same glyph of a font, standing for another text."""
    used = font(name)
    return replace(glyph, character=used.character_for(used.face.charToGlyph[ord(glyph.character)], meaning))
