"""A hospital's certificates for tests: a root, an issuing authority, signers, a time-stamp authority, and its server.

The server answers on loopback: RFC 3161 requests at ``/tsa``, revocation lists at ``/root.crl`` and ``/middle.crl``,
and RFC 6960 requests at ``/ocsp``.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from pyhanko.sign.timestamps import DummyTimeStamper

from tests.app.report.certificate_making import PASSPHRASE, SIGNING, issue, usage

_AUTHORITY = usage(key_cert_sign=True, crl_sign=True)
_DER = serialization.Encoding.DER


@functools.cache
def rsa_key(number: int) -> Any:
    """Return one of a few keys, because making an RSA key takes half a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Entity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def make_entity(
    name: str,
    issuer: Entity | None,
    *,
    key_number: int,
    key_usage: x509.KeyUsage,
    days: tuple[float, float] = (-30, 300),
    others: tuple[x509.ExtensionType, ...] = (),
) -> Entity:
    key = rsa_key(key_number)
    above = (issuer.certificate, issuer.key) if issuer else (None, key)
    return Entity(issue(name, key, *above, key_usage, days, others), key)


def asn1(certificate: x509.Certificate) -> Any:
    return asn1_x509.Certificate.load(certificate.public_bytes(_DER))


@dataclass
class Pki:
    """Everything of one hospital; what is revoked, and whether the server answers, may be changed."""

    url: str = ""
    revoked: dict[int, datetime] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    stamp: Callable[[bytes], bytes] | None = None
    """Answers time-stamp requests instead of pyHanko's own authority."""

    def __post_init__(self) -> None:
        self.root = make_entity("Test root", None, key_number=0, key_usage=_AUTHORITY, days=(-1000, 3000))
        self.middle = make_entity(
            "Test issuing authority",
            self.root,
            key_number=1,
            key_usage=_AUTHORITY,
            days=(-500, 2000),
            others=self._list_at("root.crl"),
        )
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        self.tsa = make_entity(
            "Test time-stamp authority",
            self.root,
            key_number=2,
            key_usage=usage(digital_signature=True, content_commitment=True),
            days=(-200, 1000),
            others=(stamping, *self._list_at("root.crl")),
        )

    def _list_at(self, name: str) -> tuple[x509.ExtensionType, ...]:
        if not self.url:
            return ()
        place = [x509.UniformResourceIdentifier(f"{self.url}/{name}")]
        return (x509.CRLDistributionPoints([x509.DistributionPoint(place, None, None, None)]),)

    def signer(self, *, days: tuple[float, float] = (-10, 100), by: str = "crl", key_usage: Any = SIGNING) -> Entity:
        """Return a new signer, whose revocation is told by ``crl``, by ``ocsp``, or by nothing."""
        others: tuple[x509.ExtensionType, ...] = ()
        if by == "crl":
            others = self._list_at("middle.crl")
        elif by == "ocsp":
            where = x509.UniformResourceIdentifier(f"{self.url}/ocsp")
            others = (
                x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)]),
            )
        return make_entity("Dr Test", self.middle, key_number=3, key_usage=key_usage, days=days, others=others)

    def p12(self, folder: Path, signer: Entity, *, chain: bool = True) -> Path:
        data = pkcs12.serialize_key_and_certificates(
            b"test",
            signer.key,
            signer.certificate,
            [self.middle.certificate, self.root.certificate] if chain else [],
            serialization.BestAvailableEncryption(PASSPHRASE),
        )
        path = folder / f"{signer.certificate.serial_number:x}.p12"
        path.write_bytes(data)
        return path

    def crl(self, issuer: Entity, *, days: tuple[float, float] = (-0.1, 7)) -> bytes:
        """Return the revocation list of an authority, DER."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(now + timedelta(days=days[0]))
            .next_update(now + timedelta(days=days[1]))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        )
        for serial, when in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
            builder = builder.add_revoked_certificate(
                entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False).build()
            )
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(_DER)

    def answer(self, path: str, body: bytes) -> tuple[str, bytes] | None:
        """Return the kind and bytes of the server's answer; None is an error of the server."""
        name = path.strip("/")
        self.asked.append(name)
        if name in self.down:
            return None
        if name == "tsa":
            return "application/timestamp-reply", (self.stamp or self._stamped)(body)
        if name in ("root.crl", "middle.crl"):
            return "application/pkix-crl", self.crl(self.root if name == "root.crl" else self.middle)
        return ("application/ocsp-response", self._status(body)) if name == "ocsp" else None

    def _stamped(self, body: bytes) -> bytes:
        key = self.tsa.key.private_bytes(_DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        stamper = DummyTimeStamper(
            asn1(self.tsa.certificate), asn1_keys.PrivateKeyInfo.load(key), [asn1(self.tsa.certificate)]
        )
        return bytes(stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump())

    def _status(self, body: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(body)
        when = self.revoked.get(asked.serial_number)
        now = datetime.now(UTC)
        single = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if when else ocsp.OCSPCertStatus.GOOD,
            this_update=now - timedelta(hours=1),
            next_update=now + timedelta(days=2),
            revocation_time=when,
            revocation_reason=x509.ReasonFlags.key_compromise if when else None,
        )
        single = single.responder_id(ocsp.OCSPResponderEncoding.HASH, self.middle.certificate)
        return single.sign(self.middle.key, hashes.SHA256()).public_bytes(_DER)


@contextmanager
def served() -> Iterator[Pki]:
    """Serve a new hospital's authorities on a free port of loopback."""
    made: list[Pki] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _answer(self, body: bytes) -> None:
            found = made[0].answer(self.path, body)
            if found is None:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", found[0])
            self.send_header("Content-Length", str(len(found[1])))
            self.end_headers()
            self.wfile.write(found[1])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.append(Pki(f"http://127.0.0.1:{server.server_address[1]}"))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made[0]
        finally:
            server.shutdown()
            thread.join()
