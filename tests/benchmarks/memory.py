"""Does the workstation give memory back: resident memory after opening and closing 5 and 50 studies.

    .venv/bin/python -m tests.benchmarks.memory [STUDIES] [--no-fit] [--study FOLDER] [--types]

Drives the real window, session and jobs without a display. Every round reads the demonstration study from its files
again, under a UID of its own, takes its reading from a store, fits it, selects each voxel once, and closes it.
`--types` prints which Python objects grew in number between the fifth and the last round.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from PySide6 import QtCore, QtWidgets

from analysis.types import Progress, Stop, Study
from app.jobs import JobRunner
from app.main import apply_look, real_services
from app.resource_files import PROTOCOLS
from app.services import Services
from app.session import ReadingSession
from app.store import Store
from app.workstation import Workstation
from widgets.main_window import MainWindow

FIRST, ALL, ALLOWED = 5, 50, 0.10
_LIMIT_MS = 120_000
_MIB = 1024**2


@dataclass
class Reader:
    """Reads the same files under another UID each time."""

    inner: Services
    rounds: int = 0

    def read(self, paths: Sequence[Path], progress: Progress, stop: Stop) -> tuple[Study, ...]:
        self.rounds += 1
        found = self.inner.read_studies(paths, progress, stop)
        return tuple(
            replace(
                study, info=replace(study.info, study_instance_uid=f"{study.info.study_instance_uid}.{self.rounds}")
            )
            for study in found
        )


def resident_bytes() -> int:
    """Return how much memory of this process lies in RAM."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True)
    return int(told.stdout) * 1024


def one_round(station: Workstation, session: ReadingSession, folder: Path, *, fit: bool) -> None:
    """Open the study, look at each voxel, close it."""
    loop, limit = QtCore.QEventLoop(), QtCore.QTimer()
    limit.setSingleShot(True)
    limit.timeout.connect(loop.quit)
    waited_for = station.settled if fit else session.study_changed
    waited_for.connect(loop.quit)
    limit.start(_LIMIT_MS)
    station.open_paths([folder])
    loop.exec()
    waited_for.disconnect(loop.quit)
    if not limit.isActive() or session.study is None:
        raise SystemExit("The study was not opened in time.")
    limit.stop()
    for index in range(len(session.acquisitions)):
        session.select(index)
        QtWidgets.QApplication.processEvents()
    station.keeping.give_back()
    session.open_study(None)
    for _ in range(3):
        QtWidgets.QApplication.processEvents()
    QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    gc.collect()


def measure(folder: Path, kept: Path, rounds: int, *, fit: bool, types: bool) -> list[int]:
    """Return the resident memory after each round, bytes; readings are kept in the folder `kept`."""
    app = QtWidgets.QApplication.instance() or QtWidgets.QApplication(sys.argv[:1])
    apply_look(app)  # type: ignore[arg-type]
    services = real_services(None)
    services = replace(services, read_studies=Reader(services).read, store=Store.open(folder=kept))
    window, session, jobs = MainWindow(PROTOCOLS), ReadingSession(), JobRunner()
    station = Workstation(window, session, jobs, services)
    if not fit:
        station.analyse = lambda: None  # type: ignore[method-assign]
    window.resize(1920, 1080)
    window.show()
    found: list[int] = []
    before: Counter[str] = Counter()
    for number in range(1, rounds + 1):
        start = time.perf_counter()
        one_round(station, session, folder, fit=fit)
        found.append(resident_bytes())
        seconds = time.perf_counter() - start
        sys.stdout.write(f"round {number:3d}: {found[-1] / _MIB:7.1f} MiB, {seconds:.1f} s\n")
        sys.stdout.flush()
        if types and number == FIRST:
            before = living()
    if types:
        for name, more in (living() - before).most_common(20):
            sys.stdout.write(f"  +{more:6d}  {name}\n")
    station.keeping.shut_down()
    jobs.shut_down()
    window.close()
    for item in (station, jobs, session, window):
        item.deleteLater()
    QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    return found


def living() -> Counter[str]:
    """Count the objects that the collector knows, by type."""
    return Counter(f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in gc.get_objects())


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="?", type=int, default=ALL)
    parser.add_argument("--no-fit", action="store_true")
    parser.add_argument("--study", type=Path, default=None)
    parser.add_argument("--types", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.study or Path(temporary) / "demo"
        if chosen.study is None:
            subprocess.run([sys.executable, "-m", "app", "demo", str(folder)], check=True, stderr=subprocess.DEVNULL)
        found = measure(
            folder, Path(temporary) / "store", max(chosen.studies, FIRST), fit=not chosen.no_fit, types=chosen.types
        )
    first, last = found[FIRST - 1], found[-1]
    grown = last / first - 1
    sys.stdout.write(
        f"after {FIRST}: {first / _MIB:.1f} MiB, after {len(found)}: {last / _MIB:.1f} MiB, {grown:+.1%} "
        f"(at most {ALLOWED:+.0%})\n"
    )
    return int(grown > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
