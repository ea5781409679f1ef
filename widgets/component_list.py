"""The signals of the fit as a list of check marks: which ones the fit may use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets.texts import tr

CELL_PX = (84, 24)
CheckState = QtCore.Qt.CheckState


class ComponentList(QtWidgets.QListWidget):
    """A click anywhere on a name, or Space, takes it out of the fit or back in."""

    left_out_changed = QtCore.Signal(str, object)
    """The name that was toggled, and the tuple of all names that are left out now."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Signals in the fit"))
        self.setToolTip(tr("Signals that the fit may use; a click or Space takes one out or back in."))
        self.setFlow(QtWidgets.QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QtWidgets.QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(QtCore.QSize(*CELL_PX))
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self._before = CheckState.Checked
        self.itemPressed.connect(self._on_pressed)
        self.itemClicked.connect(self._on_clicked)
        self.itemChanged.connect(self._on_changed)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names that are not checked, in the list's order."""
        items = (self.item(i) for i in range(self.count()))
        return tuple(item.text() for item in items if item.checkState() == CheckState.Unchecked)

    def show_signals(self, names: Sequence[str], left_out: Sequence[str]) -> None:
        """Show which signals are in the fit, without telling anyone."""
        blocked = self.blockSignals(True)
        if [self.item(i).text() for i in range(self.count())] != list(names):
            self.clear()
            for name in names:
                item = QtWidgets.QListWidgetItem(name, self)
                item.setToolTip(name)
                item.setFlags(item.flags() | QtCore.Qt.ItemFlag.ItemIsUserCheckable)
        for i in range(self.count()):
            item = self.item(i)
            item.setCheckState(CheckState.Unchecked if item.text() in left_out else CheckState.Checked)
        self.blockSignals(blocked)
        self.viewport().update()

    def _on_pressed(self, item: QtWidgets.QListWidgetItem) -> None:
        self._before = item.checkState()

    def _on_clicked(self, item: QtWidgets.QListWidgetItem) -> None:
        """Toggle for a click beside the box; a click into it has already done so."""
        if item.checkState() == self._before:
            checked = self._before == CheckState.Checked
            item.setCheckState(CheckState.Unchecked if checked else CheckState.Checked)
        self._before = item.checkState()  # the second press of a double click is not announced

    def _on_changed(self, item: QtWidgets.QListWidgetItem) -> None:
        self.left_out_changed.emit(item.text(), self.left_out)

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(2 * CELL_PX[0] + 16, 2 * CELL_PX[1] + 4)

    def minimumSizeHint(self) -> QtCore.QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in (QtCore.Qt.Key.Key_N, QtCore.Qt.Key.Key_P):
            event.ignore()  # next and previous voxel, not a search for a name
        else:
            super().keyPressEvent(event)
