"""Kill a reading at random moments and see what the store still holds.

    .venv/bin/python -m tests.benchmarks.kills [N] [--seed S] [--folder FOLDER]

A child opens the store, takes the reading and makes gestures; it is killed (SIGKILL) at a random moment: while it
opens, while it saves, between gestures. Then the store is opened again and must be whole, hold every gesture that
the child was told is saved, and at most the one in progress beyond it. Every tenth kill begins a new store, so that
its making is killed too. Children take turns: one saves by itself, the next through the autosave of the workstation,
where a gesture counts as finished when the window may go on; of those at most the last may be missing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from analysis.types import StudyInfo

ROOT = Path(__file__).resolve().parents[2]
INFO = StudyInfo("1.2.826.0.1.3680043.10.1", patient_id="KILL", patient_name="Probe^Kill", study_date="20260101")
_GESTURES = 100_000
_LONGEST_LIFE_S = 0.6
_NEW_STORE_EVERY = 10


def document(number: int) -> str:
    """Return the reading after gesture `number`: about 12 kB, and known in full from its number."""
    rng = random.Random(number)
    voxels = ", ".join(f'"L{level}": [{", ".join(str(rng.random()) for _ in range(100))}]' for level in range(6))
    return f'{{"gesture": {number}, {voxels}}}'


@dataclass
class Outcome:
    """What all the kills came to."""

    kills: int = 0
    saved: int = 0
    beyond: int = 0
    before_first: int = 0
    losses: list[str] = field(default_factory=list)
    most_missing_finished: int = 0
    save_ms: list[float] = field(default_factory=list)

    def text(self) -> str:
        """Say it in lines."""
        lines = [
            f"kills                                  {self.kills}",
            f"killed before the first gesture        {self.before_first}",
            f"gestures acknowledged as saved         {self.saved}",
            f"gesture in progress found saved        {self.beyond}",
            f"most finished gestures not in store    {self.most_missing_finished} (autosave; 1 is the last one)",
        ]
        if self.save_ms:
            cuts = statistics.quantiles(self.save_ms, n=100)
            median = statistics.median(self.save_ms)
            lines.append(f"one save, ms: median {median:.2f}, p95 {cuts[94]:.2f}, p99 {cuts[98]:.2f}")
        lines.append(f"readings unreadable or gestures lost   {len(self.losses)}")
        return "\n".join([*lines, *self.losses])


# --- the child -----------------------------------------------------------------------------------------------------


def child(folder: Path, way: str) -> None:
    """Make gestures until killed; say on stdout what is finished and what is saved."""
    from app.autosave import Autosave, Listener
    from app.store import Store

    store = Store.open(folder=folder)
    study = store.remember_study(INFO, (), "", datetime.now(UTC))
    store.lock(study, "reader")
    latest = store.latest(study)
    first = latest.number + 1 if latest is not None else 1
    _say("open", first - 1)
    if way == "store":
        for number in range(first, first + _GESTURES):
            content, start = document(number), time.perf_counter()
            store.save(study, content, f"gesture {number}", datetime.now(UTC), "reader")
            _say("saved", number, (time.perf_counter() - start) * 1e3)
        return
    numbers = iter(range(first, first + _GESTURES))
    listener = Listener(lambda _: _say("saved", next(numbers)), lambda text: _say(text, 0), lambda text: None)
    autosave = Autosave(store, study, "reader", listener)
    rng = random.Random(first)
    for number in range(first, first + _GESTURES):
        autosave.gesture_finished(document(number), f"gesture {number}")
        _say("finished", number)
        time.sleep(rng.uniform(0.03, 0.08))  # no hand is faster


def _say(what: str, number: int, ms: float = 0.0) -> None:
    os.write(1, f"{what} {number} {ms:.3f}\n".encode())


# --- the killer ----------------------------------------------------------------------------------------------------


def kill_one(folder: Path, way: str, rng: random.Random, outcome: Outcome) -> None:
    """Run a child, kill it, and look at what is left."""
    command = [sys.executable, "-m", "tests.benchmarks.kills", "--child", str(folder), way]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    lines: list[str] = []
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    opened = threading.Event()

    def listen() -> None:
        for line in process.stdout or ():
            if line.endswith("\n"):
                lines.append(line)
                opened.set()

    listener = threading.Thread(target=listen)
    listener.start()
    if rng.random() < 0.8:
        opened.wait(30)
        time.sleep(rng.uniform(0, _LONGEST_LIFE_S))
    else:
        time.sleep(rng.uniform(0.2, 1.2))  # while it starts and opens the store
    process.kill()
    process.wait()
    listener.join()
    if process.stdout is not None:
        process.stdout.close()
    _judge(folder, way, lines, outcome)


def _judge(folder: Path, way: str, lines: list[str], outcome: Outcome) -> None:
    from app.store import Store, StoreError

    said = [line.split() for line in lines]
    saved = max((int(number) for what, number, _ in said if what in ("open", "saved")), default=None)
    finished = max((int(number) for what, number, _ in said if what == "finished"), default=0)
    outcome.kills += 1
    outcome.save_ms += [float(ms) for what, _, ms in said if what == "saved" and float(ms) > 0]
    outcome.saved += sum(what == "saved" for what, _, _ in said)
    outcome.before_first += not any(what in ("saved", "finished") for what, _, _ in said)
    name = f"kill {outcome.kills} ({way})"
    try:
        store = Store.open(folder=folder)
    except StoreError as error:
        outcome.losses.append(f"{name}: the store does not open: {error}")
        return
    try:
        rows = store.worklist()
        steps = store.history(rows[0].study_id) if rows else ()
    except StoreError as error:
        outcome.losses.append(f"{name}: the reading cannot be read: {error}")
        return
    finally:
        store.close()
    numbers = [step.number for step in steps]
    if numbers != list(range(1, len(numbers) + 1)) or any(s.document != document(s.number) for s in steps):
        outcome.losses.append(f"{name}: the steps are not those that were saved")
    if saved is not None and len(steps) < saved:
        outcome.losses.append(f"{name}: saved up to {saved}, found {len(steps)}")
    if saved is not None and len(steps) > saved:
        outcome.beyond += 1
    missing = max(finished - len(steps), 0)
    outcome.most_missing_finished = max(outcome.most_missing_finished, missing)
    if missing > 1:
        outcome.losses.append(f"{name}: gesture {finished} was finished, found {len(steps)}")


def run(kills: int, seed: int, folder: Path) -> Outcome:
    """Kill so many children and return what came of it."""
    rng, outcome = random.Random(seed), Outcome()
    for number in range(kills):
        root = folder / f"store-{number // _NEW_STORE_EVERY}"
        kill_one(root, "autosave" if number % 2 else "store", rng, outcome)
        if (number + 1) % _NEW_STORE_EVERY == 0 and not outcome.losses:
            shutil.rmtree(root, ignore_errors=True)
    return outcome


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kills", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "WAY"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        child(Path(chosen.child[0]), chosen.child[1])
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        start = time.perf_counter()
        outcome = run(chosen.kills, chosen.seed, chosen.folder or Path(temporary))
        sys.stdout.write(f"{outcome.text()}\n{time.perf_counter() - start:.0f} s\n")
    return 1 if outcome.losses else 0


if __name__ == "__main__":
    sys.exit(main())
