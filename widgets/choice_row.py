"""One finding as a row of buttons, of which one or none is down: what is not said stays visibly not said."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme

_GAP_PX = 4


class ChoiceRow(QtWidgets.QWidget):
    """Exclusive buttons; arrows move between them, Space chooses, and choosing the one that is down takes it back."""

    chosen = QtCore.Signal(object)

    def __init__(self, name: str, choices: Sequence[tuple[object, str, str]], parent: QtWidgets.QWidget | None = None):
        """Offer choices: the value, the text on the button, and what it means."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self._name = name
        self._values = [value for value, _, _ in choices]
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP_PX)
        self.buttons = [self._button(text, tip) for _, text, tip in choices]
        for button in self.buttons:
            layout.addWidget(button)
        layout.addStretch(1)
        self.setFocusProxy(self.buttons[0])

    def _button(self, text: str, tip: str) -> QtWidgets.QToolButton:
        button = QtWidgets.QToolButton()
        theme.mark(button, "choice")
        button.setText(text)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleName(f"{self._name} {text}")
        button.setMinimumHeight(theme.TARGET_PX)
        button.setMinimumWidth(theme.TARGET_PX + 4)
        button.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda down, at=button: self._on_clicked(at, down))
        button.installEventFilter(self)
        return button

    def show_value(self, value: object) -> None:
        """Press the button of a value, and none where it is not among the choices."""
        for button, own in zip(self.buttons, self._values, strict=True):
            button.setChecked(own == value and value is not None)

    def _on_clicked(self, button: QtWidgets.QToolButton, down: bool) -> None:
        value = self._values[self.buttons.index(button)] if down else None
        self.show_value(value)
        self.chosen.emit(value)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        if isinstance(event, QtGui.QKeyEvent) and event.type() == QtCore.QEvent.Type.KeyPress:
            step = {QtCore.Qt.Key.Key_Left: -1, QtCore.Qt.Key.Key_Right: 1}.get(QtCore.Qt.Key(event.key()))
            if step is not None and watched in self.buttons:
                at = self.buttons.index(watched) + step  # type: ignore[arg-type]
                if 0 <= at < len(self.buttons):
                    self.buttons[at].setFocus(QtCore.Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)
