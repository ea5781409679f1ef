"""The menu of what a spectrum shows beside itself: none of it changes a number of the reading."""

from __future__ import annotations

import functools

from PySide6 import QtGui, QtWidgets

from widgets.texts import noop, tr

OVERLAYS = {"none": noop("No other voxel"), "voxels": noop("All other voxels"), "prior": noop("The prior")}
SMOOTHINGS_HZ = (0.0, 1.0, 2.0, 4.0, 8.0)


class DisplayMenu(QtWidgets.QMenu):
    """Actions that the spectrum view connects; each says by a check mark what is on."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("What the spectrum shows"))
        self.baseline = self._check(tr("Subtract the &baseline\tB"))
        self.windows = self._check(tr("&Integration windows"))
        self.addSeparator()
        self.overlays = {key: self._check(tr(text)) for key, text in OVERLAYS.items()}
        self._exclusive(list(self.overlays.values()))
        self.addSeparator()
        names = [
            tr("Show it &unsmoothed"),
            *(tr("Smooth by {hz:g} Hz, for display only", hz=hz) for hz in SMOOTHINGS_HZ[1:]),
        ]
        self.smoothings = {hz: self._check(name) for hz, name in zip(SMOOTHINGS_HZ, names, strict=True)}
        self._exclusive(list(self.smoothings.values()))
        self.addSeparator()
        self.table = self.addAction(tr("&Numbers as a table…"))
        self.transients = self.addAction(tr("&Transients…"))
        self.halves = self.addAction(tr("&Odd against even transients…"))

    def _check(self, text: str) -> QtGui.QAction:
        action = self.addAction(text)
        action.setCheckable(True)
        return action

    def _exclusive(self, actions: list[QtGui.QAction]) -> None:
        group = QtGui.QActionGroup(self)
        for action in actions:
            group.addAction(action)
        actions[0].setChecked(True)

    def connect_choices(self, on_overlay: object, on_smoothing: object) -> None:
        """Call with the overlay's key, and with the smoothing in Hz, when the reader chooses one."""
        for key, action in self.overlays.items():
            action.triggered.connect(functools.partial(_call, on_overlay, key))
        for hz, action in self.smoothings.items():
            action.triggered.connect(functools.partial(_call, on_smoothing, hz))


def _call(slot: object, value: object, _checked: bool = False) -> None:
    slot(value)  # type: ignore[operator]
