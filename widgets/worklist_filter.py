"""The row above the worklist that narrows it: a search box, one chip per state, and a span of dates."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.worklist import WORKLIST_STATES, WorklistFilter, WorklistState
from widgets import theme
from widgets.flow_layout import FlowLayout
from widgets.texts import noop, tr
from widgets.worklist_model import STATE_HELP, state_text

_TYPING_MS = 150
_DICOM_DAY = "yyyyMMdd"
_SPANS: tuple[tuple[str, int | None], ...] = (
    (noop("Any date"), None),
    (noop("Today"), 0),
    (noop("Last 7 days"), 7),
    (noop("Last 30 days"), 30),
    (noop("Last 12 months"), 365),
)
_RANGE = noop("From … to …")


class SearchBox(QtWidgets.QLineEdit):
    """A line to search in; Down goes on to the list, Escape empties it."""

    down_pressed = QtCore.Signal()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == QtCore.Qt.Key.Key_Down:
            self.down_pressed.emit()
        elif event.key() == QtCore.Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class WorklistFilterRow(QtWidgets.QWidget):
    """Says what the list is narrowed to."""

    changed = QtCore.Signal(object)
    """The `WorklistFilter` as it is now; while the reader types, once he pauses."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._pause = QtCore.QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_MS)
        self._pause.timeout.connect(self._tell)
        layout = FlowLayout(self, gap_px=8, line_gap_px=6)
        layout.addWidget(self._build_search())
        for chip in self._build_chips():
            layout.addWidget(chip)
        for widget in self._build_dates():
            layout.addWidget(widget)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(QtWidgets.QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)
        self._offer_range()
        self.apply_theme()

    def _build_search(self) -> QtWidgets.QWidget:
        self.search = SearchBox()
        self.search.setPlaceholderText(tr("Search name, ID or accession  Ctrl+F"))
        self.search.setAccessibleName(tr("Search studies by name, ID or accession number"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(300)
        self.search.textChanged.connect(lambda _: self._pause.start())
        return self.search

    def _build_chips(self) -> list[QtWidgets.QPushButton]:
        self.chips: dict[WorklistState, QtWidgets.QPushButton] = {}
        for state in WORKLIST_STATES:
            chip = QtWidgets.QPushButton(state_text(state))
            chip.setCheckable(True)
            chip.setAccessibleName(tr("Show {state} studies", state=state_text(state)))
            chip.setToolTip(tr("{meaning} With no state chosen, all are shown.", meaning=tr(STATE_HELP[state])))
            chip.toggled.connect(self._tell)
            self.chips[state] = chip
        return list(self.chips.values())

    def _build_dates(self) -> list[QtWidgets.QWidget]:
        self.span = QtWidgets.QComboBox()
        self.span.setAccessibleName(tr("Study date"))
        for title, days in _SPANS:
            self.span.addItem(tr(title), days)
        self.span.addItem(tr(_RANGE))
        self.span.currentIndexChanged.connect(self._on_span)
        today = QtCore.QDate.currentDate()
        self.first, self.last = QtWidgets.QDateEdit(today.addYears(-1)), QtWidgets.QDateEdit(today)
        for edit, name in ((self.first, tr("First study date")), (self.last, tr("Last study date"))):
            edit.setAccessibleName(name)
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.setMinimumHeight(theme.TARGET_PX)
            edit.dateChanged.connect(lambda _: self._pause.start())
        return [self.span, self.first, self.last]

    def apply_theme(self) -> None:
        """Colour what the reader chose as the theme says."""
        tokens = theme.current()
        self.setStyleSheet(
            f"QPushButton {{ border-radius: 12px; padding: 2px 12px; }}"
            f"QPushButton:checked {{ background: {tokens.accent}; color: {tokens.accent_text};"
            f" border-color: {tokens.accent}; font-weight: bold; }}"
            f"QPushButton:checked:focus {{ border-color: {tokens.text}; }}"
        )

    # --- what is chosen ------------------------------------------------------------------------------------------

    @property
    def filter(self) -> WorklistFilter:
        """What the list is narrowed to."""
        states = frozenset(state for state, chip in self.chips.items() if chip.isChecked())
        first, last = self._dates()
        return WorklistFilter(states, first, last, self.search.text().strip())

    def _dates(self) -> tuple[str | None, str | None]:
        if self.span.currentText() == tr(_RANGE):
            return self.first.date().toString(_DICOM_DAY), self.last.date().toString(_DICOM_DAY)
        days = self.span.currentData()
        if days is None:
            return None, None
        return QtCore.QDate.currentDate().addDays(-int(days)).toString(_DICOM_DAY), None

    def clear(self) -> None:
        """Narrow nothing."""
        blockers = [QtCore.QSignalBlocker(widget) for widget in (*self.chips.values(), self.search, self.span)]
        self.search.clear()
        self.span.setCurrentIndex(0)
        for chip in self.chips.values():
            chip.setChecked(False)
        for blocker in blockers:
            blocker.unblock()
        self._offer_range()
        self._tell()

    def _on_span(self) -> None:
        self._offer_range()
        self._tell()

    def _offer_range(self) -> None:
        for edit in (self.first, self.last):
            edit.setVisible(self.span.currentText() == tr(_RANGE))

    def _tell(self) -> None:
        self._pause.stop()
        self.changed.emit(self.filter)
