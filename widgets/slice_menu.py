"""The menu of a slice view: other series, presets, mirrored and inverted pictures, and what lies over the slices."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PySide6 import QtGui, QtWidgets

from analysis.displacement import LINES
from widgets.annotated_slice import AnnotatedSlice
from widgets.overlays import LINE_WORDS
from widgets.texts import noop, tr
from widgets.view_keys import ViewKeys
from widgets.window_presets import PRESETS


def build_menu(view: AnnotatedSlice, keys: ViewKeys) -> QtWidgets.QMenu:
    """Make the menu of a pane; `keys` are those in force."""
    menu, key = QtWidgets.QMenu(view), _shown(keys)
    for position, title in enumerate(view.choices):
        menu.addAction(title.replace("&", "&&"), functools.partial(view.stack_requested.emit, position))
    menu.addSeparator()
    presets = menu.addMenu(tr("Window presets"))
    for preset in PRESETS:
        presets.addAction(
            key(f"Window: {preset.title}", preset.title),
            functools.partial(view.apply_preset, preset.id),
        )
    _check(menu, key("Flip left to right"), view.camera.flipped[0], lambda _: view.flip(across=True))
    _check(menu, key("Flip top to bottom"), view.camera.flipped[1], lambda _: view.flip(across=False))
    _check(menu, key("Invert"), view.inverted, view.set_inverted)
    menu.addSeparator()
    shifted = menu.addMenu(tr("Volumes of shifted lines"))
    for line in LINES:
        asked = functools.partial(view.line_toggled.emit, line.name)
        _check(
            shifted,
            f"{tr(LINE_WORDS[line.name])} ({line.ppm:.2f} ppm)",
            line.name in view.lines,
            asked,
        )
    for sentence in dict.fromkeys(text for shape in view.shifted for text in shape.assumptions):
        shifted.addAction(sentence).setEnabled(False)
    _check(menu, tr("Projections of voxels off this slice"), view.projections, view.projections_toggled.emit)
    _check(menu, tr("Saturation bands"), view.bands_shown, view.bands_toggled.emit)
    _check(menu, tr("Reference lines"), view.references_shown, view.references_toggled.emit)
    _check(
        menu,
        key("Show or hide the linked cursor", noop("Linked cursor")),
        view.cursor_mm is not None,
        lambda _: view.cursor_toggled.emit(),
    )
    outline = menu.addAction(key("Outline the nucleus"), view.drawing_toggled.emit)
    outline.setEnabled(view.can_draw)
    menu.addSeparator()
    menu.addAction(key("Whole slice in its own window", noop("Reset this view")), view.reset)
    menu.addAction(key("Maximise or restore the pane", noop("Maximise or restore")), view.maximise_requested.emit)
    return menu


def _shown(keys: ViewKeys) -> Callable[..., str]:
    """Return what writes an entry with the keys of a name behind it."""

    def text(name: str, entry: str = "") -> str:
        native = QtGui.QKeySequence(keys.keys_of(name)).toString(QtGui.QKeySequence.SequenceFormat.NativeText)
        shown = tr(entry or name)
        return f"{shown}\t{native}" if native else shown

    return text


def _check(menu: QtWidgets.QMenu, text: str, checked: bool, slot: Callable[[bool], None]) -> None:
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(checked)
    action.toggled.connect(slot)
