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
"""A table of amplitudes with more columns takes the whole width, and the next page together with the processing."""
_GAP, _GATES_SHARE = 14.0, 0.54
_LOWEST_SPECTRUM = 226.0
_WARNING = 14.0
"""Room that the spectrum gives up for each warning, in points."""
_ITEMS_SHARE = {1: 0.62, 2: 0.52, 3: 0.42}
"""Share of the width for the items beside so many pictures."""
_STEP = Style(7.2, 9.2)


def voxel_parts(block: VoxelBlock, shorter: float) -> list[Flowable]:
    """Lay out a voxel's page; `shorter` is by how many points the sheet is shorter than A4."""
    parts: list[Flowable] = [Heading(block.heading)]
    if block.result:
        parts.append(TextBlock(block.result, STRONG, after=3))
    parts.append(_items(block))
    warnings = warning_parts(block.warnings)
    if block.plot:
        height = figure_height(block.plot) - shorter - _WARNING * len(warnings)
        parts += [SpectrumFigure(block.plot, layout.WIDTH, max(height, _LOWEST_SPECTRUM)), Spacer(1, 3)]
    else:
        parts.append(TextBlock(block.absence, STRONG, before=8, after=8))
    if len(block.amplitudes.columns) > _MOST_BESIDE_GATES:
        amplitudes = table_parts(block.amplitudes, layout.WIDTH)
        return [*parts, *_gates_and_fit(block), KeepTogether([*amplitudes, *_steps(block), *warnings])]
    return [*parts, *_gates_and_amplitudes(block), *_steps(block), *warnings]


def _steps(block: VoxelBlock) -> list[Flowable]:
    if not block.steps:
        return []
    steps = [TextBlock(f"{number}. {step}", _STEP) for number, step in enumerate(block.steps, 1)]
    return [KeepTogether([TextBlock("Processing, in order", TABLE_TITLE, before=6), steps[0]]), *steps[1:]]


def _items(block: VoxelBlock) -> Flowable:
    if not block.pictures:
        return item_grid(block.items, layout.WIDTH, columns=2, name_share=0.26)
    share = _ITEMS_SHARE[min(len(block.pictures), 3)]
    items = item_grid(block.items, (layout.WIDTH - _GAP) * share, name_share=0.32)
    return SideBySide([items], [CloseUps(block)], share, gap=_GAP)


def _gates_and_amplitudes(block: VoxelBlock) -> list[Flowable]:
    left = (layout.WIDTH - _GAP) * _GATES_SHARE
    right = layout.WIDTH - _GAP - left
    tables = SideBySide(table_parts(block.gates, left), table_parts(block.amplitudes, right), _GATES_SHARE, gap=_GAP)
    return [tables, KeepTogether(_fit(block, layout.WIDTH, columns=2))] if block.fit_items else [tables]


def _gates_and_fit(block: VoxelBlock) -> list[Flowable]:
    half = (layout.WIDTH - _GAP) / 2
    gates = table_parts(block.gates, half if block.fit_items else layout.WIDTH)
    return [SideBySide(gates, _fit(block, half, columns=1), 0.5, gap=_GAP)] if block.fit_items else gates


def _fit(block: VoxelBlock, width: float, *, columns: int) -> list[Flowable]:
    items = item_grid(block.fit_items, width, columns=columns, name_share=0.2 if columns > 1 else 0.22)
    return [TextBlock("Fit", TABLE_TITLE, before=6), items]


def warning_parts(warnings: Sequence[str]) -> list[Flowable]:
    """Lay out warnings, nothing where there are none."""
    if not warnings:
        return []
    return [TextBlock("Warnings", TABLE_TITLE, before=6), *(bullet(text) for text in warnings)]
