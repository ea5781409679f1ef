"""Damage files of every format in many ways and see that each ends in a reading or in one clear reason.

    .venv/bin/python -m tests.benchmarks.fuzz_readers [--cases 100000] [--seed 0] [--only FORMAT] [--out FILE.json]

A worker reads damaged copies (`tests/analysis/readers/damage.py`) as the program does, one format after the other. It
is watched from outside: a case without an end after 10 s is a hang, a worker that dies is a crash, and both are named
with their number, so that they can be made again from the seed. Of every case it is checked that the reasons are one
sentence each, that no other exception than `DiscernError` escapes, and that nothing is written outside the scratch
folders. Bombs are read first, once each. Printed: cases, readings and refusals per format, the slowest case, the peak
of memory of worker and children.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from analysis.errors import DiscernError, NothingToRead
from analysis.readers import read_studies
from analysis.types import Skipped, Study
from tests.analysis.readers.damage import damaged
from tests.analysis.readers.originals import Original, bombs, originals

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
LONGEST_S = 10.0
_GRACE_S = 20.0
"""Beyond the limit, for a worker that another program keeps from the processor."""
_SLOW_FORMATS = {"GE P-file": 0.5, "Siemens CSA": 0.5}
"""Share of an equal number of cases."""


@dataclass
class Tally:
    """What the cases of one format came to."""

    cases: int = 0
    read: int = 0
    refused: int = 0
    hangs: list[int] = field(default_factory=list)
    crashes: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest_case: int = -1
    peak_mib: float = 0.0


def made(original: Original, number: int, seed: int) -> dict[str, bytes]:
    """Return the files of one case: one of them damaged, most often the first."""
    rng = random.Random(f"{seed}/{number}")
    names = list(original)
    victim = names[0] if len(names) == 1 or rng.random() < 0.7 else rng.choice(names)
    return {name: damaged(content, rng) if name == victim else content for name, content in original.items()}


def faults_of(folder: Path) -> tuple[bool, list[str]]:
    """Read a folder; return whether something was read, and what is wrong with how it went."""
    try:
        studies = read_studies([folder / "DICOMDIR"] if (folder / "DICOMDIR").exists() else [folder])
    except NothingToRead as error:
        return False, _bad_reasons(error.skipped, str(error))
    except DiscernError as error:
        return False, _bad_reasons((), str(error))
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        return False, [f"{type(error).__name__}: {error}"]
    return True, [fault for study in studies for fault in _bad_reasons(study.skipped, "") + _bad_numbers(study)]


def _bad_reasons(skipped: tuple[Skipped, ...], message: str) -> list[str]:
    texts = [one.reason for one in skipped] + ([message] if message else [])
    return [f"not one sentence: {text!r}" for text in texts if "\n" in text or not text.endswith((".", "?"))]


def _bad_numbers(study: Study) -> list[str]:
    import numpy as np

    faults = []
    for one in study.acquisitions:
        known = one.parameters
        numbers = [known.f0_mhz, known.spectral_width_hz, known.reference_ppm, known.te_s or 0.0, known.tr_s or 0.0]
        if one.voxel is not None:
            numbers += [*one.voxel.centre_mm, *one.voxel.size_mm]
        if not np.isfinite(numbers).all() or not np.isfinite(one.fids).all():
            faults.append(f"a number that is none in {one.label}")
    return faults


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Put the files of a case into an empty folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def work(name: str, first: int, last: int, seed: int) -> None:
    """The worker: one line of JSON per case begun and per case ended."""
    import resource

    from analysis.readers.apart import one_batch

    with tempfile.TemporaryDirectory() as scratch, one_batch():
        home = Path(scratch)
        (home / "made").mkdir()
        shared = SHARED if SHARED.is_dir() else None
        every = originals(home / "made", shared) | (bombs(home / "made") if "bomb" in name else {})
        before = _outside()
        for number in range(first, last):
            original = every[name][number % len(every[name])]
            case = Path(tempfile.mkdtemp(dir=home))
            write(case, dict(original) if "bomb" in name else made(original, number, seed))
            _say(json.dumps({"begins": number}))
            start = time.monotonic()
            was_read, faults = faults_of(case)
            seconds = time.monotonic() - start
            if _outside() != before:
                faults.append("something was written outside the folder")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            ended = {"read": was_read, "faults": faults, "seconds": seconds, "peak_mib": peak}
            _say(json.dumps({"ends": number, **ended}))
            _remove(case)
    # Of children only once they have ended.
    _say(json.dumps({"peak_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _outside() -> list[str]:
    """What lies in the places that a file could try to write to."""
    return sorted(path.name for path in (ROOT, ROOT.parent) for path in path.iterdir() if path.name != ".git")


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def watch(name: str, cases: int, seed: int) -> Tally:
    """Run the worker over the cases of one format, and start it again after what stopped it."""
    tally, following = Tally(), 0
    while following < cases:
        command = [sys.executable, "-m", "tests.benchmarks.fuzz_readers", "--worker", name, str(following), str(cases)]
        worker = subprocess.Popen([*command, "--seed", str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        current = _follow(worker, tally)
        if current is not None:
            (tally.hangs if worker.poll() is None else tally.crashes).append(current)
            tally.cases += 1
        worker.kill()
        worker.wait()
        following = current + 1 if current is not None else cases
    return tally


def _follow(worker: subprocess.Popen[str], tally: Tally) -> int | None:
    """Take in what the worker says; return the case that it was in when it stopped, None where it came to the end."""
    import select

    current: int | None = None
    while True:
        ready, _, _ = select.select([worker.stdout], [], [], LONGEST_S + _GRACE_S + (60 if current is None else 0))
        line = worker.stdout.readline() if ready and worker.stdout is not None else ""
        if not line:
            return current if current is not None else (None if worker.wait() == 0 else -1)
        found = json.loads(line)
        if "begins" in found:
            current = found["begins"]
            continue
        tally.peak_mib = max(tally.peak_mib, float(found["peak_mib"]))
        if "ends" in found:
            _count(tally, found)
            current = None


def _count(tally: Tally, found: dict[str, object]) -> None:
    number, seconds = int(str(found["ends"])), float(str(found["seconds"]))
    tally.cases += 1
    tally.read += bool(found["read"])
    tally.refused += not found["read"]
    faults = found["faults"]
    tally.faults += [f"case {number}: {fault}" for fault in faults] if isinstance(faults, list) else []
    if seconds > tally.slowest_s:
        tally.slowest_s, tally.slowest_case = seconds, number
    if seconds > LONGEST_S:
        tally.hangs.append(number)


def plan(cases: int) -> dict[str, int]:
    """Return how many cases each format gets; every bomb is one case."""
    with tempfile.TemporaryDirectory() as scratch:
        names = list(originals(Path(scratch), SHARED if SHARED.is_dir() else None))
        explosive = list(bombs(Path(scratch)))
    weights = {name: _SLOW_FORMATS.get(name, 1.0) for name in names}
    share = cases / sum(weights.values())
    return dict.fromkeys(explosive, 1) | {name: max(1, round(share * weights[name])) for name in names}


def main() -> int:
    """Run the benchmark, or its worker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worker", nargs=3, metavar=("FORMAT", "FIRST", "LAST"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        name, first, last = options.worker
        work(name, int(first), int(last), options.seed)
        return 0
    tallies: dict[str, Tally] = {}
    _say(f"{'format':24}   cases    read  refused   hangs  crashes  faults  slowest      peak")
    for name, count in plan(options.cases).items():
        if options.only in (None, name):
            tallies[name] = one = watch(name, count, options.seed)
            _say(
                f"{name:24} {one.cases:7} {one.read:7} {one.refused:8} {len(one.hangs):6} {len(one.crashes):8} "
                f"{len(one.faults):7} {one.slowest_s:7.2f} s {one.peak_mib:5.0f} MiB"
            )
            if options.out is not None:
                options.out.write_text(json.dumps({key: asdict(value) for key, value in tallies.items()}, indent=1))
    bad = [f"{name}: {text}" for name, one in tallies.items() for text in one.faults[:5]]
    _say("\n".join(bad) or "no fault")
    return int(any(one.hangs or one.crashes or one.faults for one in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
