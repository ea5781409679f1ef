"""The key editor: every command of the window with its keys, which can be changed, cleared and reset."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.commands import Commands, clashing
from widgets.texts import noop, tr

_SIZE = (560, 620)
_HINT = noop(
    "Click into a row and press the keys. Those of images and of the spectrum count while these have the focus."
)


class KeyEditor(QtWidgets.QDialog):
    """Shows the commands; nothing is taken over before the reader says so, and no keys twice."""

    keys_changed = QtCore.Signal(dict)
    """Command names with the reader's keys, as portable text; only those that differ from what they came with."""

    def __init__(self, commands: Commands, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self.setWindowTitle(tr("Keys of the window"))
        self.resize(*_SIZE)
        self.table = QtWidgets.QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels([tr("Command"), tr("Keys")])
        self.table.setAccessibleName(tr("Commands and their keys"))
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(0, QtWidgets.QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(1, 190)
        self.edits: dict[str, QtWidgets.QKeySequenceEdit] = {}
        self.problem = QtWidgets.QLabel()
        self.problem.setWordWrap(True)
        theme.mark(self.problem, "dim")
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.problem)
        layout.addWidget(self._build_buttons())
        self._fill()

    def _build_buttons(self) -> QtWidgets.QDialogButtonBox:
        kinds = QtWidgets.QDialogButtonBox.StandardButton
        box = QtWidgets.QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults)
        self.ok, self.reset = box.button(kinds.Ok), box.button(kinds.RestoreDefaults)
        self.reset.setText(tr("Reset all"))
        self.reset.clicked.connect(self._reset)
        box.accepted.connect(self._take_over)
        box.rejected.connect(self.reject)
        return box

    def _fill(self) -> None:
        commands = self._commands.all
        self.table.setRowCount(len(commands))
        for row, command in enumerate(commands):
            item = QtWidgets.QTableWidgetItem(command.title)
            item.setFlags(QtCore.Qt.ItemFlag.ItemIsEnabled)
            edit = QtWidgets.QKeySequenceEdit(QtGui.QKeySequence(command.keys))
            edit.setMaximumSequenceLength(1)
            edit.setClearButtonEnabled(True)
            edit.setAccessibleName(tr("Keys of {name}", name=command.title))
            edit.keySequenceChanged.connect(lambda _: self._check())
            self.edits[command.name] = edit
            self.table.setItem(row, 0, item)
            self.table.setCellWidget(row, 1, edit)
        self._check()

    def _wanted(self) -> dict[str, str]:
        portable = QtGui.QKeySequence.SequenceFormat.PortableText
        return {name: edit.keySequence().toString(portable) for name, edit in self.edits.items()}

    def _check(self) -> None:
        wanted = self._wanted()
        clashes = clashing(self._commands.all, wanted)
        titles = {command.name: command.title for command in self._commands.all}
        name, other = next(iter(clashes.items()), ("", ""))
        text = (
            tr(
                "{keys} is given to both {other} and {name}; change one of them.",
                keys=wanted[name],
                other=titles.get(other, ""),
                name=titles.get(name, ""),
            )
            if clashes
            else tr(_HINT)
        )
        self.problem.setText(text)
        self.ok.setEnabled(not clashes)

    def _reset(self) -> None:
        for command in self._commands.all:
            self.edits[command.name].setKeySequence(QtGui.QKeySequence(command.default_keys))

    def _take_over(self) -> None:
        self._commands.set_keys(self._wanted())
        self.keys_changed.emit(self._commands.changed_keys)
        self.accept()
