"""Our own associations: one per task, with limits of time, cut off from another thread when the task is stopped."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.association import Association

from analysis.errors import Cancelled
from analysis.network import NetworkSettings, Node
from analysis.types import Stop
from app.dicom.network import library
from app.dicom.network.errors import NetworkProblem, Refused, Unreachable
from app.dicom.network.guarded import forget_unfinished, harden
from app.dicom.network.spooling import MakeSink
from app.dicom.network.tls import client_context
from app.dicom.uids import IMPLEMENTATION_CLASS_UID

library.set_up()
_LOOK_S = 0.1
_REASONS = {
    (1, 1, 3): "it does not know our AE title '{ours}'; it must be entered there",
    (1, 1, 7): "it has another AE title than '{theirs}'",
    (2, 3, 2): "it has too many connections at the moment",
    (2, 3, 1): "it is too busy at the moment",
}


@dataclass(frozen=True)
class Wanted:
    """What an association is for.

    Attributes
    ----------
    contexts : abstract syntax and the encodings that are offered for it
    handlers : of pynetdicom, beside our own
    roles : items of role selection
    make_sink : where objects go that the peer sends us on it
    """

    contexts: Sequence[tuple[str, Sequence[str]]]
    handlers: Sequence[Any] = ()
    roles: Sequence[Any] = ()
    make_sink: MakeSink | None = None


def entity(settings: NetworkSettings, kind: type[AE] = AE) -> AE:
    """Return an application entity with our name and time limits."""
    ours = kind(settings.ae_title)
    ours.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    ours.implementation_version_name = "DISCERN"
    ours.connection_timeout = settings.limits.connect_s
    ours.acse_timeout = settings.limits.request_s
    ours.dimse_timeout = settings.limits.answer_s
    ours.network_timeout = max(settings.limits.idle_s, settings.limits.answer_s)
    ours.maximum_pdu_size = 1 << 17
    return ours


@contextlib.contextmanager
def associated(node: Node, settings: NetworkSettings, wanted: Wanted, stop: Stop) -> Iterator[Association]:
    """Hold an association with a node; it is aborted as soon as `stop` says so, released at the end otherwise.

    Raises
    ------
    Unreachable, Refused
        If there is none.
    Cancelled
        If it was stopped.
    """
    ours = entity(settings)
    for syntax, encodings in wanted.contexts:
        ours.add_requested_context(syntax, list(encodings))
    options: dict[str, Any] = {}
    if node.tls:
        options["tls_args"] = (client_context(settings.tls), node.host)

    def on_open(event: evt.Event) -> None:
        harden(event.assoc, settings.limits, wanted.make_sink)

    handlers = [(evt.EVT_CONN_OPEN, on_open), (evt.EVT_CONN_CLOSE, forget_unfinished), *wanted.handlers]
    if stop():
        raise Cancelled("The connection was cancelled.")
    try:
        association = ours.associate(
            node.host, node.port, ae_title=node.ae_title, evt_handlers=handlers, ext_neg=list(wanted.roles), **options
        )
    except (OSError, ValueError, UnicodeError) as error:
        raise Unreachable(f"{node.name} cannot be reached: its host or port cannot be used.") from error
    if not association.is_established:
        raise _why_not(node, settings, association)
    with _cut_off_when(stop, association):
        try:
            yield association
        except (NetworkProblem, Cancelled):
            raise
        except (OSError, RuntimeError, ValueError, AttributeError) as error:
            # What pynetdicom raises when an association ends under its hands.
            _check(node, association, stop)
            raise Unreachable(f"{node.name} did not keep to the protocol ({type(error).__name__}).") from error
        finally:
            if association.is_established:
                association.release()
        _check(node, association, stop)


def _check(node: Node, association: Association, stop: Stop) -> None:
    if stop():
        raise Cancelled("The connection was cancelled.")
    if association.is_aborted:
        raise Unreachable(f"{node.name} ended the connection before it was done; try again.")


@contextlib.contextmanager
def _cut_off_when(stop: Stop, association: Association) -> Iterator[None]:
    """Abort an association from a thread of its own once it is to stop; pynetdicom waits for answers otherwise."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_S):
            if stop():
                with contextlib.suppress(OSError, RuntimeError, AttributeError):
                    association.abort()
                return

    watcher = threading.Thread(target=watch, name="association-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def answered(node: Node, status: Any) -> int:
    """Return the number of a status that a node answered with.

    Raises
    ------
    Unreachable
        If it did not answer in time.
    """
    if status is None or "Status" not in status:
        raise Unreachable(f"{node.name} did not answer in time; try again.")
    return int(status.Status)


def _why_not(node: Node, settings: NetworkSettings, association: Association) -> NetworkProblem:
    """Return in plain words why there is no association."""
    if association.is_rejected:
        answer: Any = association.acceptor.primitive
        place = (answer.result, answer.result_source, answer.diagnostic)
        text = _REASONS.get(place, "it gives no reason that helps")
        reason = text.format(ours=settings.ae_title, theirs=node.ae_title)
        kind = Unreachable if answer.result == 2 else Refused  # 2: rejected for the moment only
        return kind(f"{node.name} refuses the connection: {reason}.")
    if association.acceptor.primitive is not None and not association.accepted_contexts:
        return Refused(f"{node.name} is there but offers none of what is needed here.")
    return _why_unreachable(node, settings)


def _why_unreachable(node: Node, settings: NetworkSettings) -> NetworkProblem:
    """Try the connection once more, in steps, to tell what fails."""
    place = f"{node.host}, port {node.port}"
    try:
        sock = socket.create_connection((node.host, node.port), timeout=settings.limits.connect_s)
    except socket.gaierror:
        return Unreachable(f"{node.name} cannot be reached: the host {node.host} is not known on this network.")
    except ConnectionRefusedError:
        return Unreachable(f"{node.name} cannot be reached: nothing listens at {place}.")
    except TimeoutError:
        return Unreachable(f"{node.name} cannot be reached: {place} does not answer; a firewall may be in between.")
    except OSError:
        return Unreachable(f"{node.name} cannot be reached: there is no way to {place}.")
    with sock:
        if node.tls:
            try:
                with client_context(settings.tls).wrap_socket(sock, server_hostname=node.host):
                    pass
            except ssl.SSLCertVerificationError as error:
                return Refused(f"{node.name} is not trusted: {error.verify_message}.")
            except OSError:
                return Refused(f"{node.name} does not speak TLS at {place}, or refuses our certificate.")
    return Unreachable(f"{node.name} takes the connection but does not answer as DICOM does; check the port and TLS.")
