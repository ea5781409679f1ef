"""How long a raw exam takes from file to results, where the time goes, and how much memory it needs.

    .venv/bin/python -m tests.benchmarks.exam_speed [FOLDER]

The exam is that of `raw_exam`: 5 voxels, 16 coils, 256 transients, 2048 points, each with a water reference. FOLDER
keeps the files for another run. Every figure comes from a process of its own; start-up is importing and reading
protocols.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_STAGES = "--stages"
_RUNS = 3


def peak_mib(usage: resource.struct_rusage) -> float:
    """Peak resident memory of a process in MiB; Linux counts in KiB, macOS in bytes."""
    return usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def run(arguments: list[str]) -> tuple[float, float, str]:
    """Run Python with arguments; return seconds, peak memory in MiB, and what it wrote."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as written:
        process = subprocess.Popen([sys.executable, *arguments], stdout=written, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        written.seek(0)
        return seconds, peak_mib(usage), written.read()


def stages(folder: Path) -> dict[str, float]:
    """Take an exam from file to results in this process; return the seconds of each stage and the peak in MiB."""
    taken: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        start = time.perf_counter()
        found = work()
        taken[name] = taken.get(name, 0.0) + time.perf_counter() - start
        return found

    def start_up() -> None:
        for name in ("nibabel", "pydicom", "analysis.pipeline", "analysis.readers", "analysis.results"):
            importlib.import_module(name)
        simulated = importlib.import_module("tests.benchmarks.simulated")
        simulated.shipped("disc")
        simulated.spin_library()

    timed("start-up", start_up)
    from analysis import pipeline
    from analysis.readers import read_studies
    from analysis.results import results_bytes, results_document
    from tests.benchmarks.simulated import shipped, spin_library

    (study,) = timed("read", lambda: read_studies([folder]))
    inner = {"process": pipeline.process, "fit": pipeline.fit_spectrum, "variants": pipeline.fit_variations}
    pipeline.process = lambda *a, **k: timed("process", lambda: inner["process"](*a, **k))
    pipeline.fit_spectrum = lambda *a, **k: timed("fit and halves", lambda: inner["fit"](*a, **k))
    pipeline.fit_variations = lambda *a, **k: timed("variants", lambda: inner["variants"](*a, **k))
    exam = timed("analyse", lambda: pipeline.analyse(study, shipped("disc"), spin_library()))
    timed("results", lambda: results_bytes(results_document(study, exam, version="benchmark")))
    taken["evaluable"] = exam.evaluable
    taken["peak MiB"] = peak_mib(resource.getrusage(resource.RUSAGE_SELF))
    return taken


def measure(folder: Path) -> list[str]:
    """Measure both ways and return what to print."""
    from tests.benchmarks.raw_exam import write_raw_exam

    if not any(folder.glob("*.nii*")):
        write_raw_exam(folder)
    lines = []
    for _ in range(_RUNS):
        found = json.loads(run(["-m", "tests.benchmarks.exam_speed", _STAGES, str(folder)])[2])
        total = found["read"] + found["analyse"] + found["results"]
        text = ", ".join(f"{name} {found[name]:.2f} s" for name in found if name not in ("evaluable", "peak MiB"))
        lines.append(
            f"file to results {total:.2f} s, peak {found['peak MiB']:.0f} MiB, {found['evaluable']} evaluable: {text}"
        )
    with tempfile.TemporaryDirectory() as out:
        for _ in range(_RUNS):
            seconds, peak, _ = run(["-m", "app", "analyse", str(folder), "--out", out, "--protocol", "disc"])
            lines.append(f"discern analyse, with start-up and report: {seconds:.2f} s, peak {peak:.0f} MiB")
    return lines


if __name__ == "__main__":
    if sys.argv[1:2] == [_STAGES]:
        sys.stdout.write(json.dumps(stages(Path(sys.argv[2]))))
    elif len(sys.argv) > 1:
        sys.stdout.write("\n".join(measure(Path(sys.argv[1]))) + "\n")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            sys.stdout.write("\n".join(measure(Path(scratch))) + "\n")
