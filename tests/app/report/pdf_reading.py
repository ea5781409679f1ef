"""Reading PDFs back in tests."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2


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
