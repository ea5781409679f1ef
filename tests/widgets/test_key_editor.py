from __future__ import annotations

import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from widgets.key_editor import KeyEditor
from widgets.main_window import MainWindow

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
