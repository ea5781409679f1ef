from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.types import Study
from widgets.image_window import ImageWindow
from widgets.layouts import LAYOUTS
from widgets.overlays import VoxelMark
from widgets.slice_grid import SliceGrid
from widgets.slice_painter import corner_lines

Qt = QtCore.Qt


@pytest.fixture
def grid(qtbot: QtBot, study: Study, marks: list[VoxelMark]) -> SliceGrid:
    grid = SliceGrid()
    qtbot.addWidget(grid)
    grid.resize(1000, 600)
    grid.show()
    grid.set_volumes(study.volumes)
    grid.set_voxels(marks)
    grid.set_selected(3)
    return grid


def titles(grid: SliceGrid) -> list[str]:
    return [view.title for view in grid.views]


def test_each_exam_has_its_layout(grid: SliceGrid) -> None:
    used = []
    for protocol in ("disc", "cord", "brain"):
        grid.set_protocol(protocol)
        used.append(grid.layout_used.id)
    assert used == ["lumbar", "cord", "brain"]
    assert titles(grid)[0] == "T2 TSE AX L4-L5"


def test_full_stop_and_comma_step_through_the_layouts(grid: SliceGrid, qtbot: QtBot) -> None:
    seen = []
    for _ in LAYOUTS:
        seen.append(grid.layout_used.id)
        qtbot.keyClick(grid.large, Qt.Key.Key_Period)
    assert seen == [layout.id for layout in LAYOUTS]
    qtbot.keyClick(grid.large, Qt.Key.Key_Comma)
    assert grid.layout_used.id == "row"
    widths = [view.width() for view in grid.views]
    assert max(widths) - min(widths) < 20
    assert all(view.isVisible() for view in grid.views)


def test_the_readers_choice_for_an_exam_is_remembered(grid: SliceGrid) -> None:
    grid.set_protocol("brain")
    grid.choose_layout("row")
    grid.set_protocol("disc")
    assert grid.layout_used.id == "lumbar"
    grid.set_protocol("brain")
    assert grid.layout_used.id == "row"


def test_double_click_maximises_and_restores(grid: SliceGrid, qtbot: QtBot) -> None:
    qtbot.mouseDClick(grid.views[1], Qt.MouseButton.LeftButton)
    assert [view.isVisible() for view in grid.views] == [False, True, False]
    window = grid.views[1].level_and_width
    qtbot.mouseDClick(grid.views[1], Qt.MouseButton.LeftButton)
    assert [view.isVisible() for view in grid.views] == [True, True, True]
    assert grid.views[1].level_and_width == window


# --- the prior -------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_prior(grid: SliceGrid, study: Study, marks: list[VoxelMark]) -> SliceGrid:
    volumes = [
        replace(v, frame_of_reference_uid="2.25.8", series_instance_uid=f"{v.series_instance_uid}8")
        for v in study.volumes
    ]
    older = [replace(mark, frame_of_reference_uid="2.25.8", index=10 + mark.index) for mark in marks]
    grid.set_prior(volumes, older, "prior 2025-03-01")
    return grid


def test_a_prior_gets_its_own_pane_with_its_date_and_the_same_disc(with_prior: SliceGrid) -> None:
    prior = with_prior.prior
    assert prior.isVisible()
    assert prior.title == with_prior.large.title
    assert "prior 2025-03-01" in [text for text, _ in corner_lines(prior)]
    assert prior.selected == 13
    with_prior.set_selected(1)
    assert prior.selected == 11
    assert 11 in [outline.mark.index for outline in prior.outlines]


def test_nothing_links_a_prior_of_another_frame(with_prior: SliceGrid, qtbot: QtBot) -> None:
    here = with_prior.prior.index
    qtbot.keyClick(with_prior.large, Qt.Key.Key_C)
    assert with_prior.prior.cursor_mm is None
    assert with_prior.prior.reference_lines == ()
    qtbot.keyClick(with_prior.large, Qt.Key.Key_Home)
    assert with_prior.prior.index == here


def test_without_a_prior_there_is_no_pane(grid: SliceGrid) -> None:
    assert not grid.prior.isVisible()


def test_another_study_takes_the_prior_away(with_prior: SliceGrid, study: Study) -> None:
    with_prior.set_volumes(study.volumes)
    assert not with_prior.prior.isVisible()


def test_a_maximised_prior_comes_back_too(with_prior: SliceGrid, qtbot: QtBot) -> None:
    qtbot.keyClick(with_prior.prior, Qt.Key.Key_Return)
    assert [view.isVisible() for view in with_prior.all_views] == [False, False, False, True]
    with_prior.restore_all()
    assert all(view.isVisible() for view in with_prior.all_views)
    with_prior.restore_all()
    assert all(view.isVisible() for view in with_prior.all_views)


# --- state -----------------------------------------------------------------------------------------------------------


def test_the_state_comes_back_in_another_window(grid: SliceGrid, qtbot: QtBot) -> None:
    grid.set_protocol("disc")
    grid.choose_layout("cord")
    grid.set_lines(("PG", "lactate"))
    grid.set_reference_lines(False)
    grid.set_projections(True)
    grid.splitter.setSizes([700, 0, 300])
    kept = json.loads(json.dumps(grid.save_state()))
    again = SliceGrid()
    qtbot.addWidget(again)
    again.resize(1000, 600)
    again.show()
    again.restore_state(kept)
    assert again.layout_used.id == "cord"
    assert again.save_state()["lines"] == ["lactate", "PG"]
    assert again.large.projections
    assert not again.large.references_shown
    assert again.large.width() == pytest.approx(grid.large.width(), abs=4)
    again.set_protocol("disc")
    assert again.layout_used.id == "cord"


def test_nothing_of_the_patient_is_in_the_state(grid: SliceGrid, study: Study) -> None:
    grid.views[2].stack_requested.emit(0)
    text = json.dumps(grid.save_state())
    for volume in study.volumes:
        assert volume.series_instance_uid not in text
        assert volume.description not in text


@pytest.mark.parametrize(
    "damaged",
    [{}, {"version": 99}, {"version": 1, "layout": "x", "lines": 3, "sizes": [1], "layout_of": {"disc": "x"}}],
)
def test_a_damaged_state_leaves_the_defaults(grid: SliceGrid, damaged: dict[str, object]) -> None:
    grid.restore_state(damaged)
    assert grid.layout_used.id == "lumbar"
    assert all(view.isVisible() for view in grid.views)


# --- the second monitor ----------------------------------------------------------------------------------------------


def test_the_images_move_to_a_window_of_their_own_and_back(grid: SliceGrid, qtbot: QtBot) -> None:
    home = QtWidgets.QSplitter()
    qtbot.addWidget(home)
    home.addWidget(grid)
    home.show()
    window = ImageWindow(home)
    qtbot.addWidget(window)
    window.closed.connect(lambda: home.insertWidget(0, window.give_back()))
    window.take(grid)
    assert grid.window() is window
    assert grid.large.isVisible()
    qtbot.keyClick(grid.large, Qt.Key.Key_C)
    assert grid.cursor_mm is not None
    with qtbot.waitSignal(window.closed, timeout=1000):
        window.close()
    assert grid.window() is home
    assert grid.isVisible()
    assert window.held is None
