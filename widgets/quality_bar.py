"""The gates of one voxel in a row: glyph, name, value, and a word where it is not a plain pass.

A gate can be pressed: it says what it means, and takes the reader's reason to override it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.types import Gate, Quality
from widgets import theme, wording
from widgets.flow_layout import FlowLayout
from widgets.gate_editor import GateEditor
from widgets.texts import tr

OVERRIDDEN = "✎"
_WIDE_PX, _FEW = 640, 2
"""Below this width more than a few gates that pass share one word."""


class QualityBar(QtWidgets.QWidget):
    """Always visible; says so where nothing was judged, and why a voxel is not evaluable."""

    gate_override_requested = QtCore.Signal(str, str)
    """Name of the gate, and the reader's reason; an empty reason takes the override back."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Quality gates"))
        self.chips: list[QtWidgets.QWidget] = []
        self._quality: Quality | None = None
        self._warnings: tuple[str, ...] = ()
        self._overrides: Mapping[str, str] = {}
        self._all_shown = self._filled_narrow = False
        row = QtWidgets.QWidget()
        self._flow = FlowLayout(row, gap_px=8)
        self.editor = GateEditor()
        self.editor.hide()
        self.editor.decided.connect(self.gate_override_requested)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(row)
        layout.addWidget(self.editor)
        for widget in (row, self):
            policy = widget.sizePolicy()
            policy.setHeightForWidth(True)
            policy.setVerticalPolicy(QtWidgets.QSizePolicy.Policy.Minimum)
            widget.setSizePolicy(policy)

    def set_quality(
        self, quality: Quality | None, warnings: Sequence[str] = (), overrides: Mapping[str, str] | None = None
    ) -> None:
        """Show a voxel's gates and warnings, or that it was not judged yet.

        Parameters
        ----------
        overrides : the reader's reason for each gate that was overridden, by the gate's name
        """
        overrides = overrides or {}
        if _same(quality, self._quality) and tuple(warnings) == self._warnings and overrides == self._overrides:
            return
        self._quality, self._warnings, self._overrides = quality, tuple(warnings), dict(overrides)
        if quality is None or not any(gate.name == self.editor.gate_name for gate in quality.gates):
            self.editor.close_editor()
        self._refill()

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self._refill()

    def _refill(self) -> None:
        quality, tokens = self._quality, theme.current()
        if quality is not None and self._redress(quality):
            return
        self._clear()
        self._filled_narrow = self._narrow
        if quality is None:
            self._say(tr("Quality is judged after the fit."), tokens.dim, "")
            return
        if not quality.evaluable:
            reasons = wording.reasons_text(quality)
            self._say(tr("✕ not evaluable: {reasons}", reasons=reasons), tokens.bad, reasons)
        passing = [gate for gate in quality.gates if gate.verdict == "pass" and gate.name not in self._overrides]
        folded = self._narrow and not self._all_shown and len(passing) > _FEW
        for gate in quality.gates:
            if not folded or gate not in passing:
                self._add_gate(gate)
        if self._narrow and len(passing) > _FEW:
            self._add_fold(tr("✓ {count} gates pass…", count=len(passing)) if folded else tr("fewer"))
        for warning in self._warnings:
            self._say(f"! {warning}", tokens.warn, warning)
        if not self.chips:
            self._say(tr("No gate applies to this voxel."), tokens.dim, "")
        self.setAccessibleDescription(" ".join(f"{chip.property('text')}." for chip in self.chips))
        self.updateGeometry()

    def _redress(self, quality: Quality) -> bool:
        """Give the chips that stand there the gates of another voxel, where they are the same ones; making is slow."""
        names = [chip.property("gate") for chip in self.chips]
        if self._narrow or self._warnings or not quality.evaluable or names != [gate.name for gate in quality.gates]:
            return False
        for chip, gate in zip(self.chips, quality.gates, strict=True):
            if isinstance(chip, QtWidgets.QPushButton):
                self._dress(chip, gate)
        self.setAccessibleDescription(" ".join(f"{chip.property('text')}." for chip in self.chips))
        return True

    @property
    def _narrow(self) -> bool:
        return self.width() < _WIDE_PX

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._filled_narrow != self._narrow:
            self._refill()

    def _add_fold(self, text: str) -> None:
        """Offer to show the gates that pass, or to fold them again: a narrow window needs its height."""
        button = QtWidgets.QPushButton(text)
        button.setToolTip(tr("Shows every gate with its value, or only those that did not pass."))
        button.setStyleSheet(_chip_style(theme.current().good))
        button.clicked.connect(self._fold_or_not)
        self._put(button)

    def _fold_or_not(self) -> None:
        self._all_shown = not self._all_shown
        self._refill()

    def _clear(self) -> None:
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []

    def _say(self, text: str, colour: str, tooltip: str) -> None:
        label = QtWidgets.QLabel(text)
        label.setStyleSheet(f"color: {colour};")
        label.setToolTip(tooltip)
        label.setMinimumHeight(20)
        self._put(label)

    def _add_gate(self, gate: Gate) -> None:
        chip = QtWidgets.QPushButton()
        chip.setProperty("gate", gate.name)
        chip.clicked.connect(lambda: self._open_editor(gate.name))
        self._dress(chip, gate)
        self._put(chip)

    def _dress(self, chip: QtWidgets.QPushButton, gate: Gate) -> None:
        reason, tokens = self._overrides.get(gate.name), theme.current()
        chip.setText(wording.gate_chip(gate))
        colour = tokens.verdict(gate.verdict)
        if reason is not None:
            chip.setText(tr("{overridden} {gate}, overridden", overridden=OVERRIDDEN, gate=wording.gate_chip(gate)))
            colour = tokens.info
        chip.setToolTip(_tooltip(gate, reason))
        chip.setAccessibleName(chip.text())
        chip.setAccessibleDescription(_tooltip(gate, reason))
        style = _chip_style(colour)
        if chip.styleSheet() != style:
            chip.setStyleSheet(style)

    def _open_editor(self, name: str) -> None:
        gates = self._quality.gates if self._quality is not None else ()
        gate = next((gate for gate in gates if gate.name == name), None)
        if gate is None:
            return
        unread = self._quality is not None and not self._quality.evaluable
        in_the_way = unread and gate.verdict in ("fail", "unknown")
        self.editor.open_for(gate, self._overrides.get(gate.name), stands_in_the_way=in_the_way)

    def _put(self, chip: QtWidgets.QWidget) -> None:
        self._flow.addWidget(chip)
        chip.show()
        self.chips.append(chip)


def _same(one: Quality | None, other: Quality | None) -> bool:
    """Whether both look alike here."""
    if one is None or other is None:
        return False
    return (one.gates, one.evaluable, one.reasons) == (other.gates, other.evaluable, other.reasons)


def _tooltip(gate: Gate, reason: str | None) -> str:
    told = wording.gate_tooltip(gate)
    return tr("{told} Overridden by the reader: {reason}", told=told, reason=reason) if reason is not None else told


def _chip_style(colour: str) -> str:
    t = theme.current()
    return (
        f"QPushButton {{ color: {colour}; background: transparent; border: 1px solid transparent; border-radius: 3px;"
        " padding: 0 2px; min-height: 20px; text-align: left; }"
        f" QPushButton:hover {{ border-color: {t.border}; }} QPushButton:focus {{ border-color: {t.info}; }}"
    )
