"""Reports: what they say, how they look, how they are signed and how they are verified.

Signing and verifying load their libraries only when they are called, so that reading studies starts fast.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.atomic_file import reason_of, write_whole
from app.report.attach import attach_results
from app.report.errors import NotVerifiable, ReportError

if TYPE_CHECKING:
    from analysis.protocol import Protocol
    from analysis.types import ExamResult, Study
    from app.report.signing import Signer

__all__ = ["report_bytes", "write_report"]


def report_bytes(
    study: Study,
    exam: ExamResult,
    protocol: Protocol,
    results: bytes,
    *,
    version: str,
    created_at: datetime,
    signer: Signer | None,
) -> bytes:
    """Return a report as PDF, with results.json attached; signed where a signer is given.

    An unsigned report depends on the arguments only, to the last byte.
    """
    from app.report.content import report_content
    from app.report.pdf import report_pdf

    if signer is not None:
        _refuse_unproper(results)
    content = report_content(
        study,
        exam,
        protocol,
        version=version,
        created_at=created_at,
        results_sha256=hashlib.sha256(results).hexdigest(),
        signed=signer is not None,
    )
    pdf = attach_results(report_pdf(content), results, created_at=created_at)
    if signer is None:
        return pdf
    from app.report.signing import sign_pdf

    return sign_pdf(pdf, signer.p12, signer.passphrase, meaning=signer.meaning, simulated=study.info.simulated)


def _refuse_unproper(results: bytes) -> None:
    """Refuse to sign a report whose results a verifier would reject."""
    from app.report.results_schema import parse_results

    try:
        parse_results(results)
    except NotVerifiable as error:
        raise ReportError(str(error)) from error


def write_report(
    path: Path,
    study: Study,
    exam: ExamResult,
    protocol: Protocol,
    results: bytes,
    *,
    version: str,
    created_at: datetime,
    signer: Signer | None,
) -> Path:
    """Write a report whole or not at all; an older file of that name is replaced.

    Parameters
    ----------
    results : the bytes of results.json, which are attached as they are
    created_at : when the report is made, with its offset from UTC
    signer : None writes an unsigned draft

    Raises
    ------
    ReportError
        If the file cannot be written, or results that do not follow their schema were to be signed.
    CertificateProblem, SigningFailed
        If the report cannot be signed; then nothing is written.
    """
    pdf = report_bytes(study, exam, protocol, results, version=version, created_at=created_at, signer=signer)
    try:
        write_whole(path, pdf)
    except OSError as error:
        raise ReportError(f"The report cannot be written to {path}: {reason_of(error)}.") from error
    return path
