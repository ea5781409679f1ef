"""A table of texts in which each row has a key; what the pages of the network window list their things in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets.spectrum_table import RowsModel
from widgets.voxel_table import VoxelTable

_WIDEST_PX = 320


class NetworkTable(VoxelTable):
    """Whole rows, several at once where that is allowed; the selection stays with its keys when rows change."""

    entered = QtCore.Signal()
    """Enter or a double click on a row."""
    selection_changed = QtCore.Signal()

    def __init__(self, titles: Sequence[str], name: str, *, several: bool = False) -> None:
        super().__init__()
        self.rows = RowsModel(titles, self)
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self._keys: tuple[str, ...] = ()
        if several:
            self.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection)
        self.doubleClicked.connect(lambda _: self.entered.emit())
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    def set_rows(self, keys: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show other rows; what was selected stays so where it is still there."""
        if tuple(keys) == self._keys and all(tuple(row) == self._shown(number) for number, row in enumerate(rows)):
            return
        chosen = set(self.chosen())
        current_columns = self.rows.rowCount() == 0
        self.rows.set_rows(rows)
        self._keys = tuple(keys)
        if current_columns and rows:
            self._fit_columns()
        flags = QtCore.QItemSelectionModel.SelectionFlag
        for number, key in enumerate(self._keys):
            if key in chosen:
                self.selectionModel().select(self.rows.index(number, 0), flags.Select | flags.Rows)
        self.selection_changed.emit()

    def _shown(self, row: int) -> tuple[str, ...]:
        return tuple(str(self.rows.data(self.rows.index(row, column))) for column in range(self.rows.columnCount()))

    def _fit_columns(self) -> None:
        self.resizeColumnsToContents()
        for column in range(self.rows.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column) + 14, _WIDEST_PX))

    def chosen(self) -> list[str]:
        """Return the keys of the selected rows."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [self._keys[row] for row in rows if row < len(self._keys)]

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in (QtCore.Qt.Key.Key_Return, QtCore.Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)
