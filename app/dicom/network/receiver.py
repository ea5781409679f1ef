"""The receiver: C-STORE, C-ECHO and storage commitment for the peers that may send; nothing listens until `start`."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association

from analysis.network import NetworkSettings, Node
from app.atomic_file import reason_of
from app.dicom.network.association import entity
from app.dicom.network.commitment import Commitments, outcome_in, request_in
from app.dicom.network.errors import BadNetworkSettings, NetworkProblem
from app.dicom.network.gate import Gate, addresses_of
from app.dicom.network.guarded import GuardedServer, PeerEntity, forget_unfinished
from app.dicom.network.inbox import Inbox, Kept
from app.dicom.network.sink import Sink
from app.dicom.network.sop_classes import COMMITMENT, ENCODINGS, PLAIN, STORED, VERIFICATION
from app.dicom.network.tls import server_context

SUCCESS: Final = 0x0000
_PROCESSING_FAILURE: Final = 0x0110
_STATUSES: Final[dict[Kept, tuple[int, str]]] = {
    "kept": (SUCCESS, ""),
    "same": (SUCCESS, ""),
    "different": (0xC111, "another object of this UID is here already"),
    "disk full": (0xA700, "out of room"),
    "too large": (0xA700, "the object is larger than is accepted here"),
}

OnStored = Callable[[str, str, str], None]
"""Called with AE title and host of the sender and SOP Instance UID of an object that is new and safe."""
OnCommitment = Callable[[str, tuple[str, ...], tuple[str, ...]], None]
"""Called with a transaction, the SOP Instance UIDs that are safe at a node, and those that are not."""


@dataclass(frozen=True)
class Listeners:
    """Who is told; each is called on a thread of the network and must be quick."""

    stored: OnStored | None = None
    commitment: OnCommitment | None = None


class Receiver:
    """Listens for the nodes that may send, and keeps what they send in the inbox."""

    def __init__(self, settings: NetworkSettings, inbox: Inbox, listeners: Listeners | None = None) -> None:
        self._settings, self._inbox, self._listeners = settings, inbox, listeners or Listeners()
        self._server: GuardedServer | None = None
        self._thread: threading.Thread | None = None
        self._commitments = Commitments(inbox.folder / "commitments", inbox, settings)

    @property
    def port(self) -> int:
        """The port that it listens on; 0 where it does not."""
        return 0 if self._server is None else int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to listen.

        Raises
        ------
        NetworkProblem
            If nobody may send, the port is taken, or the TLS files cannot be used.
        """
        wanted = self._settings.receiver
        entities = _entities(self._settings)
        tls: ssl.SSLContext | None = server_context(self._settings.tls) if wanted.tls else None
        ours = entity(self._settings)
        _offer(ours)
        try:
            server = ours.make_server(
                (wanted.bind, wanted.port),
                evt_handlers=self._handlers(),
                server_class=GuardedServer,
                entities=entities,
                gate=Gate(entities, self._settings.limits),
                limits=self._settings.limits,
                tls=tls,
                make_sink=self._inbox.sink,
                on_object=self._on_object,
            )
        except OSError as error:
            raise NetworkProblem(
                f"The receiver cannot listen at {wanted.bind}, port {wanted.port}: {reason_of(error)}."
            ) from error
        self._server = server  # type: ignore[assignment]
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="receiver", daemon=True)
        self._commitments.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and abort what is under way; half an object is removed, whole ones are safe."""
        server, thread, self._server = self._server, self._thread, None
        if server is not None and thread is not None:
            server.stop(thread)
            self._commitments.stop()

    # --- on threads of the network ----------------------------------------------------------------------------------

    def _handlers(self) -> list[Any]:
        return [
            (evt.EVT_REQUESTED, _make_room),
            (evt.EVT_ESTABLISHED, _note_associated),
            (evt.EVT_CONN_CLOSE, forget_unfinished),
            (evt.EVT_N_ACTION, self._on_action),
            (evt.EVT_N_EVENT_REPORT, self._on_event_report),
        ]

    def _on_object(self, association: Association, uid: str, sink: Sink) -> tuple[int, str]:
        """Answer with success only for what is on the disk; nothing is parsed here."""
        kept = self._inbox.keep(sink, uid)
        if kept == "kept" and self._listeners.stored is not None:
            peer = association.requestor
            self._listeners.stored(peer.ae_title, str(peer.address), uid)
        return _STATUSES[kept]

    def _on_action(self, event: evt.Event) -> tuple[int, Dataset | None]:
        try:
            request = request_in(event.assoc.requestor.ae_title, event.action_information)
        except (ValueError, TypeError, AttributeError, NotImplementedError, RecursionError):
            request = None
        if request is None:
            return 0x0115, None  # invalid argument value
        try:
            self._commitments.accept(request)
        except OSError:
            return _PROCESSING_FAILURE, None
        return SUCCESS, None

    def _on_event_report(self, event: evt.Event) -> tuple[int, Dataset | None]:
        try:
            found = outcome_in(event.event_information)
        except (ValueError, TypeError, AttributeError, NotImplementedError, RecursionError):
            return 0x0115, None
        if self._listeners.commitment is not None:
            self._listeners.commitment(*found)
        return SUCCESS, None


def _make_room(event: evt.Event) -> None:
    ours = event.assoc.ae
    if isinstance(ours, PeerEntity):
        ours.make_room()


def _note_associated(event: evt.Event) -> None:
    association: Any = event.assoc
    association.visit.associated = True


def _offer(ours: AE) -> None:
    """Add what the receiver takes; the commitment's answers come to us in the other role."""
    ours.add_supported_context(VERIFICATION, str(ImplicitVRLittleEndian))
    ours.add_supported_context(COMMITMENT, list(PLAIN), scu_role=True, scp_role=True)
    for uid in STORED:
        ours.add_supported_context(uid, list(ENCODINGS))


def _entities(settings: NetworkSettings) -> dict[str, AE]:
    """Return for each address that may connect the entity with the AE titles that may call from it."""
    senders = [node for node in settings.nodes if node.may_send]
    if not senders:
        raise BadNetworkSettings("No node may send to this workstation; allow one in its settings first.")
    resolved = addresses_of({node.host for node in senders})
    titles: dict[str, list[str]] = {}
    for node in senders:
        for address in resolved[node.host]:
            titles.setdefault(address, []).append(node.ae_title)
    if not titles:
        raise BadNetworkSettings("No host of the nodes that may send is known on this network; check their names.")
    return {address: _entity_for(settings, allowed) for address, allowed in titles.items()}


def _entity_for(settings: NetworkSettings, titles: list[str]) -> AE:
    limits = settings.limits
    ours = entity(settings, PeerEntity)
    ours.require_called_aet = True
    ours.require_calling_aet = titles
    ours.maximum_associations = limits.associations_per_host - 1  # beside the one that asks
    ours.network_timeout = limits.idle_s
    return ours


def sender_node(ae_title: str, host: str, port: int = 1) -> Node:
    """Return a node that may send and is not called itself."""
    return Node(name=f"{ae_title} at {host}", ae_title=ae_title, host=host, port=port, may_send=True)
