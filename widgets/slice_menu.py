"""The menu of a slice view: other series, presets, mirrored and inverted pictures, and what lies over the slices."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PySide6 import QtWidgets

from analysis.displacement import LINES
from widgets.annotated_slice import AnnotatedSlice
from widgets.window_presets import PRESETS


def build_menu(view: AnnotatedSlice) -> QtWidgets.QMenu:
    """Make the menu of a pane."""
    menu = QtWidgets.QMenu(view)
    for position, title in enumerate(view.choices):
        menu.addAction(title.replace("&", "&&"), functools.partial(view.stack_requested.emit, position))
    menu.addSeparator()
    presets = menu.addMenu("Window presets")
    for preset in PRESETS:
        presets.addAction(f"{preset.title}\t{preset.key}", functools.partial(view.apply_preset, preset.id))
    _check(menu, "Flip left to right\tH", view.camera.flipped[0], lambda _: view.flip(across=True))
    _check(menu, "Flip top to bottom\tV", view.camera.flipped[1], lambda _: view.flip(across=False))
    _check(menu, "Invert\tI", view.inverted, view.set_inverted)
    menu.addSeparator()
    shifted = menu.addMenu("Volumes of shifted lines")
    for line in LINES:
        asked = functools.partial(view.line_toggled.emit, line.name)
        _check(shifted, f"{line.name[0].upper()}{line.name[1:]} ({line.ppm:.2f} ppm)", line.name in view.lines, asked)
    for sentence in dict.fromkeys(text for shape in view.shifted for text in shape.assumptions):
        shifted.addAction(sentence).setEnabled(False)
    _check(menu, "Projections of voxels off this slice", view.projections, view.projections_toggled.emit)
    _check(menu, "Saturation bands", view.bands_shown, view.bands_toggled.emit)
    _check(menu, "Reference lines", view.references_shown, view.references_toggled.emit)
    _check(menu, "Linked cursor\tC", view.cursor_mm is not None, lambda _: view.cursor_toggled.emit())
    outline = menu.addAction("Outline the nucleus\tO", view.drawing_toggled.emit)
    outline.setEnabled(view.can_draw)
    menu.addSeparator()
    menu.addAction("Reset this view\tSpace", view.reset)
    menu.addAction("Maximise or restore\tReturn", view.maximise_requested.emit)
    return menu


def _check(menu: QtWidgets.QMenu, text: str, checked: bool, slot: Callable[[bool], None]) -> None:
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(checked)
    action.toggled.connect(slot)
