"""Tamper with signed reports in many ways and see that none is reported as valid and unchanged.

    .venv/bin/python -m tests.benchmarks.tamper [--bytes 10000] [--structured 200] [--seed 0] [--workers 2]

Three reports of a simulated reading are made: one that is signed, its amendment, which embeds it, and one with a time
stamp and validation data from an authority made for the occasion. Single bytes are changed at random places of each
report: 70 % anywhere in the file, 30 % inside the hexadecimal text of a signature, padding included. The structured
changes are those of `tests/app/report/tampering.py` in turn, each time with other random choices. Before and after it
is checked that the reports themselves verify. Printed: how many changes of each kind were made and which were missed.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from analysis.reading import Reading
from analysis.results import results_bytes, results_document
from app.report import Amendment, ReportSource, report_bytes
from app.report.keys import FileKey
from app.report.signing import Signer
from app.report.time_stamping import TimeStamping
from app.report.trust import Trust
from app.report.verify import verify_report
from app.resource_files import load_protocol
from tests.app.report.certificate_making import PASSPHRASE
from tests.app.report.pki import served
from tests.app.report.tampering import WAYS, one_byte
from tests.samples import sample_exam, sample_study

_IN_SIGNATURE = 0.3
_TRIES = 20
"""How often a way that finds no place is tried with other random choices."""


@dataclass(frozen=True)
class Case:
    """One change: of which report, how, and from which seed."""

    report: str
    way: str
    seed: str


def make_reports(folder: Path) -> tuple[dict[str, bytes], Trust]:
    """Return the signed reports by name, and whom to trust."""
    study = sample_study()
    exam, protocol, made = sample_exam(study), load_protocol("disc"), datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    results = results_bytes(results_document(study, exam, version="0.1.0"))
    source = ReportSource(study, exam, protocol, results, version="0.1.0", created_at=made)
    with served() as pki:
        trust = Trust((pki.root.pem,))
        signer = Signer(FileKey(pki.p12(folder, pki.signer()), PASSPHRASE))
        stamping = dataclasses.replace(signer, stamping=TimeStamping(f"{pki.url}/tsa", trust))
        signed = report_bytes(source, signer)
        digest = hashlib.sha256(signed).hexdigest()
        reading = Reading(state="amended", amends=digest, amendment_reason="The level was named wrongly.")
        changed = results_bytes(results_document(study, exam, version="0.1.0", reading=reading))
        amendment = Amendment(digest, signed, reading.amendment_reason, ("L5-S1 is now L6-S1.",))
        amending = dataclasses.replace(source, reading=reading, results=changed, amendment=amendment)
        reports = {
            "signed": signed,
            "amended": report_bytes(amending, signer),
            "stamped": report_bytes(source, stamping),
        }
    return reports, trust


def tampered(pdf: bytes, case: Case) -> bytes | None:
    """Return the changed file; None where the report has no place for the change."""
    rng = random.Random(case.seed)
    if case.way == "one byte":
        return one_byte(pdf, rng, in_signature=rng.random() < _IN_SIGNATURE)
    for _ in range(_TRIES):
        found = WAYS[case.way](pdf, rng)
        if found is not None and found != pdf:
            return found
    return None


_REPORTS: dict[str, bytes] = {}
_TRUST: list[Trust] = []


def _start(reports: dict[str, bytes], trust: Trust) -> None:
    _REPORTS.update(reports)
    _TRUST.append(trust)


def _is_missed(case: Case) -> bool | None:
    """Whether a change goes unnoticed; None where it could not be made."""
    pdf = tampered(_REPORTS[case.report], case)
    return None if pdf is None else verify_report(pdf, trust=_TRUST[0]).ok


def cases_of(reports: list[str], ways: list[str], number: int, seed: int) -> list[Case]:
    """Return so many changes, the reports and ways in turn."""
    turns = range(number)
    return [Case(reports[n % len(reports)], ways[n // len(reports) % len(ways)], f"{seed}/{n}") for n in turns]


def run(cases: list[Case], reports: dict[str, bytes], trust: Trust, workers: int) -> tuple[Counter[str], list[Case]]:
    """Return how many changes were made of each report, and those that were missed."""
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (reports, trust)) as pool:
        outcomes = list(pool.map(_is_missed, cases, chunksize=20))
    made = Counter(case.report for case, missed in zip(cases, outcomes, strict=True) if missed is not None)
    return made, [case for case, missed in zip(cases, outcomes, strict=True) if missed]


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Make the reports, tamper with them, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=10_000)
    parser.add_argument("--structured", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reports, trust = make_reports(Path(folder))
    for name, pdf in reports.items():
        assert verify_report(pdf, trust=trust).ok, name
        say(f"{name}: {len(pdf)} bytes, verifies as it is")
    runs = [("one byte", cases_of([name], ["one byte"], options.bytes, options.seed)) for name in reports]
    runs.append(("structured", cases_of(list(reports), list(WAYS), options.structured * len(reports), options.seed)))
    for what, cases in runs:
        start = time.monotonic()
        made, missed = run(cases, reports, trust, options.workers)
        told = ", ".join(f"{number} of the {name} report" for name, number in made.items())
        say(f"{what}: {told}; missed {len(missed)}; {time.monotonic() - start:.0f} s")
        for case in missed[:40]:
            say(f"  MISSED {case}")


if __name__ == "__main__":
    main()
