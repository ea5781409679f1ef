"""How many studies an hour: the whole `discern analyse` over many studies, on Dask with two workers and with one.

    .venv/bin/python -m tests.benchmarks.department [STUDIES] [FOLDER]

The studies are simulated from four seeds; each has a UID and a folder of its own. The two runs take turns in halves, so
that a machine whose speed drifts does not favour one. FOLDER keeps the studies for another run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pydicom

from app.demo import make_demo
from app.dicom.uids import stable_uid

_SEEDS = 4


def make_studies(folder: Path, count: int) -> list[Path]:
    """Write simulated studies that differ in their UID; those that are there already are kept."""
    seeds = [folder / f"seed-{seed}" for seed in range(_SEEDS)]
    for seed, path in enumerate(seeds):
        if not path.exists():
            make_demo(path, seed)
    studies = []
    for number in range(count):
        target = folder / f"study-{number:04d}"
        studies.append(target)
        if not target.exists():
            _copy(seeds[number % _SEEDS], target, stable_uid("department", number))
    return studies


def _copy(seed: Path, target: Path, uid: str) -> None:
    unfinished = target.with_suffix(".part")
    for path in sorted(seed.rglob("*.dcm")):
        dataset = pydicom.dcmread(path)
        dataset.StudyInstanceUID = uid
        copy = unfinished / path.relative_to(seed)
        copy.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(copy)
    unfinished.rename(target)


def seconds_of(studies: list[Path], out: Path, workers: int) -> float:
    """Run the command and return its wall time; every study must have its results."""
    command = [sys.executable, "-m", "tests.benchmarks.department", "--run", str(workers), str(out)]
    start = time.perf_counter()
    subprocess.run([*command, *map(str, studies)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    written = len(list(out.glob("*/results.json")))
    if written != len(studies):
        raise SystemExit(f"{written} of {len(studies)} studies have results")
    return seconds


def run(workers: int, out: Path, studies: list[Path]) -> None:
    """Do one run; also the run with one worker goes through Dask, as the comparison wants it."""
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    from app.batch.cluster import local_workers, outcomes_of
    from app.batch.one_source import AnalyseRequest

    with local_workers(workers) as client:
        for _ in outcomes_of(client, list(enumerate(studies)), AnalyseRequest(out, None, None)):
            pass


def main() -> None:
    """Print the figures."""
    if sys.argv[1:2] == ["--run"]:
        run(int(sys.argv[2]), Path(sys.argv[3]), [Path(name) for name in sys.argv[4:]])
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch, "studies")
        studies = make_studies(folder, count)
        halves = studies[: count // 2], studies[count // 2 :]
        taken = {1: 0.0, 2: 0.0}
        for number, half in enumerate(halves):
            for workers in (1, 2) if number == 0 else (2, 1):
                taken[workers] += seconds_of(half, Path(scratch, f"out-{workers}-{number}"), workers)
    for workers, seconds in taken.items():
        rate = 3600 * count / seconds
        sys.stdout.write(f"{workers} worker(s): {count} studies in {seconds:.1f} s, {rate:.0f} an hour\n")
    sys.stdout.write(f"rate of 2 workers / 1: {taken[1] / taken[2]:.2f}\n")


if __name__ == "__main__":
    main()
