"""The pen that outlines a nucleus on a slice: points are added by click or drag, until the outline is closed."""

from __future__ import annotations

import math

from PySide6 import QtCore

from analysis.nucleus import FEWEST_POINTS, Point, thinned

_LEAST_MM = 0.4
Place = tuple[str, int]
"""Series and slice: an outline stays in one plane."""


class OutlinePen(QtCore.QObject):
    """Holds what is drawn so far; nothing of it is kept before the outline is closed."""

    changed = QtCore.Signal()
    finished = QtCore.Signal(tuple)
    """The corners of the closed outline, LPS mm."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.on = False
        self.points: list[Point] = []
        self._place: Place | None = None

    def start(self) -> None:
        """Take up the pen, with nothing drawn yet."""
        self.on, self.points, self._place = True, [], None
        self.changed.emit()

    def cancel(self) -> None:
        """Lay the pen down and forget what was drawn."""
        if self.on:
            self.on, self.points, self._place = False, [], None
            self.changed.emit()

    def add(self, point: Point, place: Place) -> None:
        """Draw on to an LPS point; one next to the last adds nothing."""
        if not self.on or (self.points and math.dist(point, self.points[-1]) < _LEAST_MM):
            return
        self._place = place
        self.points.append(point)
        self.changed.emit()

    def drop_last(self) -> None:
        """Take the last point back."""
        if self.points:
            self.points.pop()
            self.changed.emit()

    def keep_to(self, place: Place) -> None:
        """Begin anew where another slice is shown than the one that was drawn on."""
        if self.points and place != self._place:
            self.points = []
            self.changed.emit()

    def finish(self) -> None:
        """Close the outline; with too few points the pen stays up."""
        points = thinned(self.points, _LEAST_MM)
        if self.on and len(points) >= FEWEST_POINTS:
            self.cancel()
            self.finished.emit(points)
