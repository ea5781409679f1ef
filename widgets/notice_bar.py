"""Messages that never stand in the way: errors stay until dismissed, information fades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6 import QtCore, QtWidgets

from widgets import theme
from widgets.texts import noop, tr

Severity = Literal["info", "warning", "error"]
_GLYPH: dict[Severity, str] = {"info": "i", "warning": "!", "error": "✕"}
_WORD: dict[Severity, str] = {"info": noop("Information"), "warning": noop("Warning"), "error": noop("Error")}
_FADE_MS = 8000
_MOST = 3


@dataclass(frozen=True)
class Notice:
    """One sentence for the reader."""

    severity: Severity
    text: str


class _NoticeRow(QtWidgets.QFrame):
    dismissed = QtCore.Signal()

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self.notice = notice
        tokens = theme.current()
        colour = {"info": tokens.info, "warning": tokens.warn, "error": tokens.bad}[notice.severity]
        self.setObjectName("notice")
        self.setStyleSheet(
            f"#notice {{ background: {tokens.raised}; border-left: 4px solid {colour}; "
            f"border-bottom: 1px solid {tokens.border}; }}"
        )
        word = f"{tr(_WORD[notice.severity])}: " if notice.severity != "info" else ""
        self.label = QtWidgets.QLabel(f"{_GLYPH[notice.severity]}  {word}{notice.text}")
        self.label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setAccessibleName(f"{tr(_WORD[notice.severity])}: {notice.text}")
        close = QtWidgets.QPushButton(tr("Dismiss"))
        close.setAccessibleName(tr("Dismiss: {text}", text=notice.text))
        close.clicked.connect(self.dismissed)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(14, 2, 10, 2)
        layout.addWidget(self.label, 1)
        layout.addWidget(close)


class NoticeBar(QtWidgets.QWidget):
    """Shows the newest few notices; keeps all of them for the details window."""

    def __init__(self, parent: QtWidgets.QWidget | None = None, *, fade_ms: int = _FADE_MS) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Messages"))
        self.log: list[Notice] = []
        self._rows: list[_NoticeRow] = []
        self._layout = QtWidgets.QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._fade = QtCore.QTimer(self)
        self._fade.setInterval(fade_ms)
        self._fade.setSingleShot(True)
        self._fade.timeout.connect(self._drop_information)
        self.hide()

    @property
    def shown(self) -> tuple[Notice, ...]:
        """The notices that are visible."""
        return tuple(row.notice for row in self._rows)

    def add(self, severity: Severity, text: str) -> None:
        """Show a sentence; the same one is not shown twice."""
        notice = Notice(severity, text)
        self.log.append(notice)
        if notice in self.shown:
            return
        if len(self._rows) >= _MOST:
            mildest = min(self._rows, key=lambda row: list(_GLYPH).index(row.notice.severity))
            self._remove(mildest)
        row = _NoticeRow(notice)
        row.dismissed.connect(lambda: self._remove(row))
        self._rows.append(row)
        self._layout.addWidget(row)
        self.show()
        if severity == "info":
            self._fade.start()

    def clear(self) -> None:
        """Take all notices away, as when another study is opened."""
        for row in list(self._rows):
            self._remove(row)

    def _drop_information(self) -> None:
        if self.underMouse():
            self._fade.start()
            return
        for row in [r for r in self._rows if r.notice.severity == "info"]:
            self._remove(row)

    def _remove(self, row: _NoticeRow) -> None:
        if row in self._rows:
            self._rows.remove(row)
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.setVisible(bool(self._rows))
