"""An amendment: why a signed report is changed, and what is different from it so far."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.gesture import Gesture
from widgets.texts import noop, tr

LEAST_LETTERS = 3
LONGEST = 500
_PAUSE_MS = 1500
_BEFORE = noop(
    "The report is signed and stays as it is. An amendment is a new document: it names the reason, shows what changed, "
    "and carries the signed one whole."
)


class ReportAmendment(QtWidgets.QFrame):
    """Takes the reason, and shows the list of changes while the amendment is made; dropping it asks first."""

    begin_requested = QtCore.Signal(str)
    drop_requested = QtCore.Signal()
    take_up_requested = QtCore.Signal()
    """Go on with the amendment that was dropped."""
    gesture_began = QtCore.Signal(str)
    reason_changed = QtCore.Signal(str)
    gesture_ended = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Amendment"))
        self._begun = False
        self._gesture = Gesture(self, pause_ms=_PAUSE_MS)
        self._gesture.began.connect(self.gesture_began)
        self._gesture.ended.connect(self.gesture_ended)
        self.told = QtWidgets.QLabel(tr(_BEFORE))
        self.told.setWordWrap(True)
        theme.mark(self.told, "dim")
        self.reason = QtWidgets.QLineEdit()
        self.reason.setMaxLength(LONGEST)
        self.reason.setAccessibleName(tr("Reason for the amendment"))
        self.reason.setPlaceholderText(tr("why the signed report is changed"))
        self.begin = QtWidgets.QPushButton(tr("&Begin amendment"))
        theme.mark(self.begin, "primary")
        self.changes = QtWidgets.QListWidget()
        self.changes.setAccessibleName(tr("What is different from the signed report"))
        self.changes.setWordWrap(True)
        self.changes_title = QtWidgets.QLabel()
        theme.mark(self.changes_title, "heading")
        self._build_dropping()
        label = QtWidgets.QLabel(tr("&Reason"))
        label.setBuddy(self.reason)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        layout.addWidget(self.told)
        layout.addWidget(label)
        layout.addWidget(self.reason)
        layout.addWidget(self.begin, 0, QtCore.Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.take_up, 0, QtCore.Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.changes_title)
        layout.addWidget(self.changes, 1)
        layout.addWidget(self.drop, 0, QtCore.Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.question)
        self._room = QtWidgets.QWidget()
        layout.addWidget(self._room, 1)
        self.reason.textEdited.connect(self._on_typed)
        self.reason.editingFinished.connect(self._gesture.end)
        self.reason.returnPressed.connect(self._begin)
        self.begin.clicked.connect(lambda _=False: self._begin())
        self.set_amendment("", begun=False)

    def _build_dropping(self) -> None:
        """Make the button that drops the amendment, the question it asks first, and the way back."""
        self.drop = QtWidgets.QPushButton(tr("&Drop this amendment…"))
        self.drop.setToolTip(tr("Go back to the signed report"))
        self.take_up = QtWidgets.QPushButton(tr("&Take the dropped amendment up again"))
        self.question = QtWidgets.QWidget()
        self.question.setAccessibleName(tr("Drop this amendment?"))
        asked = QtWidgets.QLabel(
            tr(
                "Drop this amendment? Everything it changed is taken back, and the signed report shows again. "
                "While the study is open you can take it up again."
            )
        )
        asked.setWordWrap(True)
        self.really_drop, self.keep = QtWidgets.QPushButton(tr("Dr&op it")), QtWidgets.QPushButton(tr("&Keep it"))
        self.question.setFocusProxy(self.keep)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.really_drop)
        row.addWidget(self.keep)
        row.addStretch(1)
        layout = QtWidgets.QVBoxLayout(self.question)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(asked)
        layout.addLayout(row)
        self.drop.clicked.connect(lambda _=False: self._ask(True))
        self.keep.clicked.connect(lambda _=False: self._ask(False))
        self.really_drop.clicked.connect(lambda _=False: self.drop_requested.emit())
        self.take_up.clicked.connect(lambda _=False: self.take_up_requested.emit())

    def _ask(self, asking: bool) -> None:
        self._gesture.end()
        self.drop.setVisible(self._begun and not asking)
        self.question.setVisible(self._begun and asking)
        (self.keep if asking else self.drop).setFocus()

    def set_amendment(self, reason: str, *, begun: bool, read_only: bool = False, was_dropped: bool = False) -> None:
        """Show an amendment that is being made, or offer to begin one, or to go on with one that was dropped."""
        if begun != self._begun or not begun:
            self.drop.setVisible(begun)
            self.question.hide()
        self.drop.setEnabled(not read_only)
        self.take_up.setVisible(was_dropped and not begun)
        shown = reason if begun else "" if self._begun else self.reason.text()
        self._begun = begun
        if self.reason.text() != shown:
            self.reason.setText(shown)
        self.reason.setReadOnly(read_only)
        self.begin.setVisible(not begun)
        self.told.setText(tr("The signed report stays whole inside the amended one.") if begun else tr(_BEFORE))
        self.changes_title.setVisible(begun)
        self.changes.setVisible(begun)
        self._room.setVisible(not begun)
        self._offer()

    def set_changes(self, texts: Sequence[str]) -> None:
        """List what is different from the signed report, each a line."""
        self.changes_title.setText(tr("CHANGED  {count}", count=len(texts)) if texts else tr("CHANGED  nothing so far"))
        if list(texts) != [self.changes.item(row).text() for row in range(self.changes.count())]:
            self.changes.clear()
            self.changes.addItems(list(texts))

    def finish_gesture(self) -> None:
        """End what the reader has begun: before an undo, a save or a signature."""
        self._gesture.end()

    def _offer(self) -> None:
        self.begin.setEnabled(len(self.reason.text().strip()) >= LEAST_LETTERS and not self.reason.isReadOnly())

    def _on_typed(self, text: str) -> None:
        self._offer()
        if self._begun:
            self._gesture.step(tr("reason for the amendment"))
            self.reason_changed.emit(text)

    def _begin(self) -> None:
        if not self._begun and self.begin.isEnabled():
            self.begin_requested.emit(self.reason.text().strip())

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        self._gesture.end()
        super().hideEvent(event)
