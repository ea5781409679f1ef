from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6 import QtCore, QtGui
from pytestqt.qtbot import QtBot

from analysis.geometry import voxel_outline_pixels
from analysis.reslice import SliceStack
from analysis.types import Study
from widgets import overlays
from widgets.overlays import VoxelMark
from widgets.slice_menu import build_menu
from widgets.slice_painter import UNPLACED, corner_lines
from widgets.slice_view import SliceView

Qt = QtCore.Qt


@pytest.fixture
def view(qtbot: QtBot, study: Study, marks: list[VoxelMark]) -> SliceView:
    view = SliceView()
    qtbot.addWidget(view)
    view.resize(500, 600)
    view.show()
    view.set_stack(SliceStack(study.volumes[0]), "T2 TSE SAG")
    view.set_voxels(marks)
    view.show_point(marks[3].voxel.centre_mm)
    return view


def on_screen(view: SliceView, column: float, row: float) -> QtCore.QPointF:
    return view.to_widget(np.array([[column, row]])).at(0)


def test_pixel_centres_lie_at_their_place_in_mm(view: SliceView, study: Study) -> None:
    affine = study.volumes[0].affine
    for column, row in ((0, 0), (10, 20), (127, 159)):
        wanted = affine @ np.array([column, row, view.index, 1.0])
        assert view.to_patient(on_screen(view, column, row)) == pytest.approx(tuple(wanted[:3]))


def test_outlines_are_the_true_cut(view: SliceView, study: Study, marks: list[VoxelMark]) -> None:
    shown = {outline.mark.label: outline.pixels for outline in view.outlines}
    for mark in marks:
        wanted = voxel_outline_pixels(mark.voxel, study.volumes[0], view.index)
        assert shown[mark.label] == pytest.approx(wanted)


def bright_pixel(view: SliceView, column: int, row: int) -> QtCore.QPointF:
    """Where one white pixel of a black slice lands on the screen."""
    assert view.stack is not None
    pixels = np.zeros_like(view.stack.frame.pixels)
    pixels[view.index, row, column] = 800.0
    view.set_voxels(())
    view.set_stack(SliceStack(replace(view.stack.frame, pixels=pixels)), view.title)
    picture = QtGui.QImage(view.size(), QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(picture)
    view.paint_picture(painter)
    painter.end()
    grey = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.width(), 4)[:, :, 0]
    y, x = np.unravel_index(np.arange(grey.size), grey.shape)
    weight = grey.ravel().astype(float)
    return QtCore.QPointF((x * weight).sum() / weight.sum() + 0.5, (y * weight).sum() / weight.sum() + 0.5)


@pytest.mark.parametrize("flips", [(), (True,), (False,), (True, False)])
def test_the_picture_lies_where_the_overlays_say(view: SliceView, flips: tuple[bool, ...]) -> None:
    for across in flips:
        view.flip(across=across)
    found, wanted = bright_pixel(view, 40, 70), on_screen(view, 40, 70)
    assert (found - wanted).manhattanLength() < 0.6


def test_a_slice_beside_the_voxel_shows_no_outline_but_a_hint_where_asked(view: SliceView) -> None:
    view.set_slice(0)
    assert view.outlines == ()
    view.set_projections(True)
    assert all(outline.projected for outline in view.outlines)
    assert len(view.outlines) == 5


def test_no_outline_in_another_frame_of_reference(view: SliceView, study: Study) -> None:
    view.set_stack(SliceStack(replace(study.volumes[0], frame_of_reference_uid="2.25.9")), "elsewhere")
    assert view.outlines == ()
    assert UNPLACED in [text for text, _ in corner_lines(view)]


def test_keys_scroll(view: SliceView, qtbot: QtBot) -> None:
    view.set_slice(5)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.index == 6
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.index == 5
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.index == 10
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.index == 10
    with qtbot.waitSignal(view.slice_changed, timeout=1000):
        qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.index == 0


def centre_of(view: SliceView, label: str) -> QtCore.QPoint:
    outline = next(outline for outline in view.outlines if outline.mark.label == label)
    return view.to_widget(outline.pixels).boundingRect().center().toPoint()


def test_click_on_an_outline_selects_its_voxel(view: SliceView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.voxel_clicked, timeout=1000) as clicked:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=centre_of(view, "L3-L4"))
    assert clicked.args == [2]


def drag(view: SliceView, button: Qt.MouseButton, by: QtCore.QPoint) -> None:
    start = QtCore.QPointF(view.rect().center())
    no, both = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    steps = (
        (QtCore.QEvent.Type.MouseButtonPress, start, button, button),
        (QtCore.QEvent.Type.MouseMove, start + QtCore.QPointF(by), no, button),
        (QtCore.QEvent.Type.MouseButtonRelease, start + QtCore.QPointF(by), button, no),
    )
    for kind, at, pressed, held in steps:
        event = QtGui.QMouseEvent(kind, at, view.mapToGlobal(at), pressed, held, both)
        QtCore.QCoreApplication.sendEvent(view, event)


def test_left_drag_changes_window_and_level_and_space_brings_them_back(view: SliceView, qtbot: QtBot) -> None:
    drag(view, Qt.MouseButton.LeftButton, QtCore.QPoint(100, 50))
    level, width = view.level_and_width
    assert (level, width) == pytest.approx((400 + 80, 800 + 160))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.level_and_width == (400.0, 800.0)


def test_window_is_remembered_for_the_series(view: SliceView, study: Study) -> None:
    view.set_window(300.0, 200.0)
    view.set_stack(SliceStack(study.volumes[1]), "other")
    assert view.level_and_width == (400.0, 800.0)
    view.set_stack(SliceStack(study.volumes[0]), "first")
    assert view.level_and_width == (300.0, 200.0)


def test_right_drag_zooms_and_middle_drag_pans(view: SliceView) -> None:
    before = view.camera
    drag(view, Qt.MouseButton.RightButton, QtCore.QPoint(0, -200))
    zoomed = view.camera
    assert zoomed.mm_per_px == pytest.approx(before.mm_per_px / 2, rel=1e-3)
    drag(view, Qt.MouseButton.MiddleButton, QtCore.QPoint(40, 0))
    assert view.camera.centre_mm[0] == pytest.approx(zoomed.centre_mm[0] - 40 * zoomed.mm_per_px)
    assert view.level_and_width == (400.0, 800.0)


def wheel(view: SliceView, notches: int, modifiers: Qt.KeyboardModifier) -> None:
    at = QtCore.QPointF(view.rect().center())
    event = QtGui.QWheelEvent(
        at,
        view.mapToGlobal(at),
        QtCore.QPoint(),
        QtCore.QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QtCore.QCoreApplication.sendEvent(view, event)


def test_wheel_scrolls_and_with_ctrl_zooms(view: SliceView) -> None:
    view.set_slice(5)
    wheel(view, -1, Qt.KeyboardModifier.NoModifier)
    assert view.index == 6
    scale = view.camera.mm_per_px
    wheel(view, 4, Qt.KeyboardModifier.ControlModifier)
    assert view.index == 6
    assert view.camera.mm_per_px == pytest.approx(scale / 2, rel=1e-3)


def test_a_zoomed_view_follows_the_voxel(view: SliceView, marks: list[VoxelMark]) -> None:
    view.zoom(3.0, QtCore.QPointF(view.rect().center()))
    view.show_point(marks[0].voxel.centre_mm)
    at = view.rect().center()
    outline = next(outline for outline in view.outlines if outline.mark.index == 0)
    middle = view.to_widget(outline.pixels).boundingRect().center()
    assert (middle - QtCore.QPointF(at)).manhattanLength() < 25


def test_paints_every_overlay_without_a_word_from_qt(view: SliceView) -> None:
    view.set_selected(3)
    view.set_projections(True)
    view.set_reference_lines([np.array([[0.0, 10.0], [100.0, 60.0]])])
    picture = view.grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 3) for y in range(picture.height())}
    assert len(colours) > 50
    view.set_stack(None, "", "There is nothing to show.")
    assert not view.grab().isNull()


def test_menu_offers_the_series(view: SliceView) -> None:
    view.set_choices(["T2 sagittal", "Axial"])
    chosen = []
    view.stack_requested.connect(chosen.append)
    menu = build_menu(view, view.keys)
    menu.actions()[1].trigger()
    assert chosen == [1]
    menu.deleteLater()


def test_of_a_grid_only_the_selected_voxel_is_named(
    view: SliceView, marks: list[VoxelMark], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels of dozens of voxels would hide the picture; those of all discs do not."""
    painted: list[str] = []
    original = overlays.paint_text

    def kept(painter: QtGui.QPainter, at: QtCore.QPointF, text: str, *rest: object):  # type: ignore[no-untyped-def]
        painted.append(text)
        return original(painter, at, text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(overlays, "paint_text", kept)
    chosen = marks[3]
    crowd = [replace(mark, index=10 * n + mark.index, label=f"{mark.label}, {n}") for n in range(4) for mark in marks]
    for shown, expected in ((marks, len(marks)), (crowd, 1)):
        view.set_voxels(shown)
        view.set_selected(chosen.index)
        painted.clear()
        view.grab()
        labels = [text for text in painted if any(text == mark.text for mark in shown)]
        assert len(labels) == expected
    assert labels[0].startswith(f"{chosen.label}, 0")
