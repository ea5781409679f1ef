"""Progress of background work: nothing for short work, then a label, a thin bar and Cancel."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from widgets.texts import tr

DELAY_MS = 400


class ProgressBar(QtWidgets.QWidget):
    """Shows the newest of the works under way; Cancel stops that one."""

    cancel_requested = QtCore.Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None, *, delay_ms: int = DELAY_MS) -> None:
        super().__init__(parent)
        self._titles: dict[str, str] = {}
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(10)
        self.bar = QtWidgets.QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(220, 10)
        self.label = QtWidgets.QLabel()
        self.label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.cancel = QtWidgets.QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Stop this work; what is open stays as it is (Esc)."))
        self.cancel.setSizePolicy(QtWidgets.QSizePolicy.Policy.Fixed, QtWidgets.QSizePolicy.Policy.Fixed)
        self.cancel.clicked.connect(lambda: self.cancel_requested.emit(self.key))
        for widget in (self.bar, self.label, self.cancel):
            layout.addWidget(widget)
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay_ms)
        self._timer.timeout.connect(self._appear)
        self.hide()

    @property
    def key(self) -> str:
        """The key of the work that is shown, empty where there is none."""
        return next(reversed(self._titles), "")

    def start(self, key: str, title: str) -> None:
        """Note that work began; the bar appears if it lasts."""
        self._titles.pop(key, None)
        self._titles[key] = title
        self._show(0.0, "")
        if not self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def advance(self, key: str, fraction: float, text: str) -> None:
        """Show how far work has come (0 to 1)."""
        if key == self.key:
            self._show(fraction, text)

    def finish(self, key: str) -> None:
        """Note that work ended."""
        self._titles.pop(key, None)
        if self._titles:
            self._show(0.0, "")
        else:
            self._timer.stop()
            self.hide()

    def _show(self, fraction: float, text: str) -> None:
        title = self._titles.get(self.key, "")
        self.label.setText(f"{title} · {text}" if text else f"{title}…")
        self.bar.setValue(round(min(max(fraction, 0.0), 1.0) * 1000))
        self.bar.setAccessibleName(tr("{title}: {value:.0f} per cent", title=title, value=fraction * 100))

    def _appear(self) -> None:
        if self._titles:
            self.show()
