"""The table of transients: whether each is in the mean, how it was aligned, and what the rule minds."""

from __future__ import annotations

import math

import numpy as np
from PySide6 import QtCore, QtGui

from analysis.transients import Transients
from analysis.types import BoolArray
from widgets import theme
from widgets.disc_model import ModelIndex
from widgets.texts import noop, tr

Role = QtCore.Qt.ItemDataRole
COLUMNS = (noop("Transient"), noop("In the mean"), noop("Shift (Hz)"), noop("Phase (°)"), noop("The rule says"))
_TIPS = (
    noop("In the order of measurement."),
    noop("Space or a click takes the transient out of the mean, or back in."),
    noop("The frequency correction that aligned it, in Hz."),
    noop("The phase correction that aligned it, in degrees."),
    noop("What sets this transient apart from the others, where it is more than chance."),
)


class TransientModel(QtCore.QAbstractTableModel):
    """One row per transient."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._transients: Transients | None = None
        self._kept: BoolArray = np.zeros(0, dtype=bool)

    def set_transients(self, transients: Transients | None, kept: BoolArray) -> None:
        """Show other transients."""
        self.beginResetModel()
        self._transients, self._kept = transients, kept
        self.endResetModel()

    def set_kept(self, kept: BoolArray) -> None:
        """Show another choice of the same transients."""
        self._kept = kept
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(COLUMNS) - 1))

    def rowCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._kept)

    def columnCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: ModelIndex, role: int = int(Role.DisplayRole)) -> object:
        if not index.isValid() or self._transients is None:
            return None
        row, column = index.row(), index.column()
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self._text(row, column)
        if role == Role.ToolTipRole:
            return tr(_TIPS[column])
        if role == Role.ForegroundRole and not self._kept[row]:
            return QtGui.QBrush(QtGui.QColor(theme.current().bad))
        return None

    def _text(self, row: int, column: int) -> str:
        assert self._transients is not None
        kept, rule = bool(self._kept[row]), bool(self._transients.kept[row])
        by_hand = "" if kept == rule else tr(" (by hand)")
        said = self._transients.reasons[row]
        return (
            str(row + 1),
            f"{'✓ in' if kept else '✕ out'}{by_hand}",
            f"{self._transients.shift_hz[row]:+.2f}",
            f"{math.degrees(self._transients.phase_rad[row]):+.1f}",
            f"{'spared' if rule else 'out'}: {said}" if said else "in" if rule else "out",
        )[column]

    def headerData(self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(Role.DisplayRole)) -> object:
        if orientation != QtCore.Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return tr(COLUMNS[section])
        if role == Role.ToolTipRole:
            return tr(_TIPS[section])
        if role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        return None
