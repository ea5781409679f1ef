"""One voxel's page: how it was measured and where, its spectrum, its gates and amplitudes, and how it was processed."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable, KeepTogether, Spacer

from app.report import layout
from app.report.flowables import CloseUps, Heading
from app.report.parts import VoxelBlock
from app.report.spectrum_figure import SpectrumFigure, figure_height
from app.report.tables import SideBySide, bullet, item_grid, table_parts
from app.report.text import STRONG, TABLE_TITLE, Style, TextBlock

_MOST_BESIDE_GATES = 6
"""A table of amplitudes with more columns takes the whole width, and the spectrum is lower to make room for it."""
_LOWER = 72.0
_GAP = 14.0
_ITEMS_SHARE = {1: 0.62, 2: 0.52, 3: 0.42}
"""Share of the width for the items beside so many pictures."""
_STEP = Style(7.2, 9.2)


def voxel_parts(block: VoxelBlock, shorter: float) -> list[Flowable]:
    """Lay out a voxel's page; `shorter` is by how many points the sheet is shorter than A4."""
    parts: list[Flowable] = [Heading(block.heading)]
    if block.result:
        parts.append(TextBlock(block.result, STRONG, after=3))
    parts.append(_items(block))
    is_wide = len(block.amplitudes.columns) > _MOST_BESIDE_GATES
    if block.plot:
        height = figure_height(block.plot) - shorter - (_LOWER if is_wide else 0.0)
        parts += [SpectrumFigure(block.plot, layout.WIDTH, height), Spacer(1, 3)]
    else:
        parts.append(TextBlock(block.absence, STRONG, before=8, after=8))
    parts += _wide_tables(block) if is_wide else _narrow_tables(block)
    if block.steps:
        steps = [TextBlock(f"{number}. {step}", _STEP) for number, step in enumerate(block.steps, 1)]
        parts += [KeepTogether([TextBlock("Processing, in order", TABLE_TITLE, before=6), steps[0]]), *steps[1:]]
    return [*parts, *warning_parts(block.warnings)]


def _items(block: VoxelBlock) -> Flowable:
    if not block.pictures:
        return item_grid(block.items, layout.WIDTH, columns=2, name_share=0.26)
    share = _ITEMS_SHARE[min(len(block.pictures), 3)]
    items = item_grid(block.items, (layout.WIDTH - _GAP) * share, name_share=0.32)
    return SideBySide([items], [CloseUps(block)], share, gap=_GAP)


def _narrow_tables(block: VoxelBlock) -> list[Flowable]:
    half = (layout.WIDTH - _GAP) / 2
    tables = SideBySide(table_parts(block.gates, half), table_parts(block.amplitudes, half), 0.5, gap=_GAP)
    return [tables, KeepTogether(_fit(block, layout.WIDTH, columns=2))] if block.fit_items else [tables]


def _wide_tables(block: VoxelBlock) -> list[Flowable]:
    half = (layout.WIDTH - _GAP) / 2
    gates = table_parts(block.gates, half if block.fit_items else layout.WIDTH)
    if block.fit_items:
        gates = [SideBySide(gates, _fit(block, half, columns=1), 0.5, gap=_GAP)]
    return [*gates, *table_parts(block.amplitudes, layout.WIDTH)]


def _fit(block: VoxelBlock, width: float, *, columns: int) -> list[Flowable]:
    items = item_grid(block.fit_items, width, columns=columns, name_share=0.2 if columns > 1 else 0.22)
    return [TextBlock("Fit", TABLE_TITLE, before=6), items]


def warning_parts(warnings: Sequence[str]) -> list[Flowable]:
    """Lay out warnings, nothing where there are none."""
    if not warnings:
        return []
    return [TextBlock("Warnings", TABLE_TITLE, before=6), *(bullet(text) for text in warnings)]
