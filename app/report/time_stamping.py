"""A trusted time for a signature, and what is needed to believe it after its certificate has expired.

With a time-stamp authority, a report is signed at PAdES level B-LTA (ETSI EN 319 142-1): the signature is stamped, the
certificates with their revocation lists and answers are put into the file, and a second stamp seals all of it. Level
B-LT would leave what was put in last outside of every signature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from app.report.errors import SigningFailed
from app.report.trust import Trust

_TIMEOUT_S: Final = 10
_OR_WITHOUT: Final = "sign without a time stamp"


@dataclass(frozen=True)
class TimeStamping:
    """Where time stamps come from.

    Attributes
    ----------
    url : RFC 3161 service of the time-stamp authority
    trust : must hold the roots of the signer and of the authority, as whoever verifies will
    """

    url: str
    trust: Trust = field(repr=False)

    @property
    def host(self) -> str:
        """The server's name, for messages."""
        return urlsplit(self.url).hostname or "?"


def time_stamper(stamping: TimeStamping) -> Any:
    """Return pyHanko's client of the authority, which puts the certificates of its answers in order."""
    from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper

    class _OrderlyStamper(RequestsHTTPTimeStamper):
        """No hash covers the list of certificates: in one order, each once, nothing can be changed there unseen."""

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
            token = await super().async_timestamp(message_digest, md_algorithm)
            return _in_order(token)

    return _OrderlyStamper(stamping.url, timeout=_TIMEOUT_S)  # type: ignore[no-untyped-call]


def _in_order(token: Any) -> Any:
    """Return a time-stamp token whose certificates are listed as DER has it; what is signed stays as it is."""
    from asn1crypto import cms  # type: ignore[import-untyped]

    signed = token["content"]
    held = signed["certificates"]
    if held.native:
        once = {choice.dump(): choice for choice in held}
        signed["certificates"] = cms.CertificateSet([once[data] for data in sorted(once)])
    return cms.ContentInfo.load(token.dump())


def validation_data_settings() -> Any:
    """Return how the validation data is put in: before the last stamp, which then seals the file to its end."""
    from pyhanko.sign.signers.pdf_signer import (
        DSSContentSettings,
        SigDSSPlacementPreference,
        TimestampDSSContentSettings,
    )

    return DSSContentSettings(
        include_vri=False,
        placement=SigDSSPlacementPreference.TOGETHER_WITH_NEXT_TS,
        next_ts_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
    )


def validation_context(stamping: TimeStamping) -> Any:
    """Return what collects certificates and revocation data: the site's lists, then where the certificates say.

    A certificate that names a list or responder must be found good in it; for one that names none there is nothing to
    collect.

    Raises
    ------
    CertificateProblem
        If something among the trusted files is not what it should be.
    """
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

    return ValidationContext(
        trust_roots=stamping.trust.certificates(),
        crls=stamping.trust.lists(),
        allow_fetching=True,
        fetcher_backend=RequestsFetcherBackend(per_request_timeout=_TIMEOUT_S),
        revocation_mode="hard-fail",
    )


def stamping_failure(error: Exception, stamping: TimeStamping) -> SigningFailed:
    """Return an error of pyHanko's as what it means to the reader."""
    from pyhanko.sign.timestamps import TimestampRequestError
    from pyhanko_certvalidator.errors import InsufficientRevinfoError, PathBuildingError, RevokedError

    causes = _causes(error)
    if any(isinstance(cause, TimestampRequestError) for cause in causes):
        what = f"The time-stamp authority at {stamping.host} did not answer as it should"
        return SigningFailed(f"{what}, so nothing was signed: try again, or {_OR_WITHOUT}.")
    revoked = next((cause for cause in causes if isinstance(cause, RevokedError)), None)
    if revoked is not None:
        return SigningFailed(
            f"Nothing was signed: the certificate, or one above it, was revoked on {revoked.revocation_dt:%Y-%m-%d}."
        )
    if any(isinstance(cause, PathBuildingError) for cause in causes):
        return SigningFailed(
            "Nothing was signed: the site's trust folder holds no root that vouches for the signer's certificate and "
            f"for the time-stamp authority at {stamping.host}. Put both roots in, or {_OR_WITHOUT}."
        )
    if any(isinstance(cause, InsufficientRevinfoError) for cause in causes):
        return SigningFailed(
            "Nothing was signed: whether the certificates were revoked could not be asked for, and a long-term "
            f"signature needs the answer. Try again, put the revocation lists into the trust folder, or {_OR_WITHOUT}."
        )
    return SigningFailed(
        f"Nothing was signed: the certificates of the signer or of the time-stamp authority at {stamping.host} are "
        f"not fit for it. Ask whoever issued them, or {_OR_WITHOUT}."
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
