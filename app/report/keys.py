"""What a report is signed with: a key in a PKCS#12 file, or one on a token or card that never leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.report.certificates import open_p12

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates


@dataclass(frozen=True)
class FileKey:
    """The key in a PKCS#12 file; the passphrase is never shown."""

    p12: Path
    passphrase: bytes = field(repr=False)


@dataclass(frozen=True)
class TokenKey:
    """The key on a token or card; the PIN is never shown.

    Attributes
    ----------
    module : the token's PKCS#11 library
    name : which certificate on it, as `app.report.tokens.token_certificates` names it
    """

    module: Path
    name: str
    pin: str = field(repr=False)


SigningKey = FileKey | TokenKey


@dataclass(frozen=True)
class OpenKey:
    """A certificate that may sign today, and pyHanko's signer that signs with its key."""

    certificate: x509.Certificate
    signer: Any = field(repr=False)


@contextmanager
def opened(key: SigningKey) -> Iterator[OpenKey]:
    """Open a key for one signature.

    Raises
    ------
    CertificateProblem
        If it cannot be opened, or its certificate is not fit for signing.
    """
    if isinstance(key, FileKey):
        bundle = open_p12(key.p12, key.passphrase)
        assert bundle.cert is not None
        yield OpenKey(bundle.cert.certificate, _file_signer(bundle))
        return
    from app.report.tokens import open_token

    with open_token(key.module, key.name, key.pin) as token:
        yield OpenKey(*token)


def _file_signer(bundle: PKCS12KeyAndCertificates) -> Any:
    """Return pyHanko's signer; roots are left out, because a verifier must bring its own."""
    from asn1crypto import keys, x509  # type: ignore[import-untyped]
    from cryptography.hazmat.primitives import serialization
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    assert bundle.key is not None
    assert bundle.cert is not None
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    own = bundle.cert.certificate
    others = (other.certificate for other in bundle.additional_certs if other.certificate != own)
    store.register_multiple([x509.Certificate.load(c.public_bytes(serialization.Encoding.DER)) for c in others])
    key = bundle.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=x509.Certificate.load(own.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
        embed_roots=False,
    )
