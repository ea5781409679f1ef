"""The window's commands and their keys: one table that menus, the key editor and the settings share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6 import QtGui


@dataclass(frozen=True, eq=False)
class Command:
    """One command of the window, as it is named in the key editor, and the keys it came with."""

    name: str
    action: QtGui.QAction
    default_keys: str


class Commands:
    """All commands by name; a reader's keys are kept as text, so that they outlast a version."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def add(self, name: str, action: QtGui.QAction, keys: str) -> None:
        """Add a command with the keys it comes with; the name is what settings know it by."""
        self._commands[name] = Command(name, action, keys)
        action.setShortcut(QtGui.QKeySequence(keys))

    @property
    def all(self) -> tuple[Command, ...]:
        """Every command in the order of the menus."""
        return tuple(self._commands.values())

    @property
    def keys(self) -> dict[str, str]:
        """The keys in force by command."""
        portable = QtGui.QKeySequence.SequenceFormat.PortableText
        return {name: c.action.shortcut().toString(portable) for name, c in self._commands.items()}

    @property
    def changed_keys(self) -> dict[str, str]:
        """The keys that differ from those a command came with."""
        return {name: keys for name, keys in self.keys.items() if keys != self._default(name)}

    def _default(self, name: str) -> str:
        portable = QtGui.QKeySequence.SequenceFormat.PortableText
        return QtGui.QKeySequence(self._commands[name].default_keys).toString(portable)

    def set_keys(self, changed: Mapping[str, str]) -> None:
        """Give commands the reader's keys and all others their own; what is not known or taken twice is left out."""
        wanted = {name: changed.get(name, self._default(name)) for name in self._commands}
        taken: set[str] = set()
        for name, command in self._commands.items():
            keys = wanted[name] if wanted[name] not in taken else ""
            taken |= {keys} - {""}
            command.action.setShortcut(QtGui.QKeySequence(keys))
