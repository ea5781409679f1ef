"""Is each signature of a PDF genuine, by somebody this site trusts, and was nothing changed after it? Offline.

A signature with a trusted time stamp is judged as of that time, with the revocation data that the file carries beside
the site's own: so it stays valid after its certificate has expired (ETSI EN 319 142-1, levels B-LT and B-LTA). The
newest archive time stamp, and a signature without any, are judged as of now.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from app.report.certificates import DEMO_MARK
from app.report.errors import NotVerifiable
from app.report.revocation import Evidence, Revocation, evidence_in, revocation_of
from app.report.seal import broken_seal, unexplained_certificates
from app.report.trust import Trust
from app.report.wording import clean, moment

UNREADABLE: Final = "The file cannot be read as a PDF: it is something else, damaged, or was changed."
_NO_TRUST: Final = (
    "No trusted root certificate vouches for it: give the root with --trust ROOT.pem, or put it into the site's trust "
    "folder, once you know that it is genuine"
)
_NO_STAMP_TRUST: Final = (
    "No trusted root certificate vouches for the authority that stamped its time: put that root into the site's trust "
    "folder, once you know that it is genuine"
)
_UNPROVEN: Final = ", and no time stamp proves that it signed before"
_UNKNOWN_REVOCATION: Final = (
    "Whether its certificate was revoked is not known: no current revocation list is at hand, and nothing is asked "
    "for online."
)


@dataclass(frozen=True)
class SignatureCheck:
    """What was found about one signature; `sentence` says it in words.

    Attributes
    ----------
    kind : a person's signature, or the time stamp that seals the file for the archive
    time : by the signer's clock, or of the time stamp where it is one
    stamped_at : the time that a trusted time-stamp authority gives; None where there is none
    revocation_known : whether every certificate was found in a revocation list or answer that is current
    """

    kind: Literal["signature", "archive time stamp"]
    field_name: str
    signer: str
    time: datetime | None
    stamped_at: datetime | None
    intact: bool
    trusted: bool
    unchanged_after: bool
    revoked: bool
    revocation_known: bool
    demo: bool
    sentence: str

    @property
    def ok(self) -> bool:
        """Whether the signature is genuine, trusted, and nothing but a permitted addendum came after it."""
        return self.intact and self.trusted and self.unchanged_after and not self.revoked


@dataclass(frozen=True)
class _Grounds:
    """What every signature of one file is judged by."""

    pdf: bytes
    roots: Sequence[Any]
    evidence: Evidence
    now: datetime


def check_signatures(pdf: bytes, trust: Trust, *, now: datetime | None = None) -> tuple[SignatureCheck, ...]:
    """Check every signature, oldest first.

    Parameters
    ----------
    now : the time of checking, with its zone; the clock's where None

    Raises
    ------
    NotVerifiable
        If the file cannot be read as a PDF.
    CertificateProblem
        If something among the trusted files is not what it should be.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    roots, site_lists = trust.certificates(), trust.lists()
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        kept = evidence_in(reader)
        evidence = replace(kept, lists=(*site_lists, *kept.lists))
        grounds = _Grounds(pdf, roots, evidence, now or datetime.now(UTC))
        return _newest_first(list(reader.embedded_signatures), grounds)
    except Exception as error:
        # A damaged file makes the reader raise almost any error; each means the same to the user.
        raise NotVerifiable(UNREADABLE) from error


def _newest_first(signatures: list[Any], grounds: _Grounds) -> tuple[SignatureCheck, ...]:
    """Go back in time: each archive time stamp that holds proves that what lies before it was there at its time."""
    found: list[SignatureCheck] = []
    proven = grounds.now
    for number, signature in reversed(list(enumerate(signatures))):
        is_last = number == len(signatures) - 1
        if signature.sig_object_type == "/DocTimeStamp":
            check = _check_archive_stamp(signature, grounds, proven, is_last=is_last)
            if check.ok and check.time is not None:
                proven = min(proven, check.time)
        else:
            check = _check_signature(signature, grounds, proven, is_last=is_last)
        found.append(check)
    return tuple(reversed(found))


def _context(grounds: _Grounds, at: datetime) -> Any:
    """Return what a path is validated by; revocation is looked up apart from it."""
    from pyhanko_certvalidator import ValidationContext

    others = list(grounds.evidence.certificates)
    return ValidationContext(trust_roots=list(grounds.roots), other_certs=others, moment=at, allow_fetching=False)


def _revocation(status: Any, grounds: _Grounds, at: datetime) -> Revocation:
    path = status.validation_path
    if path is None or not status.trusted:
        return Revocation(unknown=1)
    return revocation_of(path, grounds.roots, grounds.evidence, moment=at)


def _unsealed(signature: Any, status: Any, grounds: _Grounds, *, is_last: bool) -> str | None:
    """Return what is wrong with the signature's own bytes."""
    broken = broken_seal(grounds.pdf, signature, is_last=is_last)
    known = [certificate.dump() for certificate in (*grounds.roots, *grounds.evidence.certificates)]
    if broken is None and status.trusted and unexplained_certificates(signature, status.validation_path, known):
        return "the signature carries a certificate that nothing vouches for"
    return broken


def _found(signature: Any, status: Any, revocation: Revocation, **rest: Any) -> SignatureCheck:
    """Return a check without its sentence."""
    return SignatureCheck(
        field_name=str(signature.field_name),
        signer=_name(status.signing_cert),
        intact=bool(status.intact and status.valid),
        revoked=revocation.revoked_at is not None,
        revocation_known=revocation.unknown == 0,
        demo=_is_demo(status.signing_cert),
        sentence="",
        **rest,
    )


# --- archive time stamps -------------------------------------------------------------------------------------------


def _check_archive_stamp(signature: Any, grounds: _Grounds, at: datetime, *, is_last: bool) -> SignatureCheck:
    from pyhanko.sign.validation import validate_pdf_timestamp

    status = validate_pdf_timestamp(signature, _context(grounds, at))
    broken = _unsealed(signature, status, grounds, is_last=is_last)
    revocation = _revocation(status, grounds, at)
    check = _found(
        signature,
        status,
        revocation,
        kind="archive time stamp",
        time=status.timestamp,
        stamped_at=status.timestamp,
        trusted=bool(status.trusted),
        unchanged_after=broken is None,
    )
    who = f"Archive time stamp of {moment(status.timestamp)} by {check.signer}"
    problem = _invalid(status, broken) or _untrusted(status, revocation, at, _NO_STAMP_TRUST)
    fine = "valid and trusted, and it seals the file as it is" if is_last else "valid and trusted"
    return replace(check, sentence=f"{who}: {problem}" if problem else f"{who}: {fine}.")


# --- signatures ----------------------------------------------------------------------------------------------------


def _check_signature(signature: Any, grounds: _Grounds, proven: datetime, *, is_last: bool) -> SignatureCheck:
    from pyhanko.sign.validation import validate_pdf_signature

    at, stamped_at = proven, None
    status = validate_pdf_signature(signature, _context(grounds, at), _context(grounds, proven))
    stamp = status.timestamp_validity
    if stamp is not None and _holds(stamp, grounds, proven):
        stamped_at = stamp.timestamp
        at = min(proven, stamped_at)
        status = validate_pdf_signature(signature, _context(grounds, at), _context(grounds, proven))
    broken = _unsealed(signature, status, grounds, is_last=is_last)
    revocation = _revocation(status, grounds, at)
    check = _found(
        signature,
        status,
        revocation,
        kind="signature",
        time=signature.self_reported_timestamp,
        stamped_at=stamped_at,
        trusted=bool(status.trusted) and (stamp is None or stamped_at is not None),
        unchanged_after=broken is None and bool(status.docmdp_ok),
    )
    return replace(check, sentence=_sentence(check, status, revocation, broken, stamp, at))


def _holds(stamp: Any, grounds: _Grounds, proven: datetime) -> bool:
    genuine = bool(stamp.intact and stamp.valid and stamp.trusted)
    return genuine and _revocation(stamp, grounds, proven).revoked_at is None


def _sentence(
    check: SignatureCheck, status: Any, revocation: Revocation, broken: str | None, stamp: Any, at: datetime
) -> str:
    who = f"Signature '{clean(check.field_name, 40)}' by {check.signer}{_when(check, stamp)}"
    problem = _invalid(status, broken)
    if problem is None and not check.unchanged_after:
        problem = "INVALID, the document was changed after it was signed."
    if problem is None and stamp is not None and check.stamped_at is None:
        bad = not (stamp.intact and stamp.valid)
        problem = "INVALID, its time stamp belongs to something else." if bad else f"NOT TRUSTED. {_NO_STAMP_TRUST}."
    problem = problem or _untrusted(status, revocation, at, _NO_TRUST)
    if problem:
        return f"{who}: {problem}"
    note = " Its certificate is a throw-away of the demonstration and stands for nobody." if check.demo else ""
    known = "Its certificate was not revoked then." if check.revocation_known else _UNKNOWN_REVOCATION
    return f"{who}: valid, trusted, and nothing was changed after it. {known}{note}"


def _when(check: SignatureCheck, stamp: Any) -> str:
    if check.stamped_at is not None:
        return f", time stamped on {moment(check.stamped_at)} by {_name(stamp.signing_cert)}"
    return f" on {moment(check.time)} by the signer's clock" if check.time else ""


# --- words for both ------------------------------------------------------------------------------------------------


def _invalid(status: Any, broken: str | None) -> str | None:
    if not status.intact:
        return "INVALID, the file was changed after it was signed."
    if not status.valid:
        return "INVALID, it does not belong to the certificate that it names."
    return f"INVALID, {broken}." if broken else None


def _untrusted(status: Any, revocation: Revocation, at: datetime, no_trust: str) -> str | None:
    if revocation.revoked_at is not None:
        return f"NOT TRUSTED. Its certificate, or one above it, was revoked on {revocation.revoked_at:%Y-%m-%d}."
    if status.trusted:
        return None
    certificate, reason = status.signing_cert, getattr(status.trust_problem_indic, "name", "")
    if at > certificate.not_valid_after:
        return f"NOT TRUSTED. Its certificate expired on {certificate.not_valid_after:%Y-%m-%d}{_UNPROVEN}."
    if at < certificate.not_valid_before:
        return f"NOT TRUSTED. Its certificate is valid only from {certificate.not_valid_before:%Y-%m-%d}."
    if reason == "CHAIN_CONSTRAINTS_FAILURE":
        return "NOT TRUSTED. Its certificate may not be used for this."
    return f"NOT TRUSTED. {no_trust}."


def _name(certificate: Any) -> str:
    subject = certificate.subject.native
    return clean(str(subject.get("common_name", certificate.subject.human_friendly)), 120)


def _is_demo(certificate: Any) -> bool:
    units = certificate.subject.native.get("organizational_unit_name")
    return DEMO_MARK in ([str(unit) for unit in units] if isinstance(units, list) else [str(units)])
