"""Reports: what they say, how they look, how they are signed and how they are verified.

Signing and verifying load their libraries only when they are called, so that reading studies starts fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.atomic_file import reason_of, write_whole
from app.report.attach import attach_results
from app.report.errors import NotVerifiable, ReportError
from app.report.source import Amendment, PriorExam, ReportSource

if TYPE_CHECKING:
    from app.report.signing import Signer

__all__ = ["Amendment", "PriorExam", "ReportSource", "prepared_bytes", "report_bytes", "write_report"]


def prepared_bytes(source: ReportSource, *, to_sign: bool) -> bytes:
    """Return a report as PDF with results.json attached, not signed; it depends on the arguments only.

    Parameters
    ----------
    to_sign : whether these bytes are to be signed; else the report calls itself unsigned on every page

    Raises
    ------
    ReportError
        If results that do not follow their schema were to be signed.
    """
    from app.report.content import report_content
    from app.report.pdf import report_pdf

    if to_sign:
        _refuse_unproper(source.results)
    content = report_content(source, signed=to_sign)
    pdf, structure = report_pdf(content)
    return attach_results(
        pdf,
        source.results,
        created_at=source.created_at,
        says_pdfa=content.says_pdfa,
        structure=structure,
        amended=None if source.amendment is None else source.amendment.original_pdf,
    )


def report_bytes(source: ReportSource, signer: Signer | None = None) -> bytes:
    """Return a report as PDF, signed where a signer is given.

    Raises
    ------
    ReportError
        If results that do not follow their schema were to be signed.
    CertificateProblem, SigningFailed
        If the report cannot be signed.
    """
    pdf = prepared_bytes(source, to_sign=signer is not None)
    if signer is None:
        return pdf
    from app.report.signing import sign_pdf

    return sign_pdf(pdf, signer, simulated=source.study.info.simulated)


def _refuse_unproper(results: bytes) -> None:
    """Refuse to sign a report whose results a verifier would reject."""
    from app.report.results_schema import parse_results

    try:
        parse_results(results)
    except NotVerifiable as error:
        raise ReportError(str(error)) from error


def write_report(path: Path, source: ReportSource, signer: Signer | None = None) -> Path:
    """Write a report whole or not at all; an older file of that name is replaced. None as signer writes a draft.

    Raises
    ------
    ReportError
        If the file cannot be written, or results that do not follow their schema were to be signed.
    CertificateProblem, SigningFailed
        If the report cannot be signed; then nothing is written.
    """
    pdf = report_bytes(source, signer)
    try:
        write_whole(path, pdf)
    except OSError as error:
        raise ReportError(f"The report cannot be written to {path}: {reason_of(error)}.") from error
    return path
