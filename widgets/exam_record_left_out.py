"""One line for each disc that was not measured, with the reason why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6 import QtCore, QtWidgets

from widgets.texts import tr

_LONGEST = 200


class LeftOutRows(QtWidgets.QWidget):
    """Shows the labels and takes the reasons."""

    reasons_changed = QtCore.Signal(str, object)
    """The label whose reason was typed, and all reasons by label; a disc without one is not among them."""
    left = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Discs that were left out"))
        self._grid = QtWidgets.QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.edits: dict[str, QtWidgets.QLineEdit] = {}
        self._read_only = False

    def set_rows(self, labels: Sequence[str], reasons: Mapping[str, str]) -> None:
        """Show a line for every label, and for every disc that has a reason."""
        wanted = list(dict.fromkeys((*labels, *reasons)))
        if wanted != list(self.edits):
            self._build(wanted)
        for label, edit in self.edits.items():
            if edit.text() != reasons.get(label, ""):
                edit.setText(reasons.get(label, ""))

    def set_read_only(self, read_only: bool) -> None:
        """Let the reasons be read, not changed."""
        self._read_only = read_only
        for edit in self.edits.values():
            edit.setReadOnly(read_only)

    def _build(self, labels: Sequence[str]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.edits = {}
        for row, label in enumerate(labels):
            edit = QtWidgets.QLineEdit()
            edit.setMaxLength(_LONGEST)
            edit.setReadOnly(self._read_only)
            edit.setAccessibleName(tr("Why {label} was left out", label=label))
            edit.setPlaceholderText(tr("why it was not measured"))
            edit.textEdited.connect(lambda _, name=label: self._tell(name))
            edit.editingFinished.connect(self.left)
            self._grid.addWidget(QtWidgets.QLabel(label), row, 0)
            self._grid.addWidget(edit, row, 1)
            self.edits[label] = edit

    def _tell(self, label: str) -> None:
        reasons = {name: edit.text() for name, edit in self.edits.items() if edit.text()}
        self.reasons_changed.emit(label, reasons)
