"""What the parts of a page are, noted while they are drawn: headings, paragraphs, lists, tables, figures (tagged PDF).

Reportlab draws in reading order, so the tree grows as the pages do (ISO 32000-2, 14.7 and 14.8). What stands on a page
and is no part of the text, such as rules and page numbers, is marked as an artifact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

_HOLDERS = frozenset({"TD", "TH", "Lbl", "LBody", "Figure"})
"""Elements that hold text by themselves, without a paragraph inside."""


@dataclass(frozen=True)
class Mark:
    """A piece of a page's content: number of the page from 0, and of the piece on it."""

    page: int
    number: int


@dataclass(eq=False)
class Element:
    """A node of the tree.

    Attributes
    ----------
    kind : its type in PDF, such as ``H1``
    alternative : the text that stands for a picture
    joins : whether it goes on in one of the same kind that ends right before it
    kids : what it holds, in reading order
    """

    kind: str
    alternative: str = ""
    joins: bool = False
    kids: list[Element | Mark] = field(default_factory=list)


class Structure:
    """The tree of one document, and the element that is being drawn."""

    def __init__(self) -> None:
        self.root = Element("Document")
        self.open = [self.root]
        self.has_section = False
        self._pieces: Counter[int] = Counter()
        self._is_hidden = False

    @contextmanager
    def inside(self, element: Element) -> Iterator[None]:
        """Make an element the one that is being drawn; it is new, or goes on from an earlier page."""
        beside = self.open[-1].kids
        last = beside[-1] if beside else None
        if element.joins and isinstance(last, Element) and last.joins and last.kind == element.kind:
            element = last
        elif element not in beside:
            beside.append(element)
        self.open.append(element)
        try:
            yield
        finally:
            self.open.pop()

    @contextmanager
    def marked(self, canvas: Any, kind: str) -> Iterator[None]:
        """Mark what is drawn as the content of a new element of a kind, or of the open one where that holds text."""
        if self._is_hidden:
            yield
            return
        holder = self.open[-1]
        if holder.kind not in _HOLDERS:
            holder = Element(kind)
            self.open[-1].kids.append(holder)
        page = canvas.getPageNumber() - 1
        mark = Mark(page, self._pieces[page])
        self._pieces[page] += 1
        holder.kids.append(mark)
        canvas._code.append(f"/{holder.kind} <</MCID {mark.number}>> BDC")
        try:
            yield
        finally:
            canvas._code.append("EMC")

    @contextmanager
    def hidden(self, canvas: Any) -> Iterator[None]:
        """Mark what is drawn as an artifact, whatever it holds."""
        if self._is_hidden:
            yield
            return
        canvas._code.append("/Artifact BMC")
        self._is_hidden = True
        try:
            yield
        finally:
            self._is_hidden = False
            canvas._code.append("EMC")


def _structure(canvas: Any) -> Structure:
    """Return the tree that a canvas keeps; one that keeps none gets a tree that nobody reads."""
    found = getattr(canvas, "structure", None)
    return found if isinstance(found, Structure) else Structure()


def inside(canvas: Any, element: Element) -> AbstractContextManager[None]:
    """Draw parts that belong to an element."""
    return _structure(canvas).inside(element)


def begin_section(canvas: Any) -> None:
    """Note that what follows stands in a section."""
    _structure(canvas).has_section = True


def title_kind(canvas: Any) -> str:
    """Return what a title within the text is: the summary has no section, and no level is to be left out."""
    return "H3" if _structure(canvas).has_section else "H2"


def content(canvas: Any, kind: str) -> AbstractContextManager[None]:
    """Draw text or a picture that is an element of a kind."""
    return _structure(canvas).marked(canvas, kind)


def artifact(canvas: Any) -> AbstractContextManager[None]:
    """Draw what is no part of the text."""
    return _structure(canvas).hidden(canvas)


@contextmanager
def figure(canvas: Any, alternative: str) -> Iterator[None]:
    """Draw a picture that a text stands for."""
    with inside(canvas, Element("Figure", alternative)), content(canvas, "Figure"):
        yield
