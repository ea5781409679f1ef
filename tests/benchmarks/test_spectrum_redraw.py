"""One step of a drag in the spectrum stays within its limit; where benchmarks are asked for, with the full numbers."""

from __future__ import annotations

import sys

import pytest
from PySide6 import QtWidgets

from tests.benchmarks.spectrum_redraw import LIMIT_MS, run

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def test_a_step_of_a_drag_is_drawn(qapp: QtWidgets.QApplication) -> None:
    assert {row.name for row in run(components=8, points=256, steps=3)} >= {"a refit arrives: spectrum and panel"}


@pytest.mark.slow
def test_a_step_of_a_drag_stays_within_the_limit(qapp: QtWidgets.QApplication, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("benchmarks are not enabled")
    rows = run()
    sys.stdout.write("\n" + "\n".join(f"{r.name}: median {r.median:.1f}, p95 {r.p95:.1f} ms" for r in rows) + "\n")
    assert max(row.median for row in rows) < LIMIT_MS
