"""What the window's report is made, signed and checked with: the bridge from what the reader asked for to the files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.reading import voxel_key
from analysis.types import Study
from app.outputs import exam_bytes
from app.report.source import Amendment, ReportSource
from app.report_changes import report_changes
from app.report_preview import Made, ReportInput
from app.version import version
from widgets.report_settings import ReportSettings
from widgets.sign_dialog import ShownCertificate, SignIdentity
from widgets.texts import tr

if TYPE_CHECKING:
    from cryptography import x509

    from app.report.keys import SigningKey
    from app.report.trust import Trust
    from app.report.verify import Verification

_DEMO_SIGNER = Path("signer", "demo-signer.p12")
_PARENTS = 4


@dataclass(frozen=True)
class Proposal:
    """The certificate that the dialog starts with, and what it says about it."""

    certificate: Path | None = None
    passphrase: str = field(default="", repr=False)
    note: str = ""


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
                note = tr("Simulated study: a throw-away demonstration certificate is filled in. It stands for nobody.")
                return Proposal(certificate, secret.read_text(encoding="utf-8").strip(), note)
    return Proposal()


def make_report(made_from: ReportInput) -> Made:
    """Make a report, ready to be signed where that was asked for.

    Raises
    ------
    ReportError
        If its results do not follow their schema.
    NotVerifiable
        If the signed report that it amends does not carry its results.
    """
    from app.report import prepared_bytes

    trail = made_from.trail_end() if made_from.trail_end is not None and made_from.to_sign else None
    results = exam_bytes(made_from.study, made_from.exam, made_from.reading, trail=trail)
    source = ReportSource(
        made_from.study,
        made_from.exam,
        made_from.protocol,
        results,
        version=version(),
        created_at=made_from.created_at,
        reading=made_from.reading,
        paper=made_from.paper,
        priors=made_from.priors,
        amendment=_amendment(made_from, results),
        received=made_from.received,
        measures=made_from.measures,
    )
    changes = source.amendment.changes if source.amendment is not None else ()
    return Made(prepared_bytes(source, to_sign=made_from.to_sign), changes)


def _amendment(made_from: ReportInput, results: bytes) -> Amendment | None:
    from app.report.attach import embedded_results
    from app.report.results_schema import parse_results

    if made_from.earlier is None:
        return None
    earlier = made_from.earlier()
    labels = {voxel_key(voxel.acquisition): voxel.label for voxel in made_from.exam.voxels}
    changes = report_changes(parse_results(embedded_results(earlier)), json.loads(results), labels)
    return Amendment(hashlib.sha256(earlier).hexdigest(), earlier, made_from.reading.amendment_reason, changes)


def sign_report(
    pdf: bytes, identity: SignIdentity, meaning: str, settings: ReportSettings, *, simulated: bool
) -> bytes:
    """Return a report with its signature, time stamped where the settings name an authority.

    Raises
    ------
    CertificateProblem, SigningFailed
        If it cannot be signed; the text says why.
    """
    from app.report.signing import Signer, sign_pdf
    from app.report.time_stamping import TimeStamping

    url = settings.timestamp_url
    stamping = TimeStamping(url, site_trust(settings)) if url else None
    return sign_pdf(pdf, Signer(_key(identity, settings), meaning, stamping), simulated=simulated)


def _key(identity: SignIdentity, settings: ReportSettings) -> SigningKey:
    from app.report.keys import FileKey, TokenKey

    if identity.kind == "token":
        return TokenKey(Path(settings.pkcs11_module), identity.token, identity.secret)
    assert identity.certificate is not None
    return FileKey(identity.certificate, identity.secret.encode())


def token_names(settings: ReportSettings) -> tuple[str, ...]:
    """Return the certificates on the token that the settings name the library of, none where they name none.

    Raises
    ------
    CertificateProblem
        If the token cannot be asked.
    """
    from app.report.tokens import token_certificates

    if not settings.pkcs11_module:
        return ()
    return tuple(entry.name for entry in token_certificates(Path(settings.pkcs11_module)))


def shown_certificate(identity: SignIdentity, settings: ReportSettings) -> ShownCertificate | None:
    """Return what a certificate is, None where its secret does not open it (yet) or the token is gone.

    Raises
    ------
    CertificateProblem
        If the token cannot be asked.
    """
    if identity.kind == "token":
        from app.report.tokens import token_certificates

        on_token = token_certificates(Path(settings.pkcs11_module))
        return next((_shown(entry.certificate) for entry in on_token if entry.name == identity.token), None)
    return _shown_file(identity)


def _shown_file(identity: SignIdentity) -> ShownCertificate | None:
    from cryptography.hazmat.primitives.serialization import pkcs12

    if identity.certificate is None or not identity.certificate.is_file():
        return None
    try:
        bundle = pkcs12.load_pkcs12(identity.certificate.read_bytes(), identity.secret.encode() or None)
    except ValueError:
        return None
    if bundle.cert is None:
        return ShownCertificate(problem=tr("The file holds no certificate."))
    return _shown(bundle.cert.certificate)


def _shown(certificate: x509.Certificate) -> ShownCertificate:
    from datetime import UTC, datetime

    from cryptography.x509.oid import NameOID

    from app.report.certificates import common_name, is_demo, signing_problem

    problem = signing_problem(certificate, datetime.now(UTC))
    names = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer = str(names[0].value) if names else certificate.issuer.rfc4514_string()
    valid = tr(
        "Valid {first} to {last}.",
        first=f"{certificate.not_valid_before_utc:%Y-%m-%d}",
        last=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
    )
    note = tr("A throw-away certificate of the demonstration: it stands for nobody.") if is_demo(certificate) else ""
    return ShownCertificate(
        common_name(certificate), issuer, valid, note, tr("It may not sign: {why}.", why=problem) if problem else ""
    )


def check_signed(pdf: bytes, settings: ReportSettings) -> Verification:
    """Verify a signed report with the roots that this site trusts."""
    from app.report.verify import verify_report

    return verify_report(pdf, trust=site_trust(settings))


def site_trust(settings: ReportSettings) -> Trust:
    """Return the roots and revocation lists that this site trusts.

    Raises
    ------
    CertificateProblem
        If a file among them is none.
    """
    from app.report.trust import read_trust

    return read_trust(None, Path(settings.trust_folder) if settings.trust_folder else None)
