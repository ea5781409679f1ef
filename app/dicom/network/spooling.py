"""C-STORE requests go to the disk as they come, and are answered on the thread that reads them.

pynetdicom gathers an object in memory or in a temporary file of its own making, has a second thread look for it every
millisecond, and builds a data set for every command; for an object of 512 KiB that is most of the time it takes.
"""

from __future__ import annotations

import queue
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

from analysis.network import Limits
from app.dicom.network.short_bytes import StoreRequest, file_head, store_answer, store_request
from app.dicom.network.sink import Sink

MakeSink = Callable[[], Sink]
OnObject = Callable[[Association, str, Sink], tuple[int, str]]
"""Called with the SOP Instance UID of an object that came whole; returns status and comment of the answer."""
_WAIT_S = 0.02
_MOST_GATHERED_BYTES = 16 << 20
"""Of a message that pynetdicom gathers in memory; a request to commit 100,000 objects is smaller."""
_COMMAND, _LAST = 1, 2
"""Bits of the message control header (PS3.8 annex E.2)."""


@dataclass(frozen=True)
class _Object:
    """An object that arrives."""

    request: StoreRequest
    context: int
    sink: Sink
    since_s: float


class SpoolingDimse(DIMSEServiceProvider):
    """Writes arriving objects into sinks, and cuts off a peer whose object is odd or takes too long.

    With `on_object` it answers C-STORE by itself; without, pynetdicom's handler of EVT_C_STORE gets the sink.
    """

    def __init__(
        self, association: Association, limits: Limits, make_sink: MakeSink, on_object: OnObject | None = None
    ) -> None:
        super().__init__(association)
        self._limits, self._make_sink, self._on_object = limits, make_sink, on_object
        self._arriving: _Object | None = None
        self._open: list[Sink] = []
        self._gathered = 0

    @property
    def is_busy(self) -> bool:
        """Whether a message is arriving or waits to be served."""
        return self._arriving is not None or self.message is not None or not self.msg_queue.empty()

    @property
    def is_receiving(self) -> bool:
        """Whether an object is under way."""
        return self._arriving is not None

    def receive_primitive(self, primitive: P_DATA) -> None:
        self.take((context, memoryview(data)) for context, data in primitive.presentation_data_value_list)

    def take(self, values: Iterable[tuple[int, memoryview]]) -> None:
        """Take presentation data values; whatever is wrong with them ends the association."""
        try:
            for context, data in values:
                self._take(context, data)
        except (OSError, ValueError, TypeError, IndexError):
            self.give_up()
            self.dul.event_queue.put("Evt19")  # as after an invalid PDU: the association is aborted (PS3.8 9.2.3)

    def _take(self, context: int, data: memoryview) -> None:
        if self._arriving is not None:
            self._take_data(self._arriving, context, data)
        elif (
            self.message is None
            and data[0] & (_COMMAND | _LAST) == _COMMAND | _LAST
            and self._begin(context, bytes(data[1:]))
        ):
            return
        else:
            self._gathered = len(data) if self.message is None else self._gathered + len(data)
            if self._gathered > _MOST_GATHERED_BYTES:
                raise OSError("the peer sends a message beyond the limit")
            single = P_DATA()
            single.presentation_data_value_list.append((context, bytes(data)))
            super().receive_primitive(single)

    def _begin(self, context: int, command: bytes) -> bool:
        """Begin an object where the command is a C-STORE request; an odd one raises OSError or ValueError."""
        found = store_request(command)
        if found is None:
            return False
        accepted = self.assoc._accepted_cx.get(context)
        if accepted is None or accepted.abstract_syntax != found.sop_class_uid or not found.sop_instance_uid:
            raise OSError("the peer names another class than it agreed on")
        sink = self._make_sink()
        self._open = [*(one for one in self._open if one.is_open), sink]
        sink.write(file_head(found.sop_class_uid, found.sop_instance_uid, str(accepted.transfer_syntax[0])))
        self._arriving = _Object(found, context, sink, time.monotonic())
        return True

    def _take_data(self, arriving: _Object, context: int, data: memoryview) -> None:
        if data[0] & _COMMAND or context != arriving.context:
            raise OSError("the peer mixes an object with something else")
        if time.monotonic() - arriving.since_s > self._limits.object_s:
            raise TimeoutError("the peer did not finish an object in time")
        arriving.sink.write(data[1:])
        if arriving.sink.size > 2 * self._limits.object_bytes:
            raise OSError("the peer went on far beyond the limit of an object")
        if data[0] & _LAST:
            self._arriving = None
            if self._on_object is None:
                self.msg_queue.put((context, _primitive(arriving)))
            elif self.assoc.is_established:
                self._serve(arriving)
            else:
                self.msg_queue.put((context, arriving))  # type: ignore[arg-type]

    def _serve(self, whole: _Object) -> None:
        """Have an object kept, and answer."""
        request = whole.request
        try:
            status, comment = self._on_object(self.assoc, request.sop_instance_uid, whole.sink)  # type: ignore[misc]
        finally:
            whole.sink.close()
        if self.assoc.is_established:
            uids = request.sop_class_uid, request.sop_instance_uid
            self._send_command(whole.context, store_answer(*uids, request.message_id, status, comment))

    def get_msg(self, block: bool = False) -> Any:
        """Return the next message; a receiving association waits for it a little, where pynetdicom turns and sleeps."""
        if block or self.assoc.is_requestor:
            return super().get_msg(block)
        queued: Any = self.msg_queue
        try:
            context, found = queued.get(timeout=_WAIT_S)
        except queue.Empty:
            return None, None
        if isinstance(found, _Object):
            self._serve(found)
            return None, None
        return context, found

    def send_msg(self, primitive: Any, context_id: int) -> None:
        """Send a message; the answer to C-STORE that says no more than a number takes the short way."""
        is_answer = isinstance(primitive, C_STORE) and primitive.MessageIDBeingRespondedTo is not None
        if not is_answer or primitive.ErrorComment is not None or primitive.OffendingElement is not None:
            super().send_msg(primitive, context_id)
            return
        command = store_answer(
            str(primitive.AffectedSOPClassUID),
            str(primitive.AffectedSOPInstanceUID),
            int(primitive.MessageIDBeingRespondedTo),
            int(primitive.Status),
        )
        self._send_command(context_id, command)

    def _send_command(self, context: int, command: bytes) -> None:
        """Send a command set: at once where this is the thread that sends and nothing waits before it."""
        value = struct.pack("B", _COMMAND | _LAST) + command
        waiting: Any = self.dul.to_provider_queue
        if threading.get_ident() == self.dul.ident and not waiting.queue and self.dul.socket is not None:
            self.dul.socket.send(struct.pack(">BxLLB", 4, len(value) + 5, len(value) + 1, context) + value)
            return
        answer = P_DATA()
        answer.presentation_data_value_list.append((context, value))
        self.dul.send_pdu(answer)

    def give_up(self) -> None:
        """Remove what has arrived of objects that will not become whole, or that nobody handled."""
        given_up, self._open, self._arriving = self._open, [], None
        for sink in given_up:
            sink.close()


def _primitive(whole: _Object) -> C_STORE:
    """Return the request as pynetdicom's handlers know it."""
    request, found = C_STORE(), whole.request
    request.MessageID, request.Priority = found.message_id, found.priority
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = found.sop_class_uid, found.sop_instance_uid
    request._context_id = whole.context
    request.DataSet = BytesIO()  # what a request must have; the bytes themselves went to the sink
    request._dataset_file = whole.sink  # type: ignore[assignment]
    return request
