"""What counts as one change by the reader, from its first movement to its end: one undo step."""

from __future__ import annotations

from PySide6 import QtCore

PAUSE_MS = 500
"""Steps of a key or a wheel that follow each other within this time are one gesture."""


class Gesture(QtCore.QObject):
    """At most one gesture is open; another one, or a rest after a step, ends it."""

    began = QtCore.Signal(str)
    ended = QtCore.Signal()

    def __init__(self, parent: QtCore.QObject | None = None, *, pause_ms: int = PAUSE_MS) -> None:
        super().__init__(parent)
        self._name = ""
        self._rest = QtCore.QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(pause_ms)
        self._rest.timeout.connect(self.end)

    @property
    def name(self) -> str:
        """What is being changed, or nothing."""
        return self._name

    def begin(self, name: str) -> None:
        """Open a gesture that lasts until `end`; the same one stays open."""
        self._rest.stop()
        if name == self._name:
            return
        self.end()
        self._name = name
        self.began.emit(name)

    def step(self, name: str) -> None:
        """Open a gesture that ends by itself once no step follows."""
        self.begin(name)
        self._rest.start()

    def end(self) -> None:
        """Close the gesture that is open, if any."""
        self._rest.stop()
        if self._name:
            self._name = ""
            self.ended.emit()
