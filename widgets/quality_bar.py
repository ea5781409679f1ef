"""The gates of one voxel in a row: glyph, name, value, and a word where it is not a plain pass."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtWidgets

from analysis.types import Quality
from widgets import theme, wording
from widgets.flow_layout import FlowLayout


class QualityBar(QtWidgets.QWidget):
    """Always visible; says so where nothing was judged, and why a voxel is not evaluable."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Quality gates")
        self.chips: list[QtWidgets.QLabel] = []
        self._shown: tuple[Quality | None, tuple[str, ...]] = (None, ())
        self._flow = FlowLayout(self)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(QtWidgets.QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)

    def set_quality(self, quality: Quality | None, warnings: Sequence[str] = ()) -> None:
        """Show a voxel's gates and warnings, or that it was not judged yet."""
        self._shown = quality, tuple(warnings)
        self._clear()
        if quality is None:
            self._add("Quality is judged after the fit.", theme.current().dim, "")
            return
        tokens = theme.current()
        if not quality.evaluable:
            self._add(f"✕ not evaluable: {wording.reasons_text(quality)}", tokens.bad, wording.reasons_text(quality))
        for gate in quality.gates:
            self._add(wording.gate_chip(gate), tokens.verdict(gate.verdict), wording.gate_tooltip(gate))
        for warning in warnings:
            self._add(f"! {warning}", tokens.warn, warning)
        if not self.chips:
            self._add("No gate applies to this voxel.", tokens.dim, "")
        self.setAccessibleDescription(" ".join(chip.text() + "." for chip in self.chips))
        self.updateGeometry()

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self.set_quality(*self._shown)

    def _clear(self) -> None:
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []

    def _add(self, text: str, colour: str, tooltip: str) -> None:
        chip = QtWidgets.QLabel(text)
        chip.setStyleSheet(f"color: {colour};")
        chip.setToolTip(tooltip)
        chip.setMinimumHeight(20)
        self._flow.addWidget(chip)
        chip.show()
        self.chips.append(chip)
