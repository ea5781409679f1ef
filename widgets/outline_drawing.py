"""Drawing the nucleus in a grid of slices: every pane that shows the voxel's place takes the pen."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from PySide6 import QtCore

from analysis.nucleus import Point, body_plane_of
from widgets.annotated_slice import AnnotatedSlice
from widgets.texts import noop, tr

NOT_HERE = noop(
    "No image shows the place of the selected voxel, so nothing can be outlined; select a voxel that is drawn."
)


class OutlineDrawing(QtCore.QObject):
    """Starts and stops the pens of some views together."""

    drawn = QtCore.Signal(tuple, str)
    """The corners of an outline of the selected voxel's disc, LPS mm, and the body plane it lies in."""
    changed = QtCore.Signal(object)
    """The reader pulled at an outline of the selected voxel's disc; the new `Contour`."""
    refused = QtCore.Signal(str)
    toggled = QtCore.Signal(bool)

    def __init__(self, views: Sequence[AnnotatedSlice], parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._views = tuple(views)
        for view in self._views:
            view.drawing_toggled.connect(self.toggle)
            view.outline_changed.connect(self.changed)
            view.pen.finished.connect(functools.partial(self._on_finished, view))

    @property
    def on(self) -> bool:
        """Whether any pen is up."""
        return any(view.pen.on for view in self._views)

    def toggle(self) -> None:
        """Take up the pens, or lay them down."""
        if self.on:
            self.stop()
            return
        able = [view for view in self._views if view.can_draw]
        for view in able:
            view.pen.start()
        self.toggled.emit(bool(able))
        if not able:
            self.refused.emit(tr(NOT_HERE))

    def stop(self) -> None:
        """Lay the pens down; what was drawn and not closed is gone."""
        for view in self._views:
            view.pen.cancel()
        self.toggled.emit(False)

    def _on_finished(self, view: AnnotatedSlice, points: tuple[Point, ...]) -> None:
        self.stop()
        if view.stack is not None:
            self.drawn.emit(points, body_plane_of(view.stack.frame))
