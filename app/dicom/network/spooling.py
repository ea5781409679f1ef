"""C-STORE requests go to the disk as they come, and are answered on the thread that reads them.

pynetdicom gathers an object in memory or in a temporary file of its own making, has a second thread look for it every
millisecond, and builds a data set for every command; for an object of 512 KiB that is most of the time it takes.
"""

from __future__ import annotations

import queue
import struct
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

from analysis.network import Limits
from app.dicom.network.short_bytes import file_head, store_answer, store_request
from app.dicom.network.sink import Sink

MakeSink = Callable[[], Sink]
_WAIT_S = 0.02
_COMMAND, _LAST = 1, 2
"""Bits of the message control header (PS3.8 annex E.2)."""


class SpoolingDimse(DIMSEServiceProvider):
    """Writes arriving objects into sinks, and cuts off a peer whose object is odd or takes too long."""

    def __init__(self, association: Association, limits: Limits, make_sink: MakeSink) -> None:
        super().__init__(association)
        self._limits, self._make_sink = limits, make_sink
        self._request: C_STORE | None = None
        self._context = 0
        self._sink: Sink | None = None
        self._open: list[Sink] = []
        self._since_s = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a message is arriving or waits to be served."""
        return self._request is not None or self.message is not None or not self.msg_queue.empty()

    def receive_primitive(self, primitive: P_DATA) -> None:
        try:
            for context, data in primitive.presentation_data_value_list:
                self._take(context, data)
        except (OSError, ValueError, TypeError, IndexError):
            self.give_up()
            self.dul.event_queue.put("Evt19")  # as after an invalid PDU: the association is aborted (PS3.8 9.2.3)

    def _take(self, context: int, data: bytes) -> None:
        if self._request is not None:
            self._take_data(context, data)
        elif (
            self.message is None and data[0] & (_COMMAND | _LAST) == _COMMAND | _LAST and self._begin(context, data[1:])
        ):
            return
        else:
            single = P_DATA()
            single.presentation_data_value_list.append((context, data))
            super().receive_primitive(single)

    def _begin(self, context: int, command: bytes) -> bool:
        """Begin an object where the command is a C-STORE request; an odd one raises OSError or ValueError."""
        found = store_request(command)
        if found is None:
            return False
        accepted = self.assoc._accepted_cx.get(context)
        if accepted is None or accepted.abstract_syntax != found.sop_class_uid or not found.sop_instance_uid:
            raise OSError("the peer names another class than it agreed on")
        request = C_STORE()
        request.MessageID, request.Priority = found.message_id, found.priority
        request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = found.sop_class_uid, found.sop_instance_uid
        request._context_id = context
        request.DataSet = BytesIO()  # what a request must have; the bytes themselves go to the sink
        sink = self._make_sink()
        self._open = [*(one for one in self._open if one.is_open), sink]
        sink.write(file_head(found.sop_class_uid, found.sop_instance_uid, str(accepted.transfer_syntax[0])))
        request._dataset_file = sink  # type: ignore[assignment]
        self._request, self._context, self._sink, self._since_s = request, context, sink, time.monotonic()
        return True

    def _take_data(self, context: int, data: bytes) -> None:
        if data[0] & _COMMAND or context != self._context or self._sink is None or self._request is None:
            raise OSError("the peer mixes an object with something else")
        if time.monotonic() - self._since_s > self._limits.object_s:
            raise TimeoutError("the peer did not finish an object in time")
        self._sink.write(memoryview(data)[1:])
        if self._sink.size > 2 * self._limits.object_bytes:
            raise OSError("the peer went on far beyond the limit of an object")
        if data[0] & _LAST:
            request, self._request, self._sink = self._request, None, None
            if self.assoc.is_acceptor and self.assoc.is_established:
                self.assoc._serve_request(request, context)
            else:
                self.msg_queue.put((context, request))

    def get_msg(self, block: bool = False) -> Any:
        """Return the next message; a receiving association waits for it a little, where pynetdicom turns and sleeps."""
        if block or self.assoc.is_requestor:
            return super().get_msg(block)
        try:
            return self.msg_queue.get(timeout=_WAIT_S)
        except queue.Empty:
            return None, None

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
        answer = P_DATA()
        answer.presentation_data_value_list.append((context_id, struct.pack("B", _COMMAND | _LAST) + command))
        self.dul.send_pdu(answer)

    def give_up(self) -> None:
        """Remove what has arrived of objects that will not become whole, or that nobody handled."""
        given_up, self._open, self._request, self._sink = self._open, [], None, None
        for sink in given_up:
            sink.close()
