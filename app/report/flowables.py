"""Parts of the report's pages that know how to lay themselves out: titles, ruled blocks, rows of pictures."""

from __future__ import annotations

from reportlab.platypus import Flowable

from app.report.figures import SlicePicture
from app.report.parts import VoxelBlock
from app.report.structure import artifact, begin_section, content
from app.report.text import SECTION, Style, TextBlock, draw_line

_CLOSE_UP = 104.0


class Heading(TextBlock):
    """A section's title, listed in the PDF's outline."""

    kind = "H2"

    def __init__(self, text: str, style: Style = SECTION, *, before: float = 0.0, after: float = 0.0) -> None:
        super().__init__(text, style, before=before, after=after)

    def draw(self) -> None:
        """Draw the title and mark the page."""
        key = f"page{self.canv.getPageNumber()}-{self.text}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(self.text, key, 0)
        begin_section(self.canv)
        super().draw()


class Title(TextBlock):
    """The report's title, with a black mark on its right where no patient was measured."""

    kind = "H1"

    def __init__(self, text: str, *, simulated: bool) -> None:
        super().__init__(text, SECTION)
        self.simulated = simulated

    def draw(self) -> None:
        """Draw the title and the mark."""
        super().draw()
        if self.simulated:
            with artifact(self.canv):
                self.canv.setFillGray(0)
                self.canv.rect(self.width - 108, self.height - 15, 108, 15, stroke=0, fill=1)
            style = Style(9.5, 12, bold=True, grey=1.0, align="centre")
            with content(self.canv, "P"):
                draw_line(self.canv, self.width - 54, self.height - 11, "SIMULATED DATA", style)


class Ruled(Flowable):  # type: ignore[misc]
    """Parts between two rules."""

    def __init__(self, parts: list[Flowable]) -> None:
        super().__init__()
        self.parts = parts

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size taken."""
        self.heights = [part.wrap(width, height)[1] for part in self.parts]
        self.width, self.height = width, sum(self.heights) + 8
        return self.width, self.height

    def draw(self) -> None:
        """Draw the rules and the parts."""
        with artifact(self.canv):
            self.canv.setStrokeGray(0.25)
            self.canv.setLineWidth(0.7)
            for y in (0.0, self.height):
                self.canv.line(0, y, self.width, y)
        y = self.height - 4
        for part, height in zip(self.parts, self.heights, strict=True):
            y -= height
            part.drawOn(self.canv, 0, y)


class WhereRoom(Flowable):  # type: ignore[misc]
    """Parts that come again further on: left out where the page has no room for all of them."""

    def __init__(self, parts: list[Flowable]) -> None:
        super().__init__()
        self.parts = parts
        self._heights: list[float] = []

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size taken, which is nothing where there is no room."""
        self._heights = [part.wrap(width, height)[1] + part.getSpaceBefore() for part in self.parts]
        self.width, self.height = width, sum(self._heights)
        if self.height > height:
            self._heights, self.height = [], 0.0
        return self.width, self.height

    def draw(self) -> None:
        """Draw the parts, one beneath the other."""
        y = self.height
        for part, height in zip(self.parts, self._heights, strict=False):
            y -= height
            part.drawOn(self.canv, 0, y)


class CloseUps(Flowable):  # type: ignore[misc]
    """A voxel's small pictures in a row."""

    def __init__(self, block: VoxelBlock) -> None:
        super().__init__()
        self.block = block

    def minWidth(self) -> float:  # noqa: N802 - reportlab's name
        """Return the least width, in points."""
        return 150.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size taken."""
        del height
        each = min((width - 2 * 5) / 3 if len(self.block.pictures) > 2 else (width - 5) / 2, _CLOSE_UP)
        self.each = each
        self.figures = [SlicePicture(p, each, each + 30, labels=False) for p in self.block.pictures]
        self.width, self.height = width, max(figure.height for figure in self.figures)
        return self.width, self.height

    def draw(self) -> None:
        """Draw the pictures, tops aligned."""
        for number, figure in enumerate(self.figures):
            figure.drawOn(self.canv, number * (self.each + 5), self.height - figure.height)
