from __future__ import annotations

import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.qtbot import QtBot

from widgets.commands import clashing
from widgets.dialogs import keys_page
from widgets.key_editor import KeyEditor
from widgets.main_window import MainWindow
from widgets.slice_keys import slice_keys
from widgets.slice_menu import build_menu

Qt = QtCore.Qt


@pytest.fixture
def window(qtbot: QtBot, qapp: QtWidgets.QApplication) -> MainWindow:
    window = MainWindow(("disc",))
    qtbot.addWidget(window)
    return window


@pytest.fixture
def editor(qtbot: QtBot, window: MainWindow) -> KeyEditor:
    editor = KeyEditor(window.commands)
    qtbot.addWidget(editor)
    editor.show()
    return editor


def test_every_command_of_the_menus_is_listed_once(window: MainWindow, editor: KeyEditor) -> None:
    names = [editor.table.item(row, 0).text() for row in range(editor.table.rowCount())]
    assert len(names) == len(set(names))
    assert {"Undo", "Next voxel", "Report", "Worklist"} <= set(names)


def test_pressed_keys_are_taken_over_and_only_what_differs_is_kept(
    window: MainWindow, editor: KeyEditor, qtbot: QtBot
) -> None:
    kept: list[dict[str, str]] = []
    editor.keys_changed.connect(kept.append)
    edit = editor.edits["Next voxel"]
    edit.clear()
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    editor.ok.click()
    assert kept == [{"Next voxel": "Ctrl+J"}]
    assert window.commands.keys["Next voxel"] == "Ctrl+J"
    assert window.commands.keys["Previous voxel"] == "P"


def test_keys_are_never_given_twice(window: MainWindow, editor: KeyEditor, qtbot: QtBot) -> None:
    edit = editor.edits["Next voxel"]
    edit.clear()
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_P)
    assert not editor.ok.isEnabled()
    assert editor.problem.text() == "P is given to both Next voxel and Previous voxel; change one of them."
    editor.reset.click()
    assert editor.ok.isEnabled()
    assert window.commands.changed_keys == {}


def test_kept_keys_come_back_and_nonsense_is_left_out(window: MainWindow) -> None:
    window.commands.set_keys({"Next voxel": "Ctrl+J", "No such command": "Ctrl+K", "Previous voxel": "Ctrl+J"})
    assert window.commands.keys["Next voxel"] == "Ctrl+J"
    assert window.commands.keys["Previous voxel"] == ""
    window.commands.set_keys({})
    assert window.commands.keys["Previous voxel"] == "P"


# --- keys of images and of the spectrum ----------------------------------------------------------------------------


def test_keys_inside_images_and_the_spectrum_are_listed_too(editor: KeyEditor) -> None:
    assert {"Images: Invert", "Images: Next slice", "Spectrum: Drag the phase in the plot"} <= set(editor.edits)


def test_a_key_of_the_images_is_changed_obeyed_and_shown(window: MainWindow, editor: KeyEditor, qtbot: QtBot) -> None:
    view = window.grid.large
    edit = editor.edits["Images: Invert"]
    edit.clear()
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_K)
    editor.ok.click()
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert not view.inverted
    qtbot.keyClick(view, Qt.Key.Key_K)
    assert view.inverted
    qtbot.keyClick(window.grid.views[2], Qt.Key.Key_K)
    assert window.grid.views[2].inverted  # all panes hear the same keys
    assert window.commands.changed_keys == {"Images: Invert": "K"}
    page = keys_page(window.commands)
    assert "<b>K</b></td><td>Invert</td>" in page
    menu = build_menu(view, window.grid.keys)
    assert any(action.text() == "Invert\tK" for action in menu.actions())
    menu.deleteLater()


def test_a_key_of_the_spectrum_is_changed_and_obeyed(window: MainWindow, qtbot: QtBot) -> None:
    plot = window.spectrum.plot
    window.commands.set_keys({"Spectrum: With or without the baseline": "Ctrl+B"})
    with qtbot.assertNotEmitted(plot.baseline_subtracted):
        qtbot.keyClick(plot, Qt.Key.Key_B)
    with qtbot.waitSignal(plot.baseline_subtracted, timeout=1000):
        qtbot.keyClick(plot, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)


def test_two_views_may_share_a_key_but_none_takes_one_of_the_window(window: MainWindow, editor: KeyEditor) -> None:
    editor.edits["Spectrum: With or without the baseline"].setKeySequence("H")  # also: flip left to right
    assert editor.ok.isEnabled()
    editor.edits["Images: Invert"].setKeySequence("N")
    assert not editor.ok.isEnabled()
    assert editor.problem.text() == "N is given to both Next voxel and Images: Invert; change one of them."
    window.commands.set_keys({"Images: Invert": "N", "Images: Magnify": "no such key"})
    assert window.commands.keys["Next voxel"] == "N"
    assert window.commands.keys["Images: Invert"] == ""


def test_every_key_that_comes_with_the_program_is_free_of_clashes(window: MainWindow) -> None:
    assert clashing(window.commands.all, window.commands.keys) == {}


@pytest.mark.parametrize(
    ("key", "modifier", "name"),
    [
        (Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier, "Magnify"),
        (Qt.Key.Key_Equal, Qt.KeyboardModifier.NoModifier, "Magnify"),
        (Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier, "Maximise or restore the pane"),
        (Qt.Key.Key_0, Qt.KeyboardModifier.KeypadModifier, "Window: Window of the series"),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier, "Linked cursor up"),
        (Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier, None),
        (Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier, None),
    ],
)
def test_signs_and_the_number_pad_count_on_any_keyboard(
    key: Qt.Key, modifier: Qt.KeyboardModifier, name: str | None
) -> None:
    event = QtGui.QKeyEvent(QtCore.QEvent.Type.KeyPress, key, modifier)
    assert slice_keys().name_of(event) == name
