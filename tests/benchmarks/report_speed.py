"""How long the report of five discs takes to build and to sign, and how large it is.

    .venv/bin/python -m tests.benchmarks.report_speed [FOLDER]

FOLDER keeps the demonstration study for another run. Targets: built in at most 1.5 s, signed in at most 1 s, at most
3 MiB. The first report loads the libraries and fonts and is shown by itself; the others are given by their median.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from analysis.disc_measure import measure_disc
from analysis.paper import PAPERS
from analysis.pipeline import analyse
from analysis.readers import read_studies
from analysis.reading import Reading, voxel_key
from analysis.results import results_bytes, results_document
from app.demo import make_demo
from app.report import PriorExam, ReportSource, report_bytes
from app.report.certificates import read_passphrase
from app.report.keys import FileKey
from app.report.signing import Signer, sign_pdf
from app.resource_files import load_protocol, load_spin_library
from tests.app.report.conftest import MADE, VERSION

REPEATS = 5
BUILD_S, SIGN_S, LARGEST = 1.5, 1.0, 3 * 2**20


def source_in(folder: Path) -> ReportSource:
    """Return the report of the demonstration study, compared with itself as a prior."""
    if not any(folder.rglob("*.dcm")):
        make_demo(folder, 1)
    (study,) = read_studies([folder])
    protocol = load_protocol("disc")
    exam = analyse(study, protocol, load_spin_library())
    results = results_bytes(results_document(study, exam, version=VERSION, reading=Reading()))
    priors = (PriorExam(study, exam),)
    # As the window gives them: it measures the discs once, when the study is opened.
    measures = {
        voxel_key(a): measure_disc(a.voxel, a.frame_of_reference_uid, study.volumes) for a in study.acquisitions
    }
    return ReportSource(
        study, exam, protocol, results, version=VERSION, created_at=MADE, priors=priors, measures=measures
    )


def timed_s(work: object) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def main(arguments: list[str]) -> None:
    """Build and sign; print the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[0]) if arguments else Path(temporary)
        source = source_in(folder)
        p12 = next(folder.rglob("*.p12"))
        signer = Signer(FileKey(p12, read_passphrase(p12.with_suffix(".passphrase"))))
        sys.stdout.write(f"first report {timed_s(lambda: report_bytes(source)):.2f} s\n")
        measured = timed_s(lambda: report_bytes(replace(source, measures={})))
        assert report_bytes(replace(source, measures={})) == report_bytes(source)
        sys.stdout.write(f"without the measures of the discs, as headless: {measured:.2f} s\n")
        for paper in PAPERS:
            on_paper = replace(source, paper=paper)
            build = statistics.median(timed_s(lambda made=on_paper: report_bytes(made)) for _ in range(REPEATS))
            pdf = report_bytes(on_paper)
            same = pdf == report_bytes(on_paper)
            sign = statistics.median(timed_s(lambda made=pdf: sign_pdf(made, signer)) for _ in range(REPEATS))
            signed = sign_pdf(pdf, signer)
            sys.stdout.write(
                f"{paper}: built in {build:.2f} s (at most {BUILD_S}), signed in {sign:.2f} s (at most {SIGN_S}), "
                f"{len(signed) / 2**20:.2f} MiB (at most {LARGEST / 2**20:.0f}), same bytes twice: {same}\n"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
