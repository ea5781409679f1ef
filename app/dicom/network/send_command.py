"""`discern send`: queues DICOM files for a node and sends them; what fails stays in the queue."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analysis.network import NetworkSettings, Node, QueueItem
from app.audit.in_use import record_where_in_use
from app.dicom.network.errors import BadNetworkSettings, NetworkProblem
from app.dicom.network.network_events import sent_event
from app.dicom.network.outbox import Outbox, default_folder
from app.dicom.network.send import send_due
from app.dicom.network.settings_file import load_settings
from app.exit_status import DONE, DONE_WITH_GAPS, NOTHING_DONE, say

_TURN_S = 1.0


def node_of(name: str, settings: NetworkSettings) -> Node:
    """Return a node of the settings by its name or, where that is one node's only, its AE title.

    Raises
    ------
    BadNetworkSettings
        If there is none.
    """
    found = [node for node in settings.nodes if node.name == name]
    found = found or [node for node in settings.nodes if node.ae_title == name]
    if len(found) != 1:
        known = ", ".join(node.name for node in settings.nodes) or "none"
        raise BadNetworkSettings(f"'{name}' is no node of the network settings (known: {known}).")
    return found[0]


def send(files: Sequence[Path], to: str, *, wait_s: float = 0.0) -> int:
    """Queue files, or all files of folders, and send what is due; try again for `wait_s` where it fails.

    Raises
    ------
    DiscernError
        If the node is not known or a file is no DICOM object; nothing is queued then.
    """
    settings = load_settings()
    node = node_of(to, settings)
    chosen = [path for file in files for path in (sorted(file.rglob("*")) if file.is_dir() else [file])]
    chosen = [path for path in chosen if not path.is_dir()]
    if not chosen:
        raise NetworkProblem("There is no file to send.")
    outbox = Outbox(default_folder())
    queued = {item.identifier for item in outbox.add(chosen, node.name)}
    end_s = time.monotonic() + wait_s
    while True:
        send_due(outbox, settings, lambda: False)
        mine = [item for item in outbox.items() if item.identifier in queued]
        if all(item.state != "waiting" for item in mine) or time.monotonic() >= end_s:
            break
        time.sleep(_TURN_S)
    record_where_in_use(sent_event(node, mine))
    return _tell(mine)


def _tell(items: Sequence[QueueItem]) -> int:
    good = [item for item in items if item.state in ("sent", "committed")]
    for item in items:
        sys.stdout.write(f"{item.sop_instance_uid}: {item.state}: {item.answer}\n")
    if len(good) == len(items):
        return DONE
    waiting = sum(item.state == "waiting" for item in items)
    if waiting:
        say(f"{waiting} of {len(items)} objects wait in the queue; the workstation, or sending again, tries once more.")
    return DONE_WITH_GAPS if good else NOTHING_DONE
