"""One line under the gates in which a reader gives the reason for overriding one: nothing modal, nothing silent."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.types import Gate
from widgets import theme, wording
from widgets.texts import tr

LEAST_LETTERS = 3
"""A reason has at least this many letters, so that a slip of the finger is none."""


class GateEditor(QtWidgets.QFrame):
    """Opens for a gate, takes a typed reason, and says what was decided; Esc closes it."""

    decided = QtCore.Signal(str, str)
    """Name of the gate and the reason; an empty one takes an override back."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.gate_name = ""
        self.told = QtWidgets.QLabel()
        theme.mark(self.told, "dim")
        self.told.setWordWrap(True)
        self.reason = QtWidgets.QLineEdit()
        self.reason.setAccessibleName(tr("Reason to override the gate"))
        self.accept_button = QtWidgets.QPushButton(tr("Override"))
        self.withdraw_button = QtWidgets.QPushButton(tr("Withdraw"))
        self.close_button = QtWidgets.QPushButton(tr("Close"))
        layout = QtWidgets.QGridLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(4)
        layout.setColumnStretch(0, 1)
        layout.addWidget(self.told, 0, 0, 1, 4)
        for column, widget in enumerate((self.reason, self.accept_button, self.withdraw_button, self.close_button)):
            layout.addWidget(widget, 1, column)
        self.reason.textChanged.connect(self._offer)
        self.reason.returnPressed.connect(self._accept)
        self.accept_button.clicked.connect(self._accept)
        self.withdraw_button.clicked.connect(self._withdraw)
        self.close_button.clicked.connect(self.close_editor)

    def open_for(self, gate: Gate, reason: str | None, *, stands_in_the_way: bool) -> None:
        """Ask for the reason to override a gate, or show the one that was given.

        A gate that does not stand in the way of reading the voxel only explains itself.
        """
        self.gate_name = gate.name
        self.told.setText(wording.gate_tooltip(gate))
        self.reason.setText(reason or "")
        self.reason.setPlaceholderText(
            tr("Why may this voxel be read although {name} says {verdict}?", name=gate.name, verdict=gate.verdict)
        )
        self.accept_button.setText(tr("Override") if reason is None else tr("Change the reason"))
        self.accept_button.setAccessibleName(tr("Override the gate {name}", name=gate.name))
        self.withdraw_button.setVisible(reason is not None)
        can_override = stands_in_the_way or reason is not None
        for widget in (self.reason, self.accept_button):
            widget.setVisible(can_override)
        self._offer()
        self.show()
        (self.reason if can_override else self.close_button).setFocus()

    def close_editor(self) -> None:
        """Close without a decision."""
        self.gate_name = ""
        self.hide()

    def _offer(self) -> None:
        self.accept_button.setEnabled(len(self.reason.text().strip()) >= LEAST_LETTERS)

    def _accept(self) -> None:
        if self.accept_button.isEnabled():
            name, reason = self.gate_name, self.reason.text().strip()
            self.close_editor()
            self.decided.emit(name, reason)

    def _withdraw(self) -> None:
        name = self.gate_name
        self.close_editor()
        self.decided.emit(name, "")

    def event(self, event: QtCore.QEvent) -> bool:
        """Keep Esc from the window while the editor has the focus."""
        if event.type() == QtCore.QEvent.Type.ShortcutOverride and event.key() == QtCore.Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == QtCore.Qt.Key.Key_Escape:
            self.close_editor()
        else:
            super().keyPressEvent(event)
