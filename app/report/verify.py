"""Is a report genuine, complete, unchanged, and signed by somebody this site trusts? Offline; nothing is fetched."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.atomic_file import reason_of
from app.report.attach import embedded_amended, embedded_results
from app.report.certificates import DEMO_MARK
from app.report.compare import RELATIVE_TOLERANCE, compare_results
from app.report.errors import CertificateProblem, NotVerifiable
from app.report.layout import FINAL
from app.report.results_schema import parse_results
from app.report.seal import broken_seal, quiet_pyhanko, unexplained_certificates
from app.report.wording import clean, moment

_NO_TRUST: Final = (
    "No trusted root certificate vouches for it: give the root with --trust ROOT.pem, or put it into the site's trust "
    "folder, once you know that it is genuine"
)
_UNREADABLE: Final = "The file cannot be read as a PDF: it is something else, damaged, or was changed."
_MOST_DIFFERENCES = 20


@dataclass(frozen=True)
class SignatureCheck:
    """What was found about one signature; `sentence` says it in words."""

    field_name: str
    signer: str
    time: datetime | None
    intact: bool
    trusted: bool
    unchanged_after: bool
    demo: bool
    sentence: str

    @property
    def ok(self) -> bool:
        """Whether the signature is genuine, trusted, and nothing but a permitted addendum came after it."""
        return self.intact and self.trusted and self.unchanged_after


@dataclass(frozen=True)
class Verification:
    """The outcome for one report.

    Attributes
    ----------
    results : the embedded results.json where it follows the schema, else None
    differences : what recomputing the study found different; None where nothing was recomputed
    problem : why the report is not good apart from its signatures, or None
    sentences : everything above in words, for the reader
    """

    signatures: tuple[SignatureCheck, ...] = ()
    results: Mapping[str, Any] | None = field(default=None, repr=False)
    differences: tuple[str, ...] | None = None
    problem: str | None = None
    sentences: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every signature is genuine, trusted and unchanged after, and the results are there and agree."""
        signed = bool(self.signatures) and all(signature.ok for signature in self.signatures)
        return signed and self.problem is None and self.results is not None and not self.differences


def verify_file(
    path: Path, *, trust_roots: Sequence[bytes], recompute: Callable[[], Mapping[str, Any]] | None = None
) -> Verification:
    """Verify a report on disk; see `verify_report`. A file that cannot be read is a failed verification."""
    try:
        pdf = path.read_bytes()
    except FileNotFoundError:
        return _failed(f"There is no file {path}.")
    except OSError as error:
        return _failed(f"{path} cannot be read: {reason_of(error)}.")
    return verify_report(pdf, trust_roots=trust_roots, recompute=recompute)


def verify_report(
    pdf: bytes, *, trust_roots: Sequence[bytes], recompute: Callable[[], Mapping[str, Any]] | None = None
) -> Verification:
    """Check signatures, later changes and the embedded results of a report.

    Parameters
    ----------
    trust_roots : PEM files of the root certificates to trust; without any, no signature is trusted
    recompute : computes the results.json of the study again, to be compared with the embedded one

    Raises
    ------
    CertificateProblem
        If a trust root is not a PEM certificate.
    """
    quiet_pyhanko()
    roots = [certificate for pem in trust_roots for certificate in _certificates(pem)]
    try:
        signatures = _check_signatures(pdf, roots)
    except NotVerifiable as error:
        return _failed(str(error))
    found = Verification(signatures=signatures, sentences=tuple(s.sentence for s in signatures))
    if not signatures:
        return _with_problem(found, "This PDF carries no signature, so nothing vouches for it.")
    if signatures[0].field_name != FINAL:
        return _with_problem(found, "The first signature is not the one that finalises a Discern report.")
    try:
        results = parse_results(embedded_results(pdf))
    except NotVerifiable as error:
        return _with_problem(found, str(error))
    found = replace(found, results=results)
    found = replace(found, sentences=(*found.sentences, "The embedded results follow the schema discern-results/1."))
    found = _with_amended(found, pdf, results, trust_roots)
    return found if recompute is None else _recomputed(found, results, recompute())


def _with_amended(
    found: Verification, pdf: bytes, results: Mapping[str, Any], trust_roots: Sequence[bytes]
) -> Verification:
    """Check the signed report that this one amends: whether it is the one that is named, and valid itself."""
    named, amended = str(results.get("reading", {}).get("amends", "")), embedded_amended(pdf)
    if amended is None:
        missing = "This report says that it amends another one, but does not carry it."
        return _with_problem(found, missing) if named else found
    digest = hashlib.sha256(amended).hexdigest()
    if digest != named:
        return _with_problem(found, "The report that is embedded as the amended one is not the one that is named.")
    earlier = verify_report(amended, trust_roots=trust_roots)
    told = tuple(f"In the amended report: {sentence}" for sentence in earlier.sentences)
    found = replace(found, sentences=(*found.sentences, f"The amended report {digest} is embedded whole.", *told))
    return found if earlier.ok else _with_problem(found, "The report that this one amends is not valid.")


def is_sealed(pdf: bytes) -> bool:
    """Whether a freshly signed PDF is genuine and covered to its last byte; trust is not looked at."""
    try:
        checks = _check_signatures(pdf, [])
    except NotVerifiable:
        return False
    return bool(checks) and all(check.intact and check.unchanged_after for check in checks)


def _recomputed(found: Verification, old: Mapping[str, Any], new: Mapping[str, Any]) -> Verification:
    differences = compare_results(old, new)
    if differences:
        first = "; ".join(differences[:_MOST_DIFFERENCES])
        more = f"; and {len(differences) - _MOST_DIFFERENCES} more" if len(differences) > _MOST_DIFFERENCES else ""
        sentence = f"Computed again, {len(differences)} results differ: {first}{more}."
    else:
        sentence = f"Computed again, every number agrees to a relative tolerance of {RELATIVE_TOLERANCE:g}."
    return replace(found, differences=differences, sentences=(*found.sentences, sentence))


def _failed(sentence: str) -> Verification:
    return Verification(problem=sentence, sentences=(sentence,))


def _with_problem(found: Verification, sentence: str) -> Verification:
    return replace(found, problem=sentence, sentences=(*found.sentences, sentence))


def _certificates(pem_file: bytes) -> list[Any]:
    from asn1crypto import pem, x509  # type: ignore[import-untyped]

    try:
        blocks = list(pem.unarmor(pem_file, multiple=True))
        found = [x509.Certificate.load(der, strict=True) for name, _, der in blocks if name == "CERTIFICATE"]
        _ = [certificate.subject.native for certificate in found]
    except (ValueError, TypeError) as error:
        raise CertificateProblem("A trusted root is not a PEM certificate.") from error
    if not found:
        raise CertificateProblem("A trusted root file holds no certificate.")
    return found


def _check_signatures(pdf: bytes, roots: Sequence[Any]) -> tuple[SignatureCheck, ...]:
    """Check every signature, oldest first.

    Raises
    ------
    NotVerifiable
        If the file cannot be read as a PDF.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signatures = list(reader.embedded_signatures)
        last = len(signatures) - 1
        return tuple(_check(pdf, s, roots, is_last=number == last) for number, s in enumerate(signatures))
    except Exception as error:
        # A damaged file makes the reader raise almost any error; each means the same to the user.
        raise NotVerifiable(_UNREADABLE) from error


def _check(pdf: bytes, signature: Any, roots: Sequence[Any], *, is_last: bool) -> SignatureCheck:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=list(roots), allow_fetching=False, revocation_mode="soft-fail")
    status = validate_pdf_signature(signature, context, context)
    broken = broken_seal(pdf, signature, is_last=is_last)
    known = [root.dump() for root in roots]
    if broken is None and status.trusted and unexplained_certificates(signature, status.validation_path, known):
        broken = "the signature carries a certificate that nothing vouches for"
    intact = bool(status.intact and status.valid)
    unchanged = broken is None and bool(status.docmdp_ok)
    subject = status.signing_cert.subject.native
    check = SignatureCheck(
        field_name=str(signature.field_name),
        signer=clean(str(subject.get("common_name", status.signing_cert.subject.human_friendly)), 120),
        time=signature.self_reported_timestamp,
        intact=intact,
        trusted=bool(status.trusted),
        unchanged_after=unchanged,
        demo=DEMO_MARK in _texts(subject.get("organizational_unit_name")),
        sentence="",
    )
    return replace(check, sentence=_sentence(check, status, broken))


def _texts(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _sentence(check: SignatureCheck, status: Any, broken: str | None) -> str:
    when = f" on {moment(check.time)} by the signer's clock" if check.time else ""
    who = f"Signature '{clean(check.field_name, 40)}' by {check.signer}{when}"
    if not status.intact:
        return f"{who}: INVALID, the file was changed after it was signed."
    if not status.valid:
        return f"{who}: INVALID, it does not belong to the certificate that it names."
    if broken:
        return f"{who}: INVALID, {broken}."
    if not check.unchanged_after:
        return f"{who}: INVALID, the document was changed after it was signed."
    if not check.trusted:
        return f"{who}: NOT TRUSTED. {_why_untrusted(status)}."
    note = " Its certificate is a throw-away of the demonstration and stands for nobody." if check.demo else ""
    return f"{who}: valid, trusted, and nothing was changed after it. Revocation was not asked for online.{note}"


def _why_untrusted(status: Any) -> str:
    reason = getattr(status.trust_problem_indic, "name", "")
    if status.revoked or "REVOKED" in reason:
        return "Its certificate was revoked"
    if reason in {"EXPIRED", "OUT_OF_BOUNDS_NO_POE", "OUT_OF_BOUNDS_NOT_REVOKED", "NOT_YET_VALID"}:
        end = status.signing_cert.not_valid_after
        return f"Its certificate is outside its time of validity (until {end:%Y-%m-%d})"
    if reason == "CHAIN_CONSTRAINTS_FAILURE":
        return "Its certificate may not be used to sign documents"
    return _NO_TRUST
