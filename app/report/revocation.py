"""Was a certificate taken back? Looked up in revocation lists and answers that are at hand; nothing is fetched.

pyHanko's soft mode looks only at the lists that a certificate points to, and stops at the first certificate whose state
it cannot tell. Here every certificate of the path is looked up in everything at hand, so that a list which the site put
into its trust folder counts, and a revoked signer is found although nothing is known about the authority above.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """Revocation lists (DER), answers of responders, and certificates that may have signed them (asn1crypto)."""

    lists: tuple[bytes, ...] = field(default=(), repr=False)
    answers: tuple[Any, ...] = field(default=(), repr=False)
    certificates: tuple[Any, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Revocation:
    """What is known about a path of certificates.

    Attributes
    ----------
    revoked_at : when the first of them was revoked; None where none is known to be
    unknown : how many of them no list or answer speaks about
    """

    revoked_at: datetime | None = None
    unknown: int = 0


def evidence_in(reader: Any) -> Evidence:
    """Return the long-term validation data of a PDF (its document security store); empty where it has none."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.errors import NoDSSFoundError

    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return Evidence()
    lists = tuple(bytes(reference.get_object().data) for reference in store.crls)
    answers = tuple(_answer(reference.get_object().data) for reference in store.ocsps)
    return Evidence(lists, answers, tuple(store.load_certs()))


def _answer(data: bytes) -> Any:
    from asn1crypto import ocsp  # type: ignore[import-untyped]

    return ocsp.OCSPResponse.load(bytes(data), strict=True)


def revocation_of(path: Any, roots: Sequence[Any], evidence: Evidence, *, moment: datetime) -> Revocation:
    """Look up every certificate of a verified path, its root excepted, as of a moment.

    A revocation that took effect later is none: what was signed before stays signed.
    """
    from pyhanko_certvalidator import ValidationContext

    certificates = list(path)
    if not (evidence.lists or evidence.answers):
        return Revocation(unknown=len(certificates) - 1)

    def context() -> Any:
        return ValidationContext(
            trust_roots=list(roots),
            other_certs=[*certificates, *evidence.certificates],
            crls=list(evidence.lists),
            ocsps=list(evidence.answers),
            moment=moment,
            allow_fetching=False,
            # A list that was made after the moment counts too: it says when the revocation took effect.
            retroactive_revinfo=True,
        )

    found = [asyncio.run(_looked_up(certificate, path, context, moment)) for certificate in certificates[1:]]
    dates = [state for state in found if isinstance(state, datetime)]
    return Revocation(min(dates, default=None), sum(state is None for state in found))


async def _looked_up(certificate: Any, path: Any, context: Any, moment: datetime) -> datetime | bool | None:
    """Return when a certificate was revoked, True where it is known to be good, None where nothing is known."""
    from pyhanko_certvalidator.errors import CRLValidationError, OCSPValidationError, RevokedError
    from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
    from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

    known = None
    for look_up in (verify_ocsp_response, verify_crl):
        try:
            await look_up(certificate, path, context())
            known = True
        except RevokedError as error:
            if error.revocation_dt <= moment:
                return error.revocation_dt
            known = True
        except (OCSPValidationError, CRLValidationError):
            continue
    return known
