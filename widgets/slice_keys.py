"""The keys of a slice view: one table, which the view obeys and the key sheet can show."""

from __future__ import annotations

from collections.abc import Callable

from PySide6 import QtCore

from widgets.annotated_slice import AnnotatedSlice
from widgets.window_presets import PRESETS

Key = QtCore.Qt.Key
Verb = Callable[[AnnotatedSlice], None]
_NUDGE_MM = 1.0

KEYS: dict[Key, Verb] = {
    Key.Key_Up: lambda view: view.scroll_by(-1),
    Key.Key_Down: lambda view: view.scroll_by(1),
    Key.Key_Home: lambda view: view.set_slice(0),
    Key.Key_End: lambda view: view.scroll_by(view.stack.count if view.stack else 0),
    Key.Key_PageUp: lambda view: view.stack_stepped.emit(-1),
    Key.Key_PageDown: lambda view: view.stack_stepped.emit(1),
    Key.Key_Space: lambda view: view.reset(),
    Key.Key_Return: lambda view: _close_or_maximise(view),
    Key.Key_Enter: lambda view: _close_or_maximise(view),
    Key.Key_O: lambda view: view.drawing_toggled.emit(),
    Key.Key_Backspace: lambda view: view.pen.drop_last(),
    Key.Key_H: lambda view: view.flip(across=True),
    Key.Key_V: lambda view: view.flip(across=False),
    Key.Key_I: lambda view: view.set_inverted(not view.inverted),
    Key.Key_C: lambda view: view.cursor_toggled.emit(),
    Key.Key_Comma: lambda view: view.layout_stepped.emit(-1),
    Key.Key_Period: lambda view: view.layout_stepped.emit(1),
    Key.Key_Plus: lambda view: view.zoom(2**0.25),
    Key.Key_Equal: lambda view: view.zoom(2**0.25),
    Key.Key_Minus: lambda view: view.zoom(2**-0.25),
}
NUDGES: dict[Key, tuple[float, float]] = {
    Key.Key_Left: (-_NUDGE_MM, 0.0),
    Key.Key_Right: (_NUDGE_MM, 0.0),
    Key.Key_Up: (0.0, -_NUDGE_MM),
    Key.Key_Down: (0.0, _NUDGE_MM),
}
"""With Shift, the arrows move the linked cursor by a millimetre of the screen's directions."""
SHEET: tuple[tuple[str, str], ...] = (
    ("wheel, Up / Down", "scroll through the slices"),
    ("Home / End", "first or last slice"),
    ("PgUp / PgDn", "previous or next series in this pane"),
    ("left drag", "window (across) and level (down)"),
    ("0, 1 to 6", "window presets; 0 is the series' own, 6 fits the selected voxel"),
    ("middle drag", "pan"),
    ("right drag, Ctrl+wheel, + / -", "zoom"),
    ("right click", "menu with the series, the presets and the shifted volumes"),
    ("double click, Return", "maximise or restore the pane"),
    ("Space", "whole slice in its own window, neither flipped nor inverted"),
    ("H / V / I", "flip left to right, flip top to bottom, invert"),
    ("Shift+move, Shift+arrows", "linked cursor: one point in every view of its frame of reference"),
    ("C", "show or hide the linked cursor"),
    ("O", "outline the nucleus: click or drag; double click or Return closes, right click or Backspace takes back"),
    (", / .", "previous or next layout"),
    ("Tab / Shift+Tab", "next or previous pane"),
)


def _close_or_maximise(view: AnnotatedSlice) -> None:
    if view.pen.on:
        view.pen.finish()
    else:
        view.maximise_requested.emit()


def verb_for(key: int, modifiers: QtCore.Qt.KeyboardModifier) -> Verb | None:
    """Return what a key does in a slice view; None leaves it to the window."""
    shift, keypad = QtCore.Qt.KeyboardModifier.ShiftModifier, QtCore.Qt.KeyboardModifier.KeypadModifier
    held = modifiers & ~keypad
    try:
        which = Key(key)
    except ValueError:
        return None
    if held == shift and which in NUDGES:
        return lambda view: view.nudge_cursor(*NUDGES[which])
    if held not in (QtCore.Qt.KeyboardModifier.NoModifier, shift):
        return None
    for preset in PRESETS:
        if which == Key(ord(preset.key)) and held != shift:
            return lambda view: view.apply_preset(preset.id)
    return KEYS.get(which) if held != shift or which == Key.Key_Plus else None
