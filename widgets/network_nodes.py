"""The nodes: a list beside the form of the chosen one, kept on request, tested with one button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from analysis.network import Node, problem_of_node
from widgets import theme
from widgets.network_answer import AnswerLine
from widgets.network_node_form import NodeForm
from widgets.texts import tr


class NodesPage(QtWidgets.QWidget):
    """Edits a copy of the nodes; they are taken over all at once."""

    nodes_chosen = QtCore.Signal(tuple)
    test_requested = QtCore.Signal(object)
    """The `Node` as it stands in the form, kept or not."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._nodes: list[Node] = []
        self._kept: tuple[Node, ...] = ()
        self.list = QtWidgets.QListWidget()
        self.list.setAccessibleName(tr("Nodes"))
        self.list.setMaximumWidth(260)
        self.form = NodeForm()
        self.answer = AnswerLine(tr("Answer of the node"))
        self._build()
        self.list.currentRowChanged.connect(self._show)
        self.form.changed.connect(self._on_changed)
        self._show(-1)

    def _build(self) -> None:
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(14)
        left = QtWidgets.QVBoxLayout()
        self.add = QtWidgets.QPushButton(tr("Add a node"))
        self.remove = QtWidgets.QPushButton(tr("Remove"))
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.add)
        row.addWidget(self.remove)
        left.addWidget(self.list, 1)
        left.addLayout(row)
        right = QtWidgets.QVBoxLayout()
        self.test = QtWidgets.QPushButton(tr("Test"))
        self.keep = QtWidgets.QPushButton(tr("Keep changes"))
        theme.mark(self.keep, "primary")
        self.undo = QtWidgets.QPushButton(tr("Discard changes"))
        buttons = QtWidgets.QHBoxLayout()
        for button in (self.test, self.keep, self.undo):
            buttons.addWidget(button)
        buttons.addStretch(1)
        right.addWidget(self.form)
        right.addWidget(self.answer)
        right.addStretch(1)
        right.addLayout(buttons)
        layout.addLayout(left)
        layout.addLayout(right, 1)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.test.clicked.connect(lambda: self.test_requested.emit(self.form.node()))
        self.keep.clicked.connect(lambda: self.nodes_chosen.emit(tuple(self._nodes)))
        self.undo.clicked.connect(lambda: self.set_nodes(self._kept))

    def set_nodes(self, nodes: Sequence[Node]) -> None:
        """Show the nodes as they are kept."""
        row = max(self.list.currentRow(), 0)
        self._kept, self._nodes = tuple(nodes), list(nodes)
        self.list.clear()
        self.list.addItems([node.name for node in nodes])
        self.list.setCurrentRow(min(row, len(nodes) - 1))
        self._show(self.list.currentRow())

    def _show(self, row: int) -> None:
        chosen = 0 <= row < len(self._nodes)
        self.form.setEnabled(chosen)
        self.form.set_node(self._nodes[row] if chosen else Node(""))
        self._check()
        if not self._nodes:
            self.answer.say(tr("No node is configured yet; add the archive that you want to query or to send to."))

    def _add(self) -> None:
        self._nodes.append(Node(tr("New node"), host="", ae_title=""))
        self.list.addItem(self._nodes[-1].name)
        self.list.setCurrentRow(len(self._nodes) - 1)
        self.form.name.setFocus()
        self.form.name.selectAll()

    def _remove(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._nodes):
            del self._nodes[row]
            self.list.takeItem(row)
            self._show(self.list.currentRow())

    def _on_changed(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._nodes):
            self._nodes[row] = self.form.node()
            self.list.item(row).setText(self._nodes[row].name)
        self._check()

    def _check(self) -> None:
        """Say what is wrong, and offer what can be done."""
        row = self.list.currentRow()
        chosen = 0 <= row < len(self._nodes)
        here = problem_of_node(self._nodes[row]) if chosen else None
        names = [node.name for node in self._nodes]
        anywhere = any(problem_of_node(node) for node in self._nodes)
        twice = len(set(names)) < len(names)
        changed = tuple(self._nodes) != self._kept
        self.answer.say(
            here or (tr("Two nodes have the same name.") if twice else ""), False if here or twice else None
        )
        self.remove.setEnabled(chosen)
        self.test.setEnabled(chosen and here is None)
        self.keep.setEnabled(changed and not anywhere and not twice)
        self.undo.setEnabled(changed)
