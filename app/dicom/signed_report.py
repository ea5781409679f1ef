"""What a finished report says of itself: its results, who signed it and when, and the state of the reading."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from app.dicom.errors import ExportProblem
from app.report.attach import embedded_results
from app.report.errors import NotVerifiable
from app.report.results_schema import parse_results
from app.report.trust import Trust
from app.report.verify import verify_report

_CREATED = re.compile(r"D:(\d{14})(?:Z|([+-]\d{2})'?(\d{2})'?)?")

State = Literal["preliminary", "final", "amended"]


@dataclass(frozen=True)
class SignedReport:
    """A report as it is exported.

    Attributes
    ----------
    pdf : its bytes
    results : its embedded results.json
    at : when it was signed, or made where it is not signed
    signer : who signed it last, None where nobody did
    state : ``preliminary`` while it is not signed, or was signed automatically and read by nobody
    """

    pdf: bytes = field(repr=False)
    results: Mapping[str, Any] = field(repr=False)
    at: datetime
    signer: str | None
    state: State

    @property
    def verifier(self) -> str | None:
        """Who vouches for what it says; None while nobody has read it."""
        return None if self.state == "preliminary" else self.signer

    @property
    def sha256(self) -> str:
        """The hash of the whole file."""
        return hashlib.sha256(self.pdf).hexdigest()

    @property
    def study_instance_uid(self) -> str:
        """The study that was read."""
        return str(self.results["study"]["study_instance_uid"])

    @property
    def amends(self) -> str:
        """The hash of the signed report that this one replaces; empty for a first one."""
        return str(self.results.get("reading", {}).get("amends", ""))


def open_report(pdf: bytes) -> SignedReport:
    """Look into a report; whether its signer is trusted is for `discern verify` to say.

    Raises
    ------
    ExportProblem
        If it was changed after it was signed, or its results cannot be read.
    """
    try:
        results = parse_results(embedded_results(pdf))
    except NotVerifiable as error:
        raise ExportProblem(f"This report cannot be exported. {error}") from error
    checks = verify_report(pdf, trust=Trust()).signatures
    if not checks:
        return SignedReport(pdf, results, _created(pdf), None, "preliminary")
    if not all(check.intact and check.unchanged_after for check in checks):
        raise ExportProblem("This report was changed after it was signed; it is not exported.")
    last = [check for check in checks if check.kind == "signature"][-1]
    reading = results.get("reading", {})
    read: State = "final" if reading.get("state") == "final" else "preliminary"
    state: State = "amended" if reading.get("amends") else read
    return SignedReport(pdf, results, last.stamped_at or last.time or _created(pdf), last.signer, state)


def _created(pdf: bytes) -> datetime:
    """Return the creation date that a PDF's information dictionary gives."""
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = _CREATED.match(str(document.docinfo.get("/CreationDate", "")))
    if found is None:
        raise ExportProblem("This report does not say when it was made, so it cannot be exported.")
    hours, minutes = found.group(2) or "+00", found.group(3) or "00"
    return datetime.strptime(f"{found.group(1)}{hours}{minutes}", "%Y%m%d%H%M%S%z")
