"""What a search compares: words without case, accents and DICOM's separators."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Return text as it is compared: ``MÜLLER^Jörg`` becomes ``muller jorg``."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return " ".join(letters.replace("^", " ").replace("=", " ").replace(",", " ").split())


def words(text: str) -> tuple[str, ...]:
    """Return the words of a search."""
    return tuple(plain(text).split())
