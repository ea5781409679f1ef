"""What hostile peers do to `discern receive`: whether an allowed peer is still served, how fast, and the memory.

    python -m tests.benchmarks.hostile_peers [--short]

Every attack comes from the address that the allowed peer has too, so that no list of addresses helps the receiver.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pynetdicom import AE

from analysis.network import NetworkSettings, Node, TlsFiles
from app.dicom.network.echo import echo
from app.dicom.network.sop_classes import ENCODINGS, STORED, VERIFICATION
from tests.app.dicom.network.peers import Authority
from tests.benchmarks.receive_rate import free_port, running, say

ALLOWED, HOST = "FRIEND", "127.0.0.1"
MOST_GROWTH_MB = 50.0


@dataclass(frozen=True)
class Finding:
    """What one attack did: the longest an allowed peer waited during it (None: it was not served), and memory in MB."""

    name: str
    slowest_s: float | None
    idle_mb: float
    most_mb: float

    @property
    def held(self) -> bool:
        return self.slowest_s is not None and self.most_mb - self.idle_mb < MOST_GROWTH_MB


Attack = Callable[[int, int], contextlib.AbstractContextManager[None]]
"""Holds an attack on a port while it lasts; the second argument is its size."""


@contextlib.contextmanager
def silent(port: int, count: int) -> Iterator[None]:
    """Open connections that never say a word; where TLS is spoken, none begins to shake hands."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            held.enter_context(socket.create_connection((HOST, port), timeout=10))
        yield


@contextlib.contextmanager
def slow_hello(port: int, count: int) -> Iterator[None]:
    """Begin a TLS handshake or a PDU, and never finish it."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            sock = held.enter_context(socket.create_connection((HOST, port), timeout=10))
            sock.sendall(b"\x16\x03\x01")
        yield


@contextlib.contextmanager
def giant(port: int, megabytes: int) -> Iterator[None]:
    """Claim an association request of 4 GiB and send as much of it as is taken."""
    with socket.create_connection((HOST, port), timeout=10) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFFF))
            for _ in range(megabytes):
                sock.sendall(bytes(1 << 20))
        yield


@contextlib.contextmanager
def garbage(port: int, count: int) -> Iterator[None]:
    """Send random bytes on many connections and keep them open."""
    rng = random.Random(1)
    with contextlib.ExitStack() as held:
        for _ in range(count):
            sock = held.enter_context(socket.create_connection((HOST, port), timeout=10))
            with contextlib.suppress(OSError):
                sock.sendall(rng.randbytes(rng.randrange(1, 4096)))
        yield


@contextlib.contextmanager
def idle(port: int, count: int) -> Iterator[None]:
    """Associate as the allowed peer does, and do nothing."""
    caller = AE(ALLOWED)
    caller.add_requested_context(VERIFICATION)
    made = [caller.associate(HOST, port, ae_title="DISCERN") for _ in range(count)]
    try:
        time.sleep(1.5)
        yield
    finally:
        for association in made:
            association.abort()


@contextlib.contextmanager
def halves(port: int, count: int) -> Iterator[None]:
    """Announce an object, send 16 MB of it, and abort."""
    for _ in range(count):
        caller = AE(ALLOWED)
        caller.add_requested_context(STORED[0], list(ENCODINGS))
        association = caller.associate(HOST, port, ae_title="DISCERN")
        if association.is_established:
            sock = association.dul.socket.socket
            sock.sendall(half_an_object(next(iter(association._accepted_cx))))
            association.abort()
    yield


def half_an_object(context: int, megabytes: int = 16) -> bytes:
    """Return a C-STORE request and part of its data, as PDUs."""
    uid = b"1.2.3.4\0"

    def element(number: int, value: bytes) -> bytes:
        return struct.pack("<HHI", 0, number, len(value)) + value

    body = (
        element(0x0002, STORED[0].encode() + b"\0" * (len(STORED[0]) % 2))
        + element(0x0100, struct.pack("<H", 1))
        + element(0x0110, struct.pack("<H", 1))
        + element(0x0700, struct.pack("<H", 0))
        + element(0x0800, struct.pack("<H", 1))
        + element(0x1000, uid)
    )
    command = element(0, struct.pack("<I", len(body))) + body

    def pdu(flags: int, data: bytes) -> bytes:
        item = struct.pack(">LBB", len(data) + 2, context, flags) + data
        return struct.pack(">BBL", 4, 0, len(item)) + item

    return pdu(3, command) + pdu(0, bytes(1 << 16)) * (16 * megabytes)


PLAIN_ATTACKS: dict[str, tuple[Attack, int, int]] = {
    "50 silent connections": (silent, 50, 20),
    "PDU of 4 GiB, 600 MB sent": (giant, 600, 50),
    "200 garbage connections": (garbage, 200, 60),
    "20 idle associations": (idle, 20, 12),
    "20 aborts in mid-object": (halves, 20, 5),
}
TLS_ATTACKS: dict[str, tuple[Attack, int, int]] = {
    "TLS: 20 silent connections": (silent, 20, 12),
    "TLS: 20 unfinished handshakes": (slow_hello, 20, 12),
    "TLS: 200 garbage connections": (garbage, 200, 60),
}
"""Each attack with its size, and with the size of the short version."""


def attack_all(*, short: bool) -> list[Finding]:
    """Carry out every attack in turn and return what was found."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        folder = Path(place)
        return [*_attack(folder / "plain", PLAIN_ATTACKS, None, short), *_secure(folder, short)]


def _secure(folder: Path, short: bool) -> list[Finding]:
    authority = Authority(folder / "ca")
    authority.issue("receiver")
    return _attack(folder / "tls", TLS_ATTACKS, authority, short)


def _attack(
    folder: Path, attacks: dict[str, tuple[Attack, int, int]], authority: Authority | None, short: bool
) -> list[Finding]:
    port, tls = free_port(), TlsFiles()
    command = [
        sys.executable, "-m", "app", "receive", "--out", str(folder), "--port", str(port),
        "--allow", f"{ALLOWED}@{HOST}", "--no-analysis",
    ]  # fmt: skip
    if authority is not None:
        ours, tls = authority.issue("receiver"), authority.issue("friend")
        command += ["--tls-cert", ours.certificate, "--tls-key", ours.key, "--tls-ca", ours.authority]
    settings = replace(NetworkSettings(ALLOWED), tls=tls)
    node = Node("receiver", "DISCERN", HOST, port, tls=authority is not None)
    found = []
    with running(command, port) as process:
        echo(node, settings, lambda: False)
        idle_mb = memory_mb(process.pid)
        for name, (attack, size, short_size) in attacks.items():
            with attack(port, short_size if short else size):
                slowest = _served(node, settings)
                most_mb = memory_mb(process.pid)
            found.append(Finding(name, slowest, idle_mb, max(most_mb, memory_mb(process.pid))))
            time.sleep(0.5)
    return found


def _served(node: Node, settings: NetworkSettings, times: int = 5) -> float | None:
    """Return the longest that the allowed peer waited for its answer, None where it was refused once."""
    slowest = 0.0
    for _ in range(times):
        began_s = time.monotonic()
        try:
            echo(node, settings, lambda: False)
        except Exception:  # noqa: BLE001 - whatever it is, the peer was not served
            return None
        slowest = max(slowest, time.monotonic() - began_s)
    return slowest


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    found = attack_all(short=parser.parse_args().short)
    say(f"{'attack':34}{'allowed peer waits':>20}{'idle MB':>10}{'MB':>8}")
    for one in found:
        waits = "NOT SERVED" if one.slowest_s is None else f"{one.slowest_s:.2f} s"
        say(f"{one.name:34}{waits:>20}{one.idle_mb:10.0f}{one.most_mb:8.0f}")
    return 0 if all(one.held for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
