"""A table as text: what is shown, header first, separated by tabs for the clipboard."""

from __future__ import annotations

from PySide6 import QtCore, QtGui


def as_text(model: QtCore.QAbstractItemModel, separator: str = "\t") -> str:
    """Return all rows of a model as they are shown."""
    columns, horizontal = range(model.columnCount()), QtCore.Qt.Orientation.Horizontal
    lines = [separator.join(str(model.headerData(column, horizontal)) for column in columns)]
    for row in range(model.rowCount()):
        lines.append(separator.join(str(model.data(model.index(row, column))) for column in columns))
    return "\n".join(lines) + "\n"


def copy_table(model: QtCore.QAbstractItemModel) -> None:
    """Put a table on the clipboard."""
    QtGui.QGuiApplication.clipboard().setText(as_text(model))
