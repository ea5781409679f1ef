"""Signature tokens and cards through their PKCS#11 library: which certificates they hold, and signing with one.

Certificates are read without the PIN, which is given to the token only to sign: a token locks itself after a few wrong
ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.report.certificates import common_name, signing_problem
from app.report.errors import CertificateProblem
from app.report.wording import clean

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True)
class TokenCertificate:
    """A certificate on a token.

    Attributes
    ----------
    name : its holder and token, unlike any other's at hand
    object_id : the identifier that it shares with its key on the token
    """

    name: str
    token_label: str
    token_serial: bytes
    object_id: bytes
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]


def token_certificates(module: Path) -> tuple[TokenCertificate, ...]:
    """Return the certificates of persons on the tokens that are plugged in.

    Raises
    ------
    CertificateProblem
        If the library cannot be loaded, or the token does not answer.
    """
    import pkcs11

    try:
        slots = pkcs11.lib(str(module)).get_slots(token_present=True)
        found = [entry for slot in slots for entry in _on_token(slot.get_token())]
    except pkcs11.PKCS11Error as error:
        raise CertificateProblem(_why_not(error, module)) from error
    return tuple(_named(found))


def _on_token(token: Any) -> list[TokenCertificate]:
    """Return the certificates of one token that are not of authorities."""
    import pkcs11
    from cryptography import x509

    if not token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED:
        return []
    found = []
    with token.open() as session:
        for thing in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
            try:
                certificate = x509.load_der_x509_certificate(bytes(thing[pkcs11.Attribute.VALUE]))
            except ValueError:
                continue
            found.append((bytes(thing[pkcs11.Attribute.ID]), certificate))
    others = tuple(certificate for _, certificate in found)
    return [
        TokenCertificate(common_name(c), str(token.label).strip(), bytes(token.serial), identifier, c, others)
        for identifier, c in found
        if not _is_authority(c)
    ]


def _is_authority(certificate: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _named(found: list[TokenCertificate]) -> Iterator[TokenCertificate]:
    """Give each certificate a name that no other has."""
    from dataclasses import replace

    seen: set[str] = set()
    for entry in found:
        name = f"{clean(entry.name, 60)} on {clean(entry.token_label, 40) or 'the token'}"
        if name in seen:
            name = f"{name}, number {entry.certificate.serial_number:x}"
        seen.add(name)
        yield replace(entry, name=name)


@contextmanager
def open_token(module: Path, name: str, pin: str) -> Iterator[tuple[x509.Certificate, Any]]:
    """Open a token with its PIN; gives the certificate and pyHanko's signer, which lasts as long as the context.

    Raises
    ------
    CertificateProblem
        If the token or certificate is not there, the PIN is wrong, or the certificate is not fit for signing.
    """
    import pkcs11
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import open_pkcs11_session

    entry = next((entry for entry in token_certificates(module) if entry.name == name), None)
    if entry is None:
        raise CertificateProblem(f"The certificate '{name}' is not there any more: plug the token in, and try again.")
    problem = signing_problem(entry.certificate, datetime.now(UTC))
    if problem:
        raise CertificateProblem(f"The certificate '{name}' cannot sign: {problem}.")
    criteria = TokenCriteria(label=entry.token_label, serial=entry.token_serial)
    try:
        session = open_pkcs11_session(str(module), token_criteria=criteria, user_pin=pin)
    except pkcs11.PKCS11Error as error:
        raise CertificateProblem(_why_not(error, module)) from error
    with session:
        try:
            yield entry.certificate, _token_signer(session, entry)
        except pkcs11.PKCS11Error as error:
            raise CertificateProblem(_why_not(error, module)) from error


def _token_signer(session: Any, entry: TokenCertificate) -> Any:
    from asn1crypto import x509  # type: ignore[import-untyped]
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.pkcs11 import PKCS11Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    def loaded(certificate: Any) -> Any:
        return x509.Certificate.load(certificate.public_bytes(Encoding.DER))

    others = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    others.register_multiple([loaded(other) for other in entry.others if other != entry.certificate])

    class _TokenSigner(PKCS11Signer):
        """pyHanko's own would list the signer's certificate twice in a signature."""

        @property
        def cert_registry(self) -> Any:
            return others

    return _TokenSigner(session, signing_cert=loaded(entry.certificate), key_id=entry.object_id, embed_roots=False)


def _why_not(error: Exception, module: Path) -> str:
    """Return what a token's error means to the reader; it never holds the PIN."""
    from pkcs11 import exceptions

    if isinstance(error, exceptions.PinLocked):
        return "The token has locked itself after too many wrong PINs; whoever issued it can unlock it."
    if isinstance(error, exceptions.PinIncorrect | exceptions.PinInvalid | exceptions.PinLenRange):
        return "The token does not accept this PIN; it locks itself after a few wrong ones."
    if isinstance(error, exceptions.PinExpired):
        return "The token's PIN has expired: set a new one with the token's own program."
    if isinstance(error, exceptions.NoSuchKey | exceptions.MultipleObjectsReturned):
        return "The token does not hold exactly one key for this certificate, so it cannot sign with it."
    if isinstance(error, exceptions.NoSuchToken | exceptions.TokenNotPresent | exceptions.DeviceRemoved):
        return "The token is not plugged in any more."
    if type(error) is exceptions.PKCS11Error:
        return f"{module} cannot be used as the library of a token; the report settings name it."
    return f"The token did not answer as it should ({type(error).__name__}): plug it in again."
