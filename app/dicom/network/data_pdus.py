"""P-DATA-TF PDUs from the connection to whom they are for, past pynetdicom's queues and copies.

pynetdicom copies a PDU five times, hands it through two queues and a state machine, and sleeps between; for an object
of 512 KiB that costs as much as bringing it to the disk. All other PDUs, and data in any other state, go its way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Protocol

from pynetdicom.association import Association

_DATA_TF = 4
_HEAD_BYTES = 6
_READY = "Sta6"
"""The state of an association that may carry data (PS3.8 table 9-1)."""
_KEPT_BYTES = 1 << 18


class Transport(Protocol):
    """The connection; reading raises OSError beyond the limits of size and time."""

    @property
    def ready(self) -> bool:
        """Wait a little, and say whether something can be read."""

    def recv(self, nr_bytes: int) -> bytearray:
        """Return what came, shorter than asked for only where the connection ended."""

    def recv_all_into(self, view: memoryview) -> None:
        """Fill a view."""

    def give_back(self, data: bytearray) -> None:
        """Let the next `recv` return this."""


class Taker(Protocol):
    """Who gets the data."""

    @property
    def is_receiving(self) -> bool:
        """Whether an object is under way."""

    def take(self, values: Iterator[tuple[int, memoryview]]) -> None:
        """Take presentation data values: context, and message control header with fragment; valid during the call."""


class DataPdus:
    """Reads one association's PDUs in place of pynetdicom's reader, on the same thread."""

    def __init__(self, association: Association, transport: Transport, taker: Taker, most_bytes: int) -> None:
        self._dul: Any = association.dul
        self._transport, self._taker, self._most_bytes = transport, taker, most_bytes
        self._read_other = self._dul._read_pdu_data
        self._buffer = bytearray()

    def read(self) -> None:
        """Read a PDU and, as long as nothing else is to be done, those that go on with its object."""
        self._read_one()
        while self._taker.is_receiving and not self._is_wanted() and self._transport.ready:
            self._read_one()

    def _is_wanted(self) -> bool:
        """Whether pynetdicom's loop has something to do: to send, to act on an event, or to end."""
        dul = self._dul
        return bool(dul.to_provider_queue.queue) or not dul.event_queue.empty() or bool(dul._kill_thread)

    def _read_one(self) -> None:
        try:
            head = self._transport.recv(_HEAD_BYTES)
            is_data = len(head) == _HEAD_BYTES and head[0] == _DATA_TF
            if not is_data or self._dul.state_machine.current_state != _READY:
                self._transport.give_back(head)
                self._read_other()
                return
            body = self._body(struct.unpack_from(">L", head, 2)[0])
        except OSError:
            self._dul.event_queue.put("Evt17")  # the connection is closed (PS3.8 table 9-10)
            return
        self._taker.take(_values(body))

    def _body(self, size: int) -> memoryview:
        if size > self._most_bytes:
            raise OSError("the peer announced a PDU beyond the limit")
        if size > len(self._buffer):
            self._buffer = bytearray(size)
        view = memoryview(self._buffer)[:size]
        self._transport.recv_all_into(view)
        if len(self._buffer) > _KEPT_BYTES:
            self._buffer = bytearray()
        return view


def _values(body: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the presentation data values of a PDU (PS3.8 section 9.3.5); raises ValueError where they do not fit."""
    place = 0
    while place < len(body):
        if place + 6 > len(body):
            raise ValueError("a presentation data value is cut off")
        length = struct.unpack_from(">L", body, place)[0]
        end = place + 4 + length
        if length < 2 or end > len(body):
            raise ValueError("a presentation data value is longer than its PDU")
        yield body[place + 4], body[place + 5 : end]
        place = end
