"""The line in which a page of the network window says how something went: a sign, a word, and then a colour."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from widgets import theme


class AnswerLine(QtWidgets.QLabel):
    """One sentence; good, bad, or neither."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._good: bool | None = None
        self._text = ""
        self.setWordWrap(True)
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.say("")

    def say(self, text: str, good: bool | None = None) -> None:
        """Show a sentence; `good` is None where it only says what goes on."""
        self._text, self._good = text, good
        glyph = "" if good is None or not text else "✓  " if good else "✕  "
        self.setText(glyph + text)
        self.setAccessibleName(f"{self._name}: {text}")
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        tokens = theme.current()
        colour = tokens.dim if self._good is None else tokens.good if self._good else tokens.bad
        self.setStyleSheet(f"color: {colour};")
