"""Tables of a report: quiet rules, a repeated head, rows that stay whole, and columns set side by side."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable
from reportlab.platypus import Table as Grid

from app.report.figures import IntervalMark
from app.report.fonts import REGULAR
from app.report.grid_tags import bullet_tags, item_tags, table_tags
from app.report.parts import Cell, Column, Item, Table
from app.report.text import BODY, CELL, HEAD, MUTED, RULE, SMALL, TABLE_TITLE, Style, TextBlock

_PAD = 3.0


def table_parts(table: Table, width: float) -> list[Flowable]:
    """Lay out a table with its title and note for a width in points."""
    parts: list[Flowable] = [TextBlock(table.title, TABLE_TITLE, before=7)] if table.title else []
    if table.rows:
        parts.append(_grid(table, width))
    if table.note:
        parts.append(TextBlock(table.note, SMALL, before=1.5))
    return parts


def _grid(table: Table, width: float) -> Grid:
    total = sum(column.share for column in table.columns)
    widths = [width * column.share / total for column in table.columns]
    head = [_head(column, w) for column, w in zip(table.columns, widths, strict=True)]
    size = 0.9 if table.dense else 1.0
    body = [
        [_cell(cell, column, w, size) for cell, column, w in zip(row, table.columns, widths, strict=True)]
        for row in table.rows
    ]
    rule, heavy = Color(RULE, RULE, RULE), Color(0.25, 0.25, 0.25)
    style: list[tuple[object, ...]] = [
        *_base_style(_PAD, 0.8 if table.dense else 1.8),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, heavy),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, rule),
    ]
    grey = Color(0.93, 0.93, 0.93)
    style += [("BACKGROUND", (0, i), (-1, i), grey) for i, shaded in enumerate(table.shaded, 1) if shaded]
    return Grid([head, *body], colWidths=widths, repeatRows=1, style=style, hAlign="LEFT", renderCB=table_tags())


def _base_style(right: float, above: float) -> list[tuple[object, ...]]:
    """Return what every grid shares; the font is named because reportlab would refer to one that is not embedded."""
    every = ((0, 0), (-1, -1))
    return [
        ("FONTNAME", *every, REGULAR),
        ("VALIGN", *every, "TOP"),
        ("LEFTPADDING", *every, 0),
        ("RIGHTPADDING", *every, right),
        ("TOPPADDING", *every, above),
        ("BOTTOMPADDING", *every, above),
    ]


def _head(column: Column, width: float) -> Flowable:
    if column.is_interval:
        return IntervalMark(None, width - _PAD, is_axis=True)
    return TextBlock(column.title, Style(HEAD.size, HEAD.leading, bold=True, grey=MUTED, align=column.align))


def _cell(cell: Cell, column: Column, width: float, size: float) -> list[Flowable]:
    if column.is_interval:
        return [IntervalMark(cell.interval, width - _PAD)]
    main = Style(CELL.size * size, CELL.leading * size, bold=cell.bold, align=column.align)
    found: list[Flowable] = []
    if cell.text or not cell.small:
        found.append(TextBlock(cell.text, main))
    if cell.small:
        found.append(TextBlock(cell.small, Style(SMALL.size, SMALL.leading, grey=SMALL.grey, align=column.align)))
    return found


def item_grid(
    items: Sequence[Item], width: float, *, columns: int = 1, name_share: float = 0.36, bold: bool = False
) -> Flowable:
    """Lay out names and values in columns, filled from the top of each."""
    rows = -(-len(items) // columns)
    name_style = Style(SMALL.size, 9.4, grey=MUTED)
    value_style = Style(7.4, 9.4, bold=bold)
    cells: list[list[Flowable]] = []
    for row in range(rows):
        line: list[Flowable] = []
        for column in range(columns):
            index = column * rows + row
            pair = items[index] if index < len(items) else Item("", "")
            line += [TextBlock(pair.name, name_style), TextBlock(pair.value, value_style)]
        cells.append(line)
    each = width / columns
    widths = [each * name_share, each * (1 - name_share)] * columns
    tags = item_tags(len(items), rows)
    return Grid(cells, colWidths=widths, style=_base_style(4, 0.4), hAlign="LEFT", renderCB=tags)


class SideBySide(Flowable):  # type: ignore[misc]
    """Two columns beside each other; where they do not fit a page together, one after the other."""

    def __init__(self, left: list[Flowable], right: list[Flowable], left_share: float, *, gap: float = 14.0) -> None:
        super().__init__()
        self.left, self.right, self.left_share, self.gap = left, right, left_share, gap
        self._places: list[tuple[Flowable, float, float]] = []

    def minWidth(self) -> float:  # noqa: N802 - reportlab's name
        """Return the least width, in points."""
        return 200.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Place both columns and return the size taken."""
        left_width = (width - self.gap) * self.left_share
        columns = ((self.left, 0.0, left_width), (self.right, left_width + self.gap, width - self.gap - left_width))
        self._places, deepest = [], 0.0
        for parts, x, column_width in columns:
            y = 0.0
            for number, part in enumerate(parts):
                part.canv = getattr(self, "canv", None)
                y += part.getSpaceBefore() if number else 0.0
                size = part.wrap(column_width, height)
                y += size[1]
                self._places.append((part, x, y))
                y += part.getSpaceAfter()
            deepest = max(deepest, y)
        self.width, self.height = width, deepest
        return width, deepest

    def split(self, width: float, height: float) -> list[Flowable]:
        """Move to the next page whole, or fall apart into one column where no page is tall enough."""
        del width
        return [*self.left, *self.right] if self.height > 700 or height > 600 else []

    def draw(self) -> None:
        """Draw both columns."""
        for part, x, y in self._places:
            part.drawOn(self.canv, x, self.height - y)


def bullet(text: str, style: Style = BODY) -> Flowable:
    """Lay out a paragraph with a dash that hangs left of it."""
    parts = [[TextBlock("–", style), TextBlock(text, style)]]
    return Grid(parts, colWidths=[10, None], style=_base_style(0, 0.6), hAlign="LEFT", renderCB=bullet_tags())
