"""The worklist: states as glyph and word, keys, search and chips, order, sentences where there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from PySide6 import QtCore, QtGui, QtTest, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.worklist import LockHolder, StudyId, WorklistFilter, WorklistRow, WorklistState
from widgets import theme
from widgets.worklist_model import COLUMNS, KEYS, STATE_GLYPH, WorklistModel
from widgets.worklist_view import WorklistView, about_text

Qt = QtCore.Qt
SINCE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def row(number: int, state: WorklistState = "draft", **others: object) -> WorklistRow:
    values: dict = {
        "patient_name": f"Probe{number:02d}^Person",
        "patient_id": f"P{number}",
        "study_date": f"202601{number:02d}",
        "study_description": "MR lumbar spine",
        "files": 10,
    }
    return WorklistRow(StudyId(number), state, **{**values, **others})


def some_rows() -> list[WorklistRow]:
    return [
        row(5, "unread", priors=2),
        row(4, "draft", held_by=LockHolder("anna", "room-1", SINCE, SINCE)),
        row(3, "preliminary", patient_name="Äpfel^Zoe", protocol="disc"),
        row(2, "final", copied=True),
        row(1, "amended", study_date=None, patient_name=None),
    ]


@pytest.fixture
def view(qtbot: QtBot) -> WorklistView:
    view = WorklistView()
    qtbot.addWidget(view)
    view.resize(1280, 700)
    view.show()
    qtbot.waitExposed(view)
    view.set_rows(some_rows())
    return view


def column(view: WorklistView, key: str, role: int = int(Qt.ItemDataRole.DisplayRole)) -> list[object]:
    return [view.model.index(n, KEYS.index(key)).data(role) for n in range(view.model.rowCount())]


def click_header(view: WorklistView, key: str) -> None:
    header = view.table.horizontalHeader()
    x = header.sectionViewportPosition(KEYS.index(key)) + 10
    QtTest.QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QtCore.QPoint(x, header.height() // 2))


def test_the_model_keeps_qts_rules(qtmodeltester, qapp: QtWidgets.QApplication) -> None:
    model = WorklistModel()
    model.set_rows(some_rows())
    qtmodeltester.check(model)


def test_a_state_is_a_glyph_and_a_word(view: WorklistView) -> None:
    assert column(view, "state") == ["○ unread", "◐ draft", "◕ preliminary", "● final", "◆ amended"]
    assert len(set(STATE_GLYPH.values())) == len(STATE_GLYPH)


def test_the_newest_study_is_first_and_selected(view: WorklistView) -> None:
    assert column(view, "date") == ["2026-01-05", "2026-01-04", "2026-01-03", "2026-01-02", "—"]
    assert view.selected == 5


def test_keys_move_and_open(view: WorklistView, qtbot: QtBot) -> None:
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    qtbot.keyClick(view.table, Qt.Key.Key_Up)
    with qtbot.waitSignal(view.open_requested) as heard:
        qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert heard.args == [4]


def test_a_prior_is_opened_only_beside_a_study(view: WorklistView, qtbot: QtBot) -> None:
    asked: list[int] = []
    view.prior_requested.connect(asked.append)
    qtbot.keyClick(view.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert asked == []
    assert not view.prior_button.isEnabled()
    view.set_prior_offered(True)
    qtbot.keyClick(view.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseClick(view.prior_button, Qt.MouseButton.LeftButton)
    assert asked == [5, 5]


def test_a_double_click_opens(view: WorklistView, qtbot: QtBot) -> None:
    place = view.table.visualRect(view.model.index(2, 1)).center()
    QtTest.QTest.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(view.open_requested) as heard:
        QtTest.QTest.mouseDClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard.args == [3]


@pytest.mark.parametrize(("button", "signal"), [("copy_button", "copy_requested"), ("check_button", "check_requested")])
def test_buttons_name_the_selected_study(view: WorklistView, qtbot: QtBot, button: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(view, signal)) as heard:
        qtbot.mouseClick(getattr(view, button), Qt.MouseButton.LeftButton)
    assert heard.args == [5]


def test_what_is_copied_is_not_copied_again(view: WorklistView) -> None:
    view.table.selectRow(3)
    assert not view.copy_button.isEnabled()


def test_typing_narrows_once_the_reader_pauses(view: WorklistView, qtbot: QtBot) -> None:
    asked: list[WorklistFilter] = []
    view.filter_changed.connect(asked.append)
    qtbot.keyClicks(view.filters.search, "smith")
    qtbot.waitUntil(lambda: bool(asked), timeout=3000)
    assert asked == [WorklistFilter(text="smith")]


def test_ctrl_f_searches_and_down_goes_to_the_list(view: WorklistView, qtbot: QtBot) -> None:
    view.activateWindow()
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(view.filters.search.hasFocus)
    qtbot.keyClick(view.filters.search, Qt.Key.Key_Down)
    qtbot.waitUntil(view.table.hasFocus)


def test_escape_empties_the_search(view: WorklistView, qtbot: QtBot) -> None:
    view.filters.search.setText("x")
    qtbot.keyClick(view.filters.search, Qt.Key.Key_Escape)
    assert view.filters.search.text() == ""


def test_enter_in_the_search_opens_what_is_selected(view: WorklistView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.open_requested) as heard:
        qtbot.keyClick(view.filters.search, Qt.Key.Key_Return)
    assert heard.args == [5]


def test_chips_choose_states(view: WorklistView, qtbot: QtBot) -> None:
    asked: list[WorklistFilter] = []
    view.filter_changed.connect(asked.append)
    for state in ("draft", "final"):
        qtbot.mouseClick(view.filters.chips[state], Qt.MouseButton.LeftButton)
    assert asked[-1].states == {"draft", "final"}
    qtbot.mouseClick(view.filters.chips["draft"], Qt.MouseButton.LeftButton)
    assert asked[-1].states == {"final"}


def test_dates_span_back_from_today_or_from_one_day_to_another(view: WorklistView, qtbot: QtBot) -> None:
    filters, today = view.filters, QtCore.QDate.currentDate()
    filters.span.setCurrentIndex(filters.span.findText("Last 7 days"))
    assert (filters.filter.date_from, filters.filter.date_to) == (today.addDays(-7).toString("yyyyMMdd"), None)
    assert filters.first.isHidden()
    filters.span.setCurrentIndex(filters.span.count() - 1)
    assert not filters.first.isHidden()
    filters.first.setDate(QtCore.QDate(2026, 1, 2))
    filters.last.setDate(QtCore.QDate(2026, 3, 4))
    with qtbot.waitSignal(view.filter_changed) as heard:
        pass
    assert (heard.args[0].date_from, heard.args[0].date_to) == ("20260102", "20260304")


def test_a_header_sorts_and_the_selected_study_stays(view: WorklistView) -> None:
    view.table.selectRow(1)
    click_header(view, "patient")
    assert column(view, "patient")[-1] == "—"
    click_header(view, "patient")
    assert column(view, "patient") == ["Äpfel, Zoe", "Probe05, Person", "Probe04, Person", "Probe02, Person", "—"]
    assert view.selected == 4
    click_header(view, "state")
    assert column(view, "state")[0] == "○ unread"


def test_new_rows_keep_order_and_selection(view: WorklistView) -> None:
    view.table.selectRow(2)
    view.set_rows(list(reversed(some_rows())))
    assert column(view, "date")[0] == "2026-01-05"
    assert view.selected == 3
    view.set_rows(some_rows()[:1])
    assert view.selected == 5


def test_missing_files_are_shown_and_said(view: WorklistView) -> None:
    assert column(view, "files")[0] == "10"
    view.set_trouble({StudyId(5): 3, StudyId(2): 0})
    assert column(view, "files")[0] == "✕ 3 of 10 to check"
    assert column(view, "files")[3] == "✓ 10 copied"
    assert "✕ 3 of its 10 files are missing or not as read at first" in view.about.text()


def test_who_works_on_it_is_named(view: WorklistView) -> None:
    assert column(view, "note")[1] == "open: anna on room-1"
    view.table.selectRow(1)
    assert "anna on room-1 works on it since 2026-11-20" in view.about.text()


def test_an_empty_list_says_what_to_do(view: WorklistView, qtbot: QtBot) -> None:
    view.set_rows([])
    assert view.empty_title.text() == "No study has been read here yet"
    assert view.show_all.isHidden()
    assert not view.open_button.isEnabled()
    view.filters.search.setText("nobody")
    view.set_rows([])
    assert view.empty_title.text() == "No study fits"
    with qtbot.waitSignal(view.filter_changed) as heard:
        qtbot.mouseClick(view.show_all, Qt.MouseButton.LeftButton)
    assert heard.args == [WorklistFilter()]
    view.set_problem("The shared store of readings cannot be reached.")
    assert view.empty_text.text() == "The shared store of readings cannot be reached."


def test_everything_has_a_name_to_be_spoken(view: WorklistView) -> None:
    spoken = int(Qt.ItemDataRole.AccessibleTextRole)
    assert column(view, "priors", spoken)[:2] == ["Priors: 2 earlier studies", "Priors: 0 earlier studies"]
    assert column(view, "patient", spoken)[-1] == "Patient: Patient not stated"
    names = [view.table, view.about, view.filters.search, view.filters.span, *view.filters.chips.values()]
    assert all(widget.accessibleName() for widget in names)
    assert all(item.tooltip.endswith(".") for item in COLUMNS)


def test_tab_leaves_the_table(view: WorklistView, qtbot: QtBot) -> None:
    view.activateWindow()
    view.table.setFocus()
    qtbot.waitUntil(view.table.hasFocus)
    qtbot.keyClick(view.table, Qt.Key.Key_Tab)
    assert not view.table.hasFocus()


def test_ten_thousand_studies_sort_within_a_moment(qapp: QtWidgets.QApplication) -> None:
    model = WorklistModel()
    rows: Sequence[WorklistRow] = [WorklistRow(StudyId(n), "draft", patient_name=f"N{n % 977}") for n in range(10_000)]
    model.set_rows(rows)
    timer = QtCore.QElapsedTimer()
    timer.start()
    model.sort(KEYS.index("patient"))
    assert timer.elapsed() < 1000


def test_both_themes_colour_the_chips(view: WorklistView, qapp: QtWidgets.QApplication) -> None:
    theme.apply_theme(qapp, theme.LIGHT)
    view.apply_theme()
    assert theme.LIGHT.accent in view.filters.styleSheet()
    theme.apply_theme(qapp, theme.DARK)
    view.apply_theme()
    assert theme.DARK.accent in view.filters.styleSheet()
    assert isinstance(view.model.index(0, KEYS.index("state")).data(Qt.ItemDataRole.ForegroundRole), QtGui.QBrush)


@pytest.mark.parametrize("width", [1000, 1280, 1920])
def test_every_column_can_be_seen(view: WorklistView, qtbot: QtBot, width: int) -> None:
    view.set_rows([row(1, study_description="A very long description of a study " * 5, held_by=some_rows()[1].held_by)])
    view.resize(width, 600)
    qtbot.waitUntil(lambda: view.table.horizontalScrollBar().maximum() == 0)


def test_what_is_said_of_a_study_without_a_name() -> None:
    assert about_text(row(1, patient_name=None), None) == "Name not stated, birth date not stated."
