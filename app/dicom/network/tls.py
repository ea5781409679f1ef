"""TLS of DICOM associations, both ways: TLS 1.2 or newer, and certificates of both ends (PS3.15 annex B.12)."""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path

from analysis.network import TlsFiles
from app.atomic_file import reason_of
from app.dicom.network.errors import BadNetworkSettings


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the TLS of the receiver: only peers with a certificate of the authority get in.

    Raises
    ------
    BadNetworkSettings
        If a file is missing, cannot be used, or the key is readable by others.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _loaded(context, files)


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the TLS of our own associations; the peer's certificate must name its host. Raises as above."""
    return _loaded(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files)


def _loaded(context: ssl.SSLContext, files: TlsFiles) -> ssl.SSLContext:
    if not (files.certificate and files.key and files.authority):
        raise BadNetworkSettings("TLS needs three files: this workstation's certificate, its key, and the authority.")
    check_private(Path(files.key))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a password: an encrypted key must fail and not ask on a terminal that may not be there.
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
        context.load_verify_locations(files.authority)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = reason_of(error) if isinstance(error, OSError) and error.strerror else "they are not such files"
        raise BadNetworkSettings(
            f"The TLS files cannot be used: {reason}; give PEM files and a key that is not encrypted."
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def check_private(path: Path) -> None:
    """Make sure that only this user can read a file with a secret; Windows keeps other rights, and is not asked.

    Raises
    ------
    BadNetworkSettings
        If it cannot be read, or others can read it.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise BadNetworkSettings(f"{path} cannot be read: {reason_of(error)}.") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadNetworkSettings(f"{path} holds a secret that others can read; run 'chmod 600' on it.")


def secret_in(path: Path) -> str:
    """Return the first line of a file with a password. Raises as `check_private`."""
    check_private(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadNetworkSettings(f"{path} cannot be read as a password file.") from error
    return lines[0] if lines else ""
