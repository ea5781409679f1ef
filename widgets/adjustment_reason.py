"""One line in which the reader says why a fit is adjusted: it stands in the report beside the adjustment."""

from __future__ import annotations

from PySide6 import QtWidgets

from widgets.gesture import Gesture
from widgets.texts import tr

LONGEST = 300
_PAUSE_MS = 1500


class AdjustmentReason(QtWidgets.QWidget):
    """Shows the reason while there is an adjustment; typing is one step of undo."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.gesture = Gesture(self, pause_ms=_PAUSE_MS)
        self.edit = QtWidgets.QLineEdit()
        self.edit.setMaxLength(LONGEST)
        self.edit.setAccessibleName(tr("Reason for the adjustment"))
        self.edit.setPlaceholderText(tr("why; stands in the report"))
        label = QtWidgets.QLabel(tr("Reason"))
        label.setBuddy(self.edit)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.edit, 1)
        self.edit.textEdited.connect(lambda _: self.gesture.step(tr("reason for the adjustment")))
        self.edit.editingFinished.connect(self.gesture.end)
        self.set_reason("", adjusted=False)

    def set_reason(self, reason: str, *, adjusted: bool) -> None:
        """Show the reason; without an adjustment there is nothing to give one for."""
        self.setVisible(adjusted or bool(reason))
        if self.edit.text() != reason and not self.gesture.name:
            self.edit.setText(reason)
