"""The table that compares the voxels, the reader's pre-test probability, and what follows from both."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.levels import LevelLabel
from analysis.morphology import Morphology
from analysis.nucleus import NucleusShare
from analysis.types import Acquisition, ExamResult
from widgets import theme, wording
from widgets.disc_cells import DiscCells
from widgets.disc_columns import PriorDisc
from widgets.disc_model import DiscModel
from widgets.elided_label import ElidedLabel
from widgets.texts import noop, plural, tr
from widgets.voxel_table import VoxelTable

__all__ = ["DiscTable", "VoxelTable"]

_SHOWN_ROWS = 5
_HEADINGS = {
    True: noop("DISCS  likelihood ratio for pain, relative to the other discs of this exam, 90 % interval"),
    False: noop("VOXELS  molar ratios ± SD; this protocol compares nothing between voxels"),
    None: noop("VOXELS"),
}


class DiscTable(QtWidgets.QFrame):
    """Everything about all voxels at once; says which one the reader picked."""

    voxel_selected = QtCore.Signal(int)
    pretest_chosen = QtCore.Signal(float)
    report_requested = QtCore.Signal()
    export_requested = QtCore.Signal()
    copied = QtCore.Signal()
    details_requested = QtCore.Signal()
    robustness_requested = QtCore.Signal()
    morphology_changed = QtCore.Signal(int, object)
    label_changed = QtCore.Signal(int, str)
    level_requested = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self._exam: ExamResult | None = None
        self._selected, self._fitted_room = -1, -1
        self._pretest = 0.33
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.setSpacing(4)
        self.heading = ElidedLabel()
        theme.mark(self.heading, "heading")
        self.more = QtWidgets.QLabel()
        theme.mark(self.more, "dim")
        line = QtWidgets.QHBoxLayout()
        line.addWidget(self.heading, 1)
        line.addWidget(self.more)
        layout.addLayout(line)
        layout.addWidget(self._build_table(), 1)
        layout.addWidget(self._build_summary())
        layout.addLayout(self._build_buttons())
        self.set_exam((), None)

    def _build_table(self) -> QtWidgets.QWidget:
        self.model = DiscModel(self)
        self.table = DiscCells(self.model)
        self.table.voxel_chosen.connect(self.voxel_selected)
        self.table.copy_requested.connect(self.copy)
        self.table.morphology_changed.connect(self.morphology_changed)
        self.table.label_changed.connect(self.label_changed)
        self.table.level_requested.connect(self.level_requested)
        return self.table

    def _build_summary(self) -> QtWidgets.QWidget:
        summary = QtWidgets.QWidget()
        layout = QtWidgets.QHBoxLayout(summary)
        layout.setContentsMargins(0, 0, 0, 0)
        self.pretest_label = QtWidgets.QLabel(tr("With a pre-test probability of"))
        self.pretest = QtWidgets.QComboBox()
        self.pretest.setAccessibleName(tr("Pre-test probability"))
        self.pretest.setToolTip(
            tr(
                "How likely you hold a disc to be painful before this exam. The probability after it follows from the "
                "likelihood ratio; nothing is assumed for you."
            )
        )
        self.pretest_label.setBuddy(self.pretest)
        self.pretest.activated.connect(self._on_pretest)
        self.answer = QtWidgets.QLabel()
        self.answer.setWordWrap(True)
        self.answer.setAccessibleName(tr("Result for the selected disc"))
        self.answer.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self.pretest_label)
        layout.addWidget(self.pretest)
        layout.addWidget(self.answer, 1)
        return summary

    def _build_buttons(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self.report_button = QtWidgets.QPushButton(tr("Report"))
        theme.mark(self.report_button, "primary")
        self.copy_button = QtWidgets.QPushButton(tr("Copy table"))
        self.export_button = QtWidgets.QPushButton(tr("Export CSV…"))
        self.robust_button = QtWidgets.QPushButton(tr("How robust is this?"))
        self.robust_button.setToolTip(tr("How the selected disc's evidence moves with every choice of the fit."))
        self.details_button = QtWidgets.QPushButton(tr("Details…"))
        self.details_button.setToolTip(tr("What was done to the signal, which files were skipped, and every message."))
        for button, slot in (
            (self.report_button, self.report_requested.emit),
            (self.robust_button, self.robustness_requested.emit),
            (self.copy_button, self.copy),
            (self.export_button, self.export_requested.emit),
            (self.details_button, self.details_requested.emit),
        ):
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
        *,
        live: bool = False,
    ) -> None:
        """Show all voxels, with their results where these are known.

        Parameters
        ----------
        live : only numbers move, so that columns and buttons stay as they are
        """
        self._exam = exam
        blocker = QtCore.QSignalBlocker(self.table)
        self.model.set_contents(acquisitions, exam, ratios)
        blocker.unblock()
        if live:
            self.set_selected(self._selected)
            return
        self.heading.setText(tr(_HEADINGS[exam.compares if exam is not None else None]))
        self._show_table()
        self._offer_pretests(pretests if exam is not None and exam.compares else ())
        for button in (self.copy_button, self.export_button):
            button.setEnabled(exam is not None)
        self.robust_button.setEnabled(exam is not None)
        self.robust_button.setVisible(exam is None or exam.compares)
        self.set_selected(self._selected)

    def set_read_only(self, read_only: bool) -> None:
        """Take no grades and no levels: the reading is signed, or another workstation holds it."""
        self.table.read_only = read_only

    def set_morphology(self, morphology: Sequence[Morphology]) -> None:
        """Show what the reader says of each voxel's disc, in the order of the voxels."""
        self.model.set_morphology(morphology)

    def set_levels(self, levels: Sequence[LevelLabel]) -> None:
        """Show how sure each level is, in the order of the voxels."""
        self.model.set_levels(levels)

    def set_priors(self, priors: Sequence[PriorDisc | None]) -> None:
        """Show an earlier exam of the same patient, in the order of the voxels; without any the column goes."""
        blocker = QtCore.QSignalBlocker(self.table)
        self.model.set_priors(priors)
        blocker.unblock()
        self._show_table()
        self.set_selected(self._selected)

    def set_nuclei(self, shares: Sequence[NucleusShare | None]) -> None:
        """Show how much of each voxel lies in its nucleus, in the order of the voxels; without any the column goes."""
        if [self.model.row(at).nucleus for at in range(self.model.rowCount())] == list(shares):
            return
        blocker = QtCore.QSignalBlocker(self.table)
        self.model.set_nuclei(shares)
        blocker.unblock()
        self._show_table()
        self.set_selected(self._selected)

    def _show_table(self) -> None:
        self.table.show_columns()
        self._fit_columns()
        self.table.updateGeometry()
        self.table.setMinimumHeight(self.table.height_of(min(max(self.model.rowCount(), 1), _SHOWN_ROWS)))

    def _fit_columns(self) -> None:
        """Show the columns that there is room for, and say which there are more."""
        keys = [column.key for column in self.model.columns]
        ratios = [column for column, key in enumerate(keys) if key.startswith("ratio:")]
        rest = [keys.index(key) for key in ("driver", "modic", "prior", "nucleus", "pfirrmann") if key in keys]
        self._fitted_room = self.table.room
        hidden = self.table.fit_columns([*reversed(ratios[1:]), *rest])
        self.more.setText(plural("+ 1 more column", "+ {n} more columns", len(hidden)) if hidden else "")
        self.more.setToolTip(
            tr("Not shown for want of room: {names}. Copy and Export CSV hold them.", names=", ".join(hidden))
        )
        self.more.setVisible(bool(hidden))

    @property
    def shape(self) -> tuple[int, bool, bool]:
        """What the height of the table follows from: its rows, and whether anything stands beneath them."""
        return self.model.rowCount(), self.pretest.isHidden(), self.answer.isHidden()

    def apply_theme(self) -> None:
        """Lay the columns out anew: another theme may have other widths."""
        QtCore.QTimer.singleShot(0, self, self._fit_columns)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        QtCore.QTimer.singleShot(0, self, self._on_room)

    def _on_room(self) -> None:
        """Lay the columns out anew where there is another width for them."""
        if self.table.room != self._fitted_room:
            self._fit_columns()

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
        self.table.select_voxel(index)
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
            self.answer.setText(
                tr(
                    "✕ The comparison is withheld: {withheld}  ·  {exam}",
                    withheld=exam.withheld,
                    exam=wording.exam_text(exam),
                )
            )
        elif exam.compares:
            self.answer.setText(f"{wording.probability_text(result, self._pretest)}  ·  {wording.exam_text(exam)}")
        elif not result.quality.evaluable:
            self.answer.setText(
                tr(
                    "{label} is not evaluable. {reasons}",
                    label=result.label,
                    reasons=wording.reasons_text(result.quality),
                )
            )
        else:
            self.answer.setText("")

    # --- the reader ----------------------------------------------------------------------------------------------

    def _on_pretest(self, position: int) -> None:
        self.pretest_chosen.emit(float(self.pretest.itemData(position)))

    def copy(self) -> None:
        """Put the table on the clipboard as it is shown."""
        QtGui.QGuiApplication.clipboard().setText(self.table.order.as_text())
        self.copied.emit()
