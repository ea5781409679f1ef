"""The level editor, by real mouse and keys, answered by the numbering itself."""

from __future__ import annotations

import pytest
from PySide6 import QtCore
from pytestqt.qtbot import QtBot

from analysis.levels import ImpossibleLevels, relabel
from analysis.types import Study
from widgets.level_editor import LevelEditor

Qt = QtCore.Qt


@pytest.fixture
def editor(qtbot: QtBot, study: Study) -> LevelEditor:
    editor = LevelEditor()
    qtbot.addWidget(editor)

    def answer(index: int, label: str, count: int) -> None:
        try:
            editor.show_preview(relabel(study.acquisitions, index, label, count))
        except ImpossibleLevels as error:
            editor.show_preview((), str(error))

    editor.preview_requested.connect(answer)
    editor.resize(620, 400)
    editor.show()
    qtbot.waitExposed(editor)
    editor.open_for([a.label for a in study.acquisitions], 3)
    return editor


def then(editor: LevelEditor) -> list[str]:
    return [editor.items.item(row, 1).text() for row in range(editor.items.rowCount())]


def test_it_opens_with_the_levels_as_they_are(editor: LevelEditor) -> None:
    assert (editor.voxel.currentText(), editor.level.currentText(), editor.count.currentData()) == ("L4-L5", "L4-L5", 5)
    assert then(editor) == ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]
    assert not editor.apply_button.isEnabled()
    assert editor.level.hasFocus()


def test_one_key_corrects_the_disc_and_all_others_follow(editor: LevelEditor, qtbot: QtBot) -> None:
    qtbot.keyClick(editor.level, Qt.Key.Key_Down)
    assert then(editor) == ["L2-L3", "L3-L4", "L4-L5", "L5-S1", "S1-S2"]
    with qtbot.waitSignal(editor.label_changed, timeout=1000) as changed:
        qtbot.keyClick(editor.level, Qt.Key.Key_Return)
    assert changed.args == [3, "L5-S1", 5]


def test_transitional_anatomy(editor: LevelEditor, qtbot: QtBot) -> None:
    editor.count.setFocus()
    qtbot.keyClick(editor.count, Qt.Key.Key_Down)
    assert editor.count.currentData() == 6
    assert then(editor)[-1] == "L5-L6"
    editor.level.setFocus()
    qtbot.keyClick(editor.level, Qt.Key.Key_Down)
    assert then(editor)[-2:] == ["L5-L6", "L6-S1"]
    with qtbot.waitSignal(editor.label_changed, timeout=1000) as changed:
        qtbot.mouseClick(editor.apply_button, Qt.MouseButton.LeftButton)
    assert changed.args == [3, "L5-L6", 6]


def test_an_impossible_numbering_says_why_and_cannot_be_applied(editor: LevelEditor, qtbot: QtBot) -> None:
    qtbot.keyClick(editor.level, Qt.Key.Key_End)
    assert editor.problem.text() == "✕ There would be a voxel below S1-S2, where this spine has no further disc."
    assert not editor.apply_button.isEnabled()
    with qtbot.assertNotEmitted(editor.label_changed):
        qtbot.keyClick(editor.level, Qt.Key.Key_Return)
    qtbot.keyClick(editor.level, Qt.Key.Key_Up)
    assert editor.problem.isHidden()


def test_another_voxel_can_be_the_one_that_is_named(editor: LevelEditor, qtbot: QtBot) -> None:
    editor.voxel.setFocus()
    qtbot.keyClick(editor.voxel, Qt.Key.Key_Home)
    assert editor.level.currentText() == "L1-L2"
    editor.level.setFocus()
    qtbot.keyClick(editor.level, Qt.Key.Key_Up)
    assert then(editor) == ["T12-L1", "L1-L2", "L2-L3", "L3-L4", "L4-L5"]


def test_escape_cancels(editor: LevelEditor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(editor.close_requested, timeout=1000):
        qtbot.keyClick(editor.level, Qt.Key.Key_Escape)
    with qtbot.waitSignal(editor.close_requested, timeout=1000):
        qtbot.mouseClick(editor.close_button, Qt.MouseButton.LeftButton)


def test_voxels_without_a_name_start_at_the_lowest_disc(editor: LevelEditor) -> None:
    editor.open_for(["Voxel 1", "Voxel 2", "Voxel 3", "Voxel 4", "Voxel 5"], 4)
    assert editor.level.currentText() == "L5-S1"
    assert editor.apply_button.isEnabled()
