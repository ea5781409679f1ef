"""Where things stand on the report's pages, in points from the lower left corner of a sheet.

Everything is drawn in one column of a fixed width, which stands in the middle of the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analysis.paper import Paper

SIZES: dict[Paper, tuple[float, float]] = {"A4": (595.28, 841.89), "Letter": (612.0, 792.0)}
"""Width and height of each paper."""
WIDTH: Final = 515.28
BOTTOM: Final = 42.0
FOOTER_Y: Final = 26.0
STRIP_TOP: Final = 110.0
"""The strip for signatures on page 1 ends here; the research-use statement and the page's text stand above."""
FINAL: Final = "Final"
"""Name of the field whose signature certifies the report."""
_BOXES = {FINAL: (0.0, 251.0), "Addendum1": (259.0, 383.0), "Addendum2": (391.0, WIDTH)}
_BOX_BOTTOM, _BOX_TOP = 44.0, 96.0
BOX_TITLES = {FINAL: "Signature", "Addendum1": "Addendum 1", "Addendum2": "Addendum 2"}


@dataclass(frozen=True)
class Sheet:
    """One size of paper: where its column begins and ends, and where the lines at the top stand."""

    width: float
    height: float

    @property
    def left(self) -> float:
        """Left end of the column."""
        return (self.width - WIDTH) / 2

    @property
    def right(self) -> float:
        """Right end of the column."""
        return self.left + WIDTH

    @property
    def header_y(self) -> float:
        """Baseline of the line at the top."""
        return self.height - 27.89

    @property
    def top(self) -> float:
        """Where the page's text begins."""
        return self.height - 39.89


def sheet_of(paper: Paper) -> Sheet:
    """Return a paper's sheet."""
    return Sheet(*SIZES[paper])


def signature_boxes(page_width: float) -> dict[str, tuple[float, float, float, float]]:
    """Return left, bottom, right, top of each signature field on a first page of this width."""
    left = (page_width - WIDTH) / 2
    return {name: (left + start, _BOX_BOTTOM, left + end, _BOX_TOP) for name, (start, end) in _BOXES.items()}
