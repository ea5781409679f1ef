"""How fast the embedded store is.

    .venv/bin/python -m tests.benchmarks.store_speed [STUDIES]

Opening (with its check of every page), remembering a study of 1,000 files, saving a gesture of 12 kB, the worklist
and its search, all with STUDIES studies of three gestures each in the store.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from analysis.types import SourceFile, StudyInfo
from analysis.worklist import WorklistFilter
from app.store import Store
from tests.benchmarks.kills import document

NOW = datetime.now(UTC)


def info(number: int) -> StudyInfo:
    """What the headers of study `number` say; every patient has ten studies."""
    return StudyInfo(
        f"1.2.{number}", patient_id=f"P{number // 10}", patient_name=f"Probe^Person{number // 10}",
        study_date=f"20{number % 20 + 10}0101", accession_number=f"A{number}",
    )  # fmt: skip


def timed(name: str, work: Callable[[int], object], count: int) -> None:
    """Run work and print the median and the longest time."""
    taken = []
    for number in range(count):
        start = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - start) * 1e3)
    taken.sort()
    p99 = taken[int(0.99 * (len(taken) - 1))]
    sys.stdout.write(f"{name:44s} median {statistics.median(taken):8.2f} ms, p99 {p99:8.2f} ms, n {count}\n")


def files(folder: Path, count: int) -> tuple[SourceFile, ...]:
    """Write small files; their hashes do not matter here."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.dcm").write_bytes(b"x")
    return tuple(SourceFile(str(folder / f"{n}.dcm"), f"{n:064x}", "image") for n in range(count))


def main() -> None:
    """Fill a store and measure."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        store = Store.open(folder=root)
        many = files(root / "exam", 1000)
        for number in range(studies):
            study = store.remember_study(info(number), many[:5], "", NOW)
            for gesture in range(3):
                store.save(study, document(gesture), "g", NOW, "reader")
        store.close()
        megabytes = (root / "readings" / "readings.sqlite3").stat().st_size / 1e6
        sys.stdout.write(f"{studies} studies, {megabytes:.0f} MB\n")
        timed("open and close", lambda _: Store.open(folder=root).close(), 5)
        store = Store.open(folder=root)
        timed("remember a study of 1,000 files", lambda n: store.remember_study(info(studies + n), many, "", NOW), 5)
        big = store.remember_study(info(studies), many, "", NOW)
        timed("look whether its files are as read", lambda _: store.missing_files(big), 5)
        timed("save a gesture", lambda n: store.save(big, document(n), "g", NOW, "reader"), 300)
        timed("latest", lambda _: store.latest(big), 50)
        timed("worklist, all", lambda _: store.worklist(), 5)
        timed("worklist, a name", lambda _: store.worklist(WorklistFilter(text="person7 a7")), 5)
        timed("priors", lambda _: store.priors("P5", "20300101"), 50)
        store.close()


if __name__ == "__main__":
    main()
