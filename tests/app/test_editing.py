"""A reader at the real window: adjusting a fit with mouse and keys, undoing it, and finding it again the next day."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from app.main import apply_look
from app.store import Store
from tests.reading_desk import Desk, desk_with

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")
Qt = QtCore.Qt


def adjust(desk: Desk) -> None:
    desk.window.panels.setCurrentWidget(desk.window.fit_panel)


def type_phase(desk: Desk, qtbot: QtBot, degrees: str) -> None:
    box = desk.window.fit_panel.phase.box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, degrees)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def test_a_typed_phase_refits_everything_and_ctrl_z_takes_it_back(desk: Desk, qtbot: QtBot) -> None:
    adjust(desk)
    session, automatic = desk.session, desk.session.exam
    assert automatic is not None
    evidence = automatic.voxels[0].evidence
    type_phase(desk, qtbot, "40")
    qtbot.waitUntil(lambda: session.exam is not automatic)
    desk.settle(qtbot)
    assert session.exam is not None
    adjusted = session.exam.voxels[0]
    assert adjusted.adjusted_by_reader
    assert adjusted.fit is not None
    assert adjusted.fit.phase0_rad == pytest.approx(0.698, abs=0.01)
    assert adjusted.evidence != evidence
    assert len(session.history.done) == 1
    assert desk.window.undo_action.text().startswith("&Undo ")
    desk.window.undo_action.trigger()
    assert session.exam is automatic
    assert not desk.window.undo_action.isEnabled()
    desk.window.redo_action.trigger()
    assert session.exam.voxels[0] is adjusted


def test_the_reason_for_an_adjustment_is_kept_with_it(desk: Desk, qtbot: QtBot) -> None:
    adjust(desk)
    line = desk.window.fit_panel.reason
    assert not line.isVisible()
    type_phase(desk, qtbot, "40")
    desk.settle(qtbot)
    qtbot.waitUntil(line.isVisible)
    exam = desk.session.exam
    line.edit.setFocus()
    qtbot.keyClicks(line.edit, "The automatic phase tilts the baseline.")
    qtbot.keyClick(line.edit, Qt.Key.Key_Return)
    key = desk.session.selected
    assert desk.session.voxel_reading(key).adjustment_reason == "The automatic phase tilts the baseline."
    assert desk.session.exam is exam  # a reason computes nothing anew
    assert len(desk.session.history.done) == 2
    desk.window.undo_action.trigger()
    assert (line.edit.text(), desk.session.voxel_reading(key).adjustment_reason) == ("", "")
    desk.window.redo_action.trigger()
    assert line.edit.text() == "The automatic phase tilts the baseline."
    desk.window.fit_panel.reset.click()
    qtbot.waitUntil(lambda: not line.isVisible())
    assert desk.session.voxel_reading(key).adjustment_reason == ""


def test_an_adjusted_voxel_is_marked_and_reset_in_one_step(desk: Desk, qtbot: QtBot) -> None:
    adjust(desk)
    panel = desk.window.fit_panel
    assert not panel.reset.isEnabled()
    type_phase(desk, qtbot, "25")
    desk.settle(qtbot)
    qtbot.waitUntil(panel.reset.isEnabled)
    assert "adjusted by the reader" in panel.state.text()
    panel.reset.click()
    desk.settle(qtbot)
    assert not desk.session.voxel_reading(0).settings.adjusted
    assert desk.session.history.undo_text == "reset to automatic"
    assert "automatic" in panel.state.text()


def test_the_reading_is_there_again_the_next_day(qtbot: QtBot, qapp: QtWidgets.QApplication, tmp_path: Path) -> None:
    apply_look(qapp)
    first = desk_with(qtbot, Store.open(folder=tmp_path))
    first.open(qtbot)
    adjust(first)
    type_phase(first, qtbot, "30")
    first.settle(qtbot)
    qtbot.waitUntil(lambda: first.window.saved_text.text() == "Reading saved", timeout=5000)
    assert first.session.exam is not None
    left = first.session.exam.voxels[0].ratios
    first.close()
    second = desk_with(qtbot, Store.open(folder=tmp_path))
    second.open(qtbot)
    assert second.session.exam is not None
    assert second.session.exam.voxels[0].adjusted_by_reader
    assert second.session.exam.voxels[0].ratios == left
    second.window.worklist_action.trigger()
    view = second.station.worklist.view
    assert view is not None
    qtbot.waitUntil(lambda: view.model.rowCount() == 1, timeout=5000)
    second.close()


def test_another_protocol_is_a_step_that_can_be_undone(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.station.settled, timeout=20_000):
        desk.window.protocol_requested.emit("brain")
    assert desk.session.protocol is not None
    assert desk.session.protocol.rules.id == "brain"
    with qtbot.waitSignal(desk.station.settled, timeout=20_000):
        desk.window.undo_action.trigger()
    assert desk.session.protocol.rules.id == "disc"
    assert desk.session.reading.protocol_id is None


# --- what the reader says of discs -------------------------------------------------------------------------------


def test_a_grade_by_key_is_in_the_reading_the_table_and_the_panel(desk: Desk, qtbot: QtBot) -> None:
    table = desk.window.discs.table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_4)
    assert desk.session.voxel_reading(0).morphology.pfirrmann == 4
    exam_before = desk.session.exam
    desk.window.undo_action.trigger()
    assert desk.session.voxel_reading(0).morphology.pfirrmann is None
    assert desk.session.exam is exam_before


def test_a_corrected_level_renumbers_all_discs_in_one_step(desk: Desk, qtbot: QtBot) -> None:
    before = [a.label for a in desk.session.acquisitions]
    fits = [v.fit for v in desk.session.exam.voxels] if desk.session.exam is not None else []
    desk.window.discs.label_changed.emit(0, "T12-L1")
    desk.settle(qtbot)
    assert [a.label for a in desk.session.acquisitions] == ["T12-L1", *before[:-1]]
    assert desk.session.exam is not None
    assert [v.fit for v in desk.session.exam.voxels] == fits
    assert len(desk.session.history.done) == 1
    desk.window.undo_action.trigger()
    desk.settle(qtbot)
    assert [a.label for a in desk.session.acquisitions] == before


def test_an_impossible_level_is_a_sentence_and_changes_nothing(desk: Desk) -> None:
    before = desk.session.reading
    desk.window.discs.label_changed.emit(0, "L5-S1")
    assert desk.session.reading is before
    assert desk.window.notices.shown[-1].text.endswith(".")


def test_robustness_opens_for_the_selected_disc(desk: Desk, qtbot: QtBot) -> None:
    desk.window.discs.robustness_requested.emit()
    view = desk.station.discs.robustness
    assert view is not None
    assert view.isVisible()
    qtbot.waitUntil(lambda: not desk.jobs.is_running("robustness"), timeout=10_000)
    view.close()


# --- beside the spectrum and the images --------------------------------------------------------------------------


def test_a_transient_taken_out_changes_the_spectrum_and_comes_back_with_undo(desk: Desk, qtbot: QtBot) -> None:
    desk.window.spectrum.transients_requested.emit()
    view = desk.station.beside.transients
    assert view is not None
    qtbot.waitUntil(lambda: len(view.plots.findChildren(QtWidgets.QWidget)) > 0 and view.chosen >= 0, timeout=10_000)
    before = desk.session.exam
    view.toggle_button.click()
    desk.settle(qtbot)
    process = desk.session.voxel_reading(0).settings.process
    assert process.keep_transients is not None
    assert desk.session.exam is not before
    desk.window.undo_action.trigger()
    assert desk.session.exam is before


def test_numbers_halves_and_the_comparison_follow_the_selection(desk: Desk, qtbot: QtBot) -> None:
    desk.window.spectrum.table_requested.emit()
    desk.window.spectrum.halves_requested.emit()
    table, halves = desk.station.beside.table, desk.station.beside.halves
    assert table is not None
    assert halves is not None
    first = table.csv()
    desk.session.select(2)
    assert table.csv() != first
    assert halves.isVisible()


def test_a_dragged_phase_is_one_step(desk: Desk, qtbot: QtBot) -> None:
    plot = desk.window.spectrum.plot
    plot.gesture_began.emit("phase")
    for turn in (0.1, 0.2, 0.3):
        plot.phase_changed.emit(turn)
    plot.gesture_ended.emit()
    desk.settle(qtbot)
    assert desk.session.voxel_reading(0).settings.fit.phase0_rad == 0.3
    assert len(desk.session.history.done) == 1


def test_an_accepted_gate_is_a_step_with_its_reason(desk: Desk, qtbot: QtBot) -> None:
    desk.window.spectrum.quality.gate_override_requested.emit("PG SNR", "clear in both halves")
    desk.settle(qtbot)
    accepted = desk.session.voxel_reading(0).settings.accepted_gates
    assert [(o.gate, o.reason) for o in accepted] == [("PG SNR", "clear in both halves")]
    desk.window.spectrum.quality.gate_override_requested.emit("PG SNR", "")
    desk.settle(qtbot)
    assert desk.session.voxel_reading(0).settings.accepted_gates == ()


def test_images_go_to_a_window_of_their_own_and_come_back(desk: Desk) -> None:
    window = desk.window
    window._detach_images()
    assert window.images.held is window.grid
    window._detach_images()
    assert window.left.widget(0) is window.grid


def test_the_layout_of_the_images_comes_back(desk: Desk, tmp_path: Path) -> None:
    settings = QtCore.QSettings(str(tmp_path / "settings.ini"), QtCore.QSettings.Format.IniFormat)
    desk.window.image_menus.layouts["row"].trigger()
    assert desk.window.grid.layout_used.id == "row"
    desk.window.save_layout(settings)
    desk.window.image_menus.layouts["lumbar"].trigger()
    desk.window.restore_layout(settings)
    assert desk.window.grid.layout_used.id == "row"
