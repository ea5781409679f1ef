"""Whom a verifier believes: the root certificate it was given, else those in the site's trust folder; nobody else."""

from __future__ import annotations

from pathlib import Path

from app.atomic_file import reason_of
from app.report.errors import CertificateProblem

_LARGEST_FILE = 1 << 20
_BEGIN = b"-----BEGIN CERTIFICATE-----"


def site_trust_folder() -> Path:
    """Return the folder whose ``.pem`` files hold the root certificates that this site trusts."""
    from platformdirs import user_config_path

    return user_config_path("discern", appauthor=False) / "trust"


def read_root(path: Path) -> bytes:
    """Return a PEM file with root certificates.

    Raises
    ------
    CertificateProblem
        If the file cannot be read or holds no PEM certificate.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE)
    except FileNotFoundError:
        raise CertificateProblem(f"The root certificate {path} does not exist.") from None
    except OSError as error:
        raise CertificateProblem(f"The root certificate {path} cannot be read: {reason_of(error)}.") from None
    if _BEGIN not in data:
        raise CertificateProblem(f"{path} holds no PEM certificate; it must begin with {_BEGIN.decode()}.")
    return data


def trust_roots(given: Path | None, folder: Path | None = None) -> tuple[bytes, ...]:
    """Return the trusted roots: the given file alone, or else every ``.pem`` file of the site's trust folder."""
    if given is not None:
        return (read_root(given),)
    folder = site_trust_folder() if folder is None else folder
    return tuple(read_root(path) for path in sorted(folder.glob("*.pem"))) if folder.is_dir() else ()
