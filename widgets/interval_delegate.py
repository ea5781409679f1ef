"""Draws a likelihood ratio as an interval on a logarithmic axis, with its numbers beside it."""

from __future__ import annotations

import math

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.types import Interval
from widgets import theme
from widgets.disc_model import EVIDENCE_ROLE, ModelIndex

LOWEST, HIGHEST = 0.25, 4.0
GRAPHIC_PX, COMPACT_PX = 96, 64
TEXT_PX = 104
_PAD_PX = 10


def position(value: float, width: float) -> float:
    """Return where a likelihood ratio lies on the axis, from 0 to `width`; clipped at the ends."""
    share = math.log(max(value, 1e-9) / LOWEST) / math.log(HIGHEST / LOWEST)
    return min(max(share, 0.0), 1.0) * width


class IntervalDelegate(QtWidgets.QStyledItemDelegate):
    """Paints the cells of the likelihood-ratio column; a narrow table gets a smaller graphic."""

    graphic_px = GRAPHIC_PX

    def paint(self, painter: QtGui.QPainter, option: QtWidgets.QStyleOptionViewItem, index: ModelIndex) -> None:
        lr = index.data(EVIDENCE_ROLE)
        if not isinstance(lr, Interval):
            super().paint(painter, option, index)
            return
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        style = option.widget.style() if option.widget else QtWidgets.QApplication.style()
        style.drawControl(QtWidgets.QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        painter.save()
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, True)
        rect = QtCore.QRectF(option.rect).adjusted(_PAD_PX, 0, -_PAD_PX, 0)
        self._paint_interval(painter, QtCore.QRectF(rect.left(), rect.top(), self.graphic_px, rect.height()), lr)
        painter.setPen(QtGui.QColor(theme.current().text))
        painter.setFont(option.font)
        beside = rect.adjusted(self.graphic_px + 14, 0, 0, 0)
        align = QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft
        painter.drawText(beside, align, text)
        painter.restore()

    def _paint_interval(self, painter: QtGui.QPainter, rect: QtCore.QRectF, lr: Interval) -> None:
        tokens, y = theme.current(), rect.center().y()
        one = rect.left() + position(1.0, rect.width())
        painter.setPen(QtGui.QPen(QtGui.QColor(tokens.border), 1))
        painter.drawLine(QtCore.QPointF(rect.left(), y), QtCore.QPointF(rect.right(), y))
        painter.setPen(QtGui.QPen(QtGui.QColor(tokens.dim), 1))
        painter.drawLine(QtCore.QPointF(one, rect.top() + 6), QtCore.QPointF(one, rect.bottom() - 6))
        left, middle, right = (rect.left() + position(v, rect.width()) for v in (lr.low90, lr.median, lr.high90))
        pen = QtGui.QPen(QtGui.QColor(tokens.text), 3)
        pen.setCapStyle(QtCore.Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QtCore.QPointF(left, y), QtCore.QPointF(max(right, left + 1), y))
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        painter.setBrush(QtGui.QColor(tokens.fit))
        painter.drawEllipse(QtCore.QPointF(middle, y), 5, 5)

    def sizeHint(self, option: QtWidgets.QStyleOptionViewItem, index: ModelIndex) -> QtCore.QSize:
        size = super().sizeHint(option, index)
        return QtCore.QSize(self.graphic_px + TEXT_PX + 2 * _PAD_PX + 14, size.height())
