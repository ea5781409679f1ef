"""Dots with intervals on one logarithmic axis of likelihood ratios, one row per choice. Its twin is a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.types import EvidenceClass, Interval
from widgets import theme
from widgets.interval_delegate import position
from widgets.texts import tr

_ROW_PX, _AXIS_PX, _TOP_PX, _PAD_PX = 24, 34, 8, 12
_TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)
_MOST_NAME = 0.45
"""Share of the width that the names may take."""


@dataclass(frozen=True)
class DotRow:
    """One row: its name, the interval (None where there is none), and the class that gives its glyph."""

    name: str
    lr: Interval | None
    evidence_class: EvidenceClass
    strong: bool = False
    """The row that the others are held against."""


class DotPlot(QtWidgets.QWidget):
    """Paints the rows; up and down, or a click, choose one."""

    row_chosen = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[DotRow, ...] = ()
        self._chosen = 0
        self.calls = (0.5, 2.0)
        self.setAccessibleName(
            tr("Likelihood ratio of the disc under every choice; the table beneath holds the numbers")
        )
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)

    def set_rows(self, rows: Sequence[DotRow], calls: tuple[float, float]) -> None:
        """Show rows, and as lines the limits beyond which a disc is called lower or higher."""
        self._rows, self.calls = tuple(rows), calls
        self._chosen = min(self._chosen, max(len(self._rows) - 1, 0))
        self.updateGeometry()
        self.update()

    def set_chosen(self, row: int) -> None:
        """Mark a row."""
        if 0 <= row < len(self._rows):
            self._chosen = row
            self.update()

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(480, _TOP_PX + _ROW_PX * max(len(self._rows), 1) + _AXIS_PX)

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(320, self.sizeHint().height())

    # --- painting ------------------------------------------------------------------------------------------------

    def _names_px(self) -> int:
        metrics = QtGui.QFontMetrics(theme.font_of(0, bold=True))
        widest = max((metrics.horizontalAdvance(row.name) for row in self._rows), default=0)
        return min(widest + 34, round(self.width() * _MOST_NAME))

    def _axis(self) -> tuple[float, float]:
        """Return where the axis begins and how wide it is, in pixels."""
        left = _PAD_PX + self._names_px() + _PAD_PX
        return float(left), max(float(self.width() - left - 2 * _PAD_PX), 1.0)

    def x_of(self, lr: float) -> float:
        """Return where a likelihood ratio lies, in pixels from the left."""
        left, width = self._axis()
        return left + position(lr, width)

    def paintEvent(self, _: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
        self._paint_axis(painter)
        for index, row in enumerate(self._rows):
            self._paint_row(painter, QtCore.QRectF(0, _TOP_PX + index * _ROW_PX, self.width(), _ROW_PX), row, index)
        if self.hasFocus():
            painter.setPen(QtGui.QPen(QtGui.QColor(theme.current().info), 1))
            painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
            painter.drawRect(QtCore.QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_axis(self, painter: QtGui.QPainter) -> None:
        tokens, bottom = theme.current(), _TOP_PX + _ROW_PX * len(self._rows)
        painter.setFont(theme.font_of(-1))
        for value in sorted({*_TICKS, *self.calls}):
            x = self.x_of(value)
            called = value in self.calls
            pen = QtGui.QPen(QtGui.QColor(tokens.dim if called or value == 1.0 else tokens.grid), 1)
            if called:
                pen.setStyle(QtCore.Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(QtCore.QPointF(x, _TOP_PX), QtCore.QPointF(x, bottom))
            painter.setPen(QtGui.QColor(tokens.dim))
            box = QtCore.QRectF(x - 30, bottom + 1, 60, 15)
            painter.drawText(box, QtCore.Qt.AlignmentFlag.AlignHCenter, f"{value:g}")
        painter.drawText(
            QtCore.QRectF(0, bottom + 16, self.width() - _PAD_PX, 16),
            QtCore.Qt.AlignmentFlag.AlignRight,
            tr("likelihood ratio, 90 % interval; dashed: limits of lower and higher"),
        )

    def _paint_row(self, painter: QtGui.QPainter, rect: QtCore.QRectF, row: DotRow, index: int) -> None:
        tokens = theme.current()
        if index == self._chosen:
            painter.fillRect(QtCore.QRectF(0, rect.top(), self._axis()[0] - _PAD_PX / 2, _ROW_PX), tokens.selection)
        painter.setFont(theme.font_of(0, bold=row.strong))
        painter.setPen(QtGui.QColor(tokens.text if row.lr is not None else tokens.dim))
        name = f"{theme.CLASS_GLYPH[row.evidence_class]} {row.name}"
        box = QtCore.QRectF(_PAD_PX, rect.top(), self._names_px(), _ROW_PX)
        elided = QtGui.QFontMetrics(painter.font()).elidedText(
            name, QtCore.Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box, QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft, elided)
        if row.lr is None:
            painter.drawText(
                QtCore.QRectF(self._axis()[0], rect.top(), self._axis()[1], _ROW_PX),
                QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft,
                tr("no ratio"),
            )
            return
        y = rect.center().y()
        low, middle, high = (self.x_of(value) for value in (row.lr.low90, row.lr.median, row.lr.high90))
        pen = QtGui.QPen(QtGui.QColor(tokens.text if row.strong else tokens.residual), 3 if row.strong else 2)
        pen.setCapStyle(QtCore.Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QtCore.QPointF(low, y), QtCore.QPointF(max(high, low + 1), y))
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        painter.setBrush(QtGui.QColor(tokens.fit if row.strong else tokens.baseline))
        painter.drawEllipse(QtCore.QPointF(middle, y), 5, 5)

    # --- the reader ----------------------------------------------------------------------------------------------

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._rows) and row != self._chosen:
            self._chosen = row
            self.update()
            self.row_chosen.emit(row)

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        self._choose(int((event.position().y() - _TOP_PX) // _ROW_PX))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        step = {QtCore.Qt.Key.Key_Up: -1, QtCore.Qt.Key.Key_Down: 1}.get(QtCore.Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._choose(self._chosen + step)
