"""Text on a page: lines of any script, wrapped to a width, without markup, so that no file can write tags into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.platypus import Flowable

from app.report.runs import Run, clusters, runs, text_width
from app.report.structure import content, title_kind

INK = 0.07
"""Grey level of text, 0 black; nothing readable is drawn lighter than `MUTED`."""
MUTED = 0.35
RULE = 0.72


@dataclass(frozen=True)
class Style:
    """How text is set: size and line distance in points, weight, grey level, side."""

    size: float = 8.0
    leading: float = 10.4
    bold: bool = False
    grey: float = INK
    align: str = "left"


BODY = Style()
SMALL = Style(6.8, 8.6, grey=MUTED)
CELL = Style(7.6, 9.6)
HEAD = Style(6.8, 8.6, bold=True, grey=MUTED)
TABLE_TITLE = Style(8.4, 11.5, bold=True)
SECTION = Style(12.5, 16.5, bold=True)
SUBSECTION = Style(10.2, 13.4, bold=True)
STRONG = Style(9.2, 12.4, bold=True)


def draw_line(canvas: Any, x: float, y: float, text: str, style: Style, *, gap: str = "") -> None:
    """Draw one line with its baseline at `y`; `x` is its left end, right end or middle by the style's side.

    `gap` is a space that follows in the text but takes no room, so that words stay apart where lines are read as one.
    """
    width = text_width(text, style.size, bold=style.bold)
    x -= {"left": 0.0, "right": width, "centre": width / 2}[style.align]
    canvas.setFillGray(style.grey)
    for run in runs(text + gap, bold=style.bold):
        x += _draw_run(canvas, x, y, run, style.size)


def draw_lines(canvas: Any, x: float, y: float, lines: Sequence[str], style: Style) -> None:
    """Draw lines that were cut between words, the first with its baseline at `y`."""
    for number, line in enumerate(lines, 1):
        draw_line(canvas, x, y, line, style, gap=" " if number < len(lines) else "")
        y -= style.leading


def _draw_run(canvas: Any, x: float, y: float, run: Run, size: float) -> float:
    """Draw a run and return its width; the exact text of shaped or missing letters stays searchable."""
    if run.exact is not None:
        exact = run.exact.encode("utf-16-be").hex().upper()
        canvas._code.append(f"/Span <</ActualText <FEFF{exact}>>> BDC")
    canvas.setFont(run.font, size)
    if run.glyphs:
        _draw_glyphs(canvas, x, y, run, size)
    else:
        canvas.drawString(x, y, run.shown)
    if run.exact is not None:
        canvas._code.append("EMC")
    return run.width(size)


def _draw_glyphs(canvas: Any, x: float, y: float, run: Run, size: float) -> None:
    for glyph in run.glyphs:
        canvas.drawString(x + size / 1000 * glyph.dx, y + size / 1000 * glyph.dy, glyph.character)
        x += size / 1000 * glyph.advance


def wrapped(text: str, width: float, style: Style) -> list[str]:
    """Break a text into lines no wider than `width` points, between words where words fit."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if text_width(longer, style.size, bold=style.bold) <= width:
                line = longer
                continue
            lines += [line] if line else []
            *full, line = _broken(word, width, style)
            lines += full
        lines.append(line)
    return lines


def _gaps(text: str, lines: Sequence[str]) -> list[str]:
    """Return for each line the space that its break took the place of; none where a word was cut."""
    gaps: list[str] = []
    for line in lines:
        rest = text.lstrip(" \n")
        text = rest.removeprefix(line)
        gaps.append(" " if text[:1] in (" ", "\n") else "")
    return gaps


def _broken(word: str, width: float, style: Style) -> list[str]:
    """Cut a word that is wider than a line, never between a letter and its marks."""
    if text_width(word, style.size, bold=style.bold) <= width:
        return [word]
    pieces, piece = [], ""
    for cluster in clusters(word):
        if piece and text_width(piece + cluster, style.size, bold=style.bold) > width:
            pieces.append(piece)
            piece = ""
        piece += cluster
    return [*pieces, piece]


def shortened(text: str, width: float, style: Style) -> str:
    """Cut a line to a width in points, with an ellipsis where something is left out."""
    if text_width(text, style.size, bold=style.bold) <= width:
        return text
    kept = clusters(text)
    while kept and text_width("".join(kept) + "…", style.size, bold=style.bold) > width:
        kept.pop()
    return "".join(kept).rstrip() + "…"


class TextBlock(Flowable):  # type: ignore[misc]
    """A paragraph of plain text, or the title of a table."""

    kind = "P"
    """What it is in the document's structure."""

    def __init__(self, text: str, style: Style = BODY, *, before: float = 0.0, after: float = 0.0) -> None:
        super().__init__()
        self.text, self.style = text, style
        self.spaceBefore, self.spaceAfter = before, after
        self._lines: list[str] = []

    def getSpaceBefore(self) -> float:  # noqa: N802 - reportlab's name
        """Return the space above, in points."""
        return float(self.spaceBefore)

    def getSpaceAfter(self) -> float:  # noqa: N802 - reportlab's name
        """Return the space below, in points."""
        return float(self.spaceAfter)

    def minWidth(self) -> float:  # noqa: N802 - reportlab's name
        """Return the least width, in points."""
        return 10.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Break the lines for a width and return the size taken."""
        del height
        self._lines = wrapped(self.text, width, self.style)
        self.width, self.height = width, len(self._lines) * self.style.leading
        return self.width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        """Cut between lines where the page ends."""
        self.wrap(width, height)
        count = int(height // self.style.leading)
        if count < 1 or count >= len(self._lines):
            return [] if count < 1 else [self]
        return [
            TextBlock("\n".join(self._lines[:count]), self.style, before=self.spaceBefore),
            TextBlock("\n".join(self._lines[count:]), self.style, after=self.spaceAfter),
        ]

    def draw(self) -> None:
        """Draw the lines."""
        x = {"left": 0.0, "right": self.width, "centre": self.width / 2}[self.style.align]
        y = self.height - self.style.leading + (self.style.leading - self.style.size) * 0.7
        if not any(self._lines):
            return
        with content(self.canv, title_kind(self.canv) if self.style == TABLE_TITLE else self.kind):
            for line, gap in zip(self._lines, _gaps(self.text, self._lines), strict=True):
                draw_line(self.canv, x, y, line, self.style, gap=gap)
                y -= self.style.leading
