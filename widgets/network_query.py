"""Looking into an archive: what to look for, what it has, and fetching a study with its progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6 import QtCore, QtWidgets

from analysis.network import FoundStudy, ScheduledStep, StudyQuery
from widgets import theme
from widgets.network_answer import AnswerLine
from widgets.network_table import NetworkTable
from widgets.texts import noop, plural, tr

QueryKind = Literal["studies", "priors", "worklist"]
_KINDS: tuple[tuple[QueryKind, str], ...] = (
    ("studies", noop("Studies")),
    ("priors", noop("Priors of the open study")),
    ("worklist", noop("Scheduled (worklist)")),
)
_STUDY_TITLES = (
    noop("Patient"),
    noop("ID"),
    noop("Date"),
    noop("Modality"),
    noop("Objects"),
    noop("Accession"),
    noop("Description"),
)
_DATE_CHARACTERS = 8


class QueryPage(QtWidgets.QWidget):
    """Says what the reader looks for, and shows what was found."""

    search_requested = QtCore.Signal(str, str, object)
    """Name of the node, kind, and the `StudyQuery`."""
    fetch_requested = QtCore.Signal(str, str)
    """Name of the node, and Study Instance UID."""
    cancel_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.nodes, self.kind = QtWidgets.QComboBox(), QtWidgets.QComboBox()
        self.nodes.setAccessibleName(tr("Node to query"))
        self.kind.setAccessibleName(tr("What to look for"))
        for key, text in _KINDS:
            self.kind.addItem(tr(text), key)
        self.patient_name = self._line(tr("Patient name"), tr("Family^Given, * for any text"))
        self.patient_id = self._line(tr("Patient ID"), tr("exactly, or with *"))
        self.accession = self._line(tr("Accession number"), "")
        self.date_from = self._line(tr("First date"), tr("YYYYMMDD"))
        self.date_to = self._line(tr("Last date"), tr("YYYYMMDD"))
        self.modality = self._line(tr("Modality"), tr("any, or MR"))
        self.table = NetworkTable(_STUDY_TITLES, tr("Studies found"))
        self.answer = AnswerLine(tr("Answer to the query"))
        self.bar = QtWidgets.QProgressBar()
        self.bar.setAccessibleName(tr("Progress of fetching"))
        self._asked_at, self._busy = "", False
        self._build()
        self._offer()

    def _line(self, name: str, hint: str) -> QtWidgets.QLineEdit:
        edit = QtWidgets.QLineEdit()
        edit.setMaxLength(64)
        edit.setAccessibleName(name)
        edit.setPlaceholderText(hint)
        edit.returnPressed.connect(self._search)
        return edit

    def _build(self) -> None:
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(8)
        self.search = QtWidgets.QPushButton(tr("Search"))
        theme.mark(self.search, "primary")
        layout.addLayout(self._form())
        layout.addWidget(self.table, 1)
        layout.addWidget(self.answer)
        self.fetch = QtWidgets.QPushButton(tr("Fetch and open"))
        self.cancel = QtWidgets.QPushButton(tr("Cancel"))
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.fetch)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        layout.addLayout(row)
        self.search.clicked.connect(self._search)
        self.fetch.clicked.connect(self._fetch)
        self.cancel.clicked.connect(self.cancel_requested)
        self.table.entered.connect(self._fetch)
        self.table.selection_changed.connect(self._offer)
        self.kind.currentIndexChanged.connect(lambda _: self._offer())
        self.nodes.currentIndexChanged.connect(lambda _: self._offer())

    def _form(self) -> QtWidgets.QGridLayout:
        grid = QtWidgets.QGridLayout()
        grid.setHorizontalSpacing(10)
        fields: tuple[tuple[int, int, str, QtWidgets.QWidget], ...] = (
            (0, 0, tr("&Node"), self.nodes),
            (0, 2, tr("&Look for"), self.kind),
            (0, 4, tr("&Modality"), self.modality),
            (1, 0, tr("&Patient"), self.patient_name),
            (1, 2, tr("&ID"), self.patient_id),
            (1, 4, tr("&Accession"), self.accession),
            (2, 0, tr("&From"), self.date_from),
            (2, 2, tr("&To"), self.date_to),
        )
        for row, column, text, widget in fields:
            label = QtWidgets.QLabel(text)
            label.setBuddy(widget)
            theme.mark(label, "dim")
            grid.addWidget(label, row, column)
            grid.addWidget(widget, row, column + 1)
        grid.addWidget(self.search, 2, 5)
        for column, stretch in ((1, 3), (3, 2), (5, 2)):
            grid.setColumnStretch(column, stretch)
        return grid

    # --- what is asked for ---------------------------------------------------------------------------------------

    def query(self) -> StudyQuery:
        """Return what the form asks for."""
        return StudyQuery(
            patient_name=self.patient_name.text().strip(),
            patient_id=self.patient_id.text().strip(),
            accession_number=self.accession.text().strip(),
            date_from=self.date_from.text().strip(),
            date_to=self.date_to.text().strip(),
            modality=self.modality.text().strip(),
        )

    def _search(self) -> None:
        asked = self.query()
        for date in (asked.date_from, asked.date_to):
            if date and (len(date) != _DATE_CHARACTERS or not date.isdecimal()):
                self.answer.say(tr("A date is written as year, month and day, as 20260131."), False)
                return
        if self.search.isEnabled():
            self._asked_at = self.nodes.currentText()
            self.search_requested.emit(self._asked_at, self.kind.currentData(), asked)

    def _fetch(self) -> None:
        chosen = self.table.chosen()
        if self.fetch.isEnabled() and chosen:
            self.fetch_requested.emit(self._asked_at, chosen[0])

    # --- what is shown -------------------------------------------------------------------------------------------

    def set_nodes(self, names: Sequence[str]) -> None:
        """Offer the nodes that can be asked."""
        before = self.nodes.currentText()
        self.nodes.clear()
        self.nodes.addItems(list(names))
        self.nodes.setCurrentIndex(max(0, self.nodes.findText(before)))
        if not names:
            self.answer.say(tr("No node is configured yet; add one on the page of nodes."))
        self._offer()

    def set_studies(self, found: Sequence[FoundStudy]) -> None:
        """Show what was found."""
        rows = [
            (
                study.patient_name or "?",
                study.patient_id,
                _date(study.study_date),
                study.modalities,
                "?" if study.instances is None else str(study.instances),
                study.accession_number,
                study.description,
            )
            for study in found
        ]
        self.table.set_rows([study.study_instance_uid for study in found], rows)
        self._say_count(len(found), tr("No study fits."))

    def set_steps(self, found: Sequence[ScheduledStep]) -> None:
        """Show what is scheduled; the study of a step may exist already."""
        rows = [
            (
                step.patient_name or "?",
                step.patient_id,
                f"{_date(step.date)} {step.time[:2]}:{step.time[2:4]}".rstrip(" :"),
                step.modality,
                "",
                step.accession_number,
                step.description,
            )
            for step in found
        ]
        self.table.set_rows([step.study_instance_uid for step in found], rows)
        self._say_count(len(found), tr("Nothing that fits is scheduled."))

    def _say_count(self, count: int, nothing: str) -> None:
        self.answer.say(plural("1 found.", "{n} found.", count) if count else nothing)
        self._offer()

    def set_busy(self, busy: bool, text: str = "") -> None:
        """Say that something is under way, or that it has ended."""
        self._busy = busy
        if text:
            self.answer.say(text)
        self.bar.setRange(0, 0 if busy else 100)
        self.bar.setValue(0)
        self._offer()

    def set_progress(self, fraction: float, text: str) -> None:
        """Show how far fetching has come."""
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * fraction))
        self.answer.say(text)

    def _offer(self) -> None:
        idle = bool(self.nodes.currentText()) and not self._busy
        priors = self.kind.currentData() == "priors"
        for edit in (self.patient_name, self.patient_id, self.accession, self.date_from, self.date_to, self.modality):
            edit.setEnabled(not priors)
        self.search.setEnabled(idle)
        self.fetch.setEnabled(idle and any(self.table.chosen()))
        self.cancel.setEnabled(self._busy)
        self.bar.setVisible(self._busy)


def _date(text: str) -> str:
    plain = len(text) == _DATE_CHARACTERS and text.isdecimal()
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if plain else text
