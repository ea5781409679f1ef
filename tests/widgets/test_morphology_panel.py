"""The morphology of a disc, by real mouse and keys: every finding is one gesture, and unknown stays unknown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.disc_measure import DiscMeasures
from analysis.morphology import UNKNOWN, Morphology
from analysis.types import Measured
from widgets.choice_row import ChoiceRow
from widgets.morphology_panel import MorphologyPanel

Qt = QtCore.Qt
Said = list[object]


@pytest.fixture
def panel(qtbot: QtBot) -> MorphologyPanel:
    panel = MorphologyPanel()
    qtbot.addWidget(panel)
    panel.set_voxel("a", UNKNOWN, "L4-L5")
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def heard(panel: MorphologyPanel) -> Said:
    """Everything that the panel says, in order."""
    said: Said = []
    panel.gesture_began.connect(lambda name: said.append(("began", name)))
    panel.morphology_changed.connect(said.append)
    panel.gesture_ended.connect(lambda: said.append("ended"))
    return said


def press(row: ChoiceRow, text: str, qtbot: QtBot) -> None:
    button = next(button for button in row.buttons if button.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def down(row: ChoiceRow) -> list[str]:
    return [button.text() for button in row.buttons if button.isChecked()]


def test_nothing_is_said_at_first(panel: MorphologyPanel) -> None:
    for row in (panel.pfirrmann, panel.modic, panel.hiz, panel.surgery):
        assert down(row) == []
    assert panel.herniation.currentText() == "not said"
    assert panel.height_value.text().startswith("—")
    assert panel.caution.isHidden()


@pytest.mark.parametrize(
    ("row", "text", "name", "said"),
    [
        (lambda p: p.pfirrmann, "IV", "Pfirrmann IV", Morphology(pfirrmann=4)),
        (lambda p: p.modic, "1/2", "Modic 1/2", Morphology(modic="1/2")),
        (lambda p: p.modic, "none", "Modic none", Morphology(modic="none")),
        (lambda p: p.hiz, "yes", "high-intensity zone yes", Morphology(hiz=True)),
        (lambda p: p.hiz, "no", "high-intensity zone no", Morphology(hiz=False)),
        (lambda p: p.surgery, "yes", "prior surgery yes", Morphology(prior_surgery=True)),
    ],
)
def test_a_click_is_one_gesture_and_a_second_takes_it_back(
    panel: MorphologyPanel,
    heard: Said,
    qtbot: QtBot,
    row: Callable[[MorphologyPanel], ChoiceRow],
    text: str,
    name: str,
    said: Morphology,
) -> None:
    press(row(panel), text, qtbot)
    assert heard == [("began", name), said, "ended"]
    assert down(row(panel)) == [text]
    heard.clear()
    press(row(panel), text, qtbot)
    assert heard[1:] == [UNKNOWN, "ended"]
    assert down(row(panel)) == []


def test_another_choice_replaces_the_first(panel: MorphologyPanel, heard: Said, qtbot: QtBot) -> None:
    press(panel.pfirrmann, "II", qtbot)
    press(panel.pfirrmann, "III", qtbot)
    assert down(panel.pfirrmann) == ["III"]
    assert heard[-2] == Morphology(pfirrmann=3)


def test_choices_work_by_key(panel: MorphologyPanel, heard: Said, qtbot: QtBot) -> None:
    panel.pfirrmann.buttons[0].setFocus()
    for _ in range(3):
        qtbot.keyClick(QtWidgets.QApplication.focusWidget(), Qt.Key.Key_Right)
    qtbot.keyClick(QtWidgets.QApplication.focusWidget(), Qt.Key.Key_Space)
    assert heard[1] == Morphology(pfirrmann=4)
    qtbot.keyClick(QtWidgets.QApplication.focusWidget(), Qt.Key.Key_Left)
    assert QtWidgets.QApplication.focusWidget() is panel.pfirrmann.buttons[2]


def test_herniation_by_key(panel: MorphologyPanel, heard: Said, qtbot: QtBot) -> None:
    panel.herniation.setFocus()
    qtbot.keyClick(panel.herniation, Qt.Key.Key_E)
    assert heard == [("began", "herniation extrusion"), Morphology(herniation="extrusion"), "ended"]
    assert "Herniated (extrusion)" in panel.caution.text()
    assert panel.caution.isVisible()
    qtbot.keyClick(panel.herniation, Qt.Key.Key_Home)
    assert heard[-2] == UNKNOWN


def test_a_note_is_one_gesture(panel: MorphologyPanel, heard: Said, qtbot: QtBot) -> None:
    panel.note.setFocus()
    qtbot.keyClicks(panel.note, "Schmorl")
    assert heard[0] == ("began", "note on the disc")
    assert "ended" not in heard
    assert heard[-1] == Morphology(note="Schmorl")
    qtbot.keyClick(panel.note, Qt.Key.Key_Return)
    assert heard[-1] == "ended"
    assert heard.count(("began", "note on the disc")) == 1


def test_another_voxel_ends_the_note_that_is_being_typed(panel: MorphologyPanel, heard: Said, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.note, "ab")
    panel.set_voxel("b", Morphology(note="other"), "L5-S1")
    assert heard[-1] == "ended"
    assert panel.note.text() == "other"
    assert "L5-S1" in panel.heading.text()


def test_the_reading_that_comes_back_does_not_disturb_typing(panel: MorphologyPanel, qtbot: QtBot) -> None:
    panel.morphology_changed.connect(lambda said: panel.set_voxel("a", said, "L4-L5"))
    panel.note.setFocus()
    qtbot.keyClicks(panel.note, "ac")
    qtbot.keyClick(panel.note, Qt.Key.Key_Left)
    qtbot.keyClicks(panel.note, "b")
    assert panel.note.text() == "abc"
    assert panel.note.cursorPosition() == 2


def test_showing_says_nothing(panel: MorphologyPanel, heard: Said) -> None:
    panel.set_voxel("a", Morphology(4, "2/3", True, "protrusion", False, "text"), "L4-L5")
    assert (down(panel.pfirrmann), down(panel.modic), down(panel.hiz), down(panel.surgery)) == (
        ["IV"], ["2/3"], ["yes"], ["no"],
    )  # fmt: skip
    assert panel.herniation.currentText() == "protrusion"
    panel.clear()
    assert not panel.note.isEnabled()
    assert heard == []


def test_measures_carry_uncertainty_unit_and_method(panel: MorphologyPanel) -> None:
    panel.set_measures(
        DiscMeasures(Measured(9.64, 0.58), Measured(0.341, 0.021), "Between the endplates.", "Mean.", "T2 TSE SAG")
    )
    assert panel.height_value.text() == "9.6 ± 0.6 mm"
    assert panel.ratio_value.text() == "0.341 ± 0.021"
    assert panel.height_value.toolTip() == "Between the endplates. Series: T2 TSE SAG."
    panel.set_measures(DiscMeasures(height_why="No sagittal series.", ratio_why="No fluid."))
    assert panel.height_value.text() == "—  No sagittal series."
    assert panel.ratio_value.text() == "—  No fluid."


def test_tab_reaches_every_finding(panel: MorphologyPanel, qtbot: QtBot) -> None:
    panel.pfirrmann.buttons[0].setFocus()
    seen: list[QtWidgets.QWidget] = []
    for _ in range(40):
        seen.append(QtWidgets.QApplication.focusWidget())
        qtbot.keyClick(seen[-1], Qt.Key.Key_Tab)
    for widget in (
        panel.modic.buttons[0],
        panel.hiz.buttons[1],
        panel.herniation,
        panel.surgery.buttons[0],
        panel.note,
    ):
        assert widget in seen


def test_everything_has_a_name(panel: MorphologyPanel) -> None:
    for kind in (QtWidgets.QToolButton, QtWidgets.QComboBox, QtWidgets.QLineEdit):
        for widget in panel.findChildren(kind):
            assert widget.accessibleName()
