"""The table's cells as the reader changes them: grades by key or menu, levels, sorting, and what a column means."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.levels import disc_levels, lumbar_count_of
from analysis.morphology import MODIC_TYPES, PFIRRMANN_GRADES, Modic, Morphology, roman
from widgets.disc_model import DiscModel, DiscOrder
from widgets.interval_delegate import COMPACT_PX, GRAPHIC_PX, IntervalDelegate
from widgets.texts import tr
from widgets.voxel_table import VoxelTable

_GAP_PX, _LAST_PX = 10, 104
_TITLE_PX, _ARROW_PX = 16, 18
"""Around a title, and beside that of a sorted column."""
_NEAR = 2
"""How many discs above and below the present one the menu of a level offers."""
Key = QtCore.Qt.Key
_DIGITS = {Key.Key_0: 0, Key.Key_1: 1, Key.Key_2: 2, Key.Key_3: 3, Key.Key_4: 4, Key.Key_5: 5}
_OPEN = (Key.Key_Return, Key.Key_Enter, Key.Key_F2)
_CLEAR = (Key.Key_Delete, Key.Key_Backspace)
_MODIC_KEYS: tuple[Modic, ...] = ("none", "1", "2", "3")


class DiscCells(VoxelTable):
    """Whole rows; up and down select, left and right choose the cell, Tab leaves, Ctrl+C copies.

    Indices in signals are those of the voxels, whatever the order of the rows.
    """

    voxel_chosen = QtCore.Signal(int)
    morphology_changed = QtCore.Signal(int, object)
    label_changed = QtCore.Signal(int, str)
    level_requested = QtCore.Signal(int)

    def __init__(self, model: DiscModel, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.discs = model
        self.read_only = False
        self.order = DiscOrder(self)
        self.order.setSourceModel(model)
        self.setModel(self.order)
        self.setAccessibleName(tr("Voxels of this exam"))
        self._build_header()
        self._interval, self._plain = IntervalDelegate(self), QtWidgets.QStyledItemDelegate(self)
        self.selectionModel().currentRowChanged.connect(self._on_row)
        self.doubleClicked.connect(lambda _: self.open_cell())

    def _build_header(self) -> None:
        self.horizontalHeader().setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, QtCore.Qt.SortOrder.AscendingOrder)

    # --- rows and columns ----------------------------------------------------------------------------------------

    def show_columns(self) -> None:
        """Give every column the delegate of its kind; call it after the columns changed."""
        lr = self.discs.column_of("lr")
        for column in range(self.discs.columnCount()):
            self.setItemDelegateForColumn(column, self._interval if column == lr else self._plain)

    def fit_columns(self, least_important: Sequence[int]) -> list[str]:
        """Give each column its contents' width; where all do not fit, use less room, then hide columns.

        Parameters
        ----------
        least_important : the columns that may be hidden, the first of them first

        Returns
        -------
        The titles of the columns that are hidden.
        """
        room = self.room
        widths = self._widths(GRAPHIC_PX, _GAP_PX)
        if sum(widths) > room:
            widths = self._widths(COMPACT_PX, 0)
        hidden: list[int] = []
        for column in least_important:
            if sum(widths) - sum(widths[at] for at in hidden) > room:
                hidden.append(column)
        for column in reversed(hidden):
            if sum(widths) - sum(widths[at] for at in hidden if at != column) <= room:
                hidden.remove(column)
        shown = sum(width for at, width in enumerate(widths) if at not in hidden)
        policy = QtCore.Qt.ScrollBarPolicy
        # Qt would otherwise offer to scroll for the last column alone, which is content with less.
        self.setHorizontalScrollBarPolicy(policy.ScrollBarAlwaysOff if shown <= room else policy.ScrollBarAsNeeded)
        spare = max(room - shown, 0) // max(len(widths) - len(hidden), 1)
        for column, width in enumerate(widths):
            self.setColumnHidden(column, column in hidden)
            self.setColumnWidth(column, width + min(spare, _GAP_PX))
        return [tr(self.discs.columns[column].title) for column in sorted(hidden)]

    @property
    def room(self) -> int:
        """The width for columns: what a horizontal scroll bar brings a vertical one for does not count."""
        bar = self.verticalScrollBar()
        rows_px = self.discs.rowCount() * self.verticalHeader().defaultSectionSize()
        tall = rows_px > self.maximumViewportSize().height()
        return self.maximumViewportSize().width() - (bar.sizeHint().width() if tall else 0)

    def _widths(self, graphic_px: int, gap_px: int) -> list[int]:
        """Return the width that each column asks for; the last one is content with `_LAST_PX`, and stretches."""
        self._interval.graphic_px = graphic_px
        for column in range(self.discs.columnCount()):
            self.setColumnHidden(column, False)
        self.resizeColumnsToContents()
        widths = [self.columnWidth(column) + gap_px for column in range(self.discs.columnCount())]
        if gap_px == 0:
            widths = [min(width, self._least_width(column)) for column, width in enumerate(widths)]
        return [*widths[:-1], min(widths[-1], _LAST_PX)]

    def _least_width(self, column: int) -> int:
        """Return the width of contents and title without the room for an arrow that only a sorted column has."""
        header = self.horizontalHeader()
        arrow = _ARROW_PX if header.sortIndicatorSection() == column else 0
        title = header.fontMetrics().horizontalAdvance(tr(self.discs.columns[column].title))
        return max(self.sizeHintForColumn(column), title + _TITLE_PX + arrow)

    def voxel(self) -> int:
        """Return the voxel of the current row, or -1."""
        return self.order.mapToSource(self.currentIndex()).row()

    def select_voxel(self, voxel: int) -> None:
        """Select a voxel's row without saying so; the cell's column stays."""
        if not 0 <= voxel < self.discs.rowCount() or self.voxel() == voxel:
            return
        column = max(self.currentIndex().column(), 0)
        blocker = QtCore.QSignalBlocker(self)
        self.setCurrentIndex(self.order.mapFromSource(self.discs.index(voxel, column)))
        blocker.unblock()
        self.viewport().update()

    def _on_row(self, current: QtCore.QModelIndex, _: QtCore.QModelIndex) -> None:
        if current.isValid():
            self.voxel_chosen.emit(self.order.mapToSource(current).row())

    def _key(self) -> str:
        at = self.currentIndex().column()
        return self.discs.columns[at].key if 0 <= at < len(self.discs.columns) else ""

    # --- keys ----------------------------------------------------------------------------------------------------

    def event(self, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def _editable(self) -> bool:
        return not self.read_only and self.discs.column_of("pfirrmann") >= 0

    def _is_ours(self, event: QtCore.QEvent) -> bool:
        """Whether a key grades a disc here, although it means something else in the rest of the window."""
        if not isinstance(event, QtGui.QKeyEvent) or not _bare(event) or not self._editable():
            return False
        return event.key() in _DIGITS or event.key() in _CLEAR

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if self.voxel() >= 0 and self._is_ours(event):
            self._grade(_DIGITS.get(Key(event.key())))
        elif self.voxel() >= 0 and _bare(event) and event.key() in _OPEN:
            self.open_cell()
        else:
            super().keyPressEvent(event)

    def _grade(self, digit: int | None) -> None:
        """Set what a digit says in this column; None takes it back."""
        said = self.discs.row(self.voxel()).morphology
        if self._key() == "modic":
            if digit is None or digit < len(_MODIC_KEYS):
                self._say(replace(said, modic=_MODIC_KEYS[digit] if digit is not None else None))
        elif digit is not None:
            self._say(replace(said, pfirrmann=digit or None))
        elif self._key() == "pfirrmann":
            self._say(replace(said, pfirrmann=None))

    def _say(self, said: Morphology) -> None:
        if said != self.discs.row(self.voxel()).morphology:
            self.morphology_changed.emit(self.voxel(), said)

    # --- menus ---------------------------------------------------------------------------------------------------

    def open_cell(self) -> None:
        """Open the small menu of the current cell, where it has one."""
        if not self._editable():
            return
        menu = QtWidgets.QMenu(self)
        self._fill_choices(menu, self._key())
        if menu.isEmpty():
            menu.deleteLater()
            return
        self._pop_up(menu)

    def contextMenuEvent(self, event: QtGui.QContextMenuEvent) -> None:
        if self.voxel() < 0:
            return
        menu, at = QtWidgets.QMenu(self), self.currentIndex().column()
        if self._editable():
            for key, title in (
                ("level", tr("&Level")),
                ("pfirrmann", tr("&Pfirrmann grade")),
                ("modic", tr("&Modic type")),
            ):
                self._fill_choices(menu.addMenu(title), key)
            menu.addSeparator()
        title = tr(self.discs.columns[at].title)
        ascending, descending = QtCore.Qt.SortOrder.AscendingOrder, QtCore.Qt.SortOrder.DescendingOrder
        _add(menu, tr("Sort by {title}, &rising", title=title), lambda: self.sortByColumn(at, ascending))
        _add(menu, tr("Sort by {title}, &falling", title=title), lambda: self.sortByColumn(at, descending))
        _add(menu, tr("Sort &as the voxels were read"), lambda: self.sortByColumn(-1, ascending))
        menu.addSeparator()
        _add(menu, tr("&Copy table"), self.copy_requested.emit)
        _add(menu, tr("&What is {title}?", title=title), self.explain_column)
        self._pop_up(menu)

    def explain_column(self) -> None:
        """Show what the numbers of the current column mean and where they come from."""
        at = self.currentIndex().column()
        tip = str(self.discs.headerData(at, QtCore.Qt.Orientation.Horizontal, QtCore.Qt.ItemDataRole.WhatsThisRole))
        QtWidgets.QToolTip.showText(self._below_cell(), tip, self)

    def _pop_up(self, menu: QtWidgets.QMenu) -> None:
        menu.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._below_cell())

    def _below_cell(self) -> QtCore.QPoint:
        return self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())

    def _fill_choices(self, menu: QtWidgets.QMenu, key: str) -> None:
        row = self.discs.row(self.voxel())
        if key == "pfirrmann":
            for grade in (*PFIRRMANN_GRADES, None):
                said = replace(row.morphology, pfirrmann=grade)
                text = f"{roman(grade)}\t{grade}" if grade else tr("Not graded\t0")
                _choice(menu, text, row.morphology.pfirrmann == grade, functools.partial(self._say, said))
        elif key == "modic":
            for kind in (*MODIC_TYPES, None):
                said = replace(row.morphology, modic=kind)
                _choice(menu, _modic_text(kind), row.morphology.modic == kind, functools.partial(self._say, said))
        elif key == "level":
            self._fill_levels(menu, row.acquisition.label)

    def _fill_levels(self, menu: QtWidgets.QMenu, label: str) -> None:
        voxel, count = (
            self.voxel(),
            lumbar_count_of([self.discs.row(i).acquisition.label for i in range(self.discs.rowCount())]),
        )
        levels, plain = disc_levels(count), label.split(" (")[0]
        if plain in levels:
            at = levels.index(plain)
            for level in levels[max(at - _NEAR, 0) : at + _NEAR + 1]:
                _choice(menu, level, level == plain, functools.partial(self._name, voxel, level, plain))
        _add(menu, tr("Another level or &transitional anatomy…"), functools.partial(self.level_requested.emit, voxel))

    def _name(self, voxel: int, level: str, before: str) -> None:
        if level != before:
            self.label_changed.emit(voxel, level)


def _bare(event: QtGui.QKeyEvent) -> bool:
    modifiers = event.modifiers() & ~QtCore.Qt.KeyboardModifier.KeypadModifier
    return modifiers == QtCore.Qt.KeyboardModifier.NoModifier


def _modic_text(kind: Modic | None) -> str:
    if kind is None:
        return tr("Not said\tDel")
    text = (
        tr("No Modic change")
        if kind == "none"
        else tr("Modic {kind}", kind=kind) + (tr(" (mixed)") if "/" in kind else "")
    )
    return f"{text}\t{_MODIC_KEYS.index(kind)}" if kind in _MODIC_KEYS else text


def _add(menu: QtWidgets.QMenu, text: str, slot: Callable[[], object]) -> QtGui.QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda _=False: slot())
    return action


def _choice(menu: QtWidgets.QMenu, text: str, chosen: bool, slot: Callable[[], object]) -> None:
    action = _add(menu, text, slot)
    action.setCheckable(True)
    action.setChecked(chosen)
    if chosen:
        menu.setActiveAction(action)
