"""The benchmark of the preview runs, and making previews is no work of the window's own thread."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6 import QtWidgets
from pytestqt.qtbot import QtBot

from app.main import apply_look
from tests.app.test_report_desk import make_bench
from tests.benchmarks.preview_gap import Pulse, retype

_MOST_OWN_S = 0.05


@pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")
def test_previews_leave_the_windows_thread_alone(qtbot: QtBot, qapp: QtWidgets.QApplication, tmp_path: Path) -> None:
    apply_look(qapp)
    bench = make_bench(tmp_path)
    qtbot.addWidget(bench.window)
    bench.open(qtbot)
    bench.open_report(qtbot)
    gaps, _ = retype(bench.station, bench.jobs, Pulse(bench.window), 3)
    bench.end()
    assert len(gaps) == 3
    assert bench.session.reading.impression == "xxx"
    # Its own work only: how long it waited for another thread depends on what else the machine does.
    assert max(gap.own_s for gap in gaps) < _MOST_OWN_S
