"""How long a reader waits for a study of five discs and a thousand images, and whether the window lives meanwhile.

    xvfb-run -a .venv/bin/python -m tests.benchmarks.opening [FOLDER]

FOLDER keeps the study for another run: the demonstration study with copies of its images under other series. Targets:
the first image after 1 s, everything read and fitted after 5 s, no gap of the event loop above 100 ms. In a gap with
little work of its own the window's thread waited: for another thread that held Python (a garbage collection over all
libraries took 100 ms of every thread), or for the machine.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if os.environ.get("DISPLAY") else "offscreen")

import sys
import tempfile
import time
from pathlib import Path

import pydicom
from PySide6 import QtCore, QtWidgets

from app.demo import make_demo
from app.jobs import JobRunner
from app.main import apply_look, real_services
from app.session import ReadingSession
from app.workstation import Workstation
from widgets.main_window import MainWindow

IMAGES = 1000
_BEAT_MS = 10


def make_study(folder: Path, images: int = IMAGES) -> None:
    """Write the demonstration study, and copies of its image series until there are enough images."""
    make_demo(folder, 1)
    originals = [
        d for d in map(pydicom.dcmread, sorted(folder.rglob("*.dcm"))) if d.Modality == "MR" and "PixelData" in d
    ]
    count, copy = len(originals), 0
    while count < images:
        copy += 1
        for number, dataset in enumerate(originals[: images - count]):
            dataset.SeriesInstanceUID = f"{dataset.SeriesInstanceUID.rsplit('.7777', 1)[0]}.7777{copy}"
            dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID.rsplit('.7777', 1)[0]}.7777{copy}"
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            dataset.save_as(folder / f"copy-{copy:03d}-{number:03d}.dcm")
        count += len(originals[: images - count])


def main(arguments: list[str]) -> None:
    """Open the study in the real window; print the figures."""
    app = QtWidgets.QApplication(sys.argv[:1])
    apply_look(app)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[0]) if arguments else Path(temporary)
        if not any(folder.rglob("*.dcm")):
            make_study(folder)
        images = sum(1 for _ in folder.rglob("*.dcm"))
        window, session, jobs = MainWindow(("disc",)), ReadingSession(), JobRunner()
        station = Workstation(window, session, jobs, real_services())
        window.resize(1920, 1080)
        window.show()
        app.processEvents()
        marks: dict[str, float] = {}
        beats: list[tuple[float, float]] = []
        beat = QtCore.QTimer(window)
        beat.timeout.connect(lambda: beats.append((time.perf_counter(), time.thread_time())))
        beat.start(_BEAT_MS)
        station.opening.glimpsed.connect(lambda _: marks.setdefault("first image", time.perf_counter()))
        loop = QtCore.QEventLoop()
        station.settled.connect(loop.quit)
        began = time.perf_counter()
        station.open_paths([folder])
        loop.exec()
        marks["everything read and fitted"] = time.perf_counter()
        gaps = sorted(((b[0] - a[0], b[1] - a[1]) for a, b in zip(beats, beats[1:], strict=False)), reverse=True)
        lines = [f"{images} files"] + [f"{name:30s} {at - began:6.2f} s" for name, at in marks.items()]
        shown = ", ".join(f"{1e3 * gap:.0f} ({1e3 * work:.0f})" for gap, work in gaps[:5])
        lines.append(f"longest gaps of the event loop, ms (and work of its own thread in them)  {shown}")
        sys.stdout.write("\n".join(lines) + "\n")
        jobs.shut_down()
        window.close()
        station.deleteLater()
        app.processEvents()


if __name__ == "__main__":
    main(sys.argv[1:])
