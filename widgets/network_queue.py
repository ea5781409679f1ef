"""What is to be sent: each object with its state and the remote's answer, and what the reader wants done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.network import ItemState, QueueItem
from widgets.network_answer import AnswerLine
from widgets.network_table import NetworkTable
from widgets.texts import noop, tr

_TITLES = (
    noop("Queued"),
    noop("Object"),
    noop("To"),
    noop("State"),
    noop("Tries"),
    noop("Next try"),
    noop("Answer of the remote"),
)
_STATES: dict[ItemState, str] = {
    "waiting": noop("… waiting"),
    "sent": noop("✓ sent"),
    "committed": noop("✓✓ confirmed"),
    "given up": noop("✕ given up"),
}


class QueuePage(QtWidgets.QWidget):
    """Shows the queue; several rows may be chosen at once."""

    send_requested = QtCore.Signal(str, list)
    """Name of the node and paths of files."""
    retry_requested = QtCore.Signal(list)
    give_up_requested = QtCore.Signal(list)
    remove_requested = QtCore.Signal(list)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, QueueItem] = {}
        self.table = NetworkTable(_TITLES, tr("Objects to send"), several=True)
        self.answer = AnswerLine(tr("State of the queue"))
        self.nodes = QtWidgets.QComboBox()
        self.nodes.setAccessibleName(tr("Node to send to"))
        self.send = QtWidgets.QPushButton(tr("Send files…"))
        self.retry = QtWidgets.QPushButton(tr("Try now"))
        self.give_up = QtWidgets.QPushButton(tr("Give up"))
        self.remove = QtWidgets.QPushButton(tr("Remove from the list"))
        self._build()
        self.set_items(())

    def _build(self) -> None:
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.answer)
        row = QtWidgets.QHBoxLayout()
        for button in (self.retry, self.give_up, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.nodes)
        row.addWidget(self.send)
        layout.addLayout(row)
        self.table.selection_changed.connect(self._offer)
        self.send.clicked.connect(self._choose)
        self.retry.clicked.connect(lambda: self.retry_requested.emit(self._chosen("waiting", "given up")))
        self.give_up.clicked.connect(lambda: self.give_up_requested.emit(self._chosen("waiting")))
        self.remove.clicked.connect(lambda: self.remove_requested.emit(self._chosen("sent", "committed", "given up")))

    def set_nodes(self, names: Sequence[str]) -> None:
        """Offer the nodes that can be sent to."""
        before = self.nodes.currentText()
        self.nodes.clear()
        self.nodes.addItems(list(names))
        self.nodes.setCurrentIndex(max(0, self.nodes.findText(before)))
        self._offer()

    def set_items(self, items: Sequence[QueueItem]) -> None:
        """Show the queue, the newest first."""
        shown = sorted(items, key=lambda item: item.queued_at, reverse=True)
        self._items = {item.identifier: item for item in shown}
        rows = [
            (
                _moment(item.queued_at),
                item.label,
                item.node,
                tr(_STATES[item.state]),
                str(item.attempts),
                _moment(item.next_try_at) if item.attempts else "",
                item.answer,
            )
            for item in shown
        ]
        self.table.set_rows([item.identifier for item in shown], rows)
        self._offer()

    def _say(self) -> None:
        """Show the whole answer about the one chosen object, else how the queue stands."""
        chosen = self.table.chosen()
        if len(chosen) == 1 and chosen[0] in self._items and self._items[chosen[0]].answer:
            item = self._items[chosen[0]]
            self.answer.say(item.answer, None if item.state == "waiting" else item.state != "given up")
            return
        items = self._items.values()
        waiting = sum(item.state == "waiting" for item in items)
        lost = sum(item.state == "given up" for item in items)
        text = tr("{waiting} wait, {lost} were given up, {all} in all.", waiting=waiting, lost=lost, all=len(items))
        self.answer.say(text if items else tr("Nothing was sent yet."), False if lost else None)

    def _chosen(self, *states: ItemState) -> list[str]:
        return [key for key in self.table.chosen() if key in self._items and self._items[key].state in states]

    def _offer(self) -> None:
        self._say()
        self.retry.setEnabled(bool(self._chosen("waiting", "given up")))
        self.give_up.setEnabled(bool(self._chosen("waiting")))
        self.remove.setEnabled(bool(self._chosen("sent", "committed", "given up")))
        self.send.setEnabled(bool(self.nodes.currentText()))

    def _choose(self) -> None:
        names, _ = QtWidgets.QFileDialog.getOpenFileNames(self, tr("DICOM files to send"))
        if names:
            self.send_requested.emit(self.nodes.currentText(), [Path(name) for name in names])


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
