"""Whom a verifier believes: the root certificates and revocation lists of this site; nobody else, and nothing online.

The site's trust folder holds roots as ``.pem`` files and revocation lists (CRL) as ``.crl`` files, PEM or DER.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.report.certificates import read_file
from app.report.errors import CertificateProblem

_LARGEST_ROOTS = 1 << 20
_LARGEST_LIST = 64 << 20
"""Bytes of a revocation list; those of national authorities hold millions of certificates."""
_BEGIN = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Trust:
    """What a verifier believes.

    Attributes
    ----------
    roots : PEM files of the trusted root certificates; without any, no signature is trusted
    revocation_lists : revocation lists, PEM or DER
    """

    roots: tuple[bytes, ...] = ()
    revocation_lists: tuple[bytes, ...] = field(default=(), repr=False)

    def certificates(self) -> list[Any]:
        """Return the roots as asn1crypto certificates.

        Raises
        ------
        CertificateProblem
            If a root is not a PEM certificate.
        """
        return [certificate for pem in self.roots for certificate in _certificates(pem)]

    def lists(self) -> list[bytes]:
        """Return the revocation lists as DER.

        Raises
        ------
        CertificateProblem
            If one is no revocation list.
        """
        return [_revocation_list(data) for data in self.revocation_lists]


def trusting(*roots: bytes, lists: Sequence[bytes] = ()) -> Trust:
    """Return a `Trust` in these roots."""
    return Trust(tuple(roots), tuple(lists))


def site_trust_folder() -> Path:
    """Return the folder whose files hold the roots that this site trusts, and its revocation lists."""
    from platformdirs import user_config_path

    return user_config_path("discern", appauthor=False) / "trust"


def read_root(path: Path) -> bytes:
    """Return a PEM file with root certificates.

    Raises
    ------
    CertificateProblem
        If the file cannot be read or holds no PEM certificate.
    """
    data = read_file(path, "root certificate", _LARGEST_ROOTS)
    if _BEGIN not in data:
        raise CertificateProblem(f"{path} holds no PEM certificate; it must begin with {_BEGIN.decode()}.")
    return data


def read_trust(given: Path | None, folder: Path | None = None) -> Trust:
    """Return what this site believes: the given root alone, or else every root of the site's trust folder.

    The folder's revocation lists count in both cases.

    Raises
    ------
    CertificateProblem
        If a file cannot be read or is not what its ending says.
    """
    folder = site_trust_folder() if folder is None else folder
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    lists = tuple(read_file(path, "revocation list", _LARGEST_LIST) for path in there if path.suffix == ".crl")
    if given is not None:
        return Trust((read_root(given),), lists)
    return Trust(tuple(read_root(path) for path in there if path.suffix == ".pem"), lists)


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


def _revocation_list(data: bytes) -> bytes:
    from asn1crypto import crl, pem

    try:
        der = pem.unarmor(data)[2] if pem.detect(data) else data
        _ = crl.CertificateList.load(der, strict=True)["tbs_cert_list"]["this_update"].native
    except (ValueError, TypeError, KeyError) as error:
        raise CertificateProblem("A revocation list (.crl) of the trust folder is damaged or is none.") from error
    return bytes(der)
