"""Values that outlive the program, read without trusting the file that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from PySide6 import QtCore, QtWidgets


def bytes_of(settings: QtCore.QSettings, key: str) -> QtCore.QByteArray:
    """Return the bytes under a key; anything else counts as none."""
    value = settings.value(key, QtCore.QByteArray(), type=QtCore.QByteArray)
    return value if isinstance(value, QtCore.QByteArray) else QtCore.QByteArray()


def mapping_of(settings: QtCore.QSettings, key: str) -> dict[str, object]:
    """Return what is kept as JSON under a key; anything else counts as nothing."""
    try:
        kept = json.loads(str(settings.value(key, "{}", type=str)))
    except json.JSONDecodeError:
        return {}
    return kept if isinstance(kept, dict) else {}


def save_dividers(settings: QtCore.QSettings, splitters: Iterable[QtWidgets.QSplitter]) -> None:
    """Keep where dividers stand, each under its own name."""
    for splitter in splitters:
        settings.setValue(f"window/{splitter.objectName()}", splitter.saveState())


def restore_dividers(settings: QtCore.QSettings, splitters: Iterable[QtWidgets.QSplitter]) -> None:
    """Put dividers back where they were."""
    for splitter in splitters:
        splitter.restoreState(bytes_of(settings, f"window/{splitter.objectName()}"))
