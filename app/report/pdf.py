"""The report's pages, drawn with embedded fonts only; the same content gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
)

from app.report import layout
from app.report.figures import SlicePicture
from app.report.fonts import REGULAR, lacks_glyphs, register_fonts
from app.report.parts import Item, Picture, ReportContent, SpectrumPlot, Summary, VoxelBlock
from app.report.spectrum_figure import SpectrumFigure, figure_height
from app.report.tables import SideBySide, bullet, item_grid, table_parts
from app.report.text import BODY, MUTED, SECTION, SMALL, STRONG, Style, TextBlock, draw_line, shortened, wrapped

_PAGE_COUNT = "pagecount"
_TALL_SHARE, _WIDE_SHARE = 0.335, 0.45
"""Share of the width for a picture of a spine, and for another."""
_PICTURE_TALLEST = 290.0
_CLOSE_UP, _SUMMARY_SPECTRUM = 104.0, 215.0
_MOST_BESIDE_GATES = 6
"""A table of amplitudes with more columns stands beneath the gates."""
_MOST_BESIDE = 9
"""More voxels than this are tabulated beneath the picture instead of beside it."""


def report_pdf(content: ReportContent) -> bytes:
    """Draw a report and return the PDF, unsigned and without attachment."""
    register_fonts()
    buffer = io.BytesIO()
    document = _Document(buffer, content)
    document.build(_story(content), canvasmaker=_canvas_maker)
    return buffer.getvalue()


def _canvas_maker(*args: Any, **options: Any) -> Canvas:
    options.update(initialFontName=REGULAR, invariant=1, pageCompression=1, lang="en-GB")
    return _CountingCanvas(*args, **options)


class _CountingCanvas(Canvas):  # type: ignore[misc]
    """A canvas that fills in the number of pages at the end, in a form that every page refers to."""

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
        boxes = layout.signature_boxes(sheet.width)
        for name, (left, bottom, right, top) in boxes.items():
            canvas.setLineWidth(0.5)
            canvas.setStrokeGray(0.6)
            canvas.rect(left, bottom, right - left, top - bottom)
            draw_line(canvas, left, top + 3, layout.BOX_TITLES[name], SMALL)
        y = layout.STRIP_TOP + len(self.statement) * _STATEMENT.leading
        for line in self.statement:
            y -= _STATEMENT.leading
            draw_line(canvas, sheet.left, y + 4, line, _STATEMENT)
        if not self.content.signed:
            left, bottom, right, top = boxes[layout.FINAL]
            words = shortened(f"{self.content.state}: not signed", right - left - 16, STRONG)
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
    story: list[Flowable] = [NextPageTemplate("later"), *_summary(content)]
    for block in content.voxels:
        story += [PageBreak(), *_voxel(block)]
    return [*story, PageBreak(), *_methods(content)]


def _summary(content: ReportContent) -> list[Flowable]:
    summary = content.summary
    parts: list[Flowable] = [_Title(content.title, simulated=content.simulated)]
    parts += [_Ruled([*_banner(content.banner)]), *_findings(summary)]
    parts += _picture_and_tables(summary)
    for table in summary.below:
        parts += table_parts(table, layout.WIDTH)
    if content.summary_plot:
        parts.append(_WhereRoom(content.summary_plot))
    return parts


def _banner(items: Sequence[Item]) -> list[Flowable]:
    found: list[Flowable] = [item_grid(items[:6], layout.WIDTH, columns=3, name_share=0.3)]
    found.append(item_grid(items[6:], layout.WIDTH, name_share=0.1))
    if any(lacks_glyphs(item.value) for item in items):
        found.append(
            TextBlock(
                "An empty box stands for a character that the report's fonts do not hold; "
                "the attached results.json has the exact text.",
                SMALL,
            )
        )
    return found


def _findings(summary: Summary) -> list[Flowable]:
    parts: list[Flowable] = [
        TextBlock(line, STRONG, before=4 if i == 0 else 0) for i, line in enumerate(summary.findings)
    ]
    if summary.withheld:
        parts.append(TextBlock(summary.withheld, STRONG, before=2))
    return parts


def _picture_and_tables(summary: Summary) -> list[Flowable]:
    beside = len(summary.beside[0].rows) <= _MOST_BESIDE if summary.beside else False
    share = _TALL_SHARE if summary.picture is None or _is_tall(summary.picture) else _WIDE_SHARE
    width = (layout.WIDTH - 14) * share
    if summary.picture is None:
        picture: list[Flowable] = [TextBlock(summary.picture_absence, BODY, before=5)]
    else:
        picture = [
            SlicePicture(
                summary.picture, width if beside else layout.WIDTH * 0.6, _PICTURE_TALLEST if beside else 300.0
            )
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


def _voxel(block: VoxelBlock) -> list[Flowable]:
    parts: list[Flowable] = [_Heading(block.heading)]
    if block.result:
        parts.append(TextBlock(block.result, STRONG, after=3))
    pictures = _CloseUps(block) if block.pictures else None
    share = 0.57
    if pictures:
        items = item_grid(block.items, (layout.WIDTH - 14) * share, name_share=0.27)
        parts.append(SideBySide([items], [pictures], share))
    else:
        parts.append(item_grid(block.items, layout.WIDTH, columns=2, name_share=0.26))
    if block.plot:
        parts += [SpectrumFigure(block.plot, layout.WIDTH, figure_height(block.plot)), Spacer(1, 3)]
    else:
        parts.append(TextBlock(block.absence, STRONG, before=8, after=8))
    parts += _gates_and_amplitudes(block)
    if block.fit_items:
        parts.append(
            KeepTogether(
                [
                    TextBlock("Fit", Style(8.4, 11.5, bold=True), before=6),
                    item_grid(block.fit_items, layout.WIDTH, columns=2, name_share=0.2),
                ]
            )
        )
    if block.steps:
        parts.append(TextBlock("Processing, in order", Style(8.4, 11.5, bold=True), before=6))
        parts += [TextBlock(f"{number}. {step}", Style(7.2, 9.2)) for number, step in enumerate(block.steps, 1)]
    return [*parts, *_warning_parts(block.warnings)]


def _gates_and_amplitudes(block: VoxelBlock) -> list[Flowable]:
    if len(block.amplitudes.columns) > _MOST_BESIDE_GATES:
        return [*table_parts(block.gates, layout.WIDTH), *table_parts(block.amplitudes, layout.WIDTH)]
    left = (layout.WIDTH - 14) * 0.5
    return [SideBySide(table_parts(block.gates, left), table_parts(block.amplitudes, left), 0.5)]


def _warning_parts(warnings: Sequence[str]) -> list[Flowable]:
    if not warnings:
        return []
    return [TextBlock("Warnings", Style(8.4, 11.5, bold=True), before=6), *(bullet(text) for text in warnings)]


def _methods(content: ReportContent) -> list[Flowable]:
    parts: list[Flowable] = [_Heading("Methods, limits and sources")]
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
    for table in (content.provenance, content.files, content.skipped):
        parts += table_parts(table, layout.WIDTH) if table else []
    return [*parts, *_warning_parts(content.warnings)]


class _Heading(TextBlock):
    """A section's title, listed in the PDF's outline."""

    def __init__(self, text: str) -> None:
        super().__init__(text, SECTION)

    def draw(self) -> None:
        """Draw the title and mark the page."""
        key = f"page{self.canv.getPageNumber()}-{self.text}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(self.text, key, 0)
        super().draw()


class _Title(TextBlock):
    """The report's title, with a black mark on its right where no patient was measured."""

    def __init__(self, text: str, *, simulated: bool) -> None:
        super().__init__(text, SECTION, after=3)
        self.simulated = simulated

    def draw(self) -> None:
        """Draw the title and the mark."""
        super().draw()
        if self.simulated:
            self.canv.setFillGray(0)
            self.canv.rect(self.width - 108, self.height - 15, 108, 15, stroke=0, fill=1)
            style = Style(9.5, 12, bold=True, grey=1.0, align="centre")
            draw_line(self.canv, self.width - 54, self.height - 11, "SIMULATED DATA", style)


class _Ruled(Flowable):  # type: ignore[misc]
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
        self.canv.setStrokeGray(0.25)
        self.canv.setLineWidth(0.7)
        for y in (0.0, self.height):
            self.canv.line(0, y, self.width, y)
        y = self.height - 4
        for part, height in zip(self.parts, self.heights, strict=True):
            y -= height
            part.drawOn(self.canv, 0, y)


class _WhereRoom(SpectrumFigure):
    """A spectrum without its single signals, left out where the page has no room: it comes again on its own page."""

    def __init__(self, plot: SpectrumPlot) -> None:
        super().__init__(replace(plot, traces=()), layout.WIDTH, _SUMMARY_SPECTRUM)
        self.is_shown = True

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size taken, which is nothing where there is no room."""
        del width
        self.is_shown = height >= self.height + 8
        return self.width, self.height + 8 if self.is_shown else 0.0

    def draw(self) -> None:
        """Draw the spectrum."""
        if self.is_shown:
            super().draw()


class _CloseUps(Flowable):  # type: ignore[misc]
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
