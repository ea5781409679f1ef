from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from analysis.reslice import reference_line_pixels
from analysis.types import Study
from widgets import hanging
from widgets.overlays import VoxelMark
from widgets.slice_grid import SliceGrid
from widgets.slice_painter import corner_lines


@pytest.fixture
def grid(qtbot: QtBot, study: Study, marks: list[VoxelMark]) -> SliceGrid:
    grid = SliceGrid()
    qtbot.addWidget(grid)
    grid.resize(900, 600)
    grid.show()
    grid.set_volumes(study.volumes)
    grid.set_voxels(marks)
    grid.set_selected(3)
    return grid


def titles(grid: SliceGrid) -> list[str]:
    return [view.title for view in grid.views]


def test_acquired_planes_come_first_and_the_missing_one_is_reformatted(grid: SliceGrid) -> None:
    assert titles(grid) == ["T2 TSE SAG", "T2 TSE AX L4-L5", "Coronal of T2 TSE SAG"]
    assert [view.stack.reformatted for view in grid.views if view.stack] == [False, False, True]


def test_a_disc_without_its_own_axial_series_gets_a_reformatted_one(grid: SliceGrid) -> None:
    grid.set_selected(0)
    assert titles(grid)[1] == "Axial of T2 TSE SAG"
    assert "reformatted" in [text for text, _ in corner_lines(grid.views[1])]


def test_every_pane_shows_the_selected_voxel(grid: SliceGrid, marks: list[VoxelMark]) -> None:
    for mark in marks:
        grid.views[0].set_slice(0)
        grid.set_selected(mark.index)
        for view in grid.views:
            assert mark.index in [outline.mark.index for outline in view.outlines]


def test_reference_lines_follow_scrolling(grid: SliceGrid) -> None:
    large, axial = grid.views[0], grid.views[1]
    axial.scroll_by(1)
    assert large.stack is not None
    assert axial.stack is not None
    wanted = reference_line_pixels(axial.stack.frame, axial.index, large.stack.frame, large.index)
    assert large.reference_lines[0] == pytest.approx(wanted)


def test_double_click_maximises_and_restores(grid: SliceGrid) -> None:
    grid.maximise(1)
    assert [view.isVisible() for view in grid.views] == [False, True, False]
    assert grid.maximised
    grid.maximise(1)
    assert [view.isVisible() for view in grid.views] == [True, True, True]


def test_the_reader_can_put_another_series_into_a_pane(grid: SliceGrid) -> None:
    grid.views[2].stack_requested.emit(0)
    assert titles(grid)[2] == "T2 TSE SAG"
    grid.set_selected(1)
    assert titles(grid)[2] == "T2 TSE SAG"
    grid.views[2].stack_stepped.emit(1)
    assert titles(grid)[2] == "T2 TSE AX L4-L5"


def test_a_study_without_images_says_so(grid: SliceGrid) -> None:
    grid.set_volumes(())
    assert all(view.stack is None for view in grid.views)
    assert "no images" in grid.large.accessibleDescription()


def test_a_voxel_outside_all_images_draws_nothing(study: Study, marks: list[VoxelMark]) -> None:
    elsewhere = replace(marks[0], voxel=replace(marks[0].voxel, centre_mm=(500.0, 0.0, 0.0)))
    panes = hanging.hang(study.volumes, elsewhere)
    assert [pane.stack for pane in panes] == [None, None, None]
    assert all("no series that holds the voxel" in pane.empty for pane in panes)


def test_a_voxel_of_another_frame_still_shows_the_images(study: Study, marks: list[VoxelMark]) -> None:
    stranger = replace(marks[0], frame_of_reference_uid="2.25.9")
    panes = hanging.hang(study.volumes, stranger)
    assert panes[0].title == "T2 TSE SAG"


def test_scouts_come_last(study: Study, marks: list[VoxelMark]) -> None:
    scout = replace(study.volumes[0], description="Localizer", series_instance_uid="2.25.77")
    panes = hanging.hang((scout, *study.volumes), marks[0])
    assert panes[0].title == "T2 TSE SAG"
