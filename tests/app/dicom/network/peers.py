"""What tests of the network share: objects to send, dcmtk as the other side, certificates, a receiver on loopback."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydicom import dcmread

from analysis.network import Limits, NetworkSettings, Node, ReceiverSettings, TlsFiles
from app.dicom.network.inbox import Inbox
from app.dicom.network.receiver import Listeners, Receiver, sender_node
from app.dicom.write_spectroscopy import write_spectroscopy
from tests.app.dicom.objects import STUDY, signal

LOOPBACK = "127.0.0.1"


def never() -> bool:
    return False


def no_progress(fraction: float, text: str) -> None:
    """Take progress and show it nowhere."""


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as found:
        return int(found.getsockname()[1])


def spectra(folder: Path) -> list[Path]:
    """Write two objects of one study, a metabolite and a water signal."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "metabolite.dcm", folder / "water.dcm"]
    write_spectroscopy(files[0], STUDY, signal())
    write_spectroscopy(files[1], STUDY, signal(water=True))
    return files


def uid_of(file: Path) -> str:
    return str(dcmread(file, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)


def settings_with(*titles: str, port: int = 0, limits: Limits | None = None, **receiver: object) -> NetworkSettings:
    """Return settings that let these AE titles send from loopback."""
    nodes = tuple(sender_node(title, LOOPBACK) for title in titles or ("STORESCU",))
    listen = ReceiverSettings(port=port, **receiver)  # type: ignore[arg-type]
    return NetworkSettings(nodes=nodes, receiver=listen, limits=limits or Limits())


def inbox_in(folder: Path, **options: int) -> Inbox:
    return Inbox(folder, **{"object_bytes": 1 << 28, **options})


@contextlib.contextmanager
def receiving(settings: NetworkSettings, inbox: Inbox, listeners: Listeners | None = None) -> Iterator[Receiver]:
    receiver = Receiver(settings, inbox, listeners)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def ourselves(port: int, **changed: object) -> Node:
    """Return the node that is our own receiver."""
    return replace(Node("receiver", "DISCERN", LOOPBACK, port), **changed)  # type: ignore[arg-type]


def dcmtk(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program of dcmtk; the test skips where it is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is needed (apt-get install dcmtk)")
    command = [program, *map(str, arguments)]
    surroundings = {**os.environ, "TCP_NODELAY": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=surroundings)


def storescu(port: int, files: Sequence[Path], *options: object) -> subprocess.CompletedProcess[str]:
    return dcmtk("storescu", "-v", *options, "-aec", "DISCERN", LOOPBACK, port, *files)


class Authority:
    """A certificate authority that lives in a folder for a test."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        folder.mkdir(parents=True, exist_ok=True)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._issuer = subject
        self.root = folder / "root.pem"
        made = self._builder(subject, self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._write(self.root, made.sign(self._key, hashes.SHA256()))

    def issue(self, name: str, host: str = LOOPBACK) -> TlsFiles:
        """Return the files of a program at a host."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        made = self._builder(subject, key.public_key()).add_extension(address, critical=False)
        certificate, secret = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        self._write(certificate, made.sign(self._key, hashes.SHA256()))
        secret.touch(mode=0o600)
        plain = serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        return TlsFiles(str(certificate), str(secret), str(self.root))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def _write(self, path: Path, certificate: x509.Certificate) -> None:
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
