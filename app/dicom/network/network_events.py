"""What the audit trail is told of objects that came or went; imports no network, for the window's start."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.network import Node, QueueItem
from app.audit.events import AuditedObject, AuditEvent, Peer
from app.store import user_name


def received(ae_title: str, host: str, uids: Sequence[str]) -> AuditEvent:
    """Return the event of objects that came from a peer."""
    count = "1 object" if len(uids) == 1 else f"{len(uids)} objects"
    objects = tuple(AuditedObject("instance", uid) for uid in uids)
    return AuditEvent("received", user_name(), count, objects=objects, peer=Peer(ae_title, host))


def sent_event(node: Node, items: Sequence[QueueItem]) -> AuditEvent:
    """Return the event of objects that were sent to a node."""
    good = [item for item in items if item.state in ("sent", "committed")]
    objects = tuple(AuditedObject("instance", item.sop_instance_uid, item.sop_class_uid) for item in items)
    text = f"{len(good)} of {len(items)} objects"
    whole = len(good) == len(items)
    return AuditEvent(
        "sent", user_name(), text, objects=objects, peer=Peer(node.ae_title or node.web_url, node.host), succeeded=whole
    )
