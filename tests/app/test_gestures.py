"""Every gesture of a reading at the real window, by real mouse and key events, with what follows in the other views.

What a single view makes of its events is tested with the view (tests/widgets/). Here a gesture goes all the way: the
hand, the view, the session, the refit, the other views, and back by Ctrl+Z.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.types import Study
from app.main import apply_look
from app.store import Store
from tests.hand import drag, handle_of, send, tab_point, wheel
from tests.reading_desk import Desk, desk_with, study_with_images
from widgets.slice_view import SliceView

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", "grabbing the keyboard")
Qt = QtCore.Qt
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def _every_move_counts() -> Iterator[None]:
    """A scene drops moves that follow each other too fast, as those of a test do."""
    before = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    pg.setConfigOption("mouseRateLimit", before)


@pytest.fixture
def active(imaged_desk: Desk, qtbot: QtBot) -> Desk:
    """The window with the focus, so that its shortcuts are heard."""
    focus(imaged_desk.window, qtbot)
    return imaged_desk


def middle(widget: QtWidgets.QWidget) -> QtCore.QPointF:
    return QtCore.QRectF(widget.rect()).center()


def clear_of_voxels(view: SliceView) -> QtCore.QPointF:
    """A place of the picture where no voxel lies."""
    at = QtCore.QPointF(view.width() * 0.2, view.height() * 0.8)
    assert view.voxel_at(at) is None
    return at


def focus(window: QtWidgets.QWidget, qtbot: QtBot) -> None:
    """Make a window the active one: only then its shortcuts are heard."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def leave(window: QtWidgets.QWidget, qtbot: QtBot) -> None:
    """Close a window beside the reading by Esc."""
    qtbot.waitUntil(window.isVisible)
    focus(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


def undo(desk: Desk, qtbot: QtBot) -> None:
    focus(desk.window, qtbot)
    qtbot.keyClick(desk.window.grid.large, Qt.Key.Key_Z, CTRL)
    desk.settle(qtbot)


def redo(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(desk.window.grid.large, Qt.Key.Key_Z, CTRL | SHIFT)
    desk.settle(qtbot)


def open_panel(desk: Desk, qtbot: QtBot, panel: QtWidgets.QWidget) -> None:
    panels = desk.window.panels
    qtbot.mouseClick(panels.tabBar(), LEFT, pos=tab_point(panels, panels.indexOf(panel)))
    assert panels.currentWidget() is panel


# --- images ----------------------------------------------------------------------------------------------------------


def test_images_by_mouse(active: Desk, qtbot: QtBot) -> None:
    grid, view = active.window.grid, active.window.grid.large
    at, index = clear_of_voxels(view), view.index
    wheel(view, at, -1)
    assert view.index == index + 1
    wheel(view, at, 1)
    level, width = view.level_and_width
    drag(view, at, (40, 20))
    assert view.level_and_width[0] > level
    assert view.level_and_width[1] > width
    scale = view.camera.mm_per_px
    drag(view, at, (0, -40), RIGHT)
    assert view.camera.mm_per_px < scale
    wheel(view, at, 2, CTRL)
    centre = view.camera.centre_mm
    drag(view, at, (30, 0), MIDDLE)
    assert view.camera.centre_mm != centre
    send(view, QtCore.QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, SHIFT)
    assert grid.cursor_mm is not None
    assert all(other.cursor_mm == grid.cursor_mm for other in grid.views)
    qtbot.mouseDClick(view, LEFT, pos=at.toPoint())
    assert grid.maximised
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not grid.maximised
    assert active.session.history.done == ()  # looking at images changes nothing


def test_a_click_on_an_outline_selects_the_disc_in_every_view(active: Desk, qtbot: QtBot) -> None:
    window, view = active.window, active.window.grid.large
    outline = next(outline for outline in view.outlines if outline.mark.index == 2)
    qtbot.mouseClick(view, LEFT, pos=view.to_widget(outline.pixels).boundingRect().center().toPoint())
    assert active.session.selected == 2
    assert window.discs.table.voxel() == 2
    assert window.spectrum.title.text().startswith(active.session.acquisitions[2].label)
    assert all(view.selected == 2 for view in window.grid.views)


def test_images_by_keys(active: Desk, qtbot: QtBot) -> None:
    grid, view = active.window.grid, active.window.grid.large
    view.setFocus()
    index, title, layout = view.index, view.title, grid.layout_used.id
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.index == index + 1
    for key in (Qt.Key.Key_H, Qt.Key.Key_V, Qt.Key.Key_I, Qt.Key.Key_1):
        qtbot.keyClick(view, key)
    assert view.camera.flipped == (True, True)
    assert view.inverted
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.camera.flipped == (False, False)
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert view.title != title
    qtbot.keyClick(view, Qt.Key.Key_Period)
    assert grid.layout_used.id != layout
    qtbot.keyClick(view, Qt.Key.Key_Comma)
    assert grid.layout_used.id == layout
    qtbot.keyClick(view, Qt.Key.Key_C)
    assert grid.cursor_mm is not None
    qtbot.keyClick(view, Qt.Key.Key_N)
    assert active.session.selected == 1
    qtbot.keyClick(view, Qt.Key.Key_P)
    assert active.session.selected == 0
    qtbot.keyClick(view, Qt.Key.Key_M, CTRL)
    assert active.window.images.held is grid
    active.window.images.close()
    assert active.window.left.widget(0) is grid


# --- spectrum and fit ------------------------------------------------------------------------------------------------


def test_the_phase_dragged_in_the_plot_is_refitted_and_one_step(active: Desk, qtbot: QtBot) -> None:
    session, plot = active.session, active.window.spectrum.plot
    automatic = session.exam
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_D)
    box = plot.main.getViewBox().sceneBoundingRect()
    start = QtCore.QPointF(plot.mapFromScene(box.center()))
    drag(plot.viewport(), start, (0, -60))
    active.settle(qtbot)
    turned = session.voxel_reading(0).settings.fit.phase0_rad
    assert turned is not None
    assert session.exam is not None
    assert session.exam.voxels[0].fit is not None
    assert session.exam.voxels[0].fit.phase0_rad == pytest.approx(turned)
    assert active.window.discs.model.row(0).result is session.exam.voxels[0]
    assert "✎" in str(active.window.discs.model.index(0, 0).data())
    assert len(session.history.done) == 1
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert not plot.phase.on
    qtbot.keyClick(plot, Qt.Key.Key_BracketRight)
    active.window.fit_panel.finish_gesture()
    active.settle(qtbot)
    assert session.voxel_reading(0).settings.fit.phase0_rad == pytest.approx(turned + 0.01745, abs=2e-3)
    undo(active, qtbot)
    undo(active, qtbot)
    assert session.exam is automatic
    redo(active, qtbot)
    assert session.voxel_reading(0).settings.fit.phase0_rad == turned


def test_sliders_numbers_and_signals_of_the_fit(active: Desk, qtbot: QtBot) -> None:
    session, panel = active.session, active.window.fit_panel
    open_panel(active, qtbot, panel)
    for row, setting in (
        (panel.stiffness, "baseline_ed_per_ppm"),
        (panel.shift, "shift_ppm"),
        (panel.width_row, "gauss_hz"),
    ):
        drag(row.slider, handle_of(row.slider), (25, 0))
        active.settle(qtbot)
        assert getattr(session.voxel_reading(0).settings.fit, setting) is not None
    assert len(session.history.done) == 3
    panel.range.high.setFocus()
    panel.range.high.selectAll()
    qtbot.keyClicks(panel.range.high, "3.9")
    qtbot.keyClick(panel.range.high, Qt.Key.Key_Return)
    active.settle(qtbot)
    assert session.voxel_reading(0).settings.fit.ppm_range is not None
    rect = panel.signals.visualItemRect(panel.signals.item(2))
    qtbot.mouseClick(panel.signals.viewport(), LEFT, pos=QtCore.QPoint(rect.left() + 10, rect.center().y()))
    active.settle(qtbot)
    assert len(session.voxel_reading(0).settings.fit.left_out) == 1
    qtbot.mouseClick(panel.compare, LEFT)
    qtbot.waitUntil(lambda: active.station.live.automatic_fit(0) is not None, timeout=10_000)
    assert active.window.spectrum.plot.overlays._automatic is not None
    qtbot.mouseClick(panel.reset, LEFT)
    active.settle(qtbot)
    assert not session.voxel_reading(0).settings.adjusted
    for _ in range(6):
        undo(active, qtbot)
    assert session.history.done == ()
    assert session.voxel_reading(0).settings.fit.baseline_ed_per_ppm is None


def test_solo_baseline_overlay_and_cursor(active: Desk, qtbot: QtBot) -> None:
    view, plot = active.window.spectrum, active.window.spectrum.plot
    row = plot.stack.getViewBox()
    at = row.mapViewToScene(QtCore.QPointF(2.5, 0.0))
    qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(at))
    assert plot.solo is not None
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.solo is None
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_B)
    assert "Baseline subtracted" in plot.overlays.caption_text
    centre = plot.mapFromScene(plot.main.getViewBox().sceneBoundingRect().center())
    send(
        plot.viewport(),
        QtCore.QEvent.Type.MouseMove,
        QtCore.QPointF(centre),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
    )
    assert "ppm" in view.cursor_text.text()
    wheel(plot.viewport(), QtCore.QPointF(centre), 2)
    zoomed = plot.main.getViewBox().viewRange()[0]
    assert zoomed[1] - zoomed[0] < 3.5
    qtbot.mouseDClick(plot.viewport(), LEFT, pos=centre)
    view.menu.overlays["voxels"].trigger()
    assert "Fits without baseline" in plot.overlays.caption_text


# --- table, levels, morphology ---------------------------------------------------------------------------------------


def test_the_table_by_mouse_and_keys(
    active: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, discs = active.session, active.window.discs
    table = discs.table

    def cell(row: int, key: str) -> QtCore.QPoint:
        return table.visualRect(table.order.index(row, discs.model.column_of(key))).center()

    qtbot.mouseClick(table.viewport(), LEFT, pos=cell(3, "pfirrmann"))
    assert session.selected == 3
    qtbot.keyClick(table, Qt.Key.Key_4)
    assert session.voxel_reading(3).morphology.pfirrmann == 4
    assert active.window.morphology.pfirrmann.buttons[3].isChecked()
    qtbot.mouseClick(table.viewport(), LEFT, pos=cell(0, "level"))
    qtbot.keyClick(table, Qt.Key.Key_F2)
    menu = next(menu for menu in table.findChildren(QtWidgets.QMenu) if menu.isVisible())
    wanted = next(action for action in menu.actions() if action.text() == "T12-L1")
    menu.setActiveAction(wanted)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    active.settle(qtbot)
    assert session.acquisitions[0].label == "T12-L1"
    assert session.acquisitions[1].label == "L1-L2"
    undo(active, qtbot)
    undo(active, qtbot)
    assert session.acquisitions[0].label == "L1-L2"
    assert session.voxel_reading(3).morphology.pfirrmann is None
    header = table.horizontalHeader()
    x = header.sectionViewportPosition(discs.model.column_of("lr")) + 30
    qtbot.mouseClick(header.viewport(), LEFT, pos=QtCore.QPoint(x, 8))
    medians = [table.order.index(row, discs.model.column_of("lr")).data(Qt.ItemDataRole.UserRole) for row in range(5)]
    assert medians == sorted(medians)
    qtbot.keyClick(table, Qt.Key.Key_C, CTRL)
    assert "Lac/PG" in QtGui.QGuiApplication.clipboard().text()
    target = tmp_path / "table.csv"
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    qtbot.mouseClick(discs.export_button, LEFT)
    qtbot.waitUntil(target.is_file, timeout=10_000)
    assert len(list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))) == 5
    discs.pretest.setFocus()
    qtbot.keyClick(discs.pretest, Qt.Key.Key_Down)
    assert session.reading.pretest == 0.5
    assert session.history.undo_text.startswith("pre-test probability")


def test_morphology_by_mouse_is_in_the_reading_and_undone(active: Desk, qtbot: QtBot) -> None:
    session, panel = active.session, active.window.morphology
    open_panel(active, qtbot, panel)
    qtbot.mouseClick(panel.pfirrmann.buttons[2], LEFT)
    qtbot.mouseClick(panel.modic.buttons[1], LEFT)
    qtbot.mouseClick(panel.hiz.buttons[0], LEFT)
    qtbot.mouseClick(panel.surgery.buttons[1], LEFT)
    panel.herniation.setFocus()
    qtbot.keyClick(panel.herniation, Qt.Key.Key_Down)
    qtbot.keyClick(panel.herniation, Qt.Key.Key_Down)
    panel.note.setFocus()
    qtbot.keyClicks(panel.note, "thin")
    panel.finish_gesture()
    said = session.voxel_reading(0).morphology
    assert (said.pfirrmann, said.modic, said.hiz, said.prior_surgery, said.note) == (3, "1", True, False, "thin")
    assert said.herniation == "bulge"
    for _ in range(len(session.history.done)):
        undo(active, qtbot)
    assert not session.voxel_reading(0).morphology.known


# --- windows beside --------------------------------------------------------------------------------------------------


def test_windows_beside_the_reading_open_and_close_by_keys(active: Desk, qtbot: QtBot) -> None:
    large, beside = active.window.grid.large, active.station.side_windows
    qtbot.keyClick(large, Qt.Key.Key_F1)
    assert beside.help is not None
    leave(beside.help, qtbot)
    focus(active.window, qtbot)
    qtbot.keyClick(large, Qt.Key.Key_I, CTRL)
    assert beside.details is not None
    leave(beside.details, qtbot)
    focus(active.window, qtbot)
    qtbot.mouseClick(active.window.discs.robust_button, LEFT)
    view = active.station.discs.robustness
    assert view is not None
    qtbot.waitUntil(lambda: not active.jobs.is_running("robustness"), timeout=10_000)
    leave(view, qtbot)


def test_a_transient_is_taken_out_by_mouse_and_comes_back(active: Desk, qtbot: QtBot) -> None:
    session = active.session
    active.window.spectrum.menu.transients.trigger()
    view = active.station.beside.transients
    assert view is not None
    qtbot.waitUntil(lambda: view.chosen >= 0, timeout=10_000)
    qtbot.mouseClick(view.toggle_button, LEFT)
    active.settle(qtbot)
    assert session.voxel_reading(0).settings.process.keep_transients is not None
    view.close()
    undo(active, qtbot)
    assert session.voxel_reading(0).settings.process.keep_transients is None


def noisy_study() -> Study:
    """The first disc in so much noise that a gate fails."""
    study = study_with_images()
    first, *rest = study.acquisitions
    rng = np.random.default_rng(4)
    noise = rng.standard_normal((2, *first.fids.shape)) * 12 * np.abs(first.fids[..., -64:]).std()
    return replace(study, acquisitions=(replace(first, fids=first.fids + noise[0] + 1j * noise[1]), *rest))


def test_a_failed_gate_is_accepted_with_a_typed_reason_and_undone(qtbot: QtBot, qapp: QtWidgets.QApplication) -> None:
    apply_look(qapp)
    desk = desk_with(qtbot, study=noisy_study())
    desk.open(qtbot)
    session, bar = desk.session, desk.window.spectrum.quality
    assert session.exam is not None
    failed = next(gate for gate in session.exam.voxels[0].quality.gates if gate.verdict == "fail")
    assert not session.exam.voxels[0].quality.evaluable
    chip = next(c for c in bar.chips if isinstance(c, QtWidgets.QPushButton) and failed.name in c.text())
    qtbot.mouseClick(chip, LEFT)
    qtbot.keyClicks(bar.editor.reason, "seen in both halves")
    qtbot.keyClick(bar.editor.reason, Qt.Key.Key_Return)
    desk.settle(qtbot)
    accepted = next(gate for gate in session.exam.voxels[0].quality.gates if gate.name == failed.name)
    assert (accepted.verdict, accepted.accepted) == ("warn", "seen in both halves")
    assert "⚑" in str(desk.window.discs.model.index(0, 0).data())
    undo(desk, qtbot)
    assert session.voxel_reading(0).settings.accepted_gates == ()
    desk.close()


def test_the_worklist_opens_a_study_by_keys(qtbot: QtBot, qapp: QtWidgets.QApplication, tmp_path: Path) -> None:
    apply_look(qapp)
    desk = desk_with(qtbot, Store.open(folder=tmp_path), study_with_images())
    desk.open(qtbot)
    focus(desk.window, qtbot)
    qtbot.keyClick(desk.window.grid.large, Qt.Key.Key_L, CTRL)
    view = desk.station.worklist.view
    assert view is not None
    qtbot.waitUntil(lambda: view.model.rowCount() == 1, timeout=5000)
    opened: list[object] = []
    view.open_requested.connect(opened.append)
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert len(opened) == 1
    qtbot.waitUntil(lambda: not desk.jobs.is_running(), timeout=20_000)
    desk.close()
