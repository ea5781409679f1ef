"""A table of whole rows, as the reading window uses it."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

_ROW_PX = 30


class VoxelTable(QtWidgets.QTableView):
    """Whole rows: up and down select, Tab leaves it, Ctrl+C copies it. It asks for the room of its rows."""

    copy_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QtWidgets.QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QtWidgets.QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(QtCore.Qt.AlignmentFlag.AlignLeft | QtCore.Qt.AlignmentFlag.AlignVCenter)

    def sizeHint(self) -> QtCore.QSize:
        rows = self.model().rowCount() if self.model() is not None else 1
        return QtCore.QSize(400, self.height_of(max(rows, 1)) + 2)

    def height_of(self, rows: int) -> int:
        """Return the height that shows some rows and the header."""
        return rows * self.verticalHeader().defaultSectionSize() + self.horizontalHeader().sizeHint().height() + 4

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.matches(QtGui.QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        else:
            super().keyPressEvent(event)
