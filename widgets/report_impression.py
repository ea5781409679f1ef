"""The impression: the reader's text with the numbers of the results in it, drafted until the reader writes."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.gesture import Gesture
from widgets.report_text_edit import NumberField, ReportTextEdit
from widgets.texts import noop, tr

_PAUSE_MS = 1500
_LONGEST_MS = 10_000
"""A reader who types on for so long gets a step of undo, and a saved text, at the next space."""
_DRAFTED = noop("Drafted from the results. It follows them until you change a word.")
_OWN = noop("Your text. Framed numbers follow the results; put in more with Insert number.")


class ReportImpression(QtWidgets.QFrame):
    """Every burst of typing is a gesture; choosing a number or the draft is one by itself."""

    gesture_began = QtCore.Signal(str)
    text_changed = QtCore.Signal(str)
    gesture_ended = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Impression"))
        self._own, self._draft = "", ""
        self._typing = QtCore.QElapsedTimer()
        self._gesture = Gesture(self, pause_ms=_PAUSE_MS)
        self._gesture.began.connect(self.gesture_began)
        self._gesture.ended.connect(self._on_gesture_ended)
        self.edit = ReportTextEdit()
        self.edit.setAccessibleName(tr("Text of the impression"))
        self.edit.text_edited.connect(self._on_edited)
        self.edit.left.connect(self._gesture.end)
        self.told = QtWidgets.QLabel()
        self.told.setWordWrap(True)
        theme.mark(self.told, "dim")
        self.insert_menu = QtWidgets.QMenu(self)
        self.insert_button = QtWidgets.QPushButton(tr("&Insert number"))
        self.insert_button.setToolTip(tr("Put a number of the results at the cursor; it follows the results."))
        self.insert_button.setMenu(self.insert_menu)
        self.draft_button = QtWidgets.QPushButton(tr("Back to the &draft"))
        self.draft_button.setToolTip(tr("Take your text back; the impression is drafted from the results again."))
        self.draft_button.clicked.connect(lambda _=False: self._back_to_draft())
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.insert_button)
        row.addWidget(self.draft_button)
        row.addStretch(1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        layout.addWidget(self.told)
        layout.addWidget(self.edit, 1)
        layout.addLayout(row)
        self.set_text("", "")

    # --- state ---------------------------------------------------------------------------------------------------

    def set_text(self, own: str, draft: str) -> None:
        """Show the reader's text, or the draft where there is none."""
        self._own, self._draft = own, draft
        if own or not self._gesture.name:
            self.edit.set_text(own or draft)
        self.told.setText(tr(_OWN) if own else tr(_DRAFTED))
        self.draft_button.setEnabled(bool(own) and self.edit.isEnabled() and not self.edit.isReadOnly())

    def set_fields(self, fields: Sequence[NumberField]) -> None:
        """Offer the numbers of the results, grouped by what comes before the first comma of their titles."""
        self.edit.set_fields(fields)
        self.insert_menu.clear()
        menus: dict[str, QtWidgets.QMenu] = {}
        for field in fields:
            group, _, rest = field.title.partition(", ")
            if not rest:
                group, rest = tr("Exam"), field.title
            if group not in menus:
                menus[group] = self.insert_menu.addMenu(group)
            menus[group].addAction(f"{rest}\t{field.value}", functools.partial(self._insert, field.key))
        self.insert_button.setEnabled(bool(fields) and not self.edit.isReadOnly())

    def set_read_only(self, read_only: bool) -> None:
        """Let the text be read, not changed."""
        self.edit.setReadOnly(read_only)
        self.insert_button.setEnabled(not read_only and not self.insert_menu.isEmpty())
        self.draft_button.setEnabled(bool(self._own) and not read_only)

    # --- the reader ----------------------------------------------------------------------------------------------

    def finish_gesture(self) -> None:
        """End what the reader has begun: before an undo, a save or a signature."""
        self._gesture.end()

    def _on_edited(self, text: str) -> None:
        if not self._gesture.name:
            self._typing.start()
        self._gesture.step(tr("impression"))
        self._own = text
        self.told.setText(tr(_OWN) if text else tr(_DRAFTED))
        self.draft_button.setEnabled(bool(text))
        self.text_changed.emit(text)
        if text.endswith("\n") or (text[-1:] == " " and self._typing.elapsed() > _LONGEST_MS):
            self._gesture.end()

    def _on_gesture_ended(self) -> None:
        """A reader who deleted everything gets the draft back, but not while typing."""
        self.gesture_ended.emit()
        self.set_text(self._own, self._draft)

    def _insert(self, key: str) -> None:
        self._gesture.end()
        self.edit.insert_field(key)
        self._gesture.end()
        self.edit.setFocus()

    def _back_to_draft(self) -> None:
        self._gesture.begin(tr("impression as drafted"))
        self.text_changed.emit("")
        self._gesture.end()

    # --- Qt ------------------------------------------------------------------------------------------------------

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self.edit.viewport().update()

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        self._gesture.end()
        super().hideEvent(event)
