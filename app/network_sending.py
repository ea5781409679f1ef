"""The queue of the window: sent in the background while the workstation runs, read and shown by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6 import QtCore

from analysis.network import NetworkSettings, QueueItem
from analysis.types import Progress, Stop
from app.dicom.network.errors import NetworkProblem
from app.dicom.network.network_events import sent_event
from app.dicom.network.outbox import Outbox, default_folder
from app.jobs import JobRunner
from app.store import Store
from widgets.texts import tr

SEND, CHANGE = "network send", "network queue"
_TURN_MS = 2000


class Sending(QtCore.QObject):
    """Looks every two seconds whether something is due; the queue itself is on the disk."""

    changed = QtCore.Signal()
    """`items` is new."""
    trouble = QtCore.Signal(str)

    def __init__(self, jobs: JobRunner, store: Store | None) -> None:
        super().__init__()
        self._jobs, self._store = jobs, store
        self.outbox: Outbox | None = None
        self.settings = NetworkSettings()
        self.items: list[QueueItem] = []
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(_TURN_MS)
        self._timer.timeout.connect(self.turn)

    def start(self, settings: NetworkSettings) -> None:
        """Begin with what was queued before."""
        self.settings = settings
        try:
            self.outbox = Outbox(default_folder())
        except NetworkProblem as error:
            self.trouble.emit(str(error))
            return
        self._timer.start()
        self.turn()

    def stop(self) -> None:
        """Stop sending; what is under way is cut off and stays in the queue."""
        self._timer.stop()
        self._jobs.cancel(SEND)

    def add(self, node: str, files: Sequence[Path], label: str = "") -> None:
        """Queue files in the background."""
        self._change(lambda outbox: outbox.add(list(files), node, label))

    def retry(self, identifiers: Sequence[str]) -> None:
        """Try items at once."""
        self._change(lambda outbox: outbox.retry(identifiers))

    def give_up(self, identifiers: Sequence[str]) -> None:
        """Try items no more."""
        self._change(lambda outbox: outbox.give_up(identifiers))

    def remove(self, identifiers: Sequence[str]) -> None:
        """Take items off the list."""
        self._change(lambda outbox: outbox.remove(identifiers))

    def confirmed(self, transaction_uid: str, safe: tuple[str, ...], lost: tuple[str, ...]) -> None:
        """Note a node's answer to a storage commitment; called on a thread of the network."""
        if self.outbox is not None:
            self.outbox.confirmed(transaction_uid, safe, lost)

    def _change(self, change: Callable[[Outbox], object]) -> None:
        outbox = self.outbox
        if outbox is None:
            return

        def work(_: Progress, __: Stop) -> list[QueueItem]:
            change(outbox)
            return outbox.items()

        # Under a key of its own each time: one change must not cut another off.
        key = f"{CHANGE} {id(change)}"
        self._jobs.start(key, tr("Queueing"), work, done=self._show, failed=self.trouble.emit, quiet=True)

    def turn(self) -> None:
        """Send what is due, unless that is under way."""
        outbox, settings, store = self.outbox, self.settings, self._store
        if outbox is None or self._jobs.is_running(SEND):
            return

        def work(_: Progress, stop: Stop) -> list[QueueItem]:
            due = {item.identifier: item for item in outbox.due()}
            if due:
                from app.dicom.network.send import send_due

                send_due(outbox, settings, stop)
                if store is not None:
                    _record(store, settings, [item for item in outbox.items() if item.identifier in due])
            return outbox.items()

        self._jobs.start(SEND, tr("Sending"), work, done=self._show, failed=self.trouble.emit, quiet=True)

    def _show(self, items: list[QueueItem]) -> None:
        self.items = items
        self.changed.emit()


def _record(store: Store, settings: NetworkSettings, tried: Sequence[QueueItem]) -> None:
    """Record what was tried, one event per node."""
    for node in settings.nodes:
        mine = [item for item in tried if item.node == node.name]
        if mine:
            store.audit.record(sent_event(node, mine))
