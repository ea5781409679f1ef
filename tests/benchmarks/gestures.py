"""How long a reader waits: selecting a disc, and dragging a slider until the spectrum and the evidence have followed.

    xvfb-run -a .venv/bin/python -m tests.benchmarks.gestures [STEPS]

The real window on a simulated exam of five discs. A step of a drag counts from the change until the spectrum is
painted, and until the evidence of all discs is; the targets are 50 and 150 ms, and 50 ms for a selection.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if os.environ.get("DISPLAY") else "offscreen")

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6 import QtCore, QtWidgets

from analysis.reading import voxel_key
from app.jobs import JobRunner
from app.main import apply_look, real_services
from app.session import ReadingSession
from app.workstation import Workstation
from tests.benchmarks.simulated import exam, study_of
from widgets.main_window import MainWindow

_LIMIT_S = 20.0


def wait_for(done: Callable[[], bool]) -> float:
    """Run the event loop until something is so; return the seconds that took. It sleeps between events, as Qt does."""
    began = time.perf_counter()
    while not done():
        QtWidgets.QApplication.processEvents(QtCore.QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.perf_counter() - began > _LIMIT_S:
            raise TimeoutError("the window did not follow")
    return time.perf_counter() - began


def said(name: str, seconds: list[float]) -> str:
    """Return one line of the report."""
    ms = 1e3 * np.array(seconds)
    return f"{name:44s} median {np.median(ms):6.1f} ms   95 % {np.percentile(ms, 95):6.1f} ms   max {ms.max():6.1f} ms"


def main(arguments: list[str]) -> None:
    """Open, select and drag; print the figures."""
    steps = int(arguments[0]) if arguments else 40
    app = QtWidgets.QApplication(sys.argv[:1])
    apply_look(app)
    study = study_of(exam(1))
    window, session, jobs = MainWindow(("disc",)), ReadingSession(), JobRunner()
    station = Workstation(window, session, jobs, replace(real_services(), read_studies=lambda *_: (study,)))
    heartbeat = QtCore.QTimer(window)
    heartbeat.start(100)  # so that waiting for more events ends where something fails
    window.resize(1920, 1080)
    window.show()
    station.open_paths([Path("simulated")])
    wait_for(lambda: session.exam is not None and not jobs.is_running())
    lines = [said("select another disc, all views painted", select(window, session, steps))]
    for text, change in (("phase", phase), ("stiffness", stiffness)):
        spectrum, evidence = drag(window, session, steps, change)
        lines += [said(f"{text}: spectrum painted", spectrum), said(f"{text}: evidence of all discs", evidence)]
    sys.stdout.write("\n".join(lines) + "\n")
    jobs.shut_down()
    window.close()
    station.deleteLater()
    app.processEvents()


def select(window: MainWindow, session: ReadingSession, steps: int) -> list[float]:
    """Select one disc after the other."""
    seconds = []
    for step in range(1, steps + 1):
        began = time.perf_counter()
        session.select(step % len(session.acquisitions))
        window.repaint()
        seconds.append(time.perf_counter() - began)
    return seconds


def phase(step: int) -> dict[str, float]:
    """Turn the phase by half a degree a step."""
    return {"phase0_rad": 0.01 * step}


def stiffness(step: int) -> dict[str, float]:
    """Soften the baseline a little each step."""
    return {"baseline_ed_per_ppm": 0.8 + 0.1 * step}


def drag(
    window: MainWindow, session: ReadingSession, steps: int, change: Callable[[int], dict[str, float]]
) -> tuple[list[float], list[float]]:
    """Drag, waiting for each step's spectrum and evidence."""
    fits: list[object] = []
    exams: list[object] = []
    on_fit, on_exam = lambda _: fits.append(session.selected_result), lambda: exams.append(session.exam)
    session.preview_changed.connect(on_fit)
    session.exam_changed.connect(on_exam)
    spectrum, evidence = [], []
    session.begin_gesture("drag")
    for step in range(steps):
        voxel = session.voxel_reading(session.selected)
        fit = replace(voxel.settings.fit, **change(step))
        fits.clear()
        exams.clear()
        began = time.perf_counter()
        key = voxel_key(session.acquisitions[session.selected])
        session.change(session.reading.with_voxel(key, replace(voxel, settings=replace(voxel.settings, fit=fit))))
        wait_for(lambda: bool(fits))
        window.spectrum.repaint()
        spectrum.append(time.perf_counter() - began)
        wait_for(lambda: bool(exams))
        window.discs.repaint()
        evidence.append(time.perf_counter() - began)
    session.end_gesture()
    wait_for(lambda: session.exam_belongs_to(session.reading))
    session.preview_changed.disconnect(on_fit)
    session.exam_changed.disconnect(on_exam)
    return spectrum[1:], evidence[1:]


if __name__ == "__main__":
    main(sys.argv[1:])
