"""What the reader can call by keys: the window's actions, and what a view does while it has the focus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6 import QtGui

from widgets.texts import tr
from widgets.view_keys import ViewKeys, portable


@dataclass(frozen=True, eq=False)
class Command:
    """A command of the window or of a kind of view.

    Attributes
    ----------
    name : what settings and the key editor know it by
    default_keys : the keys it came with, as portable text
    scope : the kind of view that hears it; empty for the whole window
    holder : the action, or the keys of the view
    """

    name: str
    default_keys: str
    scope: str
    holder: QtGui.QAction | ViewKeys
    own_name: str = ""
    title: str = ""
    """What the key editor and the key sheet call it, in the reader's language."""

    @property
    def keys(self) -> str:
        """The keys in force, as portable text."""
        if isinstance(self.holder, ViewKeys):
            return self.holder.keys_of(self.own_name)
        return self.holder.shortcut().toString(QtGui.QKeySequence.SequenceFormat.PortableText)


class Commands:
    """All commands by name; a reader's keys are kept as text, so that they outlast a version."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def add(self, name: str, action: QtGui.QAction, keys: str) -> None:
        """Add an action of the window with the keys it comes with."""
        title = action.text().replace("&", "").rstrip("…")
        self._commands[name] = Command(name, portable(keys), "", action, title=title)
        action.setShortcut(QtGui.QKeySequence(keys))

    def add_view(self, keys: ViewKeys) -> None:
        """Add what a kind of view does by keys; names begin with the view's."""
        for key in keys.all:
            name = f"{keys.scope}: {key.name}"
            self._commands[name] = Command(
                name, portable(key.keys), keys.scope, keys, key.name, f"{tr(keys.scope)}: {tr(key.name)}"
            )

    @property
    def all(self) -> tuple[Command, ...]:
        """Every command: those of the menus in their order, then those of the views."""
        return tuple(self._commands.values())

    @property
    def keys(self) -> dict[str, str]:
        """The keys in force by command."""
        return {name: command.keys for name, command in self._commands.items()}

    @property
    def changed_keys(self) -> dict[str, str]:
        """The keys that differ from those a command came with."""
        return {name: keys for name, keys in self.keys.items() if keys != self._commands[name].default_keys}

    def set_keys(self, changed: Mapping[str, str]) -> None:
        """Give commands the reader's keys and all others their own; what is not known or taken twice is left out."""
        wanted = {name: portable(changed.get(name, c.default_keys)) for name, c in self._commands.items()}
        for name in clashing(self.all, wanted):
            wanted[name] = ""
        of_views: dict[ViewKeys, dict[str, str]] = {}
        for name, command in self._commands.items():
            if isinstance(command.holder, ViewKeys):
                of_views.setdefault(command.holder, {})[command.own_name] = wanted[name]
            else:
                command.holder.setShortcut(QtGui.QKeySequence(wanted[name]))
        for holder, keys in of_views.items():
            holder.set_keys(keys)


def clashing(commands: tuple[Command, ...], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the commands whose keys another one has first, and which: in the same view, or anywhere in the window."""
    taken: dict[str, list[Command]] = {}
    clashes: dict[str, str] = {}
    for command in commands:
        keys = wanted[command.name]
        if not keys:
            continue
        others = [o for o in taken.get(keys, []) if o.scope == command.scope or not o.scope or not command.scope]
        if others:
            clashes[command.name] = others[0].name
        else:
            taken.setdefault(keys, []).append(command)
    return clashes
