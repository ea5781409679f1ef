"""Outlining a nucleus with mouse and keys: on the slice, in the panel, in the table, in the reading, and undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.reading import reading_from_json
from analysis.reslice import body_axes
from app.main import apply_look
from app.store import Store
from tests.hand import drag
from tests.reading_desk import Desk, desk_with, study_with_images
from widgets.slice_view import SliceView

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")
Qt = QtCore.Qt


def around_voxel(desk: Desk, view: SliceView) -> list[QtCore.QPoint]:
    """Corners 10 mm before and behind the voxel's middle, and 4 mm above and below it, in the view."""
    acquisition = desk.session.selected_acquisition
    assert acquisition is not None
    assert acquisition.voxel is not None
    assert view.stack is not None
    _, back, head = body_axes(acquisition.voxel.axes)
    from analysis.geometry import to_pixels

    corners = [
        np.asarray(acquisition.voxel.centre_mm) + 10 * b * back + 4 * h * head
        for b, h in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    pixels = to_pixels(view.stack.frame, np.asarray(corners))[:, :2]
    return [point.toPoint() for point in view.to_widget(pixels).toList()]


def draw(desk: Desk, qtbot: QtBot, view: SliceView) -> None:
    corners = around_voxel(desk, view)
    for at in corners:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=corners[-1])


def test_an_outline_drawn_by_clicks_is_in_the_reading_and_one_step(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, view = imaged_desk, imaged_desk.window.grid.large
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_O)
    assert view.pen.on
    assert desk.window.morphology.nucleus.draw.isChecked()
    draw(desk, qtbot, view)
    contour = desk.session.voxel_reading(0).nucleus.of("sagittal")
    assert contour is not None
    assert contour.source == "drawn"
    assert len(contour.points_mm) == 4
    assert not view.pen.on
    assert len(desk.session.history.done) == 1
    assert any(cut.whole for cut in view.nuclei)
    row = desk.window.morphology.nucleus
    qtbot.waitUntil(lambda: "at most" in row.value.text(), timeout=5000)
    assert reading_from_json(desk.session.reading.to_json()) == desk.session.reading
    desk.window.undo_action.trigger()
    assert desk.session.voxel_reading(0).nucleus.contours == ()
    assert row.value.text() == "not outlined"
    assert view.nuclei == ()
    desk.window.redo_action.trigger()
    assert desk.session.voxel_reading(0).nucleus.of("sagittal") == contour


def test_a_dragged_outline_closes_by_return_and_a_right_click_takes_back(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, view = imaged_desk, imaged_desk.window.grid.large
    qtbot.mouseClick(desk.window.morphology.nucleus.draw, Qt.MouseButton.LeftButton)
    corners = around_voxel(desk, view)
    window = view.level_and_width
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=corners[0])
    for at in corners[1:]:
        QtWidgets.QApplication.sendEvent(view, _moved(view, at))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corners[-1])
    assert len(view.pen.points) == 4
    assert view.level_and_width == window  # the left button draws and does not window
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=corners[-1])
    assert len(view.pen.points) == 3
    qtbot.keyClick(view, Qt.Key.Key_Return)
    contour = desk.session.voxel_reading(0).nucleus.of("sagittal")
    assert contour is not None
    assert len(contour.points_mm) == 3


def _moved(view: SliceView, at: QtCore.QPoint):  # type: ignore[no-untyped-def]
    from PySide6 import QtGui

    where = QtCore.QPointF(at)
    return QtGui.QMouseEvent(
        QtCore.QEvent.Type.MouseMove,
        where,
        view.mapToGlobal(where),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )


def test_escape_and_another_voxel_lay_the_pen_down(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, view = imaged_desk, imaged_desk.window.grid.large
    for leave in (desk.window.escape_pressed.emit, lambda: desk.session.step(1)):
        qtbot.keyClick(view, Qt.Key.Key_O)
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
        assert view.pen.points
        leave()
        assert not view.pen.on
    assert desk.session.history.done == ()


def test_a_proposal_is_looked_at_before_it_is_taken(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, row = imaged_desk, imaged_desk.window.morphology.nucleus
    desk.window.panels.setCurrentWidget(desk.window.morphology)
    qtbot.mouseClick(row.propose, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row.accept.isVisible() and "%" in row.value.text(), timeout=10_000)
    assert desk.session.voxel_reading(0).nucleus.contours == ()
    assert any(cut.offered for cut in desk.window.grid.large.nuclei)
    qtbot.mouseClick(row.discard, Qt.MouseButton.LeftButton)
    assert not any(cut.offered for cut in desk.window.grid.large.nuclei)
    qtbot.mouseClick(row.propose, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(row.accept.isVisible, timeout=10_000)
    qtbot.mouseClick(row.accept, Qt.MouseButton.LeftButton)
    outline = desk.session.voxel_reading(0).nucleus
    assert {contour.plane for contour in outline.contours} == {"sagittal", "axial"}
    assert {contour.source for contour in outline.contours} == {"proposed"}
    table = desk.window.discs
    qtbot.waitUntil(lambda: table.model.column_of("nucleus") >= 0, timeout=5000)
    share = table.model.row(0).nucleus
    assert share is not None
    assert share.value is not None
    assert share.value > 0.8  # the simulated voxel was placed in its nucleus
    assert "nucleus share" in table.model.as_csv()
    assert len(desk.session.history.done) == 1
    qtbot.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    assert desk.session.voxel_reading(0).nucleus.contours == ()
    assert table.model.column_of("nucleus") == -1


def test_without_images_the_pen_says_why_it_stays_down(desk: Desk, qtbot: QtBot) -> None:
    qtbot.mouseClick(desk.window.morphology.nucleus.draw, Qt.MouseButton.LeftButton)
    assert "nothing can be outlined" in desk.window.notices.shown[-1].text
    assert not desk.window.morphology.nucleus.draw.isChecked()


def test_an_outline_is_there_again_the_next_day(qtbot: QtBot, qapp: QtWidgets.QApplication, tmp_path: Path) -> None:
    apply_look(qapp)
    first = desk_with(qtbot, Store.open(folder=tmp_path), study_with_images())
    first.open(qtbot)
    first.window.grid.drawing.toggle()
    draw(first, qtbot, first.window.grid.large)
    left = first.session.voxel_reading(0).nucleus
    qtbot.waitUntil(lambda: first.window.saved_text.text() == "Reading saved", timeout=5000)
    first.close()
    second = desk_with(qtbot, Store.open(folder=tmp_path), study_with_images())
    second.open(qtbot)
    assert second.session.voxel_reading(0).nucleus == left
    assert second.window.grid.large.nuclei
    second.close()


def test_an_outline_about_another_disc_belongs_to_that_disc(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, view = imaged_desk, imaged_desk.window.grid.large
    desk.session.select(2)
    corners = around_voxel(desk, view)
    desk.session.select(0)
    qtbot.keyClick(view, Qt.Key.Key_O)
    for at in corners:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert desk.session.selected == 2
    assert desk.session.voxel_reading(2).nucleus.of("sagittal") is not None
    assert desk.session.voxel_reading(0).nucleus.contours == ()


def test_an_outline_about_nothing_is_not_kept_and_says_so(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, view = imaged_desk, imaged_desk.window.grid.large
    qtbot.keyClick(view, Qt.Key.Key_O)
    for at in ((10, 200), (40, 200), (40, 240)):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QtCore.QPoint(*at))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert desk.session.history.done == ()
    assert "was not kept" in desk.window.notices.shown[-1].text


def test_an_edit_leaves_the_divider_above_the_table_alone(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk = imaged_desk
    before = desk.window.left.sizes()
    desk.window.grid.drawing.toggle()
    draw(desk, qtbot, desk.window.grid.large)
    qtbot.waitUntil(lambda: desk.window.discs.model.column_of("nucleus") >= 0, timeout=5000)
    desk.station.analysis.analyse()
    qtbot.waitUntil(lambda: not desk.jobs.is_running("analyse"), timeout=20_000)
    QtWidgets.QApplication.processEvents()
    assert desk.window.left.sizes() == before


def test_a_corner_is_pulled_with_the_mouse_in_one_step(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, view = imaged_desk, imaged_desk.window.grid.large
    desk.window.grid.drawing.toggle()
    draw(desk, qtbot, view)
    before = desk.session.voxel_reading(0).nucleus.of("sagittal")
    window = view.level_and_width
    corner = view.to_widget(view.nuclei[0].pixels).at(0)
    drag(view, corner, (-15, 4))
    after = desk.session.voxel_reading(0).nucleus.of("sagittal")
    assert before is not None
    assert after is not None
    assert after.points_mm[0] != before.points_mm[0]
    assert after.points_mm[1:] == before.points_mm[1:]
    assert view.level_and_width == window  # the drag did not window
    assert len(desk.session.history.done) == 2
    desk.window.undo_action.trigger()
    assert desk.session.voxel_reading(0).nucleus.of("sagittal") == before
    assert view.nuclei[0].contour == before


def test_of_a_reading_that_cannot_be_changed_the_outline_springs_back(imaged_desk: Desk, qtbot: QtBot) -> None:
    desk, view = imaged_desk, imaged_desk.window.grid.large
    desk.window.grid.drawing.toggle()
    draw(desk, qtbot, view)
    kept = desk.session.voxel_reading(0).nucleus.of("sagittal")
    desk.session._read_only = "Somebody else works on this reading."
    drag(view, view.to_widget(view.nuclei[0].pixels).at(0), (-15, 4))
    assert desk.session.voxel_reading(0).nucleus.of("sagittal") == kept
    assert view.nuclei[0].contour == kept
