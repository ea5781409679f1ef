"""The table that compares the voxels, the reader's pre-test probability, and what follows from both."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.types import Acquisition, ExamResult
from widgets import theme, wording
from widgets.disc_model import LIKELIHOOD, DiscModel
from widgets.interval_delegate import IntervalDelegate

_ROW_PX = 30
_SHOWN_ROWS = 5
_COLUMN_GAP_PX = 10
_HEADINGS = {
    True: "DISCS  relative to the other discs of this exam · likelihood ratio for pain, 90 % interval",
    False: "VOXELS  molar ratios ± SD; this protocol compares nothing between voxels",
    None: "VOXELS",
}


class VoxelTable(QtWidgets.QTableView):
    """A table of whole rows: up and down select, Tab leaves it, Ctrl+C copies it. It asks for the room of its rows."""

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

    def sizeHint(self) -> QtCore.QSize:
        rows = self.model().rowCount() if self.model() is not None else 1
        height = max(rows, 1) * self.verticalHeader().defaultSectionSize()
        return QtCore.QSize(400, height + self.horizontalHeader().sizeHint().height() + 6)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.matches(QtGui.QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        else:
            super().keyPressEvent(event)


class DiscTable(QtWidgets.QFrame):
    """Everything about all voxels at once; says which one the reader picked."""

    voxel_selected = QtCore.Signal(int)
    pretest_chosen = QtCore.Signal(float)
    report_requested = QtCore.Signal()
    export_requested = QtCore.Signal()
    copied = QtCore.Signal()
    details_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self._exam: ExamResult | None = None
        self._selected = -1
        self._pretest = 0.33
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.setSpacing(4)
        self.heading = QtWidgets.QLabel()
        theme.mark(self.heading, "heading")
        self.heading.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred)
        layout.addWidget(self.heading)
        layout.addWidget(self._build_table(), 1)
        layout.addWidget(self._build_summary())
        layout.addLayout(self._build_buttons())
        self.set_exam((), None)

    def _build_table(self) -> QtWidgets.QWidget:
        self.model = DiscModel(self)
        self.table = VoxelTable()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Voxels of this exam")
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.copy_requested.connect(self.copy)
        self._interval = IntervalDelegate(self.table)
        self._plain = QtWidgets.QStyledItemDelegate(self.table)
        return self.table

    def _build_summary(self) -> QtWidgets.QWidget:
        summary = QtWidgets.QWidget()
        layout = QtWidgets.QHBoxLayout(summary)
        layout.setContentsMargins(0, 0, 0, 0)
        self.pretest_label = QtWidgets.QLabel("With a pre-test probability of")
        self.pretest = QtWidgets.QComboBox()
        self.pretest.setAccessibleName("Pre-test probability")
        self.pretest.setToolTip(
            "How likely you hold a disc to be painful before this exam. The probability after it follows from the "
            "likelihood ratio; nothing is assumed for you."
        )
        self.pretest_label.setBuddy(self.pretest)
        self.pretest.activated.connect(self._on_pretest)
        self.answer = QtWidgets.QLabel()
        self.answer.setWordWrap(True)
        self.answer.setAccessibleName("Result for the selected disc")
        self.answer.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self.pretest_label)
        layout.addWidget(self.pretest)
        layout.addWidget(self.answer, 1)
        return summary

    def _build_buttons(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self.report_button = QtWidgets.QPushButton("Write report…")
        theme.mark(self.report_button, "primary")
        self.copy_button = QtWidgets.QPushButton("Copy table")
        self.export_button = QtWidgets.QPushButton("Export CSV…")
        self.details_button = QtWidgets.QPushButton("Details…")
        self.details_button.setToolTip("What was done to the signal, which files were skipped, and every message.")
        signals = (self.report_requested.emit, self.copy, self.export_requested.emit, self.details_requested.emit)
        buttons = (self.report_button, self.copy_button, self.export_button, self.details_button)
        for button, slot in zip(buttons, signals, strict=True):
            button.clicked.connect(slot)
            row.addWidget(button)
        row.addStretch(1)
        return row

    # --- showing -------------------------------------------------------------------------------------------------

    def set_exam(
        self,
        acquisitions: Sequence[Acquisition],
        exam: ExamResult | None,
        ratios: Sequence[str] = (),
        pretests: Sequence[float] = (),
    ) -> None:
        """Show all voxels, with their results where these are known."""
        self._exam = exam
        blocker = QtCore.QSignalBlocker(self.table.selectionModel())
        self.model.set_contents(acquisitions, exam, ratios)
        blocker.unblock()
        self.heading.setText(_HEADINGS[exam.compares if exam is not None else None])
        for column, what in enumerate(self.model.columns):
            self.table.setItemDelegateForColumn(column, self._interval if what is LIKELIHOOD else self._plain)
        self._fit_columns()
        rows = min(max(self.model.rowCount(), 1), _SHOWN_ROWS)
        self.table.updateGeometry()
        self.table.setMinimumHeight(rows * _ROW_PX + self.table.horizontalHeader().sizeHint().height() + 4)
        self._offer_pretests(pretests if exam is not None and exam.compares else ())
        for button in (self.copy_button, self.export_button):
            button.setEnabled(exam is not None)
        self.set_selected(self._selected)

    def _fit_columns(self) -> None:
        """Give each column its contents' width, and hide the least important where the table is too narrow for all."""
        columns = range(len(self.model.columns))
        for column in columns:
            self.table.setColumnHidden(column, False)
        self.table.resizeColumnsToContents()
        widths = [self.table.columnWidth(column) + _COLUMN_GAP_PX for column in columns]
        for column in columns[:-1]:
            self.table.setColumnWidth(column, widths[column])
        keys = [column.key for column in self.model.columns]
        ratios = [column for column in columns if keys[column].startswith("ratio:")]
        spare = [*reversed(ratios[1:]), *(column for column in columns if keys[column] == "driver")]
        room = self.table.viewport().width() - sum(widths)
        for column in spare:
            if room >= 0:
                break
            self.table.setColumnHidden(column, True)
            room += widths[column]

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        QtCore.QTimer.singleShot(0, self, self._fit_columns)

    def _offer_pretests(self, pretests: Sequence[float]) -> None:
        self.pretest.clear()
        for value in pretests:
            self.pretest.addItem(f"{value * 100:.0f} %", value)
        self._show_pretest()
        for widget in (self.pretest, self.pretest_label):
            widget.setVisible(bool(pretests))

    def set_pretest(self, pretest: float) -> None:
        """Show the reader's pre-test probability."""
        self._pretest = pretest
        self._show_pretest()
        self._show_answer()

    def _show_pretest(self) -> None:
        for position in range(self.pretest.count()):
            if abs(float(self.pretest.itemData(position)) - self._pretest) < 1e-6:
                self.pretest.setCurrentIndex(position)

    def set_selected(self, index: int) -> None:
        """Mark the selected voxel's row."""
        self._selected = index
        if 0 <= index < self.model.rowCount() and self.table.currentIndex().row() != index:
            self.table.selectRow(index)
        self._show_answer()

    def set_report_enabled(self, enabled: bool, why: str) -> None:
        """Offer the report, or say why it is not offered."""
        self.report_button.setEnabled(enabled)
        self.report_button.setToolTip(why)

    def _show_answer(self) -> None:
        exam = self._exam
        result = self.model.result(self._selected) if 0 <= self._selected < self.model.rowCount() else None
        self.answer.setVisible(exam is not None)
        if exam is None or result is None:
            self.answer.setText("")
        elif exam.withheld is not None:
            self.answer.setText(f"✕ The comparison is withheld: {exam.withheld}  ·  {wording.exam_text(exam)}")
        elif exam.compares:
            self.answer.setText(f"{wording.probability_text(result, self._pretest)}  ·  {wording.exam_text(exam)}")
        elif not result.quality.evaluable:
            self.answer.setText(f"{result.label} is not evaluable. {wording.reasons_text(result.quality)}")
        else:
            self.answer.setText("")

    # --- the reader ----------------------------------------------------------------------------------------------

    def _on_row(self, current: QtCore.QModelIndex, _: QtCore.QModelIndex) -> None:
        if current.isValid():
            self.voxel_selected.emit(current.row())

    def _on_pretest(self, position: int) -> None:
        self.pretest_chosen.emit(float(self.pretest.itemData(position)))

    def copy(self) -> None:
        """Put the table on the clipboard as it is shown."""
        QtGui.QGuiApplication.clipboard().setText(self.model.as_text())
        self.copied.emit()
