"""The robustness view, by real mouse and keys."""

from __future__ import annotations

import pytest
from PySide6 import QtCore, QtGui
from pytestqt.qtbot import QtBot

from analysis.robustness import ChoiceResult, Robustness
from analysis.types import Evidence, EvidenceClass, Interval
from widgets.robustness_view import RobustnessView

Qt = QtCore.Qt


def evidence(median: float, low: float, high: float, kind: EvidenceClass) -> Evidence:
    return Evidence(Interval(median, low, high), None, kind, (), None)


# Every number is invented.
FOUND = Robustness(
    "L4-L5",
    (
        ChoiceResult("the exam as it stands", "exam", evidence(3.2, 1.9, 4.1, "higher")),
        ChoiceResult("the fit itself", "fit", evidence(3.4, 2.1, 4.1, "higher"), weight=0.7),
        ChoiceResult(
            "baseline freedom × 1.75, without Coll", "fit", evidence(1.6, 0.9, 2.4, "indeterminate"), weight=0.004
        ),
        ChoiceResult("baseline freedom × 0.5", "fit", None, "Only 2 evaluable discs.", 0.296),
        ChoiceResult("phase +4.0°", "undone", evidence(2.9, 1.7, 4.0, "indeterminate")),
    ),
    ("The class of L4-L5 depends on the fit.", "It depends on adjustments."),
)


@pytest.fixture
def view(qtbot: QtBot) -> RobustnessView:
    view = RobustnessView()
    qtbot.addWidget(view)
    view.resize(620, 560)
    view.set_robustness(FOUND)
    view.show()
    qtbot.waitExposed(view)
    return view


def rows(view: RobustnessView) -> list[list[str]]:
    return [
        [view.items.item(row, column).text() for column in range(view.items.columnCount())]
        for row in range(view.items.rowCount())
    ]


def test_sentence_plot_and_table_say_the_same(view: RobustnessView) -> None:
    assert view.answer.text() == "The class of L4-L5 depends on the fit. It depends on adjustments."
    assert "L4-L5" in view.heading.text()
    assert rows(view) == [
        ["the exam as it stands", "3.2 [1.9–4.1]", "▲ higher", "—"],
        ["the fit itself", "3.4 [2.1–4.1]", "▲ higher", "70 %"],
        ["baseline freedom × 1.75, without Coll", "1.6 [0.90–2.4]", "▬ indeterminate", "< 1 %"],
        ["baseline freedom × 0.5", "withheld", "○ not evaluable", "30 %"],
        ["undone: phase +4.0°", "2.9 [1.7–4.0]", "▬ indeterminate", "—"],
    ]
    assert view.items.item(3, 1).toolTip() == "Only 2 evaluable discs."
    assert not view.plot.grab().isNull()


def test_the_axis_is_logarithmic_and_holds_every_interval(view: RobustnessView) -> None:
    plot = view.plot
    assert plot.x_of(1.0) - plot.x_of(0.5) == pytest.approx(plot.x_of(2.0) - plot.x_of(1.0))
    assert plot.x_of(0.31) > 0
    assert plot.x_of(4.1) < plot.width()


def test_rows_of_plot_and_table_go_together(view: RobustnessView, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.plot, Qt.MouseButton.LeftButton, pos=QtCore.QPoint(40, 8 + 2 * 24 + 12))
    assert view.table.currentIndex().row() == 2
    view.plot.setFocus()
    with qtbot.waitSignal(view.plot.row_chosen, timeout=1000) as chosen:
        qtbot.keyClick(view.plot, Qt.Key.Key_Down)
    assert chosen.args == [3]
    assert view.table.currentIndex().row() == 3
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_Up)
    with qtbot.assertNotEmitted(view.plot.row_chosen):
        qtbot.mouseClick(view.plot, Qt.MouseButton.LeftButton, pos=QtCore.QPoint(40, 8 + 2 * 24 + 12))


def test_it_is_copied_with_its_sentence(view: RobustnessView, qtbot: QtBot) -> None:
    view.table.setFocus()
    with qtbot.waitSignal(view.copied, timeout=1000):
        qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QtGui.QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("The class of L4-L5")
    assert lines[1] == "Choice\tLikelihood ratio\tClass\tWeight"
    assert len(lines) == 7


def test_escape_and_the_button_close_it(view: RobustnessView, qtbot: QtBot) -> None:
    view.table.setFocus()
    with qtbot.waitSignal(view.close_requested, timeout=1000):
        qtbot.keyClick(view.table, Qt.Key.Key_Escape)
    with qtbot.waitSignal(view.close_requested, timeout=1000):
        qtbot.mouseClick(view.close_button, Qt.MouseButton.LeftButton)


def test_nothing_to_show_says_why(view: RobustnessView) -> None:
    view.clear("L3-L4 has not been fitted.")
    assert view.answer.text() == "L3-L4 has not been fitted."
    assert view.plot.isHidden()
    assert rows(view) == []
    assert not view.copy_button.isEnabled()


def test_headings_explain_themselves(view: RobustnessView) -> None:
    for column in range(view.items.columnCount()):
        tip = view.items.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.WhatsThisRole)
        assert str(tip).endswith(".")
