"""The window's report: who may sign it, and the bridge from what the reader asked for to the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from analysis.protocol import Protocol
from analysis.reading import Reading
from analysis.types import ExamResult, Progress, Stop, Study
from app.outputs import exam_bytes, save_report
from widgets.report_dialog import ReportRequest

_DEMO_SIGNER = Path("signer", "demo-signer.p12")
_PARENTS = 4


@dataclass(frozen=True)
class Proposal:
    """The certificate that the dialog starts with, and what it says about it."""

    certificate: Path | None = None
    passphrase: str = field(default="", repr=False)
    note: str = "Choose your certificate; the passphrase is asked for every signature and kept nowhere."


def proposed_signer(study: Study) -> Proposal:
    """Return the throw-away signer that lies beside a simulated study; for real studies the reader chooses."""
    if not study.info.simulated:
        return Proposal()
    sources = [file for a in study.acquisitions for file in a.sources]
    for source in sources[:1]:
        for parent in list(Path(source.path).absolute().parents)[:_PARENTS]:
            certificate = parent / _DEMO_SIGNER
            secret = certificate.with_suffix(".passphrase")
            if certificate.is_file() and secret.is_file():
                note = "Simulated study: a throw-away demonstration certificate is filled in. It stands for nobody."
                return Proposal(certificate, secret.read_text(encoding="utf-8").strip(), note)
    return Proposal()


def write_requested(
    study: Study,
    exam: ExamResult,
    protocol: Protocol,
    reading: Reading,
    request: ReportRequest,
    progress: Progress,
    stop: Stop,
) -> Path:
    """Write the report that the reader asked for, signed where a certificate was given."""
    from app.report.signing import Signer

    progress(0.1, "Writing the report")
    signer = None
    if request.certificate is not None:
        signer = Signer(request.certificate, request.passphrase.encode())
    return save_report(request.path, study, exam, protocol, signer, results=exam_bytes(study, exam, reading))
