"""What an analysis leaves on disk: results.json and the report of each study."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import DiscernError
from analysis.paper import Paper
from analysis.protocol import Protocol
from analysis.reading import Reading
from analysis.results import results_bytes, results_document
from analysis.types import ExamResult, Study
from app.atomic_file import reason_of, write_whole
from app.audit.anchors import anchor_of
from app.audit.chain import Head
from app.report.source import Received, ReportSource
from app.version import version

if TYPE_CHECKING:
    from app.report.signing import Signer

RESULTS_NAME, REPORT_NAME = "results.json", "report.pdf"


class OutputProblem(DiscernError):
    """A result that could not be written."""


@dataclass(frozen=True)
class Written:
    """The files of one study."""

    results: Path
    report: Path


def write_outputs(
    folder: Path,
    study: Study,
    exam: ExamResult,
    protocol: Protocol,
    signer: Signer | None,
    *,
    paper: Paper = "A4",
    received: Received | None = None,
) -> Written:
    """Write results.json and report.pdf of a study into a folder named after its UID.

    Parameters
    ----------
    received : when and on which way the data came; None where that is not known

    Raises
    ------
    OutputProblem
        If results.json cannot be written.
    """
    target = folder / study.info.study_instance_uid
    data = exam_bytes(study, exam)
    results = target / RESULTS_NAME
    try:
        write_whole(results, data)
    except OSError as error:
        raise OutputProblem(f"The results cannot be written to {target}: {reason_of(error)}.") from error
    source = report_source(study, exam, protocol, data, paper=paper, received=received)
    report = save_report(target / REPORT_NAME, source, signer)
    return Written(results, report)


def exam_bytes(study: Study, exam: ExamResult, reading: Reading | None = None, *, trail: Head | None = None) -> bytes:
    """Return the bytes of results.json, as this version of Discern writes them.

    Parameters
    ----------
    trail : the end of the audit trail, which a signed report anchors outside the store
    """
    document = results_document(study, exam, version=version(), reading=reading)
    if trail is not None and trail.records:
        document["audit"] = anchor_of(trail)
    return results_bytes(document)


def report_source(
    study: Study,
    exam: ExamResult,
    protocol: Protocol,
    results: bytes,
    *,
    reading: Reading | None = None,
    paper: Paper = "A4",
    received: Received | None = None,
) -> ReportSource:
    """Return what a report that is made now is made from."""
    return ReportSource(
        study,
        exam,
        protocol,
        results,
        version=version(),
        created_at=datetime.now().astimezone(),
        reading=reading or Reading(),
        paper=paper,
        received=received,
    )


def save_report(path: Path, source: ReportSource, signer: Signer | None) -> Path:
    """Write a report with its results.json attached, signed where a signer is given."""
    from app.report import write_report

    return write_report(path, source, signer)
