from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6 import QtCore, QtGui

from analysis.displacement import LINES
from analysis.types import Study
from widgets import overlays, slice_legend, theme
from widgets.overlays import VoxelMark, VoxelState
from widgets.shifted import shifted_outlines

STATES: tuple[VoxelState, ...] = ("pending", "evaluable", "failed")


class Recorder:
    """Stands where a painter would, and keeps the pens."""

    def __init__(self) -> None:
        self.pens: list[QtGui.QPen] = []

    def setPen(self, pen: QtGui.QPen) -> None:
        self.pens.append(QtGui.QPen(pen))

    def setBrush(self, *_: object) -> None: ...

    def setRenderHint(self, *_: object) -> None: ...

    def drawPolygon(self, *_: object) -> None: ...


def look(state: VoxelState, *, selected: bool = False, projected: bool = False) -> tuple[str, float, tuple[float, ...]]:
    """Colour, width and dashes of an outline."""
    recorder = Recorder()
    square = QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in ((0, 0), (9, 0), (9, 9))])
    overlays.paint_outline(recorder, square, state, selected=selected, projected=projected)  # type: ignore[arg-type]
    pen = recorder.pens[-1]
    return pen.color().name(), pen.widthF(), tuple(pen.dashPattern())


def test_states_differ_by_line_style_alone_and_by_glyph(marks: list[VoxelMark]) -> None:
    styles = [look(state)[2] for state in STATES] + [look("evaluable", projected=True)[2]]
    assert len(set(styles)) == 4
    glyphs = {replace(marks[0], state=state, glyph="").text for state in STATES}
    assert glyphs == {"L1-L2 …", "L1-L2 ✓", "L1-L2 ✕"}
    assert replace(marks[0], glyph="▲").text == "L1-L2 ▲"


@pytest.mark.parametrize("state", STATES)
def test_the_selected_outline_differs_by_colour_and_width_and_keeps_its_style(state: VoxelState) -> None:
    plain, chosen = look(state), look(state, selected=True)
    assert chosen[0] == theme.VOXEL_SELECTED != plain[0]
    assert chosen[1] > plain[1]
    assert chosen[2] == plain[2]


def test_failed_and_evaluable_differ_by_colour() -> None:
    assert look("failed")[0] != look("evaluable")[0]


def test_displaced_volumes_differ_from_each_other_and_from_every_outline() -> None:
    looks = {
        (pen.color().name(), tuple(pen.dashPattern())) for pen in (overlays.shifted_pen(line.name) for line in LINES)
    }
    assert len({colour for colour, _ in looks}) == len({dashes for _, dashes in looks}) == len(LINES)
    assert not {look(state)[2] for state in STATES} & {dashes for _, dashes in looks}


@pytest.mark.usefixtures("qapp")
def test_a_legend_without_room_is_short_and_says_the_caveat_once(study: Study, marks: list[VoxelMark]) -> None:
    mark = replace(marks[3], f0_mhz=123.25)
    shifted = shifted_outlines(mark, [line.name for line in LINES], study.volumes[0], 5)
    texts = slice_legend.short_texts(shifted)
    assert texts[0] == "lactate ≤ 8.2 mm"
    assert [("worst case" in text) for text in texts] == [False, False, False, True]
    laid = slice_legend.rows(texts, 340.0, theme.font_of(-1))
    assert sum(laid, []) == [0, 1, 2, 3]
    assert len(laid) < 4
