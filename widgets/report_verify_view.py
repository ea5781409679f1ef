"""Is this report genuine and do its numbers hold? Its signatures in words, and every number beside its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.path_row import path_row
from widgets.sign_outcome import SignOutcome
from widgets.texts import noop, tr

VerifyWith = Literal["nothing", "open study", "folder"]
_SIZE = (900, 720)
_TITLES = ("", noop("What"), noop("In the report"), noop("Computed again"))
_WIDTHS = (40, 380, 180, 180)


@dataclass(frozen=True)
class VerifyRequest:
    """A report to be checked, and what its numbers are computed again from."""

    report: Path
    compare: VerifyWith = "nothing"
    folder: Path | None = None


@dataclass(frozen=True)
class VerifiedValue:
    """One value of the report and its counterpart, as they are shown."""

    place: str
    old: str
    new: str
    agrees: bool


class ReportVerifyView(QtWidgets.QDialog):
    """Collects a `VerifyRequest` and shows what was found; it stands in nobody's way."""

    requested = QtCore.Signal(object)
    cancelled = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Verify a report"))
        self.resize(*_SIZE)
        self._values: tuple[VerifiedValue, ...] = ()
        self._has_study, self._busy = False, False
        self.report, self.folder = QtWidgets.QLineEdit(), QtWidgets.QLineEdit()
        self.report.setAccessibleName(tr("Report to verify"))
        self.folder.setAccessibleName(tr("Folder of the study"))
        self.compare = QtWidgets.QComboBox()
        self.compare.setAccessibleName(tr("Compute the numbers again from"))
        self.verify = QtWidgets.QPushButton(tr("&Verify"))
        theme.mark(self.verify, "primary")
        self.outcome = SignOutcome()
        self.outcome.close_button.hide()
        self.counted = QtWidgets.QLabel()
        theme.mark(self.counted, "heading")
        self.only_different = QtWidgets.QCheckBox(tr("Only what &differs"))
        self._build_table()
        self._build()
        self.report.textChanged.connect(lambda _: self._offer())
        self.folder.textChanged.connect(lambda _: self._offer())
        self.compare.currentIndexChanged.connect(lambda _: self._offer())
        self.only_different.toggled.connect(lambda _: self._fill())
        self.verify.clicked.connect(lambda _=False: self._send())
        self.report.returnPressed.connect(self._send)
        self.set_study(False)
        self.clear()

    # --- building ------------------------------------------------------------------------------------------------

    def _build_table(self) -> None:
        self.table = QtWidgets.QTableWidget(0, len(_TITLES))
        self.table.setHorizontalHeaderLabels([tr(title) if title else "" for title in _TITLES])
        self.table.setAccessibleName(tr("Numbers of the report and computed again"))
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        for column, width in enumerate(_WIDTHS):
            self.table.setColumnWidth(column, width)
        self.table.horizontalHeader().setStretchLastSection(True)

    def _build(self) -> None:
        form = QtWidgets.QFormLayout()
        self._folder_row = path_row(self.folder, self._choose_folder)
        rows = (
            (tr("&Report"), path_row(self.report, self._choose_report)),
            (tr("&Compute again from"), self.compare),
            (tr("&Folder"), self._folder_row),
        )
        for text, widget in rows:
            label = QtWidgets.QLabel(text)
            label.setBuddy(widget)
            form.addRow(label, widget)
        self._form = form
        buttons = QtWidgets.QHBoxLayout()
        self.close_button = QtWidgets.QPushButton(tr("Close"))
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.close)
        buttons.addWidget(self.counted, 1)
        buttons.addWidget(self.only_different)
        bottom = QtWidgets.QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(self.close_button)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.verify, 0, QtCore.Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.outcome)
        layout.addLayout(buttons)
        layout.addWidget(self.table, 1)
        layout.addLayout(bottom)

    # --- state ---------------------------------------------------------------------------------------------------

    def set_study(self, is_open: bool) -> None:
        """Offer to compute the numbers again from the study that is open, where one is."""
        if is_open == self._has_study and self.compare.count():
            return
        self._has_study = is_open
        usual = "open study" if is_open else "nothing"
        chosen = "folder" if self.compare.currentData() == "folder" else usual
        self.compare.clear()
        self.compare.addItem(tr("nothing: signatures only"), "nothing")
        if is_open:
            self.compare.addItem(tr("the open study"), "open study")
        self.compare.addItem(tr("a folder…"), "folder")
        self.compare.setCurrentIndex(max(self.compare.findData(chosen), 0))

    def clear(self) -> None:
        """Show that nothing was verified yet."""
        self.outcome.set_outcome(tr("Choose a report and verify it."), ())
        self.set_values(())

    def set_busy(self) -> None:
        """Say that the report is being verified."""
        self._busy = True
        self.outcome.set_outcome(tr("Verifying…"), ())
        self.set_values(())
        self._offer()

    def set_outcome(self, title: str, sentences: Sequence[tuple[bool, str]], values: Sequence[VerifiedValue]) -> None:
        """Show what was found: a verdict, what it rests on, and the values one by one."""
        self._busy = False
        self.outcome.set_outcome(title, sentences)
        self.set_values(values)
        self._offer()

    def set_values(self, values: Sequence[VerifiedValue]) -> None:
        """Show the values, and how many agree."""
        self._values = tuple(values)
        different = sum(not value.agrees for value in values)
        shown = bool(values)
        text = ""
        if shown:
            text = tr("{count} of {all} values agree", count=len(values) - different, all=len(values))
        self.counted.setText(text)
        self.only_different.setVisible(shown)
        self.only_different.setChecked(bool(different))
        self.table.setVisible(shown)
        self._fill()

    def _fill(self) -> None:
        wanted = [v for v in self._values if not (v.agrees and self.only_different.isChecked())]
        self.table.setRowCount(len(wanted))
        bad = QtGui.QColor(theme.current().bad)
        for row, value in enumerate(wanted):
            mark = "✓" if value.agrees else "✕"
            for column, text in enumerate((mark, value.place, value.old, value.new)):
                item = QtWidgets.QTableWidgetItem(text)
                if not value.agrees:
                    item.setForeground(bad)
                self.table.setItem(row, column, item)

    def _offer(self) -> None:
        self._form.setRowVisible(self._folder_row, self.compare.currentData() == "folder")
        folder_missing = self.compare.currentData() == "folder" and not self.folder.text().strip()
        self.verify.setEnabled(bool(self.report.text().strip()) and not folder_missing and not self._busy)
        self.verify.setText(tr("Verifying…") if self._busy else tr("&Verify"))

    # --- the reader ----------------------------------------------------------------------------------------------

    def _choose_report(self) -> None:
        name, _ = QtWidgets.QFileDialog.getOpenFileName(
            self, tr("Verify a report"), self.report.text(), tr("PDF (*.pdf)")
        )
        if name:
            self.report.setText(name)

    def _choose_folder(self) -> None:
        name = QtWidgets.QFileDialog.getExistingDirectory(self, tr("Folder of the study"), self.folder.text())
        if name:
            self.folder.setText(name)

    def _send(self) -> None:
        if self.verify.isEnabled():
            folder = Path(self.folder.text().strip()) if self.compare.currentData() == "folder" else None
            self.requested.emit(VerifyRequest(Path(self.report.text().strip()), self.compare.currentData(), folder))

    def done(self, result: int) -> None:
        """Close, and give up what is under way."""
        if self._busy:
            self._busy = False
            self.cancelled.emit()
            self.clear()
            self._offer()
        super().done(result)
