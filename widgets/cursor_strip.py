"""What the pointer reads off, in a strip at the foot of a plot: it covers the axis title, which says the same."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from widgets import theme
from widgets.texts import tr

_STRIP_PX = 21


class CursorStrip(QtWidgets.QLabel):
    """Shown only while there is something to say."""

    def __init__(self, over: QtWidgets.QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setAccessibleName(tr("Under the pointer"))
        self.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        over.installEventFilter(self)
        self.apply_theme()

    def say(self, text: str) -> None:
        """Show a text, or nothing."""
        self.setText(text)
        self.setVisible(bool(text))
        self._place()

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        t = theme.current()
        self.setStyleSheet(f"QLabel {{ background: {t.panel}; color: {t.text}; }}")

    def _place(self) -> None:
        self.setGeometry(0, self._over.height() - _STRIP_PX, self._over.width(), _STRIP_PX)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        """Stay at the foot when the plot changes its size."""
        if event.type() == QtCore.QEvent.Type.Resize:
            self._place()
        return bool(super().eventFilter(watched, event))
