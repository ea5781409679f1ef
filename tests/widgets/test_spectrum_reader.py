"""The spectrum under the reader's hand: phase, overlays, windows, smoothing, gates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.displayed import overlay_on, smoothed
from analysis.integration import IntegrationWindow
from analysis.types import ExamResult, Fit
from tests.samples import F0_MHZ
from widgets import theme
from widgets.spectrum_view import SpectrumView

Qt = QtCore.Qt
LEFT = Qt.MouseButton.LeftButton
WINDOW = IntegrationWindow(
    name="PG", ppm=((1.92, 2.14),), signals=("PG",), beside="lipid", source="made up", status="design choice"
)


@pytest.fixture(autouse=True)
def _every_move_counts() -> Iterator[None]:
    """A scene drops moves that follow each other too fast, as those of a test do."""
    before = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    pg.setConfigOption("mouseRateLimit", before)


@pytest.fixture
def view(qtbot: QtBot, exam: ExamResult) -> SpectrumView:
    view = SpectrumView()
    qtbot.addWidget(view)
    view.resize(900, 760)
    view.show()
    qtbot.waitExposed(view)
    view.show_voxel(exam.voxels[3].acquisition, exam.voxels[3], "")
    QtWidgets.QApplication.processEvents()
    return view


@pytest.fixture
def fit(exam: ExamResult) -> Fit:
    fit = exam.voxels[3].fit
    assert fit is not None
    return fit


@pytest.fixture
def heard(view: SpectrumView) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = []
    view.plot.gesture_began.connect(lambda name: said.append(("began", name)))
    view.plot.phase_changed.connect(lambda phase: said.append(("phase", phase)))
    view.plot.gesture_ended.connect(lambda: said.append(("ended", None)))
    return said


def drag(
    view: SpectrumView, by: tuple[int, int], modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Drag in the spectrum by pixels right and down, with real mouse events, in steps as a hand does."""
    target = view.plot.viewport()
    box = view.plot.main.getViewBox().sceneBoundingRect()
    start = QtCore.QPointF(view.plot.mapFromScene(box.center()))
    moves = [start + QtCore.QPointF(by[0] * i / 10, by[1] * i / 10) for i in range(1, 11)]
    press, move, release = (
        QtCore.QEvent.Type.MouseButtonPress,
        QtCore.QEvent.Type.MouseMove,
        QtCore.QEvent.Type.MouseButtonRelease,
    )
    none = Qt.MouseButton.NoButton
    events = [(press, start, LEFT, LEFT), *((move, at, none, LEFT) for at in moves), (release, moves[-1], LEFT, none)]
    for kind, at, pressed, held in events:
        event = QtGui.QMouseEvent(kind, at, QtCore.QPointF(target.mapToGlobal(at)), pressed, held, modifier)
        QtWidgets.QApplication.sendEvent(target, event)


# --- phase -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "degrees"), [((0, -40), 20.0), ((60, 0), 30.0), ((0, 40), -20.0)])
def test_dragging_turns_the_phase_in_one_gesture(
    qtbot: QtBot, view: SpectrumView, fit: Fit, heard: list[tuple[str, object]], by: tuple[int, int], degrees: float
) -> None:
    qtbot.mouseClick(view.phase_button, LEFT)
    drag(view, by)
    kinds = [kind for kind, _ in heard]
    assert kinds[0] == "began"
    assert kinds[-1] == "ended"
    assert kinds.count("began") == kinds.count("ended") == 1
    assert kinds.count("phase") > 3
    last = [value for kind, value in heard if kind == "phase"][-1]
    assert last == pytest.approx(fit.phase0_rad + math.radians(degrees), abs=math.radians(3))


def test_shift_turns_finely(qtbot: QtBot, view: SpectrumView, fit: Fit, heard: list[tuple[str, object]]) -> None:
    qtbot.keyClick(view.plot, Qt.Key.Key_D)
    drag(view, (0, -40), Qt.KeyboardModifier.ShiftModifier)
    last = [value for kind, value in heard if kind == "phase"][-1]
    assert last == pytest.approx(fit.phase0_rad + math.radians(4.0), abs=math.radians(0.7))


def test_the_data_turn_at_once_and_wait_for_the_fit(qtbot: QtBot, view: SpectrumView, exam: ExamResult) -> None:
    before = view.plot.data_curve.getData()[1].copy()
    qtbot.keyClick(view.plot, Qt.Key.Key_D)
    drag(view, (0, -120))
    assert not np.allclose(view.plot.data_curve.getData()[1], before)
    view.show_voxel(exam.voxels[3].acquisition, exam.voxels[3], "")
    assert view.plot.data_curve.getData()[1] == pytest.approx(before)


def test_the_mode_shows_itself_and_esc_leaves_it(qtbot: QtBot, view: SpectrumView) -> None:
    box = view.plot.main.getViewBox()
    qtbot.mouseClick(view.phase_button, LEFT)
    assert view.plot.phase.on
    assert box.cursor().shape() == Qt.CursorShape.SizeAllCursor
    assert "Esc to leave" in view.plot.overlays.caption_text
    assert view.plot.hasFocus()
    qtbot.keyClick(view.plot, Qt.Key.Key_Escape)
    assert not view.plot.phase.on
    assert not view.phase_button.isChecked()
    assert box.cursor().shape() == Qt.CursorShape.ArrowCursor
    assert view.plot.overlays.caption_text == ""


def test_esc_reaches_the_plot_before_the_window(qtbot: QtBot, view: SpectrumView) -> None:
    window = QtWidgets.QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(view)
    cancelled: list[bool] = []
    action = QtGui.QAction(window)
    action.setShortcut(QtGui.QKeySequence("Esc"))
    action.triggered.connect(lambda: cancelled.append(True))
    window.addAction(action)
    window.show()
    window.activateWindow()
    qtbot.waitActive(window)
    view.plot.set_phase_mode(True)
    qtbot.keyClick(view.plot, Qt.Key.Key_Escape)
    assert not view.plot.phase.on
    assert cancelled == []
    window.takeCentralWidget()


def test_out_of_the_mode_a_drag_zooms(view: SpectrumView, heard: list[tuple[str, object]]) -> None:
    drag(view, (120, 0))
    assert heard == []
    low, high = view.plot.main.getViewBox().viewRange()[0]
    assert high - low < 1.0


def test_brackets_ask_for_steps(qtbot: QtBot, view: SpectrumView) -> None:
    asked: list[float] = []
    view.plot.phase_step_requested.connect(asked.append)
    for key in (Qt.Key.Key_BracketRight, Qt.Key.Key_BracketLeft, Qt.Key.Key_BraceRight):
        qtbot.keyClick(view.plot, key)
    assert asked == [1.0, -1.0, 10.0]


# --- what lies over it -------------------------------------------------------------------------------------------


def test_the_automatic_fit_lies_over_the_adjusted_one(view: SpectrumView, fit: Fit) -> None:
    automatic = replace(fit, fit=fit.fit * 1.1)
    view.set_automatic(automatic)
    assert view.plot.overlays.automatic_curve.isVisible()
    assert np.array_equal(view.plot.overlays.automatic_curve.getData()[1], automatic.fit)
    assert "automatic fit" in view.plot.overlays.caption_text
    view.set_automatic(None)
    assert not view.plot.overlays.automatic_curve.isVisible()


def test_other_discs_lie_over_it_and_say_how_they_are_scaled(view: SpectrumView, exam: ExamResult, fit: Fit) -> None:
    others = [v for i, v in enumerate(exam.voxels) if i != 3 and v.fit is not None]
    overlays = [overlay_on(fit, v.fit, v.label, {"PG": 1.0}, "PG") for v in others if v.fit is not None]
    view.set_overlays(overlays)
    assert sum(curve.isVisible() for curve in view.plot.overlays.curves) == len(overlays)
    assert "L1-L2 ×" in view.plot.overlays.caption_text
    assert "same PG" in view.plot.overlays.caption_text
    top = view.plot.main.getViewBox().viewRange()[1][1]
    assert top >= max(float(o.curve.max()) for o in overlays)
    view.show_voxel(exam.voxels[0].acquisition, exam.voxels[0], "")
    assert not any(curve.isVisible() for curve in view.plot.overlays.curves)


def test_the_menu_asks_for_overlays(view: SpectrumView) -> None:
    asked: list[str] = []
    view.overlay_requested.connect(asked.append)
    view.menu.overlays["voxels"].trigger()
    view.menu.overlays["none"].trigger()
    assert asked == ["voxels", "none"]


def test_windows_are_shaded_when_the_reader_asks(view: SpectrumView) -> None:
    view.set_windows([WINDOW])
    assert not any(region.isVisible() for region in view.plot.overlays.regions)
    view.menu.windows.trigger()
    assert view.plot.overlays.regions[0].getRegion() == pytest.approx((1.92, 2.14))
    assert "integration windows PG" in view.plot.overlays.caption_text
    view.menu.windows.trigger()
    assert not view.plot.overlays.regions[0].isVisible()


def test_smoothing_is_off_and_says_so_when_on(view: SpectrumView, fit: Fit) -> None:
    assert view.menu.smoothings[0.0].isChecked()
    view.menu.smoothings[4.0].trigger()
    assert view.plot.data_curve.getData()[1] == pytest.approx(smoothed(fit, F0_MHZ, 4.0).data)
    assert "the fit does not see it" in view.plot.overlays.caption_text
    view.menu.smoothings[0.0].trigger()
    assert np.array_equal(view.plot.data_curve.getData()[1], fit.data)
    assert view.plot.overlays.caption_text == ""


def test_labels_keep_clear_of_the_caption(view: SpectrumView, fit: Fit) -> None:
    view.set_automatic(fit)
    QtWidgets.QApplication.processEvents()
    caption = view.plot.overlays.caption.sceneBoundingRect().adjusted(3, 3, -3, -3)
    for item in view.plot.labels.items:
        assert not item.isVisible() or not caption.intersects(item.sceneBoundingRect().adjusted(3, 4, -3, -4))


def test_themes_reach_the_overlays(view: SpectrumView, fit: Fit, qapp: QtWidgets.QApplication) -> None:
    view.set_automatic(fit)
    theme.apply_theme(qapp, theme.LIGHT)
    view.apply_theme()
    assert view.plot.overlays.automatic_curve.opts["pen"].color() == QtGui.QColor(theme.LIGHT.series[4])


# --- gates -------------------------------------------------------------------------------------------------------


def test_a_gate_is_overridden_with_a_typed_reason(qtbot: QtBot, view: SpectrumView, exam: ExamResult) -> None:
    view.show_voxel(exam.voxels[2].acquisition, exam.voxels[2], "")
    chip = next(c for c in view.quality.chips if isinstance(c, QtWidgets.QPushButton) and "PG SNR" in c.text())
    qtbot.mouseClick(chip, LEFT)
    editor = view.quality.editor
    assert editor.isVisible()
    assert editor.accept_button.text() == "Override"
    assert not editor.accept_button.isEnabled()
    qtbot.keyClicks(editor.reason, "Seen in two series.")
    with qtbot.waitSignal(view.quality.gate_override_requested) as asked:
        qtbot.keyClick(editor.reason, Qt.Key.Key_Return)
    assert asked.args == ["PG SNR", "Seen in two series."]
    assert not editor.isVisible()


def test_an_overridden_gate_is_marked_and_can_be_taken_back(qtbot: QtBot, view: SpectrumView, exam: ExamResult) -> None:
    reasons = {"PG SNR": "Seen in two series."}
    view.show_voxel(exam.voxels[2].acquisition, exam.voxels[2], "", (), reasons)
    chip = next(c for c in view.quality.chips if "PG SNR" in c.property("text") and "overridden" in c.property("text"))
    assert chip.property("text").startswith("✎")
    assert "Seen in two series." in chip.toolTip()
    chip.setFocus()
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    with qtbot.waitSignal(view.quality.gate_override_requested) as asked:
        qtbot.mouseClick(view.quality.editor.withdraw_button, LEFT)
    assert asked.args == ["PG SNR", ""]


def test_esc_closes_the_reason_without_a_decision(qtbot: QtBot, view: SpectrumView, exam: ExamResult) -> None:
    view.show_voxel(exam.voxels[2].acquisition, exam.voxels[2], "")
    asked: list[str] = []
    view.quality.gate_override_requested.connect(lambda name, _: asked.append(name))
    water = next(chip for chip in view.quality.chips if "residual water" in chip.property("text"))
    qtbot.mouseClick(water, LEFT)
    assert view.quality.editor.accept_button.text() == "Override"
    qtbot.keyClicks(view.quality.editor.reason, "something")
    qtbot.keyClick(view.quality.editor.reason, Qt.Key.Key_Escape)
    assert not view.quality.editor.isVisible()
    assert asked == []


def test_a_gate_that_is_in_nobodys_way_only_explains_itself(qtbot: QtBot, view: SpectrumView) -> None:
    drift = next(chip for chip in view.quality.chips if "drift" in chip.property("text"))
    qtbot.mouseClick(drift, LEFT)
    assert "at most 10 Hz" in view.quality.editor.told.text()
    assert not view.quality.editor.reason.isVisible()
    qtbot.mouseClick(view.quality.editor.close_button, LEFT)
    assert not view.quality.editor.isVisible()


def test_overlays_stay_when_the_same_voxel_is_fitted_again(view: SpectrumView, exam: ExamResult, fit: Fit) -> None:
    view.set_automatic(fit)
    renamed = replace(exam.voxels[3].acquisition, label="L5-S1")
    view.show_voxel(renamed, replace(exam.voxels[3], acquisition=renamed), "")
    assert view.plot.overlays.automatic_curve.isVisible()


def test_a_narrow_window_folds_the_gates_that_pass(qtbot: QtBot, view: SpectrumView, exam: ExamResult) -> None:
    view.resize(560, 700)
    qtbot.waitUntil(lambda: any("gates pass" in chip.property("text") for chip in view.quality.chips))
    assert any("residual water" in chip.property("text") for chip in view.quality.chips)
    assert not any("drift" in chip.property("text") for chip in view.quality.chips)
    qtbot.mouseClick(view.quality.chips[-1], LEFT)
    assert any("drift" in chip.property("text") for chip in view.quality.chips)
