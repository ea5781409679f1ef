"""The spectrum as the reader handles it: solo, cursor, baseline, and the phase by dragging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.displayed import complex_band, upright
from analysis.line_labels import LineLabel
from analysis.types import ComplexArray, Fit, FloatArray, Spectrum
from widgets.phase_drag import HINT, PhaseDrag
from widgets.spectrum_canvas import SpectrumCanvas
from widgets.spectrum_cursor import read_off
from widgets.spectrum_keys import BASELINE, DRAG, TURNS, WHOLE, spectrum_keys
from widgets.texts import tr


class SpectrumPlot(SpectrumCanvas):
    """Draws as the canvas does, hears the reader, and says what is asked for."""

    cursor_moved = QtCore.Signal(str)
    solo_changed = QtCore.Signal(str)
    gesture_began = QtCore.Signal(str)
    phase_changed = QtCore.Signal(float)
    """Zero-order phase in rad, live while the reader drags."""
    gesture_ended = QtCore.Signal()
    phase_step_requested = QtCore.Signal(float)
    """Degrees by which a key turns the phase."""
    phase_mode_changed = QtCore.Signal(bool)
    baseline_subtracted = QtCore.Signal(bool)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = spectrum_keys()
        self._band: tuple[Spectrum, FloatArray, ComplexArray] | None = None
        self.phase = PhaseDrag([plot.getViewBox() for plot in (self.residual, self.main, self.stack)], self)
        self.phase.began.connect(self.gesture_began)
        self.phase.changed.connect(self._on_phase)
        self.phase.ended.connect(self.gesture_ended)
        self.phase.mode_changed.connect(self._on_phase_mode)
        self.stack.getViewBox().clicked.connect(self._on_stack_clicked)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    def set_fit(self, fit: Fit | None, lines: Sequence[LineLabel] = (), spectrum: Spectrum | None = None) -> None:
        super().set_fit(fit, lines, spectrum)
        if fit is None:
            self.phase.set_mode(False)
            return
        self.phase.set_phase(fit.phase0_rad)
        if self.phase.dragging and self.phase.phase0_rad != fit.phase0_rad:
            self._turn(self.phase.phase0_rad)  # the fit is of a moment ago; the data stay at the reader's hand

    @property
    def solo(self) -> str | None:
        """The component that is shown alone, or None."""
        return self._solo

    def set_solo(self, name: str | None) -> None:
        """Show one component alone, or all again."""
        if name == self._solo or self._fit is None:
            return
        self._solo = name
        self._draw()
        self.labels.arrange(self.overlays.caption_rect)
        self.solo_changed.emit(name or "")

    def set_baseline_subtracted(self, subtracted: bool) -> None:
        """Show data and fit with or without the baseline."""
        if subtracted == self._subtract_baseline:
            return
        self._subtract_baseline = subtracted
        self.overlays.set_note("baseline", tr("Baseline subtracted") if subtracted else "")
        self._redraw()
        self.baseline_subtracted.emit(subtracted)

    # --- phase ---------------------------------------------------------------------------------------------------

    def set_phase_mode(self, on: bool) -> None:
        """Let a drag turn the phase, or zoom again."""
        self.phase.set_mode(on and self._fit is not None)

    def _on_phase_mode(self, on: bool) -> None:
        self.overlays.set_note("phase", HINT if on else "")
        self.labels.arrange(self.overlays.caption_rect)
        if on:
            self.setFocus()
        self.phase_mode_changed.emit(on)

    def _on_phase(self, phase0_rad: float) -> None:
        """Turn the data at once; the fit follows when it has been made."""
        self._turn(phase0_rad)
        self.phase_changed.emit(phase0_rad)

    def _turn(self, phase0_rad: float) -> None:
        """Draw the data with another phase than the fit has."""
        given, spectrum = self._given, self._spectrum
        if given is None or spectrum is None:
            return
        if self._band is None or self._band[0] is not spectrum or not np.array_equal(self._band[1], given.ppm):
            self._band = spectrum, given.ppm, complex_band(spectrum, given.ppm)
        data = upright(self._band[2], given.ppm, spectrum, phase0_rad, given.phase1_s)
        turned = self._for_the_eye(replace(given, data=data, residual=data - given.fit))
        offset = turned.baseline if self._subtract_baseline else 0.0
        self.data_curve.setData(turned.ppm, turned.data - offset)
        self.residual_curve.setData(turned.ppm, turned.residual)

    def _on_stack_clicked(self, at: QtCore.QPointF) -> None:
        if self._fit is None:
            return
        row = round(-at.y() / self._stack_step + 0.15)
        if 0 <= row < len(self._rows):
            name = self._rows[row].name
            self.set_solo(None if name == self._solo else name)

    def _on_mouse_moved(self, at: QtCore.QPointF) -> None:
        ppm = self.cursor_lines.move_to(at) if self._fit is not None else None
        if ppm is None or self._fit is None:
            self.cursor_moved.emit("")
        else:
            self.cursor_moved.emit(read_off(ppm, self._fit, self._spectrum, self._exponent))

    # --- Qt ------------------------------------------------------------------------------------------------------

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        super().leaveEvent(event)
        self.cursor_lines.hide()
        self.cursor_moved.emit("")

    def event(self, event: QtCore.QEvent) -> bool:
        """Keep Esc from the window while it leaves the phase mode."""
        kind = QtCore.QEvent.Type.ShortcutOverride
        if event.type() == kind and self.phase.on and event.key() == QtCore.Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        name = self.keys.name_of(event)
        if name == WHOLE:
            self.reset()
        elif name == BASELINE:
            self.set_baseline_subtracted(not self._subtract_baseline)
        elif name == DRAG:
            self.set_phase_mode(not self.phase.on)
        elif event.key() == QtCore.Qt.Key.Key_Escape and self.phase.on:
            self.set_phase_mode(False)
        elif name in TURNS and self._fit is not None:
            self.phase_step_requested.emit(TURNS[name])
        else:
            event.ignore()
