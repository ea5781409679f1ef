"""Certificates for tests: a root of our own and leaves with whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from app.report.certificates import DemoSigner, read_passphrase
from app.report.keys import FileKey
from app.report.signing import Signer

PASSPHRASE = b"a passphrase of the tests"


@dataclass(frozen=True)
class Made:
    """A PKCS#12 file and the PEM of the root that vouches for it."""

    p12: Path
    root: bytes


def signer_of(files: DemoSigner) -> Signer:
    """Return who signs with the demonstration's throw-away certificate."""
    return Signer(FileKey(files.p12, read_passphrase(files.passphrase_file)))


def usage(**on: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


SIGNING = usage(digital_signature=True, content_commitment=True)


def make_p12(
    folder: Path,
    *,
    name: str = "Dr Test",
    key_usage: x509.KeyUsage | None = SIGNING,
    days: tuple[int, int] = (-1, 10),
    key: Any = None,
    middle: bool = False,
) -> Made:
    """Write a PKCS#12 file whose leaf is valid from and to so many days from now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    root_key = ec.generate_private_key(ec.SECP256R1())
    authority = usage(key_cert_sign=True, crl_sign=True)
    root = issue("Test root", root_key, None, root_key, authority, (-100, 100))
    issuer, issuer_key, chain = root, root_key, [root]
    if middle:
        issuer_key = ec.generate_private_key(ec.SECP256R1())
        issuer = issue("Test middle", issuer_key, root, root_key, authority, (-100, 100))
        chain = [issuer, root]
    leaf = issue(name, key, issuer, issuer_key, key_usage, days)
    data = pkcs12.serialize_key_and_certificates(
        b"test", key, leaf, chain, serialization.BestAvailableEncryption(PASSPHRASE)
    )
    path = folder / "test.p12"
    path.write_bytes(data)
    return Made(path, root.public_bytes(serialization.Encoding.PEM))


def small_rsa() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def issue(
    name: str,
    key: Any,
    issuer: x509.Certificate | None,
    issuer_key: Any,
    key_usage: x509.KeyUsage | None,
    days: tuple[float, float],
    others: Sequence[x509.ExtensionType] = (),
) -> x509.Certificate:
    """Return a certificate that is valid from and to so many days from now; without an issuer it is a root."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    authority = bool(key_usage and key_usage.key_cert_sign)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if key_usage is not None:
        builder = builder.add_extension(key_usage, critical=True)
    for extension in others:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.ExtendedKeyUsage))
    return builder.sign(issuer_key, hashes.SHA256())
