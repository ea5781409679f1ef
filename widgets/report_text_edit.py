"""Text with numbers in it that are fields: a field shows the number of the results and is never typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme

_CHIP = QtGui.QTextFormat.ObjectTypes.UserObject + 1
_KEY = QtGui.QTextFormat.Property.UserProperty + 1
_OBJECT, _PARAGRAPH, _LINE = "\ufffc", "\u2029", "\u2028"
_FIELD = re.compile(r"\{([^{}\n]{1,120})\}")
_PAD_PX = 4
_EMPTY = "∅"
"""Stands for a field that prints nothing, such as a caution that there is no reason for."""


@dataclass(frozen=True)
class NumberField:
    """A number of the results that a text can hold.

    Attributes
    ----------
    key : how the text names it, in braces
    title : what it is, for the list
    value : as the report prints it
    """

    key: str
    title: str
    value: str


class _Chips(QtGui.QPyTextObject):
    """Paints a field as its number on a ground of its own."""

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self.fields: Mapping[str, NumberField] = {}

    def shown(self, key: str) -> str:
        """Return the text on a chip; one that no result answers says so."""
        found = self.fields.get(key)
        return (found.value or _EMPTY) if found is not None else f"? {key}"

    def intrinsicSize(self, doc: QtGui.QTextDocument, _: int, form: QtGui.QTextFormat) -> QtCore.QSizeF:
        metrics = QtGui.QFontMetricsF(doc.defaultFont())
        return QtCore.QSizeF(
            metrics.horizontalAdvance(self.shown(str(form.property(_KEY)))) + 2 * _PAD_PX, metrics.ascent()
        )

    def drawObject(
        self,
        painter: QtGui.QPainter,
        rect: QtCore.QRectF,
        doc: QtGui.QTextDocument,
        _: int,
        form: QtGui.QTextFormat,
    ) -> None:
        t, key = theme.current(), str(form.property(_KEY))
        metrics = QtGui.QFontMetricsF(doc.defaultFont())
        known = key in self.fields
        painter.save()
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setFont(doc.defaultFont())
        painter.setPen(QtGui.QPen(QtGui.QColor(t.info if known else t.bad), 1))
        painter.setBrush(QtGui.QColor(t.selection))
        painter.drawRoundedRect(rect.adjusted(1, 0.5, -1, metrics.descent() - 0.5), 4, 4)
        painter.setPen(QtGui.QColor(t.text if known else t.bad))
        painter.drawText(QtCore.QPointF(rect.left() + _PAD_PX, rect.top() + metrics.ascent()), self.shown(key))
        painter.restore()


class ReportTextEdit(QtWidgets.QTextEdit):
    """Edits plain text whose fields `{key}` are shown as their numbers. Undo belongs to the reading, not to it."""

    text_edited = QtCore.Signal(str)
    """The whole text after each change by the reader, fields as `{key}`."""
    left = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptRichText(False)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self._chips = _Chips(self)
        self.document().documentLayout().registerHandler(_CHIP, self._chips)
        self._quiet = False
        self.textChanged.connect(self._on_changed)

    # --- state ---------------------------------------------------------------------------------------------------

    def set_fields(self, fields: Sequence[NumberField]) -> None:
        """Give the numbers; those in the text are shown anew."""
        known = {field.key: field for field in fields}
        if known != self._chips.fields:
            self._chips.fields = known
            self.document().markContentsDirty(0, self.document().characterCount())
            self.viewport().update()

    def set_text(self, text: str) -> None:
        """Show a text without telling anyone; the cursor stays where it was as far as it can."""
        if text == self.text():
            return
        at = self.textCursor().position()
        self._quiet = True
        self.clear()
        self._insert(self.textCursor(), text)
        self._quiet = False
        cursor = self.textCursor()
        cursor.setPosition(min(at, self.document().characterCount() - 1))
        self.setTextCursor(cursor)

    def text(self) -> str:
        """Return the text with its fields as `{key}`."""
        return self._text_between(0, self.document().characterCount() - 1)

    def insert_field(self, key: str) -> None:
        """Put a number where the cursor is, apart from the word before it."""
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        before = self.document().characterAt(cursor.position() - 1) if cursor.position() else ""
        if before and not before.isspace() and before not in "([/−-" + _PARAGRAPH:
            cursor.insertText(" ", QtGui.QTextCharFormat())
        self._insert_chip(cursor, key)
        cursor.endEditBlock()
        self.setTextCursor(cursor)

    def _insert(self, cursor: QtGui.QTextCursor, text: str) -> None:
        end = 0
        for match in _FIELD.finditer(text):
            cursor.insertText(text[end : match.start()], QtGui.QTextCharFormat())
            self._insert_chip(cursor, match.group(1))
            end = match.end()
        cursor.insertText(text[end:], QtGui.QTextCharFormat())

    def _insert_chip(self, cursor: QtGui.QTextCursor, key: str) -> None:
        form = QtGui.QTextCharFormat()
        form.setObjectType(_CHIP)
        form.setProperty(_KEY, key)
        form.setVerticalAlignment(QtGui.QTextCharFormat.VerticalAlignment.AlignNormal)
        cursor.insertText(_OBJECT, form)
        cursor.setCharFormat(QtGui.QTextCharFormat())

    def _text_between(self, start: int, end: int) -> str:
        parts: list[str] = []
        block = self.document().begin()
        while block.isValid():
            if block != self.document().begin() and start < block.position() <= end:
                parts.append("\n")
            it = block.begin()
            while not it.atEnd():
                fragment = it.fragment()
                first = max(start - fragment.position(), 0)
                last = min(end - fragment.position(), fragment.length())
                if last > first:
                    parts.append(_plain(fragment, first, last))
                it += 1
            block = block.next()
        return "".join(parts)

    def _on_changed(self) -> None:
        if not self._quiet:
            self.text_edited.emit(self.text())

    # --- Qt ------------------------------------------------------------------------------------------------------

    def createMimeDataFromSelection(self) -> QtCore.QMimeData:
        data, cursor = QtCore.QMimeData(), self.textCursor()
        data.setText(self._text_between(cursor.selectionStart(), cursor.selectionEnd()))
        return data

    def insertFromMimeData(self, source: QtCore.QMimeData) -> None:
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        self._insert(cursor, source.text())
        cursor.endEditBlock()
        self.setTextCursor(cursor)

    def event(self, event: QtCore.QEvent) -> bool:
        """Leave undo and redo to the window, whose undo knows every change of the reading."""
        if isinstance(event, QtGui.QKeyEvent) and event.type() == QtCore.QEvent.Type.ShortcutOverride:
            kinds = QtGui.QKeySequence.StandardKey
            if event.matches(kinds.Undo) or event.matches(kinds.Redo):
                event.ignore()
                return False
        return super().event(event)

    def focusOutEvent(self, event: QtGui.QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


def _plain(fragment: QtGui.QTextFragment, first: int, last: int) -> str:
    """Return a part of a fragment with its fields as `{key}`; chips of one key may share a fragment."""
    text = fragment.text()[first:last].replace(_LINE, "\n")
    key = fragment.charFormat().property(_KEY)
    return text.replace(_OBJECT, f"{{{key}}}") if key is not None else text.replace(_OBJECT, "")
