"""The benchmark of scrolling runs, and every gesture it measures paints the views it should."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.main import apply_look
from tests.benchmarks import scroll


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_a_wheel_step_and_a_cursor_move_paint_three_views_and_a_window_drag_one(qtbot: QtBot) -> None:
    from PySide6 import QtWidgets

    app = QtWidgets.QApplication.instance()
    assert isinstance(app, QtWidgets.QApplication)
    apply_look(app)
    grid = scroll.full_grid(700, 450)
    qtbot.addWidget(grid)
    qtbot.waitExposed(grid)
    gestures = (
        (scroll.wheel(grid.large), 3),
        (scroll.moves(grid.large, shift=True), 3),
        (scroll.moves(grid.large, shift=False), 1),
    )
    for gesture, views in gestures:
        run = scroll.Frames(grid, gesture, 8)
        run.run()
        assert len(run.seconds) == 8
        assert run.views_painted[-1] == views
        for view in grid.all_views:
            view.removeEventFilter(run)
