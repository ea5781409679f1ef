"""Whether the window lives while the report's preview is made anew, and what the previews keep.

    xvfb-run -a .venv/bin/python -m tests.benchmarks.preview_gap [PREVIEWS] [FOLDER]

The demonstration study in the real window with its report open; the impression is typed on, and each preview is waited
for. FOLDER keeps the study for another run. The longest gap of the event loop in each preview, from the key to the last
page drawn, is to stay clearly below 100 ms. In a gap with little work of its own the window's thread waited: for
another thread that held Python, or for the machine.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if os.environ.get("DISPLAY") else "offscreen")

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6 import QtCore, QtTest, QtWidgets

from app.demo import make_demo
from app.jobs import JobRunner
from app.main import apply_look, real_services
from app.session import ReadingSession
from app.window_report import make_report
from app.workstation import Workstation
from tests.benchmarks.gestures import said, wait_for
from widgets.main_window import MainWindow

PREVIEWS = 40
_SHOWN = 5


@dataclass(frozen=True)
class Gap:
    """A time in which the window's thread did not turn, and how much of it was its own work."""

    seconds: float
    own_s: float


class Pulse(QtCore.QObject):
    """Beats each millisecond on the window's thread and keeps the gaps between beats."""

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self.gaps: list[Gap] = []
        self._last = (time.perf_counter(), time.thread_time())
        timer = QtCore.QTimer(self)
        timer.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self._beat)
        timer.start(1)

    def _beat(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        self.gaps.append(Gap(now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now

    def longest(self) -> Gap:
        """Return the longest gap since it was last asked for."""
        self._beat()
        longest = max(self.gaps, key=lambda gap: gap.seconds)
        self.gaps.clear()
        return longest


def main(arguments: list[str]) -> None:
    """Open the study and its report, type, and print the figures."""
    previews = int(arguments[0]) if arguments else PREVIEWS
    app = QtWidgets.QApplication(sys.argv[:1])
    apply_look(app)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[1]) if len(arguments) > 1 else Path(temporary)
        if not any(folder.rglob("*.dcm")):
            make_demo(folder, 1)
        window, session, jobs = MainWindow(("disc",)), ReadingSession(), JobRunner()
        station = Workstation(window, session, jobs, real_services(make_report))
        window.resize(1920, 1080)
        window.show()
        station.open_paths([folder])
        pulse = Pulse(window)
        wait_for(lambda: session.exam is not None and not jobs.is_running())
        station.reports.show()
        wait_for(lambda: _is_current(station) and not jobs.is_running())
        opening = pulse.longest()
        gaps, resident = retype(station, jobs, pulse, previews)
        lines = [
            f"opening the report, ms (own work)  {1e3 * opening.seconds:.0f} ({1e3 * opening.own_s:.0f})",
            said(f"longest gap in each of {previews} previews", [gap.seconds for gap in gaps]),
            said("  of it work of the window's own thread", [gap.own_s for gap in gaps]),
        ]
        longest = sorted(gaps, key=lambda gap: gap.seconds, reverse=True)[:_SHOWN]
        shown = ", ".join(f"{1e3 * gap.seconds:.0f} ({1e3 * gap.own_s:.0f})" for gap in longest)
        lines.append(f"the longest, ms (and own work in them)  {shown}")
        lines += [f"resident after {count} previews: {size:.0f} MiB" for count, size in resident.items()]
        sys.stdout.write("\n".join(lines) + "\n")
        station.reports.hide()
        jobs.shut_down()
        station.reports.shut_down()
        window.close()
        station.deleteLater()
        app.processEvents()


def resident_mib() -> float:
    """Return the memory that this process holds; on Linux."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _is_current(station: Workstation) -> bool:
    return station.reports.preview.prepared is not None


def retype(station: Workstation, jobs: JobRunner, pulse: Pulse, previews: int) -> tuple[list[Gap], dict[int, float]]:
    """Type a letter for each preview; return the longest gap of each, and what is resident after some of them."""
    assert station.reports.workspace is not None
    edit = station.reports.workspace.impression.edit
    edit.setFocus()
    edit.selectAll()
    gaps, resident = [], {}
    for number in range(1, previews + 1):
        pulse.longest()
        QtTest.QTest.keyClicks(edit, " " if number % 6 == 0 else "x")
        wait_for(lambda: _is_current(station) and not jobs.is_running())
        gaps.append(pulse.longest())
        if number in (10, previews):
            resident[number] = resident_mib()
    return gaps, resident


if __name__ == "__main__":
    main(sys.argv[1:])
