from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.types import ExamResult, Fit, FitSettings, ProcessSettings
from tests.samples import F0_MHZ
from widgets import theme
from widgets.adjust_wording import change_text, settings_text
from widgets.fit_panel import FitPanel

Qt = QtCore.Qt
LEFT = Qt.MouseButton.LeftButton


@dataclass
class Heard:
    """Everything that the panel said, in order."""

    panel: FitPanel
    said: list[tuple[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        p = self.panel
        p.gesture_began.connect(lambda name: self.said.append(("began", name)))
        p.settings_changed.connect(lambda settings: self.said.append(("changed", settings)))
        p.gesture_ended.connect(lambda: self.said.append(("ended", None)))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.said]

    @property
    def last(self) -> FitSettings:
        return [s for _, s in self.said if isinstance(s, FitSettings)][-1]


@pytest.fixture
def fit(exam: ExamResult) -> Fit:
    fit = exam.voxels[3].fit
    assert fit is not None
    return replace(fit, baseline_ed_per_ppm=2.8)


@pytest.fixture
def panel(qtbot: QtBot, fit: Fit) -> FitPanel:
    panel = FitPanel()
    qtbot.addWidget(panel)
    panel.resize(600, 330)
    panel.show()
    qtbot.waitExposed(panel)
    panel.set_voxel(FitSettings(), ProcessSettings(), fit, False, f0_mhz=F0_MHZ, voxel="L4-L5")
    QtWidgets.QApplication.processEvents()
    return panel


@pytest.fixture
def heard(panel: FitPanel) -> Heard:
    return Heard(panel)


def handle_of(slider: QtWidgets.QSlider) -> QtCore.QPoint:
    option = QtWidgets.QStyleOptionSlider()
    slider.initStyleOption(option)
    style, control = slider.style(), QtWidgets.QStyle.ComplexControl.CC_Slider
    return style.subControlRect(control, option, QtWidgets.QStyle.SubControl.SC_SliderHandle, slider).center()


def drag(qtbot: QtBot, widget: QtWidgets.QWidget, start: QtCore.QPoint, by_px: int) -> None:
    qtbot.mousePress(widget, LEFT, pos=start)
    for step in (by_px // 3, 2 * by_px // 3, by_px):
        qtbot.mouseMove(widget, start + QtCore.QPoint(step, 0))
    qtbot.mouseRelease(widget, LEFT, pos=start + QtCore.QPoint(by_px, 0))


def type_number(qtbot: QtBot, box: QtWidgets.QDoubleSpinBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def wheel(widget: QtWidgets.QWidget, steps: int) -> None:
    at = QtCore.QPointF(widget.rect().center())
    event = QtGui.QWheelEvent(
        at, widget.mapToGlobal(at), QtCore.QPoint(), QtCore.QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QtWidgets.QApplication.sendEvent(widget, event)


def test_what_is_automatic_stands_at_what_the_fit_found(panel: FitPanel, fit: Fit) -> None:
    assert panel.phase.box.text() == f"{math.degrees(fit.phase0_rad):+.1f}°"
    assert panel.shift.box.value() == pytest.approx(0.4 / F0_MHZ, abs=5e-4)
    assert panel.stiffness.box.text() == "2.80 ED/ppm"
    assert panel.width_row.box.text() == "4.0 Hz"
    assert panel.range.high.text() == "4.20"
    assert panel.range.low.text() == "0.20 ppm"
    rows = (panel.phase, panel.shift, panel.stiffness, panel.width_row, panel.range)
    assert all(row.automatic.isChecked() for row in rows)


def test_a_slider_drag_is_one_gesture_with_live_changes(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    drag(qtbot, panel.phase.slider, handle_of(panel.phase.slider), 30)
    assert heard.kinds[0] == "began"
    assert heard.kinds[-1] == "ended"
    assert heard.kinds.count("began") == heard.kinds.count("ended") == 1
    assert heard.kinds.count("changed") >= 2
    assert heard.said[0][1] == "Zero-order phase"
    assert heard.last.phase0_rad is not None
    assert heard.last.phase0_rad > math.radians(10)
    assert not panel.phase.automatic.isChecked()
    assert replace(heard.last, phase0_rad=None) == FitSettings()


def test_a_typed_number_is_one_gesture_with_one_change(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    type_number(qtbot, panel.phase.box, "-12,5")
    assert heard.kinds == ["began", "changed", "ended"]
    assert heard.last.phase0_rad == pytest.approx(math.radians(-12.5))


@pytest.mark.parametrize(
    ("row", "text", "name", "value"),
    [
        ("shift", "0.021", "shift_ppm", 0.021),
        ("stiffness", "6.5", "baseline_ed_per_ppm", 6.5),
        ("width_row", "7.5", "gauss_hz", 7.5),
    ],
)
def test_each_number_reaches_its_setting(
    qtbot: QtBot, panel: FitPanel, heard: Heard, row: str, text: str, name: str, value: float
) -> None:
    type_number(qtbot, getattr(panel, row).box, text)
    assert getattr(heard.last, name) == pytest.approx(value)


def test_steps_that_follow_each_other_are_one_gesture(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    panel.phase.slider.setFocus()
    with qtbot.waitSignal(panel.gesture_ended):
        for _ in range(3):
            qtbot.keyClick(panel.phase.slider, Qt.Key.Key_Right)
    assert heard.kinds == ["began", "changed", "changed", "changed", "ended"]
    assert heard.last.phase0_rad == pytest.approx(math.radians(4.0 + 1.5), abs=math.radians(0.3))


def test_the_wheel_steps_only_where_the_focus_is(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    panel.shift.box.setFocus()
    wheel(panel.phase.slider, 1)
    wheel(panel.phase.box, 1)
    assert heard.said == []
    panel.phase.box.setFocus()
    with qtbot.waitSignal(panel.gesture_ended):
        wheel(panel.phase.box, 1)
    assert heard.kinds == ["began", "changed", "ended"]


def test_another_control_ends_the_gesture_before_its_own(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    panel.phase.slider.setFocus()
    qtbot.keyClick(panel.phase.slider, Qt.Key.Key_Right)
    type_number(qtbot, panel.shift.box, "0.01")
    assert heard.kinds == ["began", "changed", "ended", "began", "changed", "ended"]
    assert heard.last.phase0_rad is not None
    assert heard.last.shift_ppm == 0.01


def test_automatic_is_a_state_that_can_be_taken_and_given_back(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    qtbot.mouseClick(panel.stiffness.automatic, LEFT, pos=QtCore.QPoint(8, panel.stiffness.automatic.height() // 2))
    assert heard.last.baseline_ed_per_ppm == pytest.approx(2.8)
    qtbot.keyClick(panel.stiffness.automatic, Qt.Key.Key_Space)
    assert heard.last.baseline_ed_per_ppm is None
    assert heard.kinds == ["began", "changed", "ended"] * 2


def test_the_stiffness_slider_is_logarithmic(panel: FitPanel) -> None:
    what = panel.stiffness.what
    quarter, middle = (what.value(round(share * what.positions)) for share in (0.25, 0.5))
    assert middle == pytest.approx(math.sqrt(what.low * what.high), rel=0.03)
    assert quarter == pytest.approx(math.sqrt(what.low * middle), rel=0.03)


def test_the_ends_of_the_range_are_dragged_and_typed(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    slider = panel.range.slider
    middle = slider.height() // 2
    drag(qtbot, slider, QtCore.QPoint(round(slider.x_of(0.2)), middle), -40)
    assert heard.kinds[0] == "began"
    assert heard.kinds.count("ended") == 1
    assert heard.last.ppm_range is not None
    low, high = heard.last.ppm_range
    assert low > 0.3
    assert high == pytest.approx(4.2, abs=0.01)
    type_number(qtbot, panel.range.high, "3.6")
    assert heard.last.ppm_range == (low, 3.6)
    slider.setFocus()
    with qtbot.waitSignal(panel.gesture_ended):
        qtbot.keyClick(slider, Qt.Key.Key_Space)
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert slider.ppm_range != (low, 3.6)


def test_the_ends_of_the_range_never_cross(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    type_number(qtbot, panel.range.low, "4.5")
    assert heard.last.ppm_range == pytest.approx((3.7, 4.2))


@pytest.mark.parametrize("beside_the_box", [False, True])
def test_a_click_takes_a_signal_out_and_back(qtbot: QtBot, panel: FitPanel, heard: Heard, beside_the_box: bool) -> None:
    item = panel.signals.item(1)
    rect = panel.signals.visualItemRect(item)
    at = rect.center() if beside_the_box else QtCore.QPoint(rect.left() + 11, rect.center().y())
    qtbot.mouseClick(panel.signals.viewport(), LEFT, pos=at)
    assert heard.kinds == ["began", "changed", "ended"]
    assert heard.said[0][1] == "without Ala"
    assert heard.last.left_out == ("Ala",)
    qtbot.mouseClick(panel.signals.viewport(), LEFT, pos=at)
    assert heard.last.left_out == ()


def test_space_takes_a_signal_out(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    panel.signals.setFocus()
    panel.signals.setCurrentRow(3)
    qtbot.keyClick(panel.signals, Qt.Key.Key_Space)
    assert heard.last.left_out == ("PG",)


def test_a_signal_left_out_stays_in_the_list(panel: FitPanel, fit: Fit) -> None:
    names = panel.signals.count()
    less = replace(fit, names=tuple(n for n in fit.names if n != "Ala"))
    panel.set_voxel(FitSettings(left_out=("Ala",)), ProcessSettings(), less, True, f0_mhz=F0_MHZ, voxel="L4-L5")
    assert panel.signals.count() == names
    assert panel.signals.item(1).checkState() == Qt.CheckState.Unchecked
    assert panel.signals_label.text() == f"Signals: {names - 1} of {names}"


def test_a_live_refit_does_not_move_what_is_in_hand(qtbot: QtBot, panel: FitPanel, heard: Heard, fit: Fit) -> None:
    slider = panel.phase.slider
    start = handle_of(slider)
    qtbot.mousePress(slider, LEFT, pos=start)
    qtbot.mouseMove(slider, start + QtCore.QPoint(30, 0))
    held, late = panel.phase.box.value(), replace(fit, baseline_ed_per_ppm=3.3)
    panel.set_voxel(FitSettings(phase0_rad=0.01), ProcessSettings(), late, True, f0_mhz=F0_MHZ, voxel="L4-L5")
    assert panel.phase.box.value() == held
    assert panel.stiffness.box.value() == pytest.approx(3.3)
    qtbot.mouseRelease(slider, LEFT, pos=start + QtCore.QPoint(30, 0))
    assert heard.last.phase0_rad == pytest.approx(math.radians(held))


def test_another_voxel_ends_the_gesture(qtbot: QtBot, panel: FitPanel, heard: Heard, fit: Fit) -> None:
    panel.phase.slider.setFocus()
    qtbot.keyClick(panel.phase.slider, Qt.Key.Key_Right)
    panel.set_voxel(FitSettings(), ProcessSettings(), fit, False, f0_mhz=F0_MHZ, voxel="L5-S1")
    assert heard.kinds == ["began", "changed", "ended"]
    assert panel.phase.automatic.isChecked()


def test_a_failed_fit_leaves_the_controls_to_mend_it(panel: FitPanel) -> None:
    wrong = FitSettings(ppm_range=(3.0, 3.6))
    panel.set_voxel(wrong, ProcessSettings(), None, True, f0_mhz=F0_MHZ, voxel="L4-L5")
    assert panel.phase.slider.isEnabled()
    assert panel.range.slider.ppm_range == (3.0, 3.6)
    assert "failed" in panel.state.text()


def test_buttons_say_what_they_undo_and_ask_for_it(qtbot: QtBot, panel: FitPanel, fit: Fit) -> None:
    assert not panel.undo.isEnabled()
    assert not panel.reset.isEnabled()
    panel.set_history("zero-order phase +4.0°", "")
    settings = FitSettings(phase0_rad=0.07)
    panel.set_voxel(settings, ProcessSettings(), fit, True, f0_mhz=F0_MHZ, voxel="L4-L5")
    assert panel.undo.text() == "↶ Undo zero-order phase +4.0°"
    for button, signal in (
        (panel.undo, panel.undo_requested),
        (panel.reset, panel.reset_requested),
        (panel.compare, panel.compare_toggled),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    with qtbot.waitSignal(panel.compare_toggled, check_params_cb=lambda on: not on):
        panel.set_voxel(FitSettings(), ProcessSettings(), fit, False, f0_mhz=F0_MHZ, voxel="L4-L5")


def test_undo_ends_an_open_gesture_first(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    panel.set_history("something", "")
    panel.undo_requested.connect(lambda: heard.said.append(("undo", None)))
    panel.phase.slider.setFocus()
    qtbot.keyClick(panel.phase.slider, Qt.Key.Key_Right)
    qtbot.mouseClick(panel.undo, LEFT)
    assert heard.kinds == ["began", "changed", "ended", "undo"]


def test_tab_reaches_every_control(qtbot: QtBot, panel: FitPanel) -> None:
    panel.phase.slider.setFocus()
    seen = set()
    for _ in range(40):
        focused = QtWidgets.QApplication.focusWidget()
        assert focused is not None
        seen.add(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    for row in (panel.phase, panel.shift, panel.stiffness, panel.width_row):
        assert {row.slider, row.box, row.automatic} <= seen
    assert {panel.range.slider, panel.range.low, panel.range.high, panel.range.automatic, panel.signals} <= seen
    assert all(widget.accessibleName() or widget.property("text") for widget in seen)


def test_nothing_can_be_adjusted_before_a_fit(panel: FitPanel) -> None:
    panel.clear()
    assert not panel.phase.slider.isEnabled()
    assert panel.state.text() == "Nothing to adjust before a spectrum is fitted."


def test_changes_are_named_with_their_units() -> None:
    after = FitSettings((0.5, 4.2), 2.8, math.radians(-4), 0.012, ("Lac",), 4.5)
    assert settings_text(after) == (
        "zero-order phase −4.0°, frequency shift +0.012 ppm, fit range 4.20–0.50 ppm, "
        "baseline stiffness 2.80 ED/ppm, Gaussian width 4.5 Hz, without Lac"
    )
    assert change_text(after, replace(after, left_out=(), gauss_hz=None)) == "Gaussian width automatic, with Lac"
    assert change_text(after, after) == ""


def test_keys_of_the_spectrum_step_the_phase_in_one_gesture(qtbot: QtBot, panel: FitPanel, heard: Heard) -> None:
    with qtbot.waitSignal(panel.gesture_ended):
        panel.step_phase(1.0)
        panel.step_phase(-10.0)
    assert heard.kinds == ["began", "changed", "changed", "ended"]
    assert heard.last.phase0_rad == pytest.approx(math.radians(4.0 - 9.0), abs=math.radians(0.3))


def test_a_change_of_theme_reaches_what_lies_inside(panel: FitPanel, qapp: QtWidgets.QApplication) -> None:
    before = theme.current()
    try:
        for tokens in (theme.LIGHT, theme.DARK):
            theme.apply_theme(qapp, tokens)
            panel.apply_theme()
            base = QtWidgets.QApplication.palette().color(QtGui.QPalette.ColorRole.Base)
            for widget in (panel.signals.viewport(), panel.phase.box.lineEdit()):
                assert widget.palette().color(QtGui.QPalette.ColorRole.Base) == base
    finally:
        theme.apply_theme(qapp, before)
