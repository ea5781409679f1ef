"""The table as the reader works in it: by real mouse and keys."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from analysis.levels import LevelLabel
from analysis.morphology import UNKNOWN, Morphology
from analysis.types import ExamResult, Quality, SourceFile, Study
from app.main import apply_look
from widgets import theme
from widgets.disc_columns import PriorDisc
from widgets.disc_table import DiscTable

RATIOS = ("Lac/PG", "Ala/PG", "LAAL/PG", "Prop/PG")
PRETESTS = (0.10, 0.33, 0.50)
Qt = QtCore.Qt
LEVELS = ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]


@pytest.fixture
def table(qtbot: QtBot, study: Study, exam: ExamResult) -> DiscTable:
    table = DiscTable()
    qtbot.addWidget(table)
    table.resize(1400, 330)
    table.set_exam(study.acquisitions, exam, RATIOS, PRETESTS)
    table.set_selected(3)
    table.show()
    qtbot.waitExposed(table)
    table.table.setFocus()
    return table


def cell_point(table: DiscTable, row: int, key: str) -> QtCore.QPoint:
    column = table.model.column_of(key)
    return table.table.visualRect(table.table.order.index(row, column)).center()


def go_to(table: DiscTable, row: int, key: str, qtbot: QtBot) -> None:
    qtbot.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=cell_point(table, row, key))


def shown(table: DiscTable, key: str) -> list[str]:
    order, column = table.table.order, table.model.column_of(key)
    return [str(order.index(row, column).data()) for row in range(order.rowCount())]


def menu_of(table: DiscTable) -> QtWidgets.QMenu:
    (menu,) = [menu for menu in table.table.findChildren(QtWidgets.QMenu) if menu.isVisible()]
    return menu


def click_header(table: DiscTable, key: str, qtbot: QtBot) -> None:
    header = table.table.horizontalHeader()
    column = table.model.column_of(key)
    x = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QtCore.QPoint(x, header.height() // 2))


def test_the_order_keeps_the_rules_of_qt(qtmodeltester: ModelTester, table: DiscTable) -> None:
    qtmodeltester.check(table.table.order)
    table.set_priors([PriorDisc("20250301")])
    table.set_morphology([Morphology(pfirrmann=2)])


# --- sorting -------------------------------------------------------------------------------------------------------


def test_a_click_on_a_heading_sorts_and_a_third_one_returns_to_the_spine(table: DiscTable, qtbot: QtBot) -> None:
    click_header(table, "lr", qtbot)
    assert shown(table, "level") == ["L1-L2", "L2-L3", "L5-S1", "L4-L5", "L3-L4"]  # the disc without a ratio is last
    click_header(table, "lr", qtbot)
    assert shown(table, "level") == ["L4-L5", "L5-S1", "L2-L3", "L1-L2", "L3-L4"]
    click_header(table, "lr", qtbot)
    assert shown(table, "level") == LEVELS


def test_every_column_sorts(table: DiscTable) -> None:
    for column in range(len(table.model.columns)):
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            table.table.sortByColumn(column, order)
            assert sorted(label.split()[0] for label in shown(table, "level")) == LEVELS
    table.table.sortByColumn(table.model.column_of("level"), Qt.SortOrder.DescendingOrder)
    assert shown(table, "level") == LEVELS[::-1]  # foot to head


def test_a_sorted_row_is_still_its_own_voxel(table: DiscTable, qtbot: QtBot) -> None:
    click_header(table, "lr", qtbot)
    assert table.table.voxel() == 3
    with qtbot.waitSignal(table.voxel_selected, timeout=1000) as chosen:
        go_to(table, 0, "level", qtbot)
    assert chosen.args == [0]
    with qtbot.waitSignal(table.voxel_selected, timeout=1000) as chosen:
        qtbot.keyClick(table.table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert chosen.args == [2]
    table.set_selected(4)
    assert table.table.currentIndex().row() == 2
    with qtbot.waitSignal(table.morphology_changed, timeout=1000) as graded:
        qtbot.keyClick(table.table, Qt.Key.Key_4)
    assert graded.args == [4, Morphology(pfirrmann=4)]


def test_selecting_from_outside_says_nothing(table: DiscTable, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(table.voxel_selected):
        table.set_selected(1)
        table.set_selected(99)
    assert table.table.voxel() == 1


def test_copy_keeps_the_order_that_is_shown(table: DiscTable, qtbot: QtBot) -> None:
    click_header(table, "lr", qtbot)
    qtbot.keyClick(table.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QtGui.QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["Level", "L1-L2", "L2-L3", "L5-S1", "L4-L5", "L3-L4"]
    assert len({len(line.split("\t")) for line in lines}) == 1


# --- grading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "key", "said"),
    [
        ("level", Qt.Key.Key_4, Morphology(pfirrmann=4, modic="2")),
        ("pfirrmann", Qt.Key.Key_1, Morphology(pfirrmann=1, modic="2")),
        ("pfirrmann", Qt.Key.Key_0, Morphology(modic="2")),
        ("pfirrmann", Qt.Key.Key_Delete, Morphology(modic="2")),
        ("modic", Qt.Key.Key_0, Morphology(pfirrmann=3, modic="none")),
        ("modic", Qt.Key.Key_3, Morphology(pfirrmann=3, modic="3")),
        ("modic", Qt.Key.Key_Backspace, Morphology(pfirrmann=3)),
    ],
)
def test_keys_grade_the_selected_disc(
    table: DiscTable, qtbot: QtBot, column: str, key: Qt.Key, said: Morphology
) -> None:
    table.set_morphology([UNKNOWN, UNKNOWN, UNKNOWN, Morphology(pfirrmann=3, modic="2")])
    go_to(table, 3, column, qtbot)
    with qtbot.waitSignal(table.morphology_changed, timeout=1000) as changed:
        qtbot.keyClick(table.table, key)
    assert changed.args == [3, said]


@pytest.mark.parametrize(
    ("column", "key"), [("modic", Qt.Key.Key_5), ("level", Qt.Key.Key_3), ("lr", Qt.Key.Key_Delete)]
)
def test_keys_that_say_nothing_new_say_nothing(table: DiscTable, qtbot: QtBot, column: str, key: Qt.Key) -> None:
    table.set_morphology([UNKNOWN, UNKNOWN, UNKNOWN, Morphology(pfirrmann=3, modic="2")])
    go_to(table, 3, column, qtbot)
    with qtbot.assertNotEmitted(table.morphology_changed):
        qtbot.keyClick(table.table, key)


def test_digits_belong_to_the_table_while_it_has_the_focus(table: DiscTable, qtbot: QtBot) -> None:
    pressed: list[int] = []
    shortcut = QtGui.QShortcut(QtGui.QKeySequence("4"), table, context=Qt.ShortcutContext.WindowShortcut)
    shortcut.activated.connect(lambda: pressed.append(4))
    with qtbot.waitSignal(table.morphology_changed, timeout=1000):
        qtbot.keyClick(table.table, Qt.Key.Key_4)
    assert pressed == []


def test_a_menu_in_the_cell_grades_too(table: DiscTable, qtbot: QtBot) -> None:
    go_to(table, 1, "pfirrmann", qtbot)
    qtbot.keyClick(table.table, Qt.Key.Key_Return)
    menu = menu_of(table)
    assert [action.text().split("\t")[0] for action in menu.actions()] == ["I", "II", "III", "IV", "V", "Not graded"]
    with qtbot.waitSignal(table.morphology_changed, timeout=1000) as changed:
        for _ in range(3):  # "Not graded" is where it opens; down goes round to I
            qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert changed.args == [1, Morphology(pfirrmann=3)]


def test_a_double_click_opens_the_menu_of_modic_types(table: DiscTable, qtbot: QtBot) -> None:
    point = cell_point(table, 0, "modic")
    qtbot.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    qtbot.mouseDClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    menu = menu_of(table)
    texts = [action.text() for action in menu.actions()]
    assert texts[0] == "No Modic change\t0"
    assert "Modic 1/2 (mixed)" in texts
    with qtbot.waitSignal(table.morphology_changed, timeout=1000) as changed:
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[4]).center())
    assert changed.args == [0, Morphology(modic="1/2")]


def test_a_cell_without_choices_opens_nothing(table: DiscTable, qtbot: QtBot) -> None:
    go_to(table, 1, "lr", qtbot)
    qtbot.keyClick(table.table, Qt.Key.Key_F2)
    assert not menu_visible(table)


def test_a_reading_that_is_closed_takes_no_grade_and_no_level(table: DiscTable, qtbot: QtBot) -> None:
    table.set_read_only(True)
    for key in ("level", "pfirrmann", "modic"):
        go_to(table, 1, key, qtbot)
        with qtbot.assertNotEmitted(table.morphology_changed):
            qtbot.keyClick(table.table, Qt.Key.Key_3)
        qtbot.keyClick(table.table, Qt.Key.Key_F2)
        assert not menu_visible(table)


# --- levels --------------------------------------------------------------------------------------------------------


def test_a_level_is_corrected_in_its_cell(table: DiscTable, qtbot: QtBot) -> None:
    go_to(table, 4, "level", qtbot)
    qtbot.keyClick(table.table, Qt.Key.Key_F2)
    menu = menu_of(table)
    texts = [action.text() for action in menu.actions()]
    assert texts[:4] == ["L3-L4", "L4-L5", "L5-S1", "S1-S2"]
    with qtbot.waitSignal(table.label_changed, timeout=1000) as changed:
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[1]).center())
    assert changed.args == [4, "L4-L5"]


def test_another_level_asks_for_the_editor(table: DiscTable, qtbot: QtBot) -> None:
    go_to(table, 2, "level", qtbot)
    qtbot.keyClick(table.table, Qt.Key.Key_F2)
    menu = menu_of(table)
    with qtbot.waitSignal(table.level_requested, timeout=1000) as asked:
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(menu.actions()[-1]).center())
    assert asked.args == [2]


def test_a_doubtful_level_says_so(table: DiscTable) -> None:
    why = "It lies 54 mm from its neighbour along the spine: 1 disc below."
    table.set_levels([LevelLabel(label, "geometry", "high", "Sure.") for label in LEVELS[:4]])
    assert shown(table, "level") == LEVELS
    table.set_levels([LevelLabel(label, "geometry", "low", why) for label in LEVELS])
    assert shown(table, "level")[1] == "L2-L3 ?"
    tip = str(table.model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert f"Confidence low: {why}" in tip


# --- marks ---------------------------------------------------------------------------------------------------------


def accepted(quality: Quality) -> Quality:
    gate = quality.gates[0]
    lifted = replace(gate, verdict="warn", accepted="the line is clear")
    return replace(quality, gates=(lifted, *quality.gates[1:]), evaluable=True, reasons=())


def test_adjusted_voxels_and_accepted_gates_are_marked(table: DiscTable, study: Study, exam: ExamResult) -> None:
    voxels = list(exam.voxels)
    voxels[1] = replace(voxels[1], adjusted_by_reader=True)
    voxels[2] = replace(voxels[2], quality=accepted(voxels[2].quality))
    table.set_exam(study.acquisitions, replace(exam, voxels=tuple(voxels)), RATIOS, PRETESTS)
    assert shown(table, "level")[:3] == ["L1-L2", "L2-L3 ✎", "L3-L4 ⚑"]
    assert shown(table, "gates")[2].endswith("⚑ 1 accepted")
    tip = str(table.model.index(2, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert "the line is clear" in tip
    row = list(csv.DictReader(io.StringIO(table.model.as_csv())))[2]
    assert (row["accepted gates"], row["adjusted by reader"]) == ("PG SNR", "no")


def test_a_disc_unlike_the_others_is_marked_with_the_reason(table: DiscTable) -> None:
    table.set_morphology([Morphology(pfirrmann=5, herniation="extrusion")])
    assert shown(table, "level")[0] == "L1-L2 !"
    tip = str(table.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert "Pfirrmann V" in tip
    assert "Herniated (extrusion)" in tip


# --- priors and csv ------------------------------------------------------------------------------------------------


def test_a_prior_is_shown_with_its_date(table: DiscTable, exam: ExamResult) -> None:
    assert table.model.column_of("prior") < 0
    table.set_priors([None, PriorDisc("20250301", exam.voxels[3].evidence, pfirrmann=3), PriorDisc(None)])
    assert shown(table, "prior") == ["—", "3.9 [2.2–4.1] · 2025-03-01", "no ratio · date not stated", "—", "—"]
    tip = str(table.model.index(1, table.model.column_of("prior")).data(Qt.ItemDataRole.ToolTipRole))
    assert "Pfirrmann: III." in tip
    assert table.table.voxel() == 3
    table.set_priors(())
    assert table.model.column_of("prior") < 0


def test_csv_holds_morphology_levels_and_prior(table: DiscTable, exam: ExamResult) -> None:
    table.set_morphology([Morphology(4, "1/2", True, "bulge", False, "Schmorl node, old")])
    table.set_levels([LevelLabel("L1-L2", "header", "high", "Sure.")])
    table.set_priors([PriorDisc("20250301", exam.voxels[3].evidence)])
    rows = list(csv.DictReader(io.StringIO(table.model.as_csv())))
    first = rows[0]
    keys = ("pfirrmann", "modic", "hiz", "herniation", "prior_surgery", "note", "level confidence")
    assert [first[key] for key in keys] == ["4", "1/2", "yes", "bulge", "no", "Schmorl node, old", "high"]
    assert (first["prior date"], float(first["prior lr_median"])) == ("2025-03-01", 3.9)
    assert [rows[1][key] for key in keys] == [""] * 7


def test_what_was_said_of_one_patient_never_shows_on_another(table: DiscTable, study: Study, exam: ExamResult) -> None:
    table.set_morphology([Morphology(pfirrmann=5)] * 5)
    table.set_exam(study.acquisitions, exam, RATIOS, PRETESTS)
    assert shown(table, "pfirrmann") == ["V"] * 5
    others = [replace(a, sources=(SourceFile("other", "1" * 64, "metabolite"),)) for a in study.acquisitions]
    table.set_exam(others, exam, RATIOS, PRETESTS)
    assert shown(table, "pfirrmann") == ["—"] * 5


def test_an_edit_keeps_cell_and_scroll(table: DiscTable, qtbot: QtBot) -> None:
    go_to(table, 3, "modic", qtbot)
    before = table.table.currentIndex()
    table.set_morphology([Morphology(modic="1")] * 5)
    assert table.table.currentIndex() == before
    assert shown(table, "modic") == ["1"] * 5


# --- help, width, pre-test -----------------------------------------------------------------------------------------


def test_every_heading_has_help_that_names_its_source(table: DiscTable, exam: ExamResult) -> None:
    table.set_priors([PriorDisc("20250301")])
    for column, what in enumerate(table.model.columns):
        help_text = str(table.table.order.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.WhatsThisRole))
        assert help_text == what.tooltip
        assert "Source: " in help_text


def test_the_context_menu_works_by_key(table: DiscTable, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(QtWidgets.QToolTip, "showText", lambda _at, text, *_: said.append(text))
    go_to(table, 3, "driver", qtbot)

    place = QtCore.QPoint(5, 5)

    def pick(word: str) -> None:
        event = QtGui.QContextMenuEvent(QtGui.QContextMenuEvent.Reason.Keyboard, place, table.table.mapToGlobal(place))
        QtWidgets.QApplication.sendEvent(table.table.viewport(), event)
        menu = menu_of(table)
        action = next(action for action in menu.actions() if word in action.text())
        menu.setActiveAction(action)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not menu_visible(table))

    pick("What is Driver?")
    assert said[0].startswith("What moves the ratio")
    pick("falling")
    assert shown(table, "driver")[0] == "structure"
    pick("as the voxels were read")
    assert shown(table, "level") == LEVELS


def menu_visible(table: DiscTable) -> bool:
    return any(menu.isVisible() for menu in table.table.findChildren(QtWidgets.QMenu))


def test_a_narrow_table_says_what_it_does_not_show(table: DiscTable, qtbot: QtBot) -> None:
    table.resize(700, 330)
    qtbot.waitUntil(lambda: table.more.isVisible())
    assert "LAAL/PG" in table.more.toolTip()
    assert table.more.text().startswith("+ ")
    for key in ("level", "lr", "class", "ratio:Lac/PG", "gates"):
        assert not table.table.isColumnHidden(table.model.column_of(key))
    qtbot.waitUntil(lambda: not table.table.horizontalScrollBar().isVisible())
    table.resize(1500, 330)
    qtbot.waitUntil(lambda: table.more.isHidden())


def test_at_1280_x_800_the_grades_stay_and_nothing_scrolls(table: DiscTable, qtbot: QtBot) -> None:
    """The table's width in a window of that size."""
    table.resize(702, 290)
    qtbot.waitUntil(lambda: table.more.isVisible())
    assert not table.table.isColumnHidden(table.model.column_of("pfirrmann"))
    assert not table.table.horizontalScrollBar().isVisible()


def shown_px(table: DiscTable) -> int:
    return sum(table.table.columnWidth(at) for at in range(table.model.columnCount()))


def test_another_theme_lays_the_columns_out_anew(table: DiscTable, qtbot: QtBot, qapp: QtWidgets.QApplication) -> None:
    table.resize(1054, 330)
    try:
        for tokens in (theme.LIGHT, theme.DARK):
            theme.apply_theme(qapp, tokens)
            table.apply_theme()
            qtbot.waitUntil(lambda: shown_px(table) <= table.table.viewport().width())
            assert not table.table.horizontalScrollBar().isVisible()
    finally:
        apply_look(qapp)


def test_the_pretest_probability_is_chosen_by_key(table: DiscTable, qtbot: QtBot) -> None:
    table.pretest.setFocus()
    with qtbot.waitSignal(table.pretest_chosen, timeout=1000) as chosen:
        qtbot.keyClick(table.pretest, Qt.Key.Key_Down)
    assert chosen.args == [0.5]
    with qtbot.waitSignal(table.pretest_chosen, timeout=1000) as chosen:
        qtbot.keyClick(table.pretest, Qt.Key.Key_Home)
    assert chosen.args == [0.1]


def test_tab_goes_through_the_whole_panel(table: DiscTable, qtbot: QtBot) -> None:
    table.set_report_enabled(True, "")
    visited = []
    for _ in range(7):
        visited.append(QtWidgets.QApplication.focusWidget())
        qtbot.keyClick(visited[-1], Qt.Key.Key_Tab)
    wanted: list[QtWidgets.QWidget] = [table.table, table.pretest, table.report_button, table.robust_button]
    assert visited == [*wanted, table.copy_button, table.export_button, table.details_button]


@pytest.mark.parametrize(
    ("button", "signal"),
    [
        (lambda table: table.robust_button, lambda table: table.robustness_requested),
        (lambda table: table.details_button, lambda table: table.details_requested),
        (lambda table: table.export_button, lambda table: table.export_requested),
    ],
)
def test_buttons(
    table: DiscTable, qtbot: QtBot, button: Callable[[DiscTable], QtWidgets.QPushButton], signal: Callable[..., object]
) -> None:
    with qtbot.waitSignal(signal(table), timeout=1000):
        qtbot.mouseClick(button(table), Qt.MouseButton.LeftButton)


def test_a_heading_without_room_ends_in_an_ellipsis(table: DiscTable, qtbot: QtBot) -> None:
    assert not table.heading.elided
    table.resize(420, 330)
    qtbot.waitUntil(lambda: table.heading.elided)
