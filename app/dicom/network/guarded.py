"""pynetdicom's server and associations with what they lack: limits of time and size before anything is trusted.

pynetdicom 3.0.4 shakes hands for TLS in its accept loop, so that one silent peer stops the service; reads a PDU of any
claimed length into memory; and leaves half-received objects behind. What is replaced here is partly private there:
raise the version with the tests of hostile peers only.
"""

from __future__ import annotations

import contextlib
import queue
import select
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from analysis.network import Limits
from app.dicom.network.data_pdus import DataPdus
from app.dicom.network.gate import Gate, Visit
from app.dicom.network.spooling import MakeSink, OnObject, SpoolingDimse

_WAIT_S = 0.02
_TURN_S = 0.001
_IDLE_S = 1.0


def harden(
    association: Association, limits: Limits, make_sink: MakeSink | None = None, on_object: OnObject | None = None
) -> None:
    """Put limits on an association whose connection has just been made; with a sink, objects go into that."""
    transport: Any = association.dul.socket
    transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport.__class__ = _GuardedSocket
    transport.limits, transport.heard_s, transport.given_back = limits, time.monotonic(), None
    if make_sink is not None:
        association.dimse = dimse = SpoolingDimse(association, limits, make_sink, on_object)
        data_pdus = DataPdus(association, transport, dimse, limits.pdu_bytes)
        association.dul._read_pdu_data = data_pdus.read  # type: ignore[method-assign]
    waking = _WakingQueue()
    with contextlib.suppress(queue.Empty):
        while True:
            waking.put(association.dul.to_provider_queue.get_nowait())
    transport.waking = waking
    association.dul.to_provider_queue = waking
    association.dul._run_loop_delay = 0


class _WakingQueue(queue.Queue[Any]):
    """What is to be sent; its thread waits for that and for the socket at once, and looks every millisecond no more."""

    def __init__(self) -> None:
        super().__init__()
        self.bell, self._ringer = socket.socketpair()
        self.bell.setblocking(False)
        self._ringer.setblocking(False)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        with contextlib.suppress(OSError):
            self._ringer.send(b"!")

    def close(self) -> None:
        self.bell.close()
        self._ringer.close()

    def __del__(self) -> None:
        self.close()


class _GuardedSocket(AssociationSocket):
    """Waits without turning, and reads what one PDU claims to hold only within the limit and the time."""

    limits: Limits
    waking: _WakingQueue
    heard_s: float
    given_back: bytearray | None

    @property
    def ready(self) -> bool:
        if self.socket is None or not self._is_connected:
            time.sleep(_TURN_S)
            return False
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            return True
        try:
            found, _, _ = select.select([self.socket, self.waking.bell], [], [], _WAIT_S)
        except (OSError, ValueError):
            self.event_queue.put("Evt17")
            return False
        if self.waking.bell in found:
            with contextlib.suppress(OSError):
                self.waking.bell.recv(1024)
        return self.socket in found

    def recv(self, nr_bytes: int) -> bytearray:
        given_back, self.given_back = self.given_back, None
        if given_back is not None:
            return given_back
        if nr_bytes > self.limits.pdu_bytes:
            raise OSError("the peer announced a PDU beyond the limit")
        data = bytearray(nr_bytes)
        with memoryview(data) as view:
            got = self._fill(view)
        return data if got == nr_bytes else data[:got]

    def recv_all_into(self, view: memoryview) -> None:
        """Fill a view; raises OSError where the connection ends or the time is over before that."""
        if self._fill(view) < len(view):
            raise OSError("the peer closed the connection within a PDU")

    def give_back(self, data: bytearray) -> None:
        """Let the next `recv` return this: it was read to look at, and is somebody else's."""
        self.given_back = data

    def _fill(self, view: memoryview) -> int:
        """Read until a view is full or the connection ends, and return how much was read."""
        sock: Any = self.socket
        self.heard_s = now_s = time.monotonic()
        got, end_s = 0, now_s + self.limits.pdu_s
        while got < len(view):
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("the peer did not finish a PDU in time")
            sock.settimeout(left_s)
            read = sock.recv_into(view[got:])
            if not read:
                break
            got += read
        return got


def forget_unfinished(event: evt.Event) -> None:
    """When a connection ends, remove the half of an object it may have left, and wait for no request any more."""
    dimse, waking = event.assoc.dimse, event.assoc.dul.to_provider_queue
    _expect_nothing(event.assoc)
    if isinstance(waking, _WakingQueue):
        waking.close()
    if isinstance(dimse, SpoolingDimse):
        dimse.give_up()


def _expect_nothing(association: Association) -> None:
    """Let a thread that still waits for an association request end, as if its time were over."""
    if association.is_acceptor and not association.is_established:
        waiting: Any = association.dul.to_user_queue
        waiting.put(None)


class PeerEntity(AE):
    """Counts associations only, and not connections that wait to become one: those have a limit of their own."""

    @property
    def active_associations(self) -> list[Association]:
        return [one for one in super().active_associations if one.is_established]

    def make_room(self) -> None:
        """Where all associations are taken, abort the one that has been idle longest, if that is more than a moment."""
        taken = self.active_associations
        if len(taken) <= self.maximum_associations:
            return
        idle = [one for one in taken if not (isinstance(one.dimse, SpoolingDimse) and one.dimse.is_busy)]
        longest = min(idle, key=_heard_s, default=None)
        if longest is not None and time.monotonic() - _heard_s(longest) > _IDLE_S:
            longest.abort()


def _heard_s(association: Association) -> float:
    transport: Any = association.dul.socket
    return float(getattr(transport, "heard_s", time.monotonic()))


class GuardedHandler(RequestHandler):
    """Shakes hands in the connection's own thread, within a time, and then lets pynetdicom have it."""

    server: GuardedServer

    @property
    def ae(self) -> AE:
        """The entity that knows which AE titles may call from this address."""
        return self.server.entities[self.client_address[0]]

    def handle(self) -> None:
        context = self.server.tls
        if context is not None:
            secured = _shaken(self.request, context, self.server.limits.handshake_s)
            if secured is None:
                return
            self.server.visit_of(self.request).now_through(secured)
            self.server.visits[secured] = self.server.visits.pop(self.request)
            self.request = secured
        super().handle()

    def _create_association(self) -> Association:
        association = super()._create_association()
        harden(association, self.server.limits, self.server.make_sink, self.server.on_object)
        association.visit = self.server.visits.pop(self.request)  # type: ignore[attr-defined]
        return association


def _shaken(sock: socket.socket, context: ssl.SSLContext, limit_s: float) -> ssl.SSLSocket | None:
    """Return the TLS socket of a connection, None where the peer did not shake hands as it must and in time."""
    end_s = time.monotonic() + limit_s
    try:
        secured = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
    except OSError:
        sock.close()
        return None
    secured.settimeout(0.0)
    while True:
        try:
            secured.do_handshake()
            return secured
        except ssl.SSLWantReadError:
            wanted: tuple[list[Any], list[Any]] = ([secured], [])
        except ssl.SSLWantWriteError:
            wanted = ([], [secured])
        except (OSError, ValueError):
            break
        left_s = end_s - time.monotonic()
        try:
            if left_s <= 0 or not any(select.select(*wanted, [], left_s)):
                break
        except (OSError, ValueError):
            break
    secured.close()
    return None


class GuardedServer(ThreadedAssociationServer):
    """Accepts connections that the gate admits, each in a thread of its own from the first byte.

    Parameters
    ----------
    entities : for each allowed address, the entity that knows the AE titles that may call from it
    tls : None speaks plain TCP
    make_sink : returns what an arriving object is written to
    on_object : keeps an object that came whole, and returns what is answered
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        *args: Any,
        entities: Mapping[str, AE],
        gate: Gate,
        limits: Limits,
        tls: ssl.SSLContext | None,
        make_sink: MakeSink,
        on_object: OnObject,
        **options: Any,
    ) -> None:
        self.entities, self.gate, self.limits, self.tls = entities, gate, limits, tls
        self.make_sink, self.on_object = make_sink, on_object
        self.visits: dict[socket.socket, Visit] = {}
        super().__init__(*args, **{**options, "request_handler": GuardedHandler})

    def verify_request(self, request: Any, client_address: Any) -> bool:
        visit = self.gate.admit(client_address[0], request)
        if visit is None:
            return False
        request.settimeout(self.limits.pdu_s)
        self.visits[request] = visit
        return True

    def visit_of(self, request: socket.socket) -> Visit:
        """Return the visit of a connection that was admitted."""
        return self.visits[request]

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.visits.pop(request, None)

    def handle_error(self, *_: Any) -> None:
        """Say nothing: what a peer sends is never printed."""

    def service_actions(self) -> None:
        """Leave the garbage to Python: pynetdicom's full collection at this place would stall a window."""

    def stop(self, thread: threading.Thread) -> None:
        """Stop listening, abort every association and wait for its thread."""
        socketserver.BaseServer.shutdown(self)  # pynetdicom's own also wants a server that its entity started
        self.server_close()
        for association in self.active_associations:
            with contextlib.suppress(OSError, AttributeError, RuntimeError):
                association.abort()
            _expect_nothing(association)
            association.join(self.limits.request_s)
        thread.join(self.limits.request_s)
