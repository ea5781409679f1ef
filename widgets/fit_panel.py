"""The panel that adjusts a fit: it shows settings and what the fit found, and says what the reader wants instead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.adjusting import Adjustables, found_by, in_force
from analysis.types import Fit, FitSettings, ProcessSettings
from widgets import theme
from widgets.adjust_row import Adjustable, AdjustRow
from widgets.adjust_wording import PHASE, SHIFT, STIFFNESS, WIDTH
from widgets.adjustment_reason import AdjustmentReason
from widgets.component_list import CELL_PX, ComponentList
from widgets.flow_layout import FlowLayout
from widgets.gesture import Gesture
from widgets.range_row import RangeRow
from widgets.texts import noop, tr

_PHASE = Adjustable(
    PHASE, "°", -180, 180, 0.5, 1, noop("Turns the whole spectrum; [ and ] turn it by 1°."), signed=True
)
_SHIFT = Adjustable(
    SHIFT, "ppm", -0.3, 0.3, 0.002, 3, noop("Moves all signals of the model together along the axis."), signed=True
)
_STIFFNESS = Adjustable(
    STIFFNESS, "ED/ppm", 0.6, 25, 0.1, 2,
    noop("Effective dimensions of the baseline per ppm: few are stiff, many follow every bend."), logarithmic=True,
)  # fmt: skip
_WIDTH = Adjustable(
    WIDTH,
    "Hz",
    0.1,
    20,
    0.1,
    1,
    noop("Full width at half maximum of the Gaussian part of the line shape of all signals."),
)
_NUMBER_PX = 148
_WIDE_PX = 780
"""From this width on the signals stand beside the numbers, not beneath them."""
_LONG_WORDS_PX = 680


class FitPanel(QtWidgets.QFrame):
    """Every change is a gesture: it begins, changes the settings live, and ends."""

    gesture_began = QtCore.Signal(str)
    settings_changed = QtCore.Signal(object)
    gesture_ended = QtCore.Signal()
    undo_requested = QtCore.Signal()
    redo_requested = QtCore.Signal()
    reset_requested = QtCore.Signal()
    compare_toggled = QtCore.Signal(bool)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Adjust the fit"))
        self._settings, self._voxel = FitSettings(), ""
        self._names: tuple[str, ...] = ()
        self._found: Adjustables | None = None
        self.gesture = Gesture(self)
        self.gesture.began.connect(self.gesture_began)
        self.gesture.ended.connect(self._on_gesture_ended)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(4)
        layout.addLayout(self._build_heading())
        self._columns = QtWidgets.QBoxLayout(QtWidgets.QBoxLayout.Direction.TopToBottom)
        self._columns.setSpacing(6)
        self._columns.addWidget(self._build_rows(), 1)
        self._columns.addWidget(self._build_signals())
        layout.addLayout(self._columns)
        self.reason = AdjustmentReason()
        layout.addWidget(self.reason)
        layout.addWidget(self._build_buttons())
        self.set_history("", "")
        self.clear()
        self.apply_theme()

    # --- building ------------------------------------------------------------------------------------------------

    def _build_heading(self) -> QtWidgets.QLayout:
        self.heading, self.state = QtWidgets.QLabel(tr("ADJUST")), QtWidgets.QLabel()
        theme.mark(self.heading, "heading")
        theme.mark(self.state, "dim")
        self.state.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred)
        line = QtWidgets.QHBoxLayout()
        line.addWidget(self.heading)
        line.addWidget(self.state, 1)
        return line

    def _build_rows(self) -> QtWidgets.QWidget:
        rows = QtWidgets.QWidget()
        grid = QtWidgets.QGridLayout(rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, _NUMBER_PX)
        self.phase = AdjustRow(_PHASE, self.gesture, grid, 0)
        self.shift = AdjustRow(_SHIFT, self.gesture, grid, 1)
        self.stiffness = AdjustRow(_STIFFNESS, self.gesture, grid, 2)
        self.width_row = AdjustRow(_WIDTH, self.gesture, grid, 3)
        self.range = RangeRow(self.gesture, grid, 4)
        self.phase.changed.connect(lambda v: self._change(phase0_rad=None if v is None else math.radians(v)))
        self.shift.changed.connect(lambda v: self._change(shift_ppm=v))
        self.stiffness.changed.connect(lambda v: self._change(baseline_ed_per_ppm=v))
        self.width_row.changed.connect(lambda v: self._change(gauss_hz=v))
        self.range.changed.connect(lambda v: self._change(ppm_range=v))
        return rows

    def _build_signals(self) -> QtWidgets.QWidget:
        box = QtWidgets.QWidget()
        self._signals_box = QtWidgets.QBoxLayout(QtWidgets.QBoxLayout.Direction.TopToBottom, box)
        self._signals_box.setContentsMargins(0, 0, 0, 0)
        self._signals_box.setSpacing(2)
        self.signals_label, self.signals = QtWidgets.QLabel(), ComponentList()
        theme.mark(self.signals_label, "dim")
        self.signals_label.setAlignment(QtCore.Qt.AlignmentFlag.AlignTop)
        self._signals_box.addWidget(self.signals_label)
        self._signals_box.addWidget(self.signals, 1)
        self.signals.left_out_changed.connect(self._on_left_out)
        return box

    def _build_buttons(self) -> QtWidgets.QWidget:
        bar = QtWidgets.QWidget()
        flow = FlowLayout(bar, gap_px=8, line_gap_px=4)
        policy = bar.sizePolicy()
        policy.setHeightForWidth(True)
        bar.setSizePolicy(policy)
        self.undo, self.redo = QtWidgets.QPushButton(), QtWidgets.QPushButton()
        self.reset, self.compare = QtWidgets.QPushButton(), QtWidgets.QPushButton()
        self.reset.setAccessibleName(tr("Reset to automatic"))
        self.compare.setAccessibleName(tr("Compare with automatic fit"))
        self.compare.setToolTip(tr("Draws the automatic fit over this one, until it is pressed again."))
        self.compare.setCheckable(True)
        for button in (self.undo, self.redo, self.reset, self.compare):
            flow.addWidget(button)
        self.undo.clicked.connect(lambda: self._ask(self.undo_requested))
        self.redo.clicked.connect(lambda: self._ask(self.redo_requested))
        self.reset.clicked.connect(lambda: self._ask(self.reset_requested))
        self.compare.toggled.connect(self.compare_toggled)
        return bar

    # --- showing -------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Show that there is nothing to adjust."""
        self.finish_gesture()
        self._voxel, self._names, self._found = "", (), None
        self._enable(False)
        self.signals.show_signals((), ())
        self.signals_label.setText(tr("Signals"))
        self.state.setText(tr("Nothing to adjust before a spectrum is fitted."))
        self.reset.setEnabled(False)
        self.compare.setChecked(False)
        self.compare.setEnabled(False)
        self.reason.set_reason("", adjusted=False)

    def set_voxel(
        self,
        fit_settings: FitSettings,
        process_settings: ProcessSettings,
        fit: Fit | None,
        adjusted: bool,
        *,
        f0_mhz: float,
        voxel: str = "",
        signals: Sequence[str] = (),
    ) -> None:
        """Show the settings of a voxel and what its fit found; what the reader holds in hand is left alone.

        Parameters
        ----------
        fit : None where it failed; then what is automatic stands where it last stood
        f0_mhz : of the spectrum, to tell a shift in Hz as ppm
        voxel : a name that tells one voxel from another; a change of it ends an open gesture
        signals : all signals of the protocol in its order; none takes those of the fit and those left out
        """
        if voxel != self._voxel:
            self.finish_gesture()
            self._voxel, self._names, self._found = voxel, (), None
        if not self.gesture.name:
            self._settings = fit_settings
        if fit is not None:
            self._found = found_by(fit, f0_mhz)
        self._names = tuple(signals) or self._names_of(fit)
        self._enable(self._found is not None)
        self._show_values()
        self.signals.show_signals(self._names, self._settings.left_out)
        self._tell(process_settings, fit, adjusted)

    def _names_of(self, fit: Fit | None) -> tuple[str, ...]:
        known = dict.fromkeys((*self._names, *(fit.names if fit is not None else ()), *self._settings.left_out))
        return tuple(known)

    def _show_values(self) -> None:
        if self._found is None:
            return
        wanted, now = self._settings, in_force(self._settings, self._found)
        degrees = math.degrees(math.remainder(now.phase0_rad, 2 * math.pi))
        self.phase.show_value(degrees, automatic=wanted.phase0_rad is None)
        self.shift.show_value(now.shift_ppm, automatic=wanted.shift_ppm is None)
        self.stiffness.show_value(now.baseline_ed_per_ppm, automatic=wanted.baseline_ed_per_ppm is None)
        self.width_row.show_value(now.gauss_hz, automatic=wanted.gauss_hz is None)
        self.range.show_range(now.ppm_range, automatic=wanted.ppm_range is None)

    def _tell(self, process: ProcessSettings, fit: Fit | None, adjusted: bool) -> None:
        self.heading.setText(tr("ADJUST {voxel}", voxel=self._voxel).rstrip())
        said = [tr("adjusted by the reader") if adjusted else tr("automatic")]
        if process.keep_transients is not None:
            said.append(
                tr(
                    "{count} of {all} transients chosen by hand",
                    count=sum(process.keep_transients),
                    all=len(process.keep_transients),
                )
            )
        said.append(
            tr("every change refits and can be undone") if fit is not None else tr("this fit failed; change or undo")
        )
        self.state.setText(" · ".join(said))
        count = len(self._names)
        self.signals_label.setText(
            tr("Signals: {fitted} of {count}", fitted=count - len(self._settings.left_out), count=count)
        )
        self.reset.setEnabled(adjusted)
        self.compare.setEnabled(adjusted)
        if not adjusted:
            self.compare.setChecked(False)

    def set_history(self, undo: str, redo: str) -> None:
        """Name what would be undone and redone; empty where there is nothing."""
        for button, sign, word, what in ((self.undo, "↶", tr("Undo"), undo), (self.redo, "↷", tr("Redo"), redo)):
            button.setText(f"{sign} {word} {what}".rstrip())
            button.setAccessibleName(f"{word} {what}".rstrip())
            button.setEnabled(bool(what))

    def _enable(self, enabled: bool) -> None:
        for row in (self.phase, self.shift, self.stiffness, self.width_row):
            for widget in (row.label, row.slider, row.box, row.automatic):
                widget.setEnabled(enabled)
        for widget in (self.range.label, self.range.slider, self.range.low, self.range.high, self.range.automatic):
            widget.setEnabled(enabled)
        self.signals.setEnabled(enabled)

    # --- reader --------------------------------------------------------------------------------------------------

    def finish_gesture(self) -> None:
        """End what the reader has begun: before an undo, another voxel, or a save."""
        self.gesture.end()
        self.reason.gesture.end()

    def step_phase(self, degrees: float) -> None:
        """Turn the phase by some degrees, as the keys [ and ] do."""
        if self.phase.box.isEnabled():
            self.phase.box.stepBy(round(degrees / _PHASE.step))

    def _change(self, **changes: object) -> None:
        self._settings = replace(self._settings, **changes)  # type: ignore[arg-type]
        self.settings_changed.emit(self._settings)

    def _on_left_out(self, name: str, left_out: tuple[str, ...]) -> None:
        self.gesture.begin(f"{'without' if name in left_out else 'with'} {name}")
        self._change(left_out=left_out)
        self.gesture.end()

    def _on_gesture_ended(self) -> None:
        self._show_values()
        self.gesture_ended.emit()

    def _ask(self, signal: QtCore.SignalInstance) -> None:
        self.finish_gesture()
        signal.emit()

    # --- Qt ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE_PX
        direction = QtWidgets.QBoxLayout.Direction
        self._columns.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._signals_box.setDirection(direction.TopToBottom if wide else direction.LeftToRight)
        self.signals.setMinimumWidth(3 * CELL_PX[0] + 16 if wide else 0)
        self.reset.setText(tr("Reset to automatic") if self.width() >= _LONG_WORDS_PX else tr("Reset"))
        self.compare.setText(tr("Compare with automatic fit") if self.width() >= _LONG_WORDS_PX else tr("Compare"))

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        t = theme.current()
        self.setStyleSheet(f"QPushButton:checked {{ background: {t.selection}; border-color: {t.info}; }}")
        palette = QtGui.QGuiApplication.palette()
        palette.setColor(QtGui.QPalette.ColorRole.Window, QtGui.QColor(t.dim))  # Fusion outlines a box with it
        rows = (self.phase, self.shift, self.stiffness, self.width_row, self.range)
        boxes = (*(row.box for row in rows[:-1]), self.range.low, self.range.high)
        for widget in (self.signals, *(row.automatic for row in rows), *boxes):
            # Under a style sheet a palette does not reach what lies inside: the editor of a number, a list's viewport.
            for inside in (widget, *widget.findChildren(QtWidgets.QWidget)):
                inside.setPalette(palette)
