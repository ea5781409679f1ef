"""A line for a path with a button that asks for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6 import QtWidgets

from widgets.texts import tr


def path_row(edit: QtWidgets.QLineEdit, chosen: Callable[[], None]) -> QtWidgets.QWidget:
    """Return an edit with its button beside it; the edit's accessible name names both."""
    holder = QtWidgets.QWidget()
    row = QtWidgets.QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    button = QtWidgets.QPushButton(tr("Choose…"))
    button.setAccessibleName(tr("Choose: {name}", name=edit.accessibleName()))
    button.setAutoDefault(False)
    button.clicked.connect(lambda _=False: chosen())
    row.addWidget(edit, 1)
    row.addWidget(button)
    holder.setFocusProxy(edit)
    return holder
