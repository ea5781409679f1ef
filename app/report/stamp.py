"""The visible part of a signature: who, for what, and when, with embedded fonts and no claim it cannot keep."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from app.report.certificates import DEMO_MARK
from app.report.fonts import REGULAR, register_fonts
from app.report.text import MUTED, Style, draw_line, shortened
from app.report.wording import clean, moment

_NAME = Style(8.6, 11, bold=True)
_LINE = Style(7.2, 9.4)
_SMALL = Style(6.2, 8, grey=MUTED)


@dataclass(frozen=True)
class StampText:
    """What a stamp says.

    Attributes
    ----------
    credentials : the signer's title and organisation; may be empty
    stamped_by : server of the time-stamp authority; empty where there is none
    """

    signer: str
    meaning: str
    when: datetime
    demo: bool
    simulated: bool
    stamped_by: str = ""
    credentials: str = ""


def _when(text: StampText) -> str:
    if text.stamped_by:
        return f"{moment(text.when)}, signer's clock; time stamp inside: {clean(text.stamped_by, 60)}"
    return f"{moment(text.when)}, by the clock of the signer's computer"


def stamp_pdf(text: StampText, width: float, height: float) -> bytes:
    """Draw the stamp as a page of its own size, to be placed into the signature field."""
    from reportlab.pdfgen.canvas import Canvas

    register_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(width, height), initialFontName=REGULAR, invariant=1, pageCompression=1)
    room, y = width - 12, height
    mark = " · ".join(filter(None, (DEMO_MARK if text.demo else "", "SIMULATED DATA" if text.simulated else "")))
    if mark:
        y -= 12
        canvas.setFillGray(0)
        canvas.rect(0, y, width, 12, stroke=0, fill=1)
        style = Style(6.9, 9, bold=True, grey=1.0)
        draw_line(canvas, 6, y + 3.3, shortened(mark, room, style), style)
    lines = (
        (f"Signed by {clean(text.signer, 120)}", _NAME),
        *(((clean(text.credentials, 160), _LINE),) if text.credentials else ()),
        (f"Meaning: {clean(text.meaning, 120)}", _LINE),
        (_when(text), _SMALL),
    )
    step = y / (len(lines) + 0.35)
    for number, (line, style) in enumerate(lines, 1):
        draw_line(canvas, 6, y - number * step + (step - style.size) / 2, shortened(line, room, style), style)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
