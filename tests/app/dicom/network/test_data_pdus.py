"""P-DATA as bytes on the wire: every legal way to cut an object into PDUs gives the same file, and odd ones end it."""

from __future__ import annotations

import contextlib
import random
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import MRSpectroscopyStorage  # type: ignore[attr-defined]

from app.dicom.network.echo import echo
from app.dicom.network.inbox import Inbox
from app.dicom.network.receiver import Receiver
from app.dicom.network.sop_classes import PLAIN
from tests.app.dicom.network.peers import LOOPBACK, inbox_in, never, ourselves, receiving, settings_with

UID = "1.2.826.0.1.3680043.9.9999.1"
DATA = random.Random(1).randbytes(70_001)
COMMAND, LAST = 1, 2


def element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, number, len(value)) + value


def request() -> bytes:
    uids = [uid.encode() + b"\0" * (len(uid) % 2) for uid in (MRSpectroscopyStorage, UID)]
    short = {0x0100: 1, 0x0110: 7, 0x0700: 0, 0x0800: 1}
    body = element(0x0002, uids[0]) + b"".join(element(key, struct.pack("<H", short[key])) for key in sorted(short))
    body += element(0x1000, uids[1])
    return element(0, struct.pack("<I", len(body))) + body


def value(flags: int, data: bytes, context: int = 1) -> bytes:
    return struct.pack(">LBB", len(data) + 2, context, flags) + data


def pdu(*values: bytes, length: int | None = None) -> bytes:
    body = b"".join(values)
    return struct.pack(">BxL", 4, len(body) if length is None else length) + body


@contextmanager
def connected(receiver: Receiver) -> Iterator[Any]:
    calling = AE("STORESCU")
    calling.add_requested_context(MRSpectroscopyStorage, PLAIN[0])
    association = calling.associate(LOOPBACK, receiver.port, ae_title="DISCERN")
    assert association.is_established
    try:
        yield association
    finally:
        association.abort()


def wait_until(condition: Any, limit_s: float = 20.0) -> None:
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def whole_object(step: int, in_one_pdu: int) -> list[bytes]:
    """Cut an object into values of `step` bytes, so many of them in one PDU."""
    values = [value(COMMAND | LAST, request())]
    starts = range(0, len(DATA), step)
    values += [value(LAST * (at + step >= len(DATA)), DATA[at : at + step]) for at in starts]
    return [pdu(*values[at : at + in_one_pdu]) for at in range(0, len(values), in_one_pdu)]


@pytest.mark.parametrize("burst", [1, 3, 1_000_000])
@pytest.mark.parametrize(("step", "in_one_pdu"), [(len(DATA), 1), (1000, 1), (1000, 7), (997, 1000)])
def test_any_legal_way_to_cut_an_object_gives_the_same_file(
    tmp_path: Path, step: int, in_one_pdu: int, burst: int
) -> None:
    """Also where the network delivers it in pieces that have nothing to do with the PDUs."""
    inbox = inbox_in(tmp_path)
    with receiving(settings_with(), inbox) as receiver, connected(receiver) as association:
        sent = b"".join(whole_object(step, in_one_pdu))
        sock = association.dul.socket.socket
        if burst == 1:
            for byte in sent[:300]:
                sock.sendall(bytes([byte]))
            sock.sendall(sent[300:])
        elif burst == 3:
            for at in range(0, len(sent), 5000):
                sock.sendall(sent[at : at + 5000])
                time.sleep(0.002)
        else:
            sock.sendall(sent)
        wait_until(lambda: inbox.place_of(UID) is not None)
    place = inbox.place_of(UID)
    assert place is not None
    assert place.read_bytes().endswith(DATA)


def test_a_message_that_is_gathered_in_memory_has_a_limit(tmp_path: Path) -> None:
    """A request that comes in two parts goes pynetdicom's way; its data must not fill the memory."""
    settings = settings_with("STORESCU", "DISCERN")
    with receiving(settings, inbox_in(tmp_path)) as receiver:
        with connected(receiver) as association:
            sock, command = association.dul.socket.socket, request()
            sock.sendall(pdu(value(COMMAND, command[:20])) + pdu(value(COMMAND | LAST, command[20:])))
            with contextlib.suppress(OSError):
                for _ in range(64):
                    sock.sendall(pdu(value(0, bytes(1 << 19))))
            wait_until(lambda: not association.is_established)
        assert "answers" in echo(ourselves(receiver.port), settings, never)


def good_start() -> bytes:
    return pdu(value(COMMAND | LAST, request())) + pdu(value(0, DATA[:1000]))


ODD = {
    "a value longer than its PDU": pdu(struct.pack(">LBB", 5000, 1, 0) + b"x" * 10),
    "a value cut off in its head": pdu(b"\0\0\0"),
    "a value without a header": pdu(struct.pack(">LB", 1, 1)),
    "a command in the middle of an object": pdu(value(COMMAND | LAST, request())),
    "data of another context": pdu(value(0, b"x" * 10, context=3)),
    "a PDU beyond the limit": pdu(length=(1 << 20) + 1),
    "a PDU that no one knows": struct.pack(">BxL", 9, 10) + b"x" * 10,
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_odd_ends_the_association_and_leaves_nothing(tmp_path: Path, odd: bytes) -> None:
    settings, inbox = settings_with("STORESCU", "DISCERN"), inbox_in(tmp_path)
    with receiving(settings, inbox) as receiver:
        with connected(receiver) as association:
            association.dul.socket.socket.sendall(good_start() + odd)
            wait_until(lambda: not association.is_established)
        wait_until(lambda: not list((tmp_path / "incoming").iterdir()))
        assert "answers" in echo(ourselves(receiver.port), settings, never)
    assert inbox.place_of(UID) is None


def test_an_object_that_is_here_already_is_on_the_disk_before_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first copy may still be on its way there, or was written just before a kill."""

    def put(inbox: Inbox) -> str:
        sink = inbox.sink()
        sink.write(DATA)
        return inbox.keep(sink, UID)

    inbox, synced = inbox_in(tmp_path), []
    assert put(inbox) == "kept"
    monkeypatch.setattr("app.dicom.network.inbox.os.fsync", synced.append)
    assert put(inbox_in(tmp_path)) == "same"
    assert len(synced) == 2  # the file and its folder
