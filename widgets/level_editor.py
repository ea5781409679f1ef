"""Corrects the levels: one disc is named, the others follow, and what would follow is shown before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.levels import LUMBAR_COUNTS, LevelLabel, disc_levels, lumbar_count_of
from widgets import theme
from widgets.texts import noop, tr
from widgets.voxel_table import VoxelTable

_TITLES = (noop("Now"), noop("Then"), noop("Confidence"), noop("Why"))
_COUNT_WORDS = {4: noop("4 (L5 or T12 counted otherwise)"), 5: "5", 6: noop("6 (L6, or lumbarised S1)")}


class LevelEditor(QtWidgets.QFrame):
    """Asks what a correction would do, shows it, and says when the reader wants it. It numbers nothing itself."""

    preview_requested = QtCore.Signal(int, str, int)
    """Voxel, its disc, and the number of lumbar vertebrae; `show_preview` answers."""
    label_changed = QtCore.Signal(int, str, int)
    close_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Correct the levels"))
        self._now: tuple[str, ...] = ()
        self._voxel, self._possible = -1, False
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(6)
        heading = QtWidgets.QLabel(tr("LEVELS  name one disc; the others follow along the spine"))
        theme.mark(heading, "heading")
        layout.addWidget(heading)
        layout.addLayout(self._build_form())
        self.problem = QtWidgets.QLabel()
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName(tr("Why this numbering is not possible"))
        layout.addWidget(self.problem)
        layout.addWidget(self._build_table(), 1)
        layout.addLayout(self._build_buttons())

    # --- building ------------------------------------------------------------------------------------------------

    def _build_form(self) -> QtWidgets.QLayout:
        form = QtWidgets.QFormLayout()
        self.voxel, self.level, self.count = (QtWidgets.QComboBox() for _ in range(3))
        for text, box in ((tr("&Voxel"), self.voxel), (tr("&Disc"), self.level), (tr("&Lumbar vertebrae"), self.count)):
            box.setAccessibleName(text.replace("&", ""))
            label = QtWidgets.QLabel(text)
            label.setBuddy(box)
            form.addRow(label, box)
        for count in LUMBAR_COUNTS:
            self.count.addItem(tr(_COUNT_WORDS[count]), count)
        self.voxel.activated.connect(self._on_voxel)
        self.level.activated.connect(lambda _: self._ask())
        self.count.activated.connect(self._on_count)
        return form

    def _build_table(self) -> QtWidgets.QWidget:
        self.items = QtGui.QStandardItemModel(0, len(_TITLES), self)
        self.table = VoxelTable()
        self.table.setModel(self.items)
        self.table.setAccessibleName(tr("Levels now and after the correction"))
        return self.table

    def _build_buttons(self) -> QtWidgets.QLayout:
        row = QtWidgets.QHBoxLayout()
        self.apply_button, self.close_button = (
            QtWidgets.QPushButton(tr("Number so")),
            QtWidgets.QPushButton(tr("Cancel")),
        )
        theme.mark(self.apply_button, "primary")
        self.apply_button.clicked.connect(self._apply)
        self.close_button.clicked.connect(self.close_requested)
        row.addWidget(self.apply_button)
        row.addWidget(self.close_button)
        row.addStretch(1)
        return row

    # --- showing -------------------------------------------------------------------------------------------------

    def open_for(self, labels: Sequence[str], voxel: int) -> None:
        """Begin a correction at a voxel, with the labels as they are."""
        self._now, self._voxel = tuple(labels), voxel
        self.voxel.clear()
        self.voxel.addItems(list(self._now))
        self.voxel.setCurrentIndex(voxel)
        count = lumbar_count_of(self._now)
        self.count.setCurrentIndex(self.count.findData(count))
        self._offer_levels(count, _plain(self._now[voxel]))
        self._ask()
        self.level.setFocus()

    def show_preview(self, labels: Sequence[LevelLabel], problem: str = "") -> None:
        """Show what would follow, or in a sentence why it cannot be."""
        self._possible = not problem
        self.problem.setText(f"{theme.VERDICT_GLYPH['fail']} {problem}" if problem else "")
        self.problem.setVisible(bool(problem))
        self.problem.setStyleSheet(f"color: {theme.current().bad};")
        self.items.setRowCount(0)
        self.items.setHorizontalHeaderLabels([tr(title) for title in _TITLES])
        for now, then in zip(self._now, labels, strict=False):
            texts = (now, then.label, then.confidence, then.why)
            self.items.appendRow([_item(then, text, bold=text == then.label != now) for text in texts])
        self.table.resizeColumnsToContents()
        self.table.setMinimumHeight(self.table.height_of(min(max(len(self._now), 1), 6)))
        self.apply_button.setEnabled(
            self._possible and any(a != b.label for a, b in zip(self._now, labels, strict=False))
        )

    def _offer_levels(self, count: int, chosen: str) -> None:
        levels = disc_levels(count)
        self.level.clear()
        self.level.addItems(list(levels))
        lowest = next(i for i, level in enumerate(levels) if level.endswith("-S1"))
        self.level.setCurrentIndex(levels.index(chosen) if chosen in levels else lowest)

    # --- the reader ----------------------------------------------------------------------------------------------

    def _on_voxel(self, voxel: int) -> None:
        self._voxel = voxel
        self._offer_levels(int(self.count.currentData()), _plain(self._now[voxel]))
        self._ask()

    def _on_count(self, _: int) -> None:
        self._offer_levels(int(self.count.currentData()), self.level.currentText())
        self._ask()

    def _ask(self) -> None:
        self.preview_requested.emit(self._voxel, self.level.currentText(), int(self.count.currentData()))

    def _apply(self) -> None:
        self.label_changed.emit(self._voxel, self.level.currentText(), int(self.count.currentData()))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == QtCore.Qt.Key.Key_Escape:
            self.close_requested.emit()
        elif event.key() in (QtCore.Qt.Key.Key_Return, QtCore.Qt.Key.Key_Enter) and self.apply_button.isEnabled():
            self._apply()
        else:
            super().keyPressEvent(event)


def _plain(label: str) -> str:
    return label.split(" (")[0]


def _item(then: LevelLabel, text: str, *, bold: bool) -> QtGui.QStandardItem:
    item = QtGui.QStandardItem(text)
    item.setEditable(False)
    item.setToolTip(then.why)
    if bold:
        item.setFont(theme.font_of(0, bold=True))
    return item
