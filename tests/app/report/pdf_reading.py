"""Reading PDFs back in tests."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2
from fontTools.ttLib import TTFont


def page_texts(pdf: bytes) -> list[str]:
    """Return the text of every page, line ends as spaces."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = []
        for page in document:
            text_page = page.get_textpage()
            texts.append(" ".join(text_page.get_text_range().split()))
            text_page.close()
            page.close()
        return texts
    finally:
        document.close()


def first_page_with_stamp(pdf: bytes) -> str:
    """Return the first page's text with the stamp flattened into it: text extraction leaves annotations out."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.flatten_annotations()
        buffer = io.BytesIO()
        document.save(buffer)
    return page_texts(buffer.getvalue())[0]


def whole_text(pdf: bytes) -> str:
    return " ".join(page_texts(pdf))


def fonts_without_file(pdf: bytes) -> list[str]:
    """Return the names of fonts that are used but not embedded, in pages, forms and appearances."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = [thing for thing in document.objects if _is_dictionary(thing) and thing.get("/Type") == "/Font"]
        return [str(font.get("/BaseFont")) for font in fonts if not any(_files(font))]


def _is_dictionary(thing: Any) -> bool:
    return isinstance(thing, pikepdf.Dictionary)


def _files(font: Any) -> Iterator[bool]:
    for descendant in [font, *font.get("/DescendantFonts", [])]:
        descriptor = descendant.get("/FontDescriptor", {})
        yield any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def undefined_glyphs(pdf: bytes) -> list[tuple[str, int]]:
    """Return font and code of everything that pages and forms show and that the embedded font has no glyph for."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        forms = [thing for thing in document.objects if isinstance(thing, pikepdf.Stream) and "/BBox" in thing]
        return [found for holder in [*(page.obj for page in document.pages), *forms] for found in _undefined(holder)]


def _undefined(holder: Any) -> Iterator[tuple[str, int]]:
    known: dict[str, set[int]] = {}
    used = ""
    for operands, operator in pikepdf.parse_content_stream(holder):
        if str(operator) == "Tf":
            used = str(operands[0])
            known.setdefault(used, _codes(holder.Resources.Font[used]))
        elif str(operator) == "Tj":
            yield from ((used, code) for code in bytes(operands[0]) if code not in known[used])
        else:
            assert str(operator) not in ("TJ", "'", '"'), "not looked into"


def _codes(font: Any) -> set[int]:
    """Return the codes for which a simple TrueType font has a glyph other than .notdef."""
    program = TTFont(io.BytesIO(font.FontDescriptor.FontFile2.read_bytes()))
    names = next(table.cmap for table in program["cmap"].tables if (table.platformID, table.platEncID) == (1, 0))
    return {code for code, name in names.items() if program.getGlyphID(name)}
