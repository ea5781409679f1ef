"""Turning the phase by dragging in the spectrum: a mode of the plots, and one gesture per drag."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6 import QtCore

from widgets.adjust_wording import PHASE
from widgets.spectrum_axes import SpectrumBox
from widgets.texts import noop

DEGREES_PER_PX = 0.5
FINE_DEGREES_PER_PX = 0.1
HINT = noop("Phase: drag up or right for +, Shift for fine steps, Esc to leave")


class PhaseDrag(QtCore.QObject):
    """While the mode is on, a left drag in any of the plots changes the zero-order phase."""

    began = QtCore.Signal(str)
    changed = QtCore.Signal(float)
    """Zero-order phase in rad."""
    ended = QtCore.Signal()
    mode_changed = QtCore.Signal(bool)

    def __init__(self, boxes: Sequence[SpectrumBox], parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._boxes = tuple(boxes)
        self._phase0_rad = 0.0
        self._dragging = False
        self._on = False
        for box in boxes:
            box.phase_dragged.connect(self._on_dragged)

    @property
    def on(self) -> bool:
        """Whether a drag turns the phase."""
        return self._on

    @property
    def dragging(self) -> bool:
        """Whether the reader has the phase in hand."""
        return self._dragging

    @property
    def phase0_rad(self) -> float:
        """Where the phase stands, in rad within half a turn."""
        return self._phase0_rad

    def set_phase(self, phase0_rad: float) -> None:
        """Say where the phase stands, unless the reader has it in hand."""
        if not self._dragging:
            self._phase0_rad = phase0_rad

    def set_mode(self, on: bool) -> None:
        """Let a drag turn the phase, or zoom again; leaving ends a drag that is under way."""
        if on == self._on:
            return
        self._on = on
        for box in self._boxes:
            box.phase_mode = on
            if on:
                box.setCursor(QtCore.Qt.CursorShape.SizeAllCursor)
            else:
                box.unsetCursor()
        if not on:
            self._end()
        self.mode_changed.emit(on)

    def _on_dragged(self, pixels: float, fine: bool, finished: bool) -> None:
        if not self._on:
            return
        if not self._dragging:
            self._dragging = True
            self.began.emit(PHASE)
        degrees = pixels * (FINE_DEGREES_PER_PX if fine else DEGREES_PER_PX)
        if degrees:
            self._phase0_rad = math.remainder(self._phase0_rad + math.radians(degrees), 2 * math.pi)
            self.changed.emit(self._phase0_rad)
        if finished:
            self._end()

    def _end(self) -> None:
        if self._dragging:
            self._dragging = False
            self.ended.emit()
