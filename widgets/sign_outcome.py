"""What came of a signature or a verification: one sentence a line, each with a sign and a word of its own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from widgets import theme
from widgets.texts import tr


class SignOutcome(QtWidgets.QWidget):
    """Shows the sentences under a title."""

    close_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Outcome"))
        self.title = QtWidgets.QLabel()
        theme.points(self.title, 2, bold=True)
        self.title.setWordWrap(True)
        self._lines = QtWidgets.QVBoxLayout()
        self._lines.setSpacing(8)
        self.labels: list[QtWidgets.QLabel] = []
        self.close_button = QtWidgets.QPushButton(tr("Close"))
        self.close_button.clicked.connect(self.close_requested)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addLayout(self._lines)
        layout.addStretch(1)
        layout.addWidget(self.close_button, 0, QtCore.Qt.AlignmentFlag.AlignRight)

    def set_outcome(self, title: str, sentences: Sequence[tuple[bool, str]]) -> None:
        """Show a title and sentences with whether each is as it should be."""
        self.title.setText(title)
        for label in self.labels:
            self._lines.removeWidget(label)
            label.deleteLater()
        self.labels = [self._line(good, text) for good, text in sentences]
        self.setAccessibleDescription(" ".join([title, *(text for _, text in sentences)]))

    def _line(self, good: bool, text: str) -> QtWidgets.QLabel:
        label = QtWidgets.QLabel(f"{'✓' if good else '!'}  {text}")
        label.setWordWrap(True)
        label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        tokens = theme.current()
        label.setStyleSheet(f"color: {tokens.text if good else tokens.warn};")
        self._lines.addWidget(label)
        return label
