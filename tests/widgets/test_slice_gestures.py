"""Presets, flips, invert, reset and the linked cursor, through real keys and mouse events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6 import QtCore, QtGui
from pytestqt.qtbot import QtBot

from analysis.geometry import to_pixels
from analysis.types import SaturationBand, Study
from widgets.overlays import VoxelMark
from widgets.slice_grid import SliceGrid
from widgets.slice_menu import build_menu
from widgets.slice_painter import corner_lines, patient_place
from widgets.slice_view import SliceView
from widgets.window_presets import PRESETS, preset_window

Qt = QtCore.Qt
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def grid(qtbot: QtBot, study: Study, marks: list[VoxelMark]) -> Iterator[SliceGrid]:
    grid = SliceGrid()
    qtbot.addWidget(grid)
    grid.resize(900, 600)
    grid.show()
    grid.set_volumes(study.volumes)
    grid.set_voxels([replace(mark, f0_mhz=123.25) for mark in marks])
    grid.set_selected(3)
    return grid


def corner(view: SliceView) -> str:
    return " | ".join(text for text, _ in corner_lines(view))


def move(view: SliceView, at: QtCore.QPointF, modifiers: Qt.KeyboardModifier) -> None:
    kind, none = QtCore.QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    event = QtGui.QMouseEvent(kind, at, view.mapToGlobal(at), none, none, modifiers)
    QtCore.QCoreApplication.sendEvent(view, event)


# --- window ----------------------------------------------------------------------------------------------------------


def test_every_preset_has_a_key_and_0_is_the_series_own(grid: SliceGrid, qtbot: QtBot) -> None:
    view, seen = grid.large, set()
    for preset in PRESETS[1:]:
        qtbot.keyClick(view, Qt.Key(ord(preset.key)))
        seen.add(view.level_and_width)
        qtbot.keyClick(view, Qt.Key.Key_0)
        assert view.level_and_width == (400.0, 800.0)
    assert len(seen) == len(PRESETS) - 1


def test_the_preset_about_the_voxel_spans_its_surroundings(study: Study, marks: list[VoxelMark]) -> None:
    volume, voxel = study.volumes[0], marks[3].voxel
    level, width = preset_window("voxel", volume, volume.pixels[0], voxel)
    column, row, index = np.round(to_pixels(volume, np.asarray(voxel.centre_mm))[0]).astype(int)
    assert level - width / 2 <= volume.pixels[index, row, column] <= level + width / 2
    assert width < volume.window_width
    far = replace(voxel, centre_mm=(900.0, 0.0, 0.0))
    assert preset_window("voxel", volume, volume.pixels[0], far) == (400.0, 800.0)


def test_invert_turns_black_to_white_and_says_so(grid: SliceGrid, qtbot: QtBot) -> None:
    view = grid.large
    at = view.rect().center() + QtCore.QPoint(60, 0)
    before = view.grab().toImage().pixelColor(at).value()
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert view.grab().toImage().pixelColor(at).value() == pytest.approx(255 - before, abs=3)
    assert "inverted" in corner(view)
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert "inverted" not in corner(view)


# --- flips -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "words"), [(Qt.Key.Key_H, "left to right"), (Qt.Key.Key_V, "top to bottom")])
def test_a_flip_mirrors_the_picture_the_outlines_and_the_letters(
    grid: SliceGrid, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, key: Qt.Key, words: str
) -> None:
    view = grid.large
    plain = view.to_widget(view.outlines[0].pixels).boundingRect().center()
    letters = sides(view, monkeypatch)
    qtbot.keyClick(view, key)
    flipped = view.to_widget(view.outlines[0].pixels).boundingRect().center()
    turned = sides(view, monkeypatch)
    if key == Qt.Key.Key_H:
        assert (flipped.x(), flipped.y()) == pytest.approx((view.width() - plain.x(), plain.y()))
        assert turned == [letters[1], letters[0], letters[2], letters[3]]
    else:
        assert (flipped.x(), flipped.y()) == pytest.approx((plain.x(), view.height() - plain.y()))
        assert turned == [letters[0], letters[1], letters[3], letters[2]]
    assert f"flipped {words}" in corner(view)


def sides(view: SliceView, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The letters painted left, right, top and bottom."""
    from widgets import overlays

    painted: list[str] = []
    with monkeypatch.context() as patch:
        real = overlays.paint_text
        patch.setattr(overlays, "paint_text", lambda p, at, text, *a: (painted.append(text), real(p, at, text, *a))[1])
        view.grab()
    found = [text for text in painted if set(text) <= set("LRAPHF") and len(text) <= 2]
    assert len(found) == 4
    return found


def test_space_resets_window_zoom_flips_and_invert(grid: SliceGrid, qtbot: QtBot) -> None:
    view = grid.large
    before = view.camera
    for key in (Qt.Key.Key_H, Qt.Key.Key_V, Qt.Key.Key_I, Qt.Key.Key_1, Qt.Key.Key_Plus):
        qtbot.keyClick(view, key)
    assert view.camera != before
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.camera == before
    assert (view.inverted, view.level_and_width) == (False, (400.0, 800.0))


def test_another_series_is_never_shown_flipped_unasked(grid: SliceGrid, qtbot: QtBot) -> None:
    qtbot.keyClick(grid.large, Qt.Key.Key_H)
    qtbot.keyClick(grid.large, Qt.Key.Key_PageDown)
    assert grid.large.camera.flipped == (False, False)


def test_a_drag_pans_a_flipped_picture_with_the_mouse(grid: SliceGrid, qtbot: QtBot) -> None:
    view = grid.large
    qtbot.keyClick(view, Qt.Key.Key_H)
    before = view.to_widget(view.outlines[0].pixels).at(0)
    view.pan(QtCore.QPointF(30, 10))
    assert view.to_widget(view.outlines[0].pixels).at(0) - before == QtCore.QPointF(30, 10)


# --- the linked cursor -----------------------------------------------------------------------------------------------


def test_shift_and_move_puts_one_patient_point_in_every_view(grid: SliceGrid) -> None:
    large, axial, coronal = grid.views
    target = axial.to_widget(np.array([[60.0, 55.0]])).at(0)
    move(axial, target, SHIFT)
    point = grid.cursor_mm
    assert point == pytest.approx(axial.to_patient(target))
    assert all(view.cursor_mm == point for view in grid.views)
    for view in (large, coronal):
        assert view.stack is not None
        assert view.index == pytest.approx(to_pixels(view.stack.frame, np.asarray(point))[0, 2], abs=0.5001)
        assert view.cursor_off_mm() == pytest.approx(0, abs=1e-6)
    assert patient_place(point) in corner(large)  # type: ignore[arg-type]


def test_without_shift_the_cursor_stays(grid: SliceGrid) -> None:
    move(grid.large, QtCore.QPointF(100, 100), NONE)
    assert grid.cursor_mm is None


def test_no_cursor_and_no_lines_in_another_frame_of_reference(grid: SliceGrid, study: Study) -> None:
    stranger = replace(study.volumes[1], frame_of_reference_uid="2.25.9", series_instance_uid="2.25.99")
    grid.set_volumes((study.volumes[0], stranger))
    other = next(v for v in grid.views if v.stack and v.stack.frame.frame_of_reference_uid == "2.25.9")
    here = other.index
    move(grid.large, QtCore.QPointF(200, 200), SHIFT)
    assert grid.large.cursor_mm is not None
    assert other.cursor_mm is None
    assert other.index == here
    assert other.reference_lines == ()


def test_a_cursor_off_the_slice_says_how_far(grid: SliceGrid, qtbot: QtBot) -> None:
    move(grid.large, QtCore.QPointF(grid.large.rect().center()), SHIFT)
    assert "off this slice" not in corner(grid.large)
    for _ in range(3):
        qtbot.keyClick(grid.large, Qt.Key.Key_Down)
    assert "off this slice" in corner(grid.large)


def test_c_shows_the_cursor_at_the_voxel_and_hides_it(grid: SliceGrid, qtbot: QtBot, marks: list[VoxelMark]) -> None:
    qtbot.keyClick(grid.large, Qt.Key.Key_C)
    assert grid.cursor_mm == marks[3].voxel.centre_mm
    qtbot.keyClick(grid.large, Qt.Key.Key_C)
    assert grid.cursor_mm is None
    assert all(view.cursor_mm is None for view in grid.views)


def test_shift_and_arrows_move_the_cursor_a_millimetre_on_the_screen(grid: SliceGrid, qtbot: QtBot) -> None:
    qtbot.keyClick(grid.large, Qt.Key.Key_C)
    start = np.asarray(grid.cursor_mm)
    qtbot.keyClick(grid.large, Qt.Key.Key_Down, SHIFT)
    moved = np.asarray(grid.cursor_mm) - start
    assert moved[2] == pytest.approx(-1.0)
    assert moved[1] == pytest.approx(0.0, abs=1e-9)
    qtbot.keyClick(grid.large, Qt.Key.Key_H)
    before = np.asarray(grid.cursor_mm)
    qtbot.keyClick(grid.large, Qt.Key.Key_Right, SHIFT)
    assert (np.asarray(grid.cursor_mm) - before)[1] == pytest.approx(-1.0)


def test_another_study_has_no_cursor(grid: SliceGrid, qtbot: QtBot, study: Study) -> None:
    qtbot.keyClick(grid.large, Qt.Key.Key_C)
    grid.set_volumes(study.volumes)
    assert grid.cursor_mm is None


# --- displaced volumes -----------------------------------------------------------------------------------------------


def test_displaced_volumes_are_chosen_in_the_menu_and_drawn_for_the_selected_voxel(grid: SliceGrid) -> None:
    menu = build_menu(grid.large, grid.keys)
    shifted = next(action.menu() for action in menu.actions() if action.text() == "Volumes of shifted lines")
    lactate = next(action for action in shifted.actions() if action.text().startswith("Lactate"))
    with_lines: list[tuple[str, ...]] = []
    grid.lines_changed.connect(with_lines.append)
    lactate.trigger()
    menu.deleteLater()
    assert with_lines == [("lactate",)]
    for view in grid.views:
        assert [shape.name for shape in view.shifted] == ["lactate"]
        assert "at 1,000 Hz (worst case)" in view.shifted[0].text
    again = build_menu(grid.large, grid.keys)
    shifted = next(action.menu() for action in again.actions() if action.text() == "Volumes of shifted lines")
    assert "The bandwidth of the pulses is not recorded; 1,000 Hz is assumed." in [a.text() for a in shifted.actions()]
    again.deleteLater()
    grid.large.line_toggled.emit("lactate", False)
    assert all(view.shifted == () for view in grid.views)


def test_without_the_field_nothing_is_displaced(grid: SliceGrid, marks: list[VoxelMark]) -> None:
    grid.set_voxels(marks)
    grid.set_lines(("lactate", "water"))
    assert all(view.shifted == () for view in grid.views)


def test_known_pulses_give_the_volume_itself(grid: SliceGrid, marks: list[VoxelMark]) -> None:
    known = {"f0_mhz": 123.25, "carrier_ppm": 4.65, "pulse_bandwidth_hz": (2000.0,) * 3, "gradient_signs": (1, 1, 1)}
    grid.set_voxels([replace(mark, **known) for mark in marks])  # type: ignore[arg-type]
    grid.set_lines(("PG", "water"))
    texts = {shape.name: shape.text for view in grid.views for shape in view.shifted}
    assert texts == {
        "PG": "PG volume, shifted 3.2 mm at 2,000 Hz",
        "water": "water volume, not shifted",
    }


def test_what_one_pane_switches_is_told_and_holds_for_all(grid: SliceGrid, qtbot: QtBot) -> None:
    with qtbot.waitSignal(grid.projections_changed, timeout=1000) as told:
        grid.views[1].projections_toggled.emit(True)
    assert told.args == [True]
    assert all(view.projections for view in grid.views)
    with qtbot.waitSignal(grid.reference_lines_changed, timeout=1000):
        grid.views[2].references_toggled.emit(False)
    assert all(view.reference_lines == () for view in grid.views)


# --- saturation bands ----------------------------------------------------------------------------------------------


def test_saturation_bands_are_hatched_and_told_in_the_corner(
    grid: SliceGrid, marks: list[VoxelMark], qtbot: QtBot
) -> None:
    x, y, z = marks[0].voxel.centre_mm
    bands = (SaturationBand((x, y - 40, z), (0.0, 1.0, 0.0), 30.0),)
    grid.set_voxels([replace(marks[0], saturation=bands), replace(marks[1], saturation=()), *marks[2:]])
    grid.set_selected(0)
    menu = build_menu(grid.large, grid.keys)
    action = next(action for action in menu.actions() if action.text() == "Saturation bands")
    assert not action.isChecked()
    with qtbot.waitSignal(grid.bands_changed):
        action.trigger()
    menu.deleteLater()
    assert len(grid.large.bands) == 1
    assert grid.large.bands_text == "▨ 1 saturation band"
    grid.set_selected(1)
    assert grid.large.bands_text == "saturation bands: none"
    grid.set_selected(2)
    assert grid.large.bands_text == "saturation bands: not recorded"
    kept = grid.save_state()
    grid.set_bands(False)
    assert grid.large.bands_text == ""
    grid.restore_state(kept)
    assert grid.large.bands_shown
