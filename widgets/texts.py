"""Sentences in the reader's language: every text that a view shows goes through here, so that it can be translated.

A text is looked up as it stands in the code, so what is not translated yet is shown in English. ``{name}`` stands for
a value; a translation may put them in another order, or leave one out.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Final

from PySide6 import QtCore

CONTEXT = "discern"
_ENGLISH: Final = contextvars.ContextVar("english", default=False)


@contextlib.contextmanager
def english() -> Iterator[None]:
    """Leave the texts in English meanwhile, as documents have them; other threads are not concerned."""
    before = _ENGLISH.set(True)
    try:
        yield
    finally:
        _ENGLISH.reset(before)


def tr(text: str, /, **values: object) -> str:
    """Return a text in the reader's language, with its values in place."""
    found = text if _ENGLISH.get() else QtCore.QCoreApplication.translate(CONTEXT, text)
    return _filled(found, text, values)


def plural(one: str, many: str, count: int, /, **values: object) -> str:
    """Return a text about a number of things; ``{n}`` stands for the number.

    A language may have more forms than two: a translation knows all of its own under the text for many.
    """
    values = {"n": count, **values}
    found = many if _ENGLISH.get() else QtCore.QCoreApplication.translate(CONTEXT, many, None, count)
    return _filled(found if found != many else (one if count == 1 else many), one if count == 1 else many, values)


def noop(text: str) -> str:
    """Mark a text of a table for translation; where it is shown, `tr` translates it."""
    return text


def _filled(found: str, text: str, values: dict[str, object]) -> str:
    """Put values into a translation; one whose names are wrong is not worth losing the sentence."""
    if not values:
        return found
    try:
        return found.format(**values)
    except (KeyError, IndexError, ValueError):
        return text.format(**values)
