"""Certificates: opening a signer's PKCS#12 file, checking that it may sign, and the demonstration's throw-away one."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.atomic_file import reason_of
from app.report.errors import CertificateProblem

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates

DEMO_MARK: Final = "THROW-AWAY DEMONSTRATION CERTIFICATE"
"""Organisational unit of a certificate that proves nothing about anybody."""
DEMO_SIGNER: Final = "Demo Signer (throw-away)"
_DEMO_DAYS = 365
_LARGEST_FILE = 1 << 20
_LEAST_RSA_BITS = 2048


@dataclass(frozen=True)
class DemoSigner:
    """Files of a throw-away signer: its key, the file with its passphrase, and the root that vouches for it."""

    p12: Path
    passphrase_file: Path
    root: Path


def read_passphrase(path: Path) -> bytes:
    """Return the first line of a passphrase file, without its line end.

    Raises
    ------
    CertificateProblem
        If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.readline(4096).rstrip(b"\r\n")
    except OSError as error:
        raise CertificateProblem(f"The passphrase file {path} cannot be read: {reason_of(error)}.") from None


def read_file(path: Path, what: str, most_bytes: int) -> bytes:
    """Return a file that the user named, up to a size.

    Raises
    ------
    CertificateProblem
        If it cannot be read; `what` says what it should have been.
    """
    try:
        with path.open("rb") as file:
            return file.read(most_bytes)
    except FileNotFoundError:
        raise CertificateProblem(f"The {what} {path} does not exist.") from None
    except OSError as error:
        raise CertificateProblem(f"The {what} {path} cannot be read: {reason_of(error)}.") from None


def open_p12(path: Path, passphrase: bytes) -> PKCS12KeyAndCertificates:
    """Open a PKCS#12 file and check that its certificate may sign a report today.

    Raises
    ------
    CertificateProblem
        If the file is missing or no PKCS#12 file, the passphrase is wrong, or the certificate is not fit for signing.
        The message never holds the passphrase.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    data = read_file(path, "certificate file", _LARGEST_FILE)
    if not _looks_like_p12(data):
        raise CertificateProblem(f"{path} is not a PKCS#12 file; a signing certificate has the ending .p12 or .pfx.")
    try:
        bundle = pkcs12.load_pkcs12(data, passphrase or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CertificateProblem(f"The passphrase does not open {path}, or the file is damaged.") from None
    if bundle.key is None or bundle.cert is None:
        raise CertificateProblem(f"{path} holds no private key with its certificate, so it cannot sign.")
    problem = signing_problem(bundle.cert.certificate, datetime.now(UTC))
    if problem:
        raise CertificateProblem(f"The certificate in {path} cannot sign: {problem}.")
    return bundle


def signing_problem(certificate: x509.Certificate, now: datetime) -> str | None:
    """Return why a certificate may not sign a report at a time, or None where it may."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if now < certificate.not_valid_before_utc:
        return f"it is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    if now > certificate.not_valid_after_utc:
        return f"it expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    key = certificate.public_key()
    kinds = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)
    if not isinstance(key, kinds):
        return "its kind of key is not used for signing PDF files"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        return f"its RSA key has {key.key_size} bits, and {_LEAST_RSA_BITS} are needed"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "it does not say what its key may be used for (key usage 'content commitment' is needed)"
    if not usage.content_commitment:
        return "its key is not meant for signing documents (key usage 'content commitment' is missing)"
    return None


def is_demo(certificate: x509.Certificate) -> bool:
    """Whether a certificate calls itself a throw-away of the demonstration."""
    from cryptography.x509.oid import NameOID

    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(unit.value == DEMO_MARK for unit in units)


def common_name(certificate: x509.Certificate) -> str:
    """Return the name of a certificate's holder."""
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def credentials(certificate: x509.Certificate) -> str:
    """Return what a certificate says of its holder beside the name: title, department, organisation; may be empty."""
    from cryptography.x509.oid import NameOID

    kinds = (NameOID.TITLE, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME)
    found = [str(part.value) for kind in kinds for part in certificate.subject.get_attributes_for_oid(kind)]
    return ", ".join(part for part in found if part != DEMO_MARK)


def make_demo_signer(folder: Path) -> DemoSigner:
    """Write a fresh throw-away signer into a folder.

    The files are demo-signer.p12, demo-signer.passphrase (both readable by their owner only) and demo-root.pem. The
    root's private key is forgotten at once, so that nobody can make another certificate with it.

    Raises
    ------
    CertificateProblem
        If the folder cannot be written to.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs12

    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _issue("Discern demonstration root (throw-away)", root_key, None, root_key)
    leaf = _issue(DEMO_SIGNER, leaf_key, root, root_key)
    passphrase = secrets.token_urlsafe(24).encode()
    bundle = pkcs12.serialize_key_and_certificates(
        DEMO_SIGNER.encode(), leaf_key, leaf, [root], serialization.BestAvailableEncryption(passphrase)
    )
    files = DemoSigner(folder / "demo-signer.p12", folder / "demo-signer.passphrase", folder / "demo-root.pem")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_private(files.p12, bundle)
        _write_private(files.passphrase_file, passphrase + b"\n")
        files.root.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    except OSError as error:
        text = f"The demonstration signer cannot be written to {folder}: {reason_of(error)}."
        raise CertificateProblem(text) from None
    return files


def _issue(name: str, key: Any, issuer: x509.Certificate | None, issuer_key: Any) -> x509.Certificate:
    """Make a certificate: a root where `issuer` is None, else a document signer's."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    is_root = issuer is None
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Discern"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, DEMO_MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=not is_root,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=10))
        .not_valid_after(now + timedelta(days=_DEMO_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA256())


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _looks_like_p12(data: bytes) -> bool:
    from asn1crypto import pkcs12  # type: ignore[import-untyped]

    try:
        return bool(pkcs12.Pfx.load(data)["version"].native == "v3")
    except (ValueError, TypeError):
        return False
