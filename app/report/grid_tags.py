"""What the cells of reportlab's tables are in the document's structure; a table over several pages stays one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from app.report.structure import Element, artifact, inside

Place = Callable[[int, int], Sequence[Element]]
"""Gives the elements, from the outer to the inner one, that the cell of a row and column stands in."""


class GridTags:
    """Follows reportlab while it draws a table (its `renderCB`): one for all the pieces that the table is torn into.

    Parameters
    ----------
    whole : the table or list
    place : where each cell stands in it; rows are counted over all pieces, without heads that are repeated
    """

    def __init__(self, whole: Element, place: Place) -> None:
        self._whole, self._place = whole, place
        self._opened: list[ExitStack] = []
        self._rows = 0
        self._is_later = self._is_repeated = False

    def __call__(self, grid: Any, event: str, *args: Any) -> None:
        """Take note of one of reportlab's steps, which come in pairs: table, background, row, cell, lines."""
        if event.startswith("end"):
            self._opened.pop().close()
            self._is_later |= event == "endTable"
            self._rows += event == "endRow" and not self._is_repeated
            return
        stack = ExitStack()
        if event == "startTable":
            stack.enter_context(inside(grid.canv, self._whole))
        elif event in ("startBG", "startLines"):
            stack.enter_context(artifact(grid.canv))
        elif event == "startRow":
            self._is_repeated = self._is_later and args[0] < grid.repeatRows
            if self._is_repeated:
                stack.enter_context(artifact(grid.canv))
        elif event == "startCell" and not self._is_repeated:
            for element in self._place(self._rows, args[1]):
                stack.enter_context(inside(grid.canv, element))
        self._opened.append(stack)


def table_tags() -> GridTags:
    """Return the tags of a table whose first row is its head."""
    rows: dict[int, Element] = {}

    def place(row: int, column: int) -> list[Element]:
        del column
        return [rows.setdefault(row, Element("TR")), Element("TD" if row else "TH")]

    return GridTags(Element("Table"), place)


def item_tags(count: int, rows: int) -> GridTags:
    """Return the tags of `count` names with their values, in pairs of columns that are filled one after the other."""
    pairs = [Element("LI") for _ in range(count)]

    def place(row: int, column: int) -> list[Element]:
        index = column // 2 * rows + row
        return [pairs[index], Element("LBody" if column % 2 else "Lbl")] if index < count else []

    return GridTags(Element("L", kids=list(pairs)), place)


def bullet_tags() -> GridTags:
    """Return the tags of one point; points that follow each other are one list."""
    point = Element("LI")
    return GridTags(Element("L", joins=True), lambda _, column: [point, Element("LBody" if column else "Lbl")])
