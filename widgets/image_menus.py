"""The part of the View menu that concerns the images: what lies over them, and how they are laid out."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.displacement import LineName
from widgets.layouts import LAYOUTS
from widgets.slice_grid import SliceGrid
from widgets.texts import noop, tr

AddAction = Callable[[QtWidgets.QMenu, str, str, Callable[[], object]], QtGui.QAction]
"""Adds a command to a menu: its text, its keys, and what it does."""
VOLUMES: dict[LineName, str] = {
    "lactate": noop("Volume of lactate"),
    "PG": noop("Volume of PG"),
    "lipid": noop("Volume of lipid"),
    "water": noop("Volume of water"),
}


class ImageMenus(QtCore.QObject):
    """Keeps the check marks at what the grid shows, whoever changed it."""

    def __init__(self, view: QtWidgets.QMenu, grid: SliceGrid, add: AddAction) -> None:
        super().__init__(view)
        self._grid, self._add = grid, add
        self._switch(view, noop("&Projections of voxels off the slice"), grid.set_projections, grid.projections_changed)
        lines = self._switch(view, noop("&Reference lines"), grid.set_reference_lines, grid.reference_lines_changed)
        lines.setChecked(True)
        self._switch(view, noop("S&aturation bands"), grid.set_bands, grid.bands_changed)
        shifted = view.addMenu(tr("&Shifted volumes"))
        self.volumes = {name: self._checkable(shifted, text, self._choose_lines) for name, text in VOLUMES.items()}
        grid.lines_changed.connect(self._show_lines)
        layouts = view.addMenu(tr("La&yout of the images"))
        self.layouts = {
            choice.id: self._checkable(layouts, choice.title, functools.partial(grid.choose_layout, choice.id))
            for choice in LAYOUTS
        }
        grid.layout_changed.connect(self._show_layout)
        self._show_layout(grid.layout_used.id)

    def _checkable(self, menu: QtWidgets.QMenu, text: str, slot: Callable[[], object]) -> QtGui.QAction:
        action = self._add(menu, text, "", slot)
        action.setCheckable(True)
        return action

    def _switch(
        self, menu: QtWidgets.QMenu, text: str, show: Callable[[bool], None], shown: QtCore.SignalInstance
    ) -> QtGui.QAction:
        """Add an action that shows or hides something, and follows where it was done elsewhere."""
        action = self._checkable(menu, text, lambda: None)
        action.toggled.connect(show)
        shown.connect(action.setChecked)
        return action

    def _choose_lines(self) -> None:
        self._grid.set_lines([name for name, action in self.volumes.items() if action.isChecked()])

    def _show_lines(self, names: tuple[str, ...]) -> None:
        for name, action in self.volumes.items():
            action.setChecked(name in names)

    def _show_layout(self, layout_id: str) -> None:
        for name, action in self.layouts.items():
            action.setChecked(name == layout_id)
