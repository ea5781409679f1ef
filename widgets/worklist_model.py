"""The rows and columns of the worklist: one study per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6 import QtCore, QtGui

from analysis.worklist import Preparation, PreparationState, StudyId, WorklistRow, WorklistState
from widgets import theme, wording
from widgets.texts import noop, plural, tr

ModelIndex = QtCore.QModelIndex | QtCore.QPersistentModelIndex
Role = QtCore.Qt.ItemDataRole
RAW_ROLE = int(Role.UserRole)

STATE_GLYPH: dict[WorklistState, str] = {
    "unread": "○",
    "draft": "◐",
    "preliminary": "◕",
    "final": "●",
    "amended": "◆",
}
STATE_HELP: dict[WorklistState, str] = {
    "unread": noop("Nobody has begun to read this study."),
    "draft": noop("The reading is begun and not yet released."),
    "preliminary": noop("The reading is released as preliminary and may still change."),
    "final": noop("The reading is final; it takes amendments only."),
    "amended": noop("The final reading was amended."),
}


PREPARED: dict[PreparationState, tuple[str, str]] = {
    "received": (noop("received"), noop("It came in and waits to be analysed.")),
    "analysing": (noop("being analysed"), noop("It came in and is analysed in the background.")),
    "ready": (noop("ready"), noop("It came in and is analysed: it opens with its results.")),
    "failed": (noop("not analysed"), noop("It came in and could not be analysed; below the list stands why.")),
}
"""What is added to the state of a study that nobody has begun to read, and its meaning."""


@dataclass(frozen=True)
class Shown:
    """What a cell is made from: the study, how many of its files are not as they were read (None: not looked), and
    how far it is where it came in by itself."""

    row: WorklistRow
    trouble: int | None
    prepared: Preparation | None = None


@dataclass(frozen=True)
class Column:
    """A column: its title, what it means, what a cell shows, sorts by and says to a screen reader."""

    key: str
    title: str
    tooltip: str
    text: Callable[[Shown], str]
    raw: Callable[[Shown], str | int | None]
    spoken: Callable[[Shown], str]


def state_text(state: WorklistState) -> str:
    """Show a state as glyph and word."""
    return f"{STATE_GLYPH[state]} {state}"


def _state(shown: Shown) -> str:
    text = state_text(shown.row.state)
    if shown.prepared is None or shown.row.state != "unread":
        return text
    return f"{text} · {tr(PREPARED[shown.prepared.state][0])}"


def _state_help(shown: Shown) -> str:
    if shown.prepared is None or shown.row.state != "unread":
        return tr(STATE_HELP[shown.row.state])
    return tr(PREPARED[shown.prepared.state][1])


def files_text(count: int) -> str:
    """Show ``1 file`` or ``1,012 files``."""
    return plural("1 file", "{n:,} files", count)


def _description(shown: Shown) -> str:
    text = shown.row.study_description or wording.NONE
    return tr("simulated · {text}", text=text) if shown.row.simulated else text


def _files(shown: Shown) -> str:
    row, trouble = shown.row, shown.trouble
    if trouble:
        return tr("✕ {trouble:,} of {files:,} to check", trouble=trouble, files=row.files)
    text = f"{row.files:,}" + (tr(" copied") if row.copied else "")
    return f"✓ {text}" if trouble == 0 else text


def _spoken_files(shown: Shown) -> str:
    files = files_text(shown.row.files)
    if shown.trouble is None:
        return tr("{files}, not looked for yet", files=files)
    return (
        tr("{trouble:,} of {files} not as they were read", trouble=shown.trouble, files=files)
        if shown.trouble
        else tr("{files}, all there", files=files)
    )


def _note(shown: Shown) -> str:
    held = shown.row.held_by
    return tr("open: {user} on {host}", user=held.user, host=held.host) if held is not None else ""


def _column(key: str, title: str, tooltip: str, text: Callable[[WorklistRow], str | None]) -> Column:
    """Make a column that sorts by and says what it shows."""

    def shown_text(shown: Shown) -> str:
        return text(shown.row) or wording.NONE

    def raw(shown: Shown) -> str | None:
        value = text(shown.row)
        return value.casefold() if value else None

    return Column(
        key, title, tooltip, shown_text, raw, lambda shown: text(shown.row) or tr("{title} not stated", title=tr(title))
    )


_ORDER: dict[WorklistState, int] = {state: number for number, state in enumerate(STATE_GLYPH)}
COLUMNS = (
    Column(
        "state",
        noop("State"),
        noop("How far the reading is."),
        _state,
        lambda shown: _ORDER[shown.row.state],
        lambda shown: _state(shown).partition(" ")[2],
    ),
    _column(
        "patient",
        noop("Patient"),
        noop("The patient's name as the headers give it."),
        lambda row: wording.person_name(row.patient_name) if row.patient_name else None,
    ),
    _column("id", noop("ID"), noop("The patient's identifier as the headers give it."), lambda row: row.patient_id),
    _column("date", noop("Date"), noop("The date of the study."), lambda row: wording.day(row.study_date)),
    Column(
        "description",
        noop("Description"),
        noop("What the headers call the study."),
        _description,
        lambda shown: (shown.row.study_description or "").casefold() or None,
        _description,
    ),
    _column(
        "protocol", noop("Protocol"), noop("The protocol that the study was last read with."), lambda row: row.protocol
    ),
    Column(
        "priors",
        noop("Priors"),
        noop("How many earlier studies of the same patient (same ID, no other birth date) are known here."),
        lambda shown: str(shown.row.priors) if shown.row.priors else wording.NONE,
        lambda shown: shown.row.priors,
        lambda shown: plural("1 earlier study", "{n:,} earlier studies", shown.row.priors),
    ),
    Column(
        "files",
        noop("Files"),
        noop("How many files the study was read from, and how many of them are missing or were changed since."),
        _files,
        lambda shown: (shown.trouble or 0) * 1_000_000 + shown.row.files,
        _spoken_files,
    ),
    Column(
        "note",
        noop("Open elsewhere"),
        noop("Who works on the reading at the moment."),
        _note,
        lambda shown: _note(shown).casefold() or None,
        lambda shown: _note(shown) or tr("not open elsewhere"),
    ),
)
KEYS = tuple(column.key for column in COLUMNS)


class WorklistModel(QtCore.QAbstractTableModel):
    """One row per study, sorted by any column; what is not stated stays at the end either way."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[WorklistRow] = []
        self._trouble: dict[StudyId, int] = {}
        self._prepared: dict[StudyId, Preparation] = {}
        self._sorted_by: tuple[int, QtCore.Qt.SortOrder] | None = None

    def set_rows(self, rows: Sequence[WorklistRow]) -> None:
        """Replace all studies; the order the reader chose stays."""
        self.beginResetModel()
        self._rows = self._in_order(list(rows))
        self.endResetModel()

    def set_trouble(self, trouble: Mapping[StudyId, int]) -> None:
        """Say how many files of some studies are not as they were read; the others stay as they are known."""
        self._trouble.update(trouble)
        self._emit_changed("files")

    def set_preparation(self, states: Mapping[StudyId, Preparation]) -> None:
        """Say how far the studies are that came in by themselves."""
        self._prepared = dict(states)
        self._emit_changed("state")

    def _emit_changed(self, key: str) -> None:
        column = KEYS.index(key)
        if self._rows:
            self.dataChanged.emit(self.index(0, column), self.index(len(self._rows) - 1, column))

    def row(self, number: int) -> WorklistRow:
        """Return the study of a row."""
        return self._rows[number]

    def trouble(self, study_id: StudyId) -> int | None:
        """Return how many files of a study are not as they were read, None where nobody looked."""
        return self._trouble.get(study_id)

    def preparation(self, study_id: StudyId) -> Preparation | None:
        """Return how far a study is that came in by itself, None for others."""
        return self._prepared.get(study_id)

    def number_of(self, study_id: StudyId | None) -> int | None:
        """Return the row of a study."""
        return next((n for n, row in enumerate(self._rows) if row.study_id == study_id), None)

    def _shown(self, row: WorklistRow) -> Shown:
        return Shown(row, self._trouble.get(row.study_id), self._prepared.get(row.study_id))

    # --- Qt ------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: ModelIndex, role: int = int(Role.DisplayRole)) -> object:
        if not index.isValid():
            return None
        column, shown = COLUMNS[index.column()], self._shown(self._rows[index.row()])
        if role == Role.DisplayRole:
            return column.text(shown)
        if role == Role.AccessibleTextRole:
            return f"{tr(column.title)}: {column.spoken(shown)}"
        if role == Role.ToolTipRole:
            return _state_help(shown) if column.key == "state" else column.spoken(shown)
        if role == Role.ForegroundRole:
            return _colour(column, shown)
        if role == Role.FontRole and column.key == "patient":
            return theme.font_of(0, bold=shown.row.state == "unread")
        if role == RAW_ROLE:
            return column.raw(shown)
        return None

    def headerData(self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(Role.DisplayRole)) -> object:
        if orientation != QtCore.Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return tr(COLUMNS[section].title)
        if role == Role.ToolTipRole:
            return tr(COLUMNS[section].tooltip)
        if role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        return None

    def sort(self, column: int, order: QtCore.Qt.SortOrder = QtCore.Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(COLUMNS):
            return
        self._sorted_by = (column, order)
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        studies = [self._rows[index.row()].study_id for index in before]
        self._rows = self._in_order(self._rows)
        numbers = {row.study_id: number for number, row in enumerate(self._rows)}
        after = [self.index(numbers[study], old.column()) for study, old in zip(studies, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _in_order(self, rows: list[WorklistRow]) -> list[WorklistRow]:
        if self._sorted_by is None:
            return rows
        column, order = COLUMNS[self._sorted_by[0]], self._sorted_by[1]
        known = [row for row in rows if column.raw(self._shown(row)) is not None]
        unknown = [row for row in rows if column.raw(self._shown(row)) is None]
        descending = order == QtCore.Qt.SortOrder.DescendingOrder
        known.sort(key=lambda row: column.raw(self._shown(row)), reverse=descending)  # type: ignore[arg-type, return-value]
        return known + unknown


def _colour(column: Column, shown: Shown) -> QtGui.QBrush | None:
    tokens = theme.current()
    if column.key == "files":
        colour = tokens.bad if shown.trouble else tokens.good if shown.trouble == 0 else tokens.dim
        return QtGui.QBrush(QtGui.QColor(colour))
    if column.key == "state":
        by_state = {"draft": tokens.warn, "preliminary": tokens.info, "final": tokens.good, "amended": tokens.good}
        return QtGui.QBrush(QtGui.QColor(by_state.get(shown.row.state, tokens.text)))
    if column.key == "note":
        return QtGui.QBrush(QtGui.QColor(tokens.warn))
    return None
