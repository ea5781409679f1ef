"""Which conclusion depends on which choice: a sentence, a plot with one row per choice, and its twin in numbers."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.robustness import ChoiceResult, Robustness
from widgets import theme, wording
from widgets.dot_plot import DotPlot, DotRow
from widgets.texts import noop, tr
from widgets.voxel_table import VoxelTable

_TITLES = (noop("Choice"), noop("Likelihood ratio"), noop("Class"), noop("Weight"))
_TIPS = (
    noop(
        "What is chosen differently. The exam as it stands holds the spread of all its fits in "
        "its interval; a single fit does not. 'Undone' takes back one adjustment by the reader."
    ),
    noop(
        "How many times more likely the ratios are in a painful than in a pain-free disc: median "
        "[5th–95th percentile]. Every disc of the exam is taken with the same choice."
    ),
    noop("The class under this choice."),
    noop("How much of the fits' weight the disc's own data leave to this one, by Akaike's criterion."),
)
_SHOWN_ROWS = 9


class RobustnessView(QtWidgets.QFrame):
    """Shows a disc under every choice; it computes nothing."""

    close_requested = QtCore.Signal()
    copied = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Robustness of the evidence"))
        self._choices: tuple[ChoiceResult, ...] = ()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(6)
        layout.addLayout(self._build_heading())
        self.answer = QtWidgets.QLabel()
        self.answer.setWordWrap(True)
        self.answer.setAccessibleName(tr("What depends on what"))
        self.answer.setTextInteractionFlags(
            QtCore.Qt.TextInteractionFlag.TextSelectableByMouse | QtCore.Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout.addWidget(self.answer)
        self.plot = DotPlot()
        layout.addWidget(self.plot)
        layout.addWidget(self._build_table(), 1)
        self.plot.row_chosen.connect(self.table.selectRow)
        self.clear(tr("Select a disc that has been fitted."))

    def _build_heading(self) -> QtWidgets.QLayout:
        line = QtWidgets.QHBoxLayout()
        self.heading = QtWidgets.QLabel()
        theme.mark(self.heading, "heading")
        self.copy_button, self.close_button = (
            QtWidgets.QPushButton(tr("Copy table")),
            QtWidgets.QPushButton(tr("Close")),
        )
        self.copy_button.clicked.connect(self.copy)
        self.close_button.clicked.connect(self.close_requested)
        line.addWidget(self.heading, 1)
        line.addWidget(self.copy_button)
        line.addWidget(self.close_button)
        return line

    def _build_table(self) -> QtWidgets.QWidget:
        self.items = QtGui.QStandardItemModel(0, len(_TITLES), self)
        self.table = VoxelTable()
        self.table.setModel(self.items)
        self.table.setAccessibleName(tr("The disc under every choice, in numbers"))
        header, mode = self.table.horizontalHeader(), QtWidgets.QHeaderView.ResizeMode
        header.setStretchLastSection(False)
        for column in range(len(_TITLES)):
            header.setSectionResizeMode(column, mode.Stretch if column == 0 else mode.ResizeToContents)
        self.table.copy_requested.connect(self.copy)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self.plot.set_chosen(now.row()))
        return self.table

    # --- showing -------------------------------------------------------------------------------------------------

    def clear(self, why: str) -> None:
        """Show nothing, and say why."""
        self._choices = ()
        self.heading.setText(tr("HOW ROBUST IS THIS?"))
        self.answer.setText(why)
        self._fill((0.5, 2.0))

    def set_robustness(self, found: Robustness, calls: tuple[float, float] = (0.5, 2.0)) -> None:
        """Show a disc under every choice.

        Parameters
        ----------
        calls : likelihood ratios below and above which the protocol calls a disc lower and higher
        """
        self._choices = found.choices
        self.heading.setText(tr("HOW ROBUST IS THIS?  {label}", label=found.label))
        self.answer.setText(" ".join(found.sentences))
        self._fill(calls)

    def _fill(self, calls: tuple[float, float]) -> None:
        self.plot.set_rows([_dot(choice) for choice in self._choices], calls)
        self.plot.setVisible(bool(self._choices))
        self.items.setRowCount(0)
        self.items.setHorizontalHeaderLabels([tr(title) for title in _TITLES])
        for column, tip in enumerate(_TIPS):
            for role in (QtCore.Qt.ItemDataRole.ToolTipRole, QtCore.Qt.ItemDataRole.WhatsThisRole):
                self.items.setHeaderData(column, QtCore.Qt.Orientation.Horizontal, tip, role)
        for choice in self._choices:
            self.items.appendRow([_item(text, choice, column) for column, text in enumerate(_cells(choice))])
        self.table.setMinimumHeight(self.table.height_of(min(max(len(self._choices), 1), _SHOWN_ROWS)))
        self.copy_button.setEnabled(bool(self._choices))

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self.plot.update()

    # --- the reader ----------------------------------------------------------------------------------------------

    def copy(self) -> None:
        """Put the sentence and the table on the clipboard."""
        lines = [
            self.answer.text(),
            "\t".join(tr(title) for title in _TITLES),
            *("\t".join(_cells(choice)) for choice in self._choices),
        ]
        QtGui.QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
        self.copied.emit()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == QtCore.Qt.Key.Key_Escape:
            self.close_requested.emit()
        else:
            super().keyPressEvent(event)


def _name(choice: ChoiceResult) -> str:
    return tr("undone: {name}", name=choice.name) if choice.kind == "undone" else choice.name


def _dot(choice: ChoiceResult) -> DotRow:
    lr = choice.evidence.lr if choice.evidence is not None else None
    return DotRow(_name(choice), lr, choice.evidence_class, choice.kind == "exam")


def _cells(choice: ChoiceResult) -> tuple[str, ...]:
    evidence = choice.evidence
    lr = evidence.lr if evidence is not None else None
    found = wording.interval(lr) if lr is not None else tr("withheld")
    kind = f"{theme.CLASS_GLYPH[choice.evidence_class]} {choice.evidence_class}"
    return _name(choice), found, kind, _weight(choice.weight)


def _weight(weight: float | None) -> str:
    if weight is None:
        return wording.NONE
    return "< 1 %" if weight < 0.01 else f"{weight * 100:.0f} %"


def _item(text: str, choice: ChoiceResult, column: int) -> QtGui.QStandardItem:
    item = QtGui.QStandardItem(text)
    item.setEditable(False)
    item.setToolTip(choice.withheld or f"{text}\n{tr(_TIPS[column])}")
    if choice.kind == "exam":
        item.setFont(theme.font_of(0, bold=True))
    return item
