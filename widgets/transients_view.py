"""The transients behind a spectrum: which ones are in the mean, why others are not, and the reader's own choice."""

from __future__ import annotations

import numpy as np
from PySide6 import QtCore, QtWidgets

from analysis.transients import Transients, band_spectra
from analysis.types import BoolArray
from widgets import theme
from widgets.gesture import Gesture
from widgets.table_copy import copy_table
from widgets.texts import tr
from widgets.transient_model import TransientModel
from widgets.transient_plots import TransientPlots
from widgets.voxel_table import VoxelTable

SHOWN_PPM = (0.2, 4.2)
_LEAST_PLOT_PX = 320


class TransientsView(QtWidgets.QFrame):
    """Takes a transient out or back in as one gesture; what follows from it comes from outside."""

    gesture_began = QtCore.Signal(str)
    keep_transients_changed = QtCore.Signal(object)
    """One bool for each transient, or None for the automatic choice (`ProcessSettings.keep_transients`)."""
    gesture_ended = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self._transients: Transients | None = None
        self._kept: BoolArray = np.zeros(0, dtype=bool)
        self._phase0_rad = 0.0
        self.gesture = Gesture(self)
        self.gesture.began.connect(self.gesture_began)
        self.gesture.ended.connect(self.gesture_ended)
        self.heading = QtWidgets.QLabel()
        self.heading.setWordWrap(True)
        theme.mark(self.heading, "dim")
        self.plots, self.model, self.table = TransientPlots(), TransientModel(self), VoxelTable()
        self._build_table()
        self.toggle_button = QtWidgets.QPushButton(tr("Take out"))
        self.automatic_button = QtWidgets.QPushButton(tr("Automatic choice"))
        self.automatic_button.setToolTip(tr("Leave the choice to the rule of rejection again."))
        self._lay_out()
        self.plots.clicked.connect(self._on_spot)
        self.toggle_button.clicked.connect(lambda: self.toggle(self.chosen))
        self.automatic_button.clicked.connect(self._on_automatic)
        self.set_transients(None, tr("No transients are shown."))

    def _build_table(self) -> None:
        self.table.setModel(self.model)
        self.table.verticalHeader().setDefaultSectionSize(theme.TARGET_PX)
        self.table.setAccessibleName(tr("Transients"))
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._draw())
        self.table.copy_requested.connect(lambda: copy_table(self.model))
        self.table.clicked.connect(lambda index: self.toggle(index.row()) if index.column() == 1 else None)
        self.table.installEventFilter(self)

    def _lay_out(self) -> None:
        right = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(right)
        column.setContentsMargins(8, 0, 8, 8)
        column.addWidget(self.table, 1)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self.toggle_button)
        buttons.addWidget(self.automatic_button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        split = QtWidgets.QSplitter(QtCore.Qt.Orientation.Horizontal)
        split.addWidget(self.plots)
        split.addWidget(right)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setChildrenCollapsible(False)
        self.plots.setMinimumWidth(_LEAST_PLOT_PX)
        split.setSizes([600, 400])
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 4)
        layout.addWidget(self.heading)
        layout.addWidget(split, 1)

    # --- showing -------------------------------------------------------------------------------------------------

    def set_transients(
        self,
        transients: Transients | None,
        waiting: str = "",
        *,
        keep: tuple[bool, ...] | None = None,
        phase0_rad: float = 0.0,
    ) -> None:
        """Show transients, or say what is being waited for.

        Parameters
        ----------
        keep : the reader's choice, None where the rule chooses
        phase0_rad : what turns the lines upright (`analysis.transients.display_phase_rad`)
        """
        self.gesture.end()
        self._transients, self._phase0_rad, self._keep = transients, phase0_rad, keep
        self._waiting = waiting
        self._kept = self._in_force(keep)
        if transients is not None:
            self._ppm, self._rows = band_spectra(transients, SHOWN_PPM, phase0_rad)
        chosen = min(max(self.chosen, 0), len(self._kept) - 1)
        self.model.set_transients(transients, self._kept)
        self.table.resizeColumnsToContents()
        if transients is not None:
            self.table.setCurrentIndex(self.model.index(chosen, 0))
        self._draw()

    def set_kept(self, keep: tuple[bool, ...] | None) -> None:
        """Show another choice of the same transients: the reader's, or None for the rule's."""
        self._keep, self._kept = keep, self._in_force(keep)
        self.model.set_kept(self._kept)
        self._draw()

    def _in_force(self, keep: tuple[bool, ...] | None) -> BoolArray:
        if self._transients is None:
            return np.zeros(0, dtype=bool)
        usable = keep is not None and len(keep) == len(self._transients.kept)
        return np.array(keep) if usable else self._transients.kept.copy()

    def _draw(self) -> None:
        transients, kept = self._transients, self._kept
        self.plots.setVisible(transients is not None)
        for button in (self.toggle_button, self.automatic_button):
            button.setEnabled(transients is not None and len(kept) > 1)
        if transients is None:
            self.heading.setText(self._waiting)
            return
        by = tr("chosen by the rule") if self._keep is None else tr("✎ chosen by the reader")
        self.heading.setText(
            tr(
                "{count} of {kept} transients in the mean, {by}. Solid: their mean; dotted: "
                "transients left out; coloured: the selected one. A click on a point, or Space in "
                "the table, takes one out or back in.",
                count=int(kept.sum()),
                kept=len(kept),
                by=by,
            )
        )
        self.automatic_button.setEnabled(self._keep is not None)
        if 0 <= self.chosen < len(kept):
            self.toggle_button.setText(tr("Take out") if kept[self.chosen] else tr("Take in"))
        self.plots.show_spectra(self._ppm, self._rows, kept, self.chosen)
        self.plots.show_course(transients.shift_hz, np.degrees(transients.phase_rad), kept, self.chosen)

    # --- reader --------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> int:
        """Index of the selected transient, -1 for none."""
        return int(self.table.currentIndex().row())

    def toggle(self, index: int) -> None:
        """Take a transient out of the mean, or back in; the last one stays."""
        if not 0 <= index < len(self._kept):
            return
        kept = self._kept.copy()
        kept[index] = not kept[index]
        if not kept.any():
            self.heading.setText(tr("The last transient stays in the mean, because without any there is no spectrum."))
            return
        self.gesture.begin(f"transient {index + 1} {'in' if kept[index] else 'out'}")
        keep = tuple(bool(one) for one in kept)
        self.set_kept(keep)
        self.keep_transients_changed.emit(keep)
        self.gesture.end()

    def _on_spot(self, index: int) -> None:
        self.table.setCurrentIndex(self.model.index(index, 0))
        self.toggle(index)

    def _on_automatic(self) -> None:
        self.gesture.begin(tr("automatic choice of transients"))
        self.set_kept(None)
        self.keep_transients_changed.emit(None)
        self.gesture.end()

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        """Space in the table takes the selected transient out or back in."""
        if event.type() == QtCore.QEvent.Type.KeyPress and event.key() == QtCore.Qt.Key.Key_Space:  # type: ignore[attr-defined]
            self.toggle(self.chosen)
            return True
        return bool(super().eventFilter(watched, event))

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self.plots.apply_theme()
        self._draw()
