"""Where things stand on the report's pages, in points from the lower left corner of an A4 sheet."""

from __future__ import annotations

from typing import Final

PAGE = (595.28, 841.89)
LEFT, RIGHT = 40.0, 555.28
WIDTH = RIGHT - LEFT
HEADER_Y = 814.0
TOP = 802.0
FOOTER_Y = 26.0
BOTTOM = 42.0

STRIP_TOP = 110.0
"""The strip for signatures on page 1 ends here; the research-use statement and the page's text stand above."""
FINAL: Final = "Final"
"""Name of the field whose signature certifies the report."""
SIGNATURE_BOXES: dict[str, tuple[float, float, float, float]] = {
    FINAL: (LEFT, 44.0, LEFT + 251.0, 96.0),
    "Addendum1": (LEFT + 259.0, 44.0, LEFT + 383.0, 96.0),
    "Addendum2": (LEFT + 391.0, 44.0, RIGHT, 96.0),
}
"""Left, bottom, right, top of each signature field."""
BOX_TITLES = {FINAL: "Signature", "Addendum1": "Addendum 1", "Addendum2": "Addendum 2"}
