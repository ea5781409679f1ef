"""The report's pages, drawn with embedded fonts only; the same content gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
)

from analysis.paper import Paper
from app.report import layout
from app.report.figures import SlicePicture
from app.report.flowables import Heading, Ruled, Title, WhereRoom
from app.report.fonts import MISSING, REGULAR, register_fonts
from app.report.parts import Item, Picture, ReportContent, Section, Summary
from app.report.runs import missing_characters
from app.report.spectrum_figure import SpectrumFigure
from app.report.structure import Element, Structure, artifact
from app.report.structure import content as tagged
from app.report.tables import SideBySide, bullet, item_grid, table_parts
from app.report.text import (
    BODY,
    MUTED,
    SMALL,
    STRONG,
    SUBSECTION,
    TABLE_TITLE,
    Style,
    TextBlock,
    draw_line,
    draw_lines,
    shortened,
    wrapped,
)
from app.report.voxel_page import voxel_parts, warning_parts

_PAGE_COUNT = "pagecount"
_TALL_SHARE, _WIDE_SHARE = 0.335, 0.45
"""Share of the width for a picture of a spine, and for another."""
_PICTURE_TALLEST, _PICTURE_WITH_SPECTRUM = 255.0, 205.0
_LEAST_OF_SECTION, _MOST_KEPT_ROWS = 90.0, 26
"""Room that a section needs to begin on a page, so that its title does not stand alone."""
_SUMMARY_SPECTRUM = 215.0
_MOST_NAMED = 3
_MOST_BESIDE = 9
"""More voxels than this are tabulated beneath the picture instead of beside it."""


def report_pdf(content: ReportContent) -> tuple[bytes, Element]:
    """Draw a report; return the PDF, unsigned and without attachment, and the structure of its text."""
    register_fonts()
    rl_config.useA85 = 0  # streams stay binary, which is smaller and faster than text
    buffer = io.BytesIO()
    document = _Document(buffer, content)
    document.build(_story(content), canvasmaker=_canvas_maker)
    return buffer.getvalue(), document.canv.structure.root


def _canvas_maker(*args: Any, **options: Any) -> Canvas:
    options.update(initialFontName=REGULAR, invariant=1, pageCompression=1, lang="en-GB")
    return _CountingCanvas(*args, **options)


class _CountingCanvas(Canvas):  # type: ignore[misc]
    """A canvas that keeps the structure of its text, and fills in the number of pages, which every page refers to."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.structure = Structure()

    def save(self) -> None:
        """Write the count of pages, then the file."""
        pages = self.getPageNumber() - 1
        self.beginForm(_PAGE_COUNT)
        draw_line(self, 0, 0, str(pages), _FURNITURE)
        self.endForm()
        super().save()


_FURNITURE = Style(7.0, 9.0, grey=MUTED)
_STATEMENT = Style(7.6, 9.8, bold=True)


class _Document(BaseDocTemplate):  # type: ignore[misc]
    """Two kinds of page: the first with a strip for signatures, and all others."""

    def __init__(self, buffer: io.BytesIO, content: ReportContent) -> None:
        super().__init__(
            buffer,
            pagesize=layout.SIZES[content.paper],
            title=content.title,
            author="Discern",
            creator=content.software,
            subject="MR spectroscopy, research use only",
            displayDocTitle=True,
        )
        self.content = content
        self.sheet = layout.sheet_of(content.paper)
        self.statement = wrapped(content.statement, layout.WIDTH, _STATEMENT)
        first = _frame(self.sheet, layout.STRIP_TOP + len(self.statement) * _STATEMENT.leading + 4)
        later = _frame(self.sheet, layout.BOTTOM)
        self.addPageTemplates(
            [
                PageTemplate("first", [first], onPage=self._first_page),
                PageTemplate("later", [later], onPage=self._page),
            ]
        )

    def _page(self, canvas: Canvas, document: object) -> None:
        del document
        with artifact(canvas):
            self._draw_furniture(canvas)

    def _draw_furniture(self, canvas: Canvas) -> None:
        content, sheet, strong = self.content, self.sheet, Style(7.4, 9.4, bold=True)
        draw_line(canvas, sheet.left, sheet.header_y, shortened(content.header_patient, 250, strong), strong)
        draw_line(canvas, sheet.left + 262, sheet.header_y, content.header_date, _FURNITURE)
        mark = "SIMULATED DATA · Research use only" if content.simulated else "Research use only"
        draw_line(canvas, sheet.right, sheet.header_y, mark, Style(7.4, 9.4, bold=True, align="right"))
        _rule(canvas, sheet, sheet.header_y - 5)
        _rule(canvas, sheet, layout.FOOTER_Y + 10)
        draw_line(canvas, sheet.left, layout.FOOTER_Y, content.state, strong)
        made = f"{content.software} · made {content.created}"
        draw_line(
            canvas,
            sheet.left + layout.WIDTH / 2,
            layout.FOOTER_Y,
            made,
            Style(_FURNITURE.size, 9.0, grey=MUTED, align="centre"),
        )
        draw_line(
            canvas,
            sheet.right - 12,
            layout.FOOTER_Y,
            f"Page {canvas.getPageNumber()} of ",
            Style(_FURNITURE.size, 9.0, grey=MUTED, align="right"),
        )
        canvas.saveState()
        canvas.translate(sheet.right - 12, layout.FOOTER_Y)
        canvas.doForm(_PAGE_COUNT)
        canvas.restoreState()

    def _first_page(self, canvas: Canvas, document: object) -> None:
        self._page(canvas, document)
        sheet = self.sheet
        with artifact(canvas):
            self._draw_boxes(canvas)
        y = layout.STRIP_TOP + (len(self.statement) - 1) * _STATEMENT.leading
        with tagged(canvas, "P"):
            draw_lines(canvas, sheet.left, y + 4, self.statement, _STATEMENT)

    def _draw_boxes(self, canvas: Canvas) -> None:
        boxes = layout.signature_boxes(self.sheet.width)
        for name, (left, bottom, right, top) in boxes.items():
            canvas.setLineWidth(0.5)
            canvas.setStrokeGray(0.6)
            canvas.rect(left, bottom, right - left, top - bottom)
            draw_line(canvas, left, top + 3, layout.BOX_TITLES[name], SMALL)
        if not self.content.signed:
            left, bottom, right, top = boxes[layout.FINAL]
            words = shortened(self.content.state, right - left - 16, STRONG)
            draw_line(canvas, left + 8, (top + bottom) / 2 - 3, words, STRONG)


def _rule(canvas: Canvas, sheet: layout.Sheet, y: float) -> None:
    canvas.setStrokeGray(0.6)
    canvas.setLineWidth(0.5)
    canvas.line(sheet.left, y, sheet.right, y)


def _frame(sheet: layout.Sheet, bottom: float) -> Frame:
    return Frame(
        sheet.left,
        bottom,
        layout.WIDTH,
        sheet.top - bottom,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )


def _story(content: ReportContent) -> list[Flowable]:
    story: list[Flowable] = [NextPageTemplate("later"), *_summary(content), PageBreak()]
    for section in content.sections:
        story += _section(section)
    for block in content.voxels:
        story += [PageBreak(), *voxel_parts(block, _shorter(content.paper))]
    return [*story, PageBreak(), *_methods(content)]


def _shorter(paper: Paper) -> float:
    """Return by how much a page is shorter than A4, which pictures make up for."""
    return layout.SIZES["A4"][1] - layout.SIZES[paper][1]


def _summary(content: ReportContent) -> list[Flowable]:
    summary = content.summary
    parts: list[Flowable] = [Title(content.title, simulated=content.simulated)]
    parts.append(_state_line(content))
    parts += [Ruled([*_banner(content.banner)]), *_findings(summary), *_impression(summary)]
    tallest = _PICTURE_WITH_SPECTRUM if content.summary_plot else _PICTURE_TALLEST
    parts += _picture_and_tables(summary, tallest - _shorter(content.paper))
    parts += [WhereRoom(table_parts(table, layout.WIDTH)) for table in summary.below]
    if content.summary_plot:
        plot = replace(content.summary_plot, traces=())
        parts.append(WhereRoom([SpectrumFigure(plot, layout.WIDTH, _SUMMARY_SPECTRUM)]))
    return parts


def _banner(items: Sequence[Item]) -> list[Flowable]:
    """Lay out who and what: the name has a line of its own, so that its length moves nothing beneath it."""
    name, *short = items[:6]
    return [
        item_grid([name], layout.WIDTH, name_share=0.1, bold=True),
        item_grid(short, layout.WIDTH, columns=3, name_share=0.3),
        item_grid(items[6:], layout.WIDTH, name_share=0.1),
    ]


def _state_line(content: ReportContent) -> Flowable:
    lacking = dict.fromkeys(c for text in dict.fromkeys(_texts(content)) for c in missing_characters(text))
    note = f" · {_boxes(list(lacking))}" if lacking else ""
    return TextBlock(f"{content.state} · made {content.created}{note}", Style(7.2, 9.6), after=3)


def _boxes(lacking: Sequence[str]) -> str:
    """Say what the empty boxes stand for; results.json, which is attached, has the characters themselves."""
    codes = ", ".join(f"U+{ord(character):04X}" for character in lacking[:_MOST_NAMED])
    more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
    return f"{MISSING} stands for {codes}{more}, which the fonts lack."


def _texts(part: object) -> Iterator[str]:
    """Give every text of a content, whatever it is a part of."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple | list):
        for each in part:
            yield from _texts(each)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _texts(getattr(part, field.name))


def _findings(summary: Summary) -> list[Flowable]:
    parts: list[Flowable] = [
        TextBlock(line, STRONG, before=4 if i == 0 else 0) for i, line in enumerate(summary.findings)
    ]
    if summary.withheld:
        parts.append(TextBlock(summary.withheld, STRONG, before=2))
    return parts


def _impression(summary: Summary) -> list[Flowable]:
    parts: list[Flowable] = [TextBlock("Impression", TABLE_TITLE, before=6)]
    parts += [TextBlock(line, Style(8.4, 11.0), after=1.5) for line in summary.impression]
    return [*parts, TextBlock(summary.impression_note, SMALL, after=2)] if summary.impression_note else parts


def _section(section: Section) -> list[Flowable]:
    """Lay out a section: its title stays with what follows, and a table is torn apart only where no page holds it."""
    together: list[list[Flowable]] = []
    if section.items:
        together.append([item_grid(section.items, layout.WIDTH, columns=2, name_share=0.24)])
    together += [[bullet(line)] for line in section.lines]
    together += [table_parts(table, layout.WIDTH) for table in section.tables]
    together += [[bullet(line)] for line in section.lines_after]
    if not together:
        return []
    longest = max((len(table.rows) for table in section.tables), default=0)
    together[0].insert(0, Heading(section.title, SUBSECTION, before=9, after=2))
    if longest > _MOST_KEPT_ROWS:
        return [CondPageBreak(_LEAST_OF_SECTION), *(part for parts in together for part in parts)]
    return [CondPageBreak(_LEAST_OF_SECTION), *(KeepTogether(parts) for parts in together)]


def _picture_and_tables(summary: Summary, tallest: float) -> list[Flowable]:
    beside = len(summary.beside[0].rows) <= _MOST_BESIDE if summary.beside else False
    share = _TALL_SHARE if summary.picture is None or _is_tall(summary.picture) else _WIDE_SHARE
    width = (layout.WIDTH - 14) * share
    if summary.picture is None:
        picture: list[Flowable] = [TextBlock(summary.picture_absence, BODY, before=5)]
    else:
        picture = [
            SlicePicture(summary.picture, width if beside else layout.WIDTH * 0.6, tallest if beside else tallest + 10)
        ]
    right_width = layout.WIDTH - 14 - width if beside else layout.WIDTH
    tables: list[Flowable] = []
    for table in summary.beside:
        tables += table_parts(table, right_width)
    tables += [TextBlock(note, SMALL, before=4) for note in summary.reading_notes]
    if not beside:
        return [Spacer(1, 4), *picture, *tables]
    return [Spacer(1, 4), SideBySide(picture, tables, share)]


def _is_tall(picture: Picture) -> bool:
    rows, columns = picture.pixels.shape
    return bool(rows * picture.pixel_mm[1] > 1.3 * columns * picture.pixel_mm[0])


def _methods(content: ReportContent) -> list[Flowable]:
    parts: list[Flowable] = [Heading("Methods, limits and sources")]
    parts.append(item_grid(content.methods, layout.WIDTH, name_share=0.22))
    parts += (
        [
            KeepTogether(
                [
                    TextBlock("Limits", Style(8.4, 11.5, bold=True), before=7),
                    *(bullet(limit) for limit in content.limits[:1]),
                ]
            )
        ]
        if content.limits
        else []
    )
    parts += [bullet(limit) for limit in content.limits[1:]]
    parts.append(TextBlock(content.statement, _STATEMENT, before=5))
    for table in (content.files, content.skipped, content.provenance):
        parts += table_parts(table, layout.WIDTH) if table else []
    return [*parts, *warning_parts(content.warnings)]
