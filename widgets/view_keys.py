"""Keys that a view hears while it has the focus, by name: the key editor changes them and the key sheet lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6 import QtCore, QtGui

_PORTABLE = QtGui.QKeySequence.SequenceFormat.PortableText


@dataclass(frozen=True)
class ViewKey:
    """One thing that a key does; `also` are further keys that stay as they are."""

    name: str
    keys: str
    also: tuple[str, ...] = ()


class ViewKeys:
    """The keys of one kind of view; several views may share them."""

    def __init__(self, scope: str, keys: Sequence[ViewKey]) -> None:
        self.scope = scope
        self.all = tuple(keys)
        self._in_force = {key.name: portable(key.keys) for key in self.all}

    def keys_of(self, name: str) -> str:
        """Return the keys of a name in force, as portable text; empty where the reader took them away."""
        return self._in_force[name]

    def set_keys(self, changed: Mapping[str, str]) -> None:
        """Give names the reader's keys, and all others their own."""
        self._in_force = {key.name: portable(changed.get(key.name, key.keys)) for key in self.all}

    def name_of(self, event: QtGui.QKeyEvent) -> str | None:
        """Return what a key that was pressed is called; None leaves it to others."""
        pressed = _pressed(event)
        for name, keys in self._in_force.items():
            if keys and keys in pressed:
                return name
        taken = set(self._in_force.values())
        for key in self.all:
            if any(portable(other) in pressed and portable(other) not in taken for other in key.also):
                return key.name
        return None


def portable(keys: str) -> str:
    """Return keys as Qt writes them in settings."""
    return QtGui.QKeySequence(keys).toString(_PORTABLE)


def _pressed(event: QtGui.QKeyEvent) -> tuple[str, ...]:
    """Return the ways to write what was pressed: signs that need Shift on some keyboards are also known without it."""
    modifiers = event.modifiers() & ~QtCore.Qt.KeyboardModifier.KeypadModifier
    shift = QtCore.Qt.KeyboardModifier.ShiftModifier
    key, text = QtCore.Qt.Key(event.key()), chr(event.key()) if event.key() < 0x7F else ""
    ways = [modifiers]
    if modifiers & shift and text and not text.isalnum() and not text.isspace():
        ways.append(modifiers & ~shift)
    return tuple(QtGui.QKeySequence(QtCore.QKeyCombination(way, key)).toString(_PORTABLE) for way in ways)
