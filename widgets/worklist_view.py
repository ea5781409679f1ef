"""The worklist: every study that was read here, to find one, open it, or open it as the prior of the one on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.worklist import Preparation, StudyId, WorklistFilter, WorklistRow
from widgets import theme, wording
from widgets.texts import noop, plural, tr
from widgets.voxel_table import VoxelTable
from widgets.worklist_filter import WorklistFilterRow
from widgets.worklist_model import KEYS, WorklistModel, files_text

_COLUMN_GAP_PX = 14
_WIDEST_PX = {"patient": 280, "id": 160, "description": 400, "protocol": 160}
_NARROWEST_PX = {"description": 130, "protocol": 80, "patient": 130, "id": 70}
"""What may be cut short where the list is narrow, the first one first."""
NOTHING_YET = (
    noop("No study has been read here yet"),
    noop(
        "Open one with Ctrl+O, or drop a folder on the window: it then stands in this list with "
        "the state of its reading."
    ),
)
NOTHING_FITS = (noop("No study fits"), noop("Search for something else, or show all studies again."))
LOOKING = (noop("Looking for studies…"), "")


class StudyTable(VoxelTable):
    """A table of studies: up and down select, Enter opens, Ctrl+Enter opens as prior, Tab leaves it."""

    enter_pressed = QtCore.Signal(bool)
    """Whether Ctrl was held."""

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in (QtCore.Qt.Key.Key_Return, QtCore.Qt.Key.Key_Enter):
            self.enter_pressed.emit(bool(event.modifiers() & QtCore.Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)


class WorklistView(QtWidgets.QFrame):
    """Shows studies with their state, and says what the reader wants of one."""

    open_requested = QtCore.Signal(int)
    prior_requested = QtCore.Signal(int)
    copy_requested = QtCore.Signal(int)
    check_requested = QtCore.Signal(int)
    """Compare the content of a study's files with what was read."""
    filter_changed = QtCore.Signal(object)
    """A `WorklistFilter`; whoever hears it answers with `set_rows`."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Worklist"))
        self._prior_offered = False
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(8)
        self.filters = WorklistFilterRow()
        layout.addWidget(self.filters)
        self._stack = QtWidgets.QStackedWidget()
        self._stack.addWidget(self._build_table())
        self._stack.addWidget(self._build_empty())
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._build_about())
        layout.addLayout(self._build_buttons())
        self._connect()
        self.set_waiting()

    def _build_table(self) -> QtWidgets.QWidget:
        self.model = WorklistModel(self)
        self.table = StudyTable()
        self.table.setModel(self.model)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(KEYS.index("date"), QtCore.Qt.SortOrder.DescendingOrder)
        self.table.setAccessibleName(tr("Studies"))
        self.table.setAccessibleDescription(tr("Enter opens the selected study, Ctrl+Enter opens it as prior."))
        return self.table

    def _build_empty(self) -> QtWidgets.QWidget:
        page = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(page)
        layout.setSpacing(10)
        self.empty_title, self.empty_text = QtWidgets.QLabel(), QtWidgets.QLabel()
        theme.points(self.empty_title, 4, bold=True)
        theme.mark(self.empty_title, "title")
        theme.mark(self.empty_text, "dim")
        self.show_all = QtWidgets.QPushButton(tr("Show all studies"))
        layout.addStretch(2)
        for label in (self.empty_title, self.empty_text):
            label.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addWidget(self.show_all, 0, QtCore.Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(3)
        return page

    def _build_about(self) -> QtWidgets.QWidget:
        self.about = QtWidgets.QLabel()
        self.about.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.about.setWordWrap(True)
        self.about.setAccessibleName(tr("About the selected study"))
        self.about.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.mark(self.about, "dim")
        return self.about

    def _build_buttons(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self.open_button = QtWidgets.QPushButton(tr("Open  Enter"))
        theme.mark(self.open_button, "primary")
        self.prior_button = QtWidgets.QPushButton(tr("Open as prior  Ctrl+Enter"))
        self.copy_button = QtWidgets.QPushButton(tr("Copy into the store"))
        self.copy_button.setToolTip(tr("Keep the study's files with the readings, so that the originals may go."))
        self.check_button = QtWidgets.QPushButton(tr("Check the files"))
        self.check_button.setToolTip(tr("Read every file of the study and compare it with what was read at first."))
        for button in (self.open_button, self.prior_button, self.copy_button, self.check_button):
            row.addWidget(button)
        row.addStretch(1)
        self.count = QtWidgets.QLabel()
        theme.mark(self.count, "dim")
        row.addWidget(self.count)
        return row

    def _connect(self) -> None:
        self.filters.changed.connect(self.filter_changed)
        self.filters.search.down_pressed.connect(self.table.setFocus)
        self.filters.search.returnPressed.connect(lambda: self._ask(self.open_requested))
        self.show_all.clicked.connect(self.filters.clear)
        self.table.selectionModel().currentRowChanged.connect(self._show_about)
        self.table.doubleClicked.connect(lambda _: self._ask(self.open_requested))
        self.table.enter_pressed.connect(self._on_enter)
        self.open_button.clicked.connect(lambda: self._ask(self.open_requested))
        self.prior_button.clicked.connect(lambda: self._ask(self.prior_requested))
        self.copy_button.clicked.connect(lambda: self._ask(self.copy_requested))
        self.check_button.clicked.connect(lambda: self._ask(self.check_requested))
        find = QtGui.QShortcut(QtGui.QKeySequence(QtGui.QKeySequence.StandardKey.Find), self)
        find.setContext(QtCore.Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._find)

    # --- showing -------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[WorklistRow]) -> None:
        """Show these studies; the selected one stays selected where it is among them."""
        selected = self.selected
        self.model.set_rows(rows)
        number = self.model.number_of(selected)
        if rows:
            self.table.selectRow(number if number is not None else 0)
            self._fit_columns()
        narrowed = self.filters.filter != WorklistFilter()
        title, sentence = NOTHING_FITS if narrowed else NOTHING_YET
        self._say(tr(title), tr(sentence), offer_all=narrowed)
        self._stack.setCurrentIndex(0 if rows else 1)
        self.count.setText(plural("1 study", "{n:,} studies", len(rows)) if rows else "")
        self._show_about()

    def set_trouble(self, trouble: Mapping[StudyId, int]) -> None:
        """Say how many files of some studies are missing or changed."""
        self.model.set_trouble(trouble)
        self._fit_columns()
        self._show_about()

    def set_preparation(self, states: Mapping[StudyId, Preparation]) -> None:
        """Say how far the studies are that came in by themselves and that nobody has begun to read."""
        self.model.set_preparation(states)
        self._fit_columns()
        self._show_about()

    def set_waiting(self) -> None:
        """Say that the studies are being looked for."""
        self._say(tr(LOOKING[0]), LOOKING[1])
        self._stack.setCurrentIndex(1)
        self._show_about()

    def set_problem(self, sentence: str) -> None:
        """Say why there is no list."""
        self.model.set_rows(())
        self._say(tr("The worklist cannot be shown"), sentence)
        self._stack.setCurrentIndex(1)
        self.count.setText("")
        self._show_about()

    def set_prior_offered(self, offered: bool) -> None:
        """Offer to open a study as prior: where another one is on the screen."""
        self._prior_offered = offered
        self._show_about()

    def apply_theme(self) -> None:
        """Follow a change of the theme."""
        self.filters.apply_theme()
        self.model.set_trouble({})

    def _say(self, title: str, text: str, *, offer_all: bool = False) -> None:
        self.empty_title.setText(title)
        self.empty_text.setText(text)
        self.show_all.setVisible(offer_all)

    def _fit_columns(self) -> None:
        """Give each column its contents' width, up to a limit for what may be long; cut that short where room lacks."""
        self.table.resizeColumnsToContents()
        widths = {key: self.table.columnWidth(number) + _COLUMN_GAP_PX for number, key in enumerate(KEYS)}
        widths = {key: min(width, _WIDEST_PX.get(key, width)) for key, width in widths.items()}
        lacking = sum(widths.values()) - self.table.viewport().width()
        for key, narrowest in _NARROWEST_PX.items():
            cut = min(max(lacking, 0), max(widths[key] - narrowest, 0))
            widths[key] -= cut
            lacking -= cut
        for number, key in enumerate(KEYS[:-1]):
            self.table.setColumnWidth(number, widths[key])

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        QtCore.QTimer.singleShot(0, self, self._fit_columns)

    @property
    def selected(self) -> StudyId | None:
        """The selected study."""
        row = self._current()
        return row.study_id if row is not None else None

    def _current(self) -> WorklistRow | None:
        index = self.table.currentIndex()
        return self.model.row(index.row()) if index.isValid() else None

    def _show_about(self, *_: object) -> None:
        row = self._current() if self._stack.currentIndex() == 0 else None
        trouble = self.model.trouble(row.study_id) if row is not None else None
        prepared = self.model.preparation(row.study_id) if row is not None else None
        self.about.setText(about_text(row, trouble, prepared) if row is not None else "")
        self.open_button.setEnabled(row is not None)
        self.prior_button.setEnabled(row is not None and self._prior_offered)
        self.prior_button.setToolTip("" if self._prior_offered else tr("Open the current study first."))
        self.copy_button.setEnabled(row is not None and not row.copied and row.files > 0)
        self.check_button.setEnabled(row is not None and row.files > 0)

    # --- the reader ----------------------------------------------------------------------------------------------

    def _on_enter(self, with_ctrl: bool) -> None:
        if not with_ctrl:
            self._ask(self.open_requested)
        elif self._prior_offered:
            self._ask(self.prior_requested)

    def _ask(self, signal: QtCore.SignalInstance) -> None:
        if self._stack.currentIndex() == 0 and self.selected is not None:
            signal.emit(int(self.selected))

    def _find(self) -> None:
        self.filters.search.setFocus()
        self.filters.search.selectAll()


def about_text(row: WorklistRow, trouble: int | None, prepared: Preparation | None = None) -> str:
    """Say in sentences what the table's cells cannot: who, since when, and what became of the files."""
    sentences = [f"{wording.person_name(row.patient_name)}, {_born(row)}."]
    if row.accession_number:
        sentences.append(tr("Accession {number}.", number=row.accession_number))
    if prepared is not None and prepared.reason and row.state == "unread":
        sentences.append(tr("It came in and is not analysed: {reason}", reason=prepared.reason))
    if row.changed_at is not None:
        sentences.append(tr("Last saved {when:%Y-%m-%d %H:%M}.", when=row.changed_at.astimezone()))
    if row.held_by is not None:
        held = row.held_by
        sentences.append(
            tr(
                "{user} on {host} works on it since {when:%Y-%m-%d %H:%M}; here it opens for "
                "reading only unless that has ended.",
                user=held.user,
                host=held.host,
                when=held.since.astimezone(),
            )
        )
    if trouble:
        sentences.append(
            plural(
                "✕ 1 of its {files} is missing or not as read at first: check the files, or bring them back before "
                "you read on.",
                "✕ {n:,} of its {files} are missing or not as read at first: check the files, or bring them back "
                "before you read on.",
                trouble,
                files=files_text(row.files),
            )
        )
    if row.copied:
        sentences.append(tr("Its files are copied into the store."))
    return " ".join(sentences)


def _born(row: WorklistRow) -> str:
    born = wording.day(row.patient_birth_date)
    return tr("born {born}", born=born) if born else tr("birth date not stated")
