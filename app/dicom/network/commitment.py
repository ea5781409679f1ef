"""Storage commitment (PS3.4 annex J): what a peer asks us to vouch for, and our answer on an association of our own.

A request is on the disk before it is acknowledged, so that the answer comes after a restart too.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked
from pydicom.dataset import Dataset
from pynetdicom import build_role

from analysis.network import NetworkSettings, Node
from app.atomic_file import write_whole
from app.dicom.network.association import Wanted, answered, associated
from app.dicom.network.errors import NetworkProblem
from app.dicom.network.inbox import Inbox
from app.dicom.network.sop_classes import COMMITMENT, COMMITMENT_INSTANCE, PLAIN

_NO_SUCH_OBJECT: Final = 0x0112
_COMPLETE, _FAILURES = 1, 2
_MOST_TRIES: Final = 20
_FIRST_WAIT_S, _LONGEST_WAIT_S = 2.0, 3600.0
MOST_OBJECTS: Final = 100_000


@checked(frozen=True)
class Request:
    """What a peer asked for."""

    ae_title: str
    transaction_uid: str
    objects: tuple[tuple[str, str], ...]
    tries: int = 0
    next_try_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


_REQUEST = TypeAdapter(Request)


def references(objects: tuple[tuple[str, str], ...]) -> list[Dataset]:
    """Return SOP classes and instances as items of a Referenced SOP Sequence."""
    items = []
    for sop_class, instance in objects:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
        items.append(item)
    return items


def request_in(ae_title: str, information: Dataset) -> Request | None:
    """Return what the information of an N-ACTION asks for, None where it is not such a request."""
    items = information.get("ReferencedSOPSequence") or ()
    uid = str(information.get("TransactionUID", ""))
    if not uid or not items or len(items) > MOST_OBJECTS:
        return None
    pairs = tuple((str(i.get("ReferencedSOPClassUID", "")), str(i.get("ReferencedSOPInstanceUID", ""))) for i in items)
    return Request(ae_title, uid, pairs)


class Commitments:
    """Answers requests in a thread of its own, again and again with longer waits where the peer is away."""

    def __init__(self, folder: Path, inbox: Inbox, settings: NetworkSettings) -> None:
        self._folder, self._inbox, self._settings = folder, inbox, settings
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="storage-commitment", daemon=True)

    def start(self) -> None:
        """Begin with what is left from before."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop at once; what is not answered stays on the disk."""
        self._over.set()
        self._wake.set()
        self._thread.join()

    def accept(self, request: Request) -> None:
        """Keep a request on the disk; raises OSError where that fails."""
        write_whole(self._folder / f"{secrets.token_hex(12)}.json", _REQUEST.dump_json(request))
        self._wake.set()

    def _run(self) -> None:
        while not self._over.is_set():
            for path in sorted(self._folder.glob("*.json")):
                if not self._over.is_set():
                    self._try(path)
            self._wake.wait(_FIRST_WAIT_S)
            self._wake.clear()

    def _try(self, path: Path) -> None:
        try:
            request = _REQUEST.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            path.unlink(missing_ok=True)
            return
        now = datetime.now(UTC)
        if request.next_try_at > now:
            return
        node = next((n for n in self._settings.nodes if n.ae_title == request.ae_title and n.port > 1), None)
        try:
            if node is not None:
                self._report(node, request)
        except NetworkProblem:
            tries = request.tries + 1
            if tries < _MOST_TRIES:
                wait = timedelta(seconds=min(_FIRST_WAIT_S * 2**tries, _LONGEST_WAIT_S))
                later = replace(request, tries=tries, next_try_at=now + wait)
                write_whole(path, _REQUEST.dump_json(later))
                return
        path.unlink(missing_ok=True)

    def _report(self, node: Node, request: Request) -> None:
        """Send N-EVENT-REPORT: type 1 where everything is here, type 2 with what is not."""
        here = tuple(pair for pair in request.objects if self._inbox.place_of(pair[1]) is not None)
        missing = tuple(pair for pair in request.objects if pair not in set(here))
        information = Dataset()
        information.TransactionUID = request.transaction_uid
        information.ReferencedSOPSequence = references(here)
        if missing:
            information.FailedSOPSequence = references(missing)
            for item in information.FailedSOPSequence:
                item.FailureReason = _NO_SUCH_OBJECT
        wanted = Wanted([(COMMITMENT, PLAIN)], roles=[build_role(COMMITMENT, scu_role=False, scp_role=True)])
        with associated(node, self._settings, wanted, self._over.is_set) as association:
            kind = _FAILURES if missing else _COMPLETE
            status, _ = association.send_n_event_report(information, kind, COMMITMENT, COMMITMENT_INSTANCE)
            answered(node, status)


def outcome_in(information: Dataset) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the transaction of an N-EVENT-REPORT, the SOP Instance UIDs that are safe, and those that are not."""

    def uids(keyword: str) -> tuple[str, ...]:
        return tuple(str(item.get("ReferencedSOPInstanceUID", "")) for item in information.get(keyword) or ())

    return str(information.get("TransactionUID", "")), uids("ReferencedSOPSequence"), uids("FailedSOPSequence")
