"""Sending what is due: one association per node and batch, C-STORE or STOW, and storage commitment where configured."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.association import Association

from analysis.errors import Cancelled
from analysis.network import NetworkSettings, Node, QueueItem
from analysis.types import Stop
from app.dicom.network.association import Wanted, answered, associated
from app.dicom.network.commitment import outcome_in, references
from app.dicom.network.errors import NetworkProblem, Refused
from app.dicom.network.outbox import Outbox
from app.dicom.network.sop_classes import COMMITMENT, COMMITMENT_INSTANCE, PLAIN

_MOST_PER_BATCH: Final = 100
_MOST_CONTEXTS: Final = 120
_GOOD: Final = (0x0000, 0xB000, 0xB006, 0xB007)
_MAY_PASS: Final = 0xA700


def send_due(outbox: Outbox, settings: NetworkSettings, stop: Stop) -> int:
    """Try every item that is due once, and return how many were tried; what fails stays in the queue with the reason.

    Raises
    ------
    Cancelled
        If it was stopped.
    NetworkProblem
        If the queue itself cannot be written.
    """
    due = sorted(outbox.due(), key=lambda item: item.node)
    for name, group in itertools.groupby(due, key=lambda item: item.node):
        items = list(group)
        node = next((n for n in settings.nodes if n.name == name), None)
        if node is None:
            for item in items:
                outbox.failed(item, "the node is no longer in the settings", for_good=True)
            continue
        for start in range(0, len(items), _MOST_PER_BATCH):
            if stop():
                raise Cancelled("Sending was stopped; what is left is sent later.")
            _send_batch(outbox, node, items[start : start + _MOST_PER_BATCH], settings, stop)
    return len(due)


def _send_batch(outbox: Outbox, node: Node, items: Sequence[QueueItem], settings: NetworkSettings, stop: Stop) -> None:
    try:
        if node.send_by == "STOW":
            from app.dicom.network.web import store

            for item in items:
                outbox.sent(item, store(node, outbox.object_of(item), settings))
        else:
            _by_dicom(outbox, node, items, settings, stop)
    except Cancelled:
        raise
    except NetworkProblem as problem:
        done = {item.identifier for item in outbox.items() if item.state != "waiting"}
        tried = {item.identifier: item for item in outbox.due()}
        for item in items:
            if item.identifier not in done and item.identifier in tried:
                outbox.failed(item, str(problem))


def _by_dicom(outbox: Outbox, node: Node, items: Sequence[QueueItem], settings: NetworkSettings, stop: Stop) -> None:
    def on_report(event: evt.Event) -> tuple[int, None]:
        outbox.confirmed(*outcome_in(event.event_information))
        return 0x0000, None

    contexts = _contexts(outbox, items)
    if node.commitment:
        contexts.append((COMMITMENT, PLAIN))
    wanted = Wanted(contexts[:_MOST_CONTEXTS], handlers=[(evt.EVT_N_EVENT_REPORT, on_report)])
    with associated(node, settings, wanted, stop) as association:
        sent = [item for item in items if _store(outbox, node, item, association)]
        if node.commitment and sent:
            _ask_to_confirm(outbox, node, sent, association)


def _contexts(outbox: Outbox, items: Sequence[QueueItem]) -> list[tuple[str, Sequence[str]]]:
    """Return one context for each class and encoding, so that the remote may take some of them only."""
    found: dict[tuple[str, str], None] = {}
    for item in items:
        found[item.sop_class_uid, _encoding(outbox, item)] = None
    return [(uid, PLAIN if encoding in PLAIN else (encoding,)) for uid, encoding in found]


def _encoding(outbox: Outbox, item: QueueItem) -> str:
    return str(dcmread(outbox.object_of(item), specific_tags=[], stop_before_pixels=True).file_meta.TransferSyntaxUID)


def _store(outbox: Outbox, node: Node, item: QueueItem, association: Association) -> bool:
    """Send one object and note the answer; True where the remote has it."""
    try:
        status = association.send_c_store(dcmread(outbox.object_of(item)))
    except ValueError:
        outbox.failed(item, "the node does not take objects of this kind", for_good=True)
        return False
    number = answered(node, status)
    comment = str(status.get("ErrorComment", ""))
    if number in _GOOD:
        outbox.sent(item, "stored" if number == 0 else f"stored, with warning 0x{number:04X} {comment}".rstrip())
        return True
    reason = f"refused with status 0x{number:04X} {comment}".rstrip()
    outbox.failed(item, reason, for_good=number & 0xFF00 != _MAY_PASS)
    return False


def _ask_to_confirm(outbox: Outbox, node: Node, sent: Sequence[QueueItem], association: Association) -> None:
    """Ask for storage commitment; the answer comes on this association, or later to our receiver."""
    uid = str(generate_uid(prefix=None))
    now = {item.identifier: item for item in outbox.items()}
    outbox.asked([now[item.identifier] for item in sent if item.identifier in now], uid)
    information = Dataset()
    information.TransactionUID = uid
    information.ReferencedSOPSequence = references(tuple((i.sop_class_uid, i.sop_instance_uid) for i in sent))
    try:
        status, _ = association.send_n_action(information, 1, COMMITMENT, COMMITMENT_INSTANCE)
    except ValueError:
        return  # the node offers no storage commitment: the objects are sent, and stay unconfirmed
    if (number := answered(node, status)) != 0:
        raise Refused(f"{node.name} has the objects but refuses to confirm them (status 0x{number:04X}).")
