"""The keys of a slice view: one table, which the view obeys, the key editor changes and the key sheet shows."""

from __future__ import annotations

import functools
from collections.abc import Callable

from widgets.annotated_slice import AnnotatedSlice
from widgets.view_keys import ViewKey, ViewKeys
from widgets.window_presets import PRESETS, PresetId

Verb = Callable[[AnnotatedSlice], None]
_NUDGE_MM = 1.0
_ZOOM = 2**0.25


def _close_or_maximise(view: AnnotatedSlice) -> None:
    if view.pen.on:
        view.pen.finish()
    else:
        view.maximise_requested.emit()


def _preset(preset: PresetId, view: AnnotatedSlice) -> None:
    view.apply_preset(preset)


_TABLE: tuple[tuple[ViewKey, Verb], ...] = (
    (ViewKey("Previous slice", "Up"), lambda view: view.scroll_by(-1)),
    (ViewKey("Next slice", "Down"), lambda view: view.scroll_by(1)),
    (ViewKey("First slice", "Home"), lambda view: view.set_slice(0)),
    (ViewKey("Last slice", "End"), lambda view: view.scroll_by(view.stack.count if view.stack else 0)),
    (ViewKey("Previous series in this pane", "PgUp"), lambda view: view.stack_stepped.emit(-1)),
    (ViewKey("Next series in this pane", "PgDown"), lambda view: view.stack_stepped.emit(1)),
    (ViewKey("Whole slice in its own window", "Space"), lambda view: view.reset()),
    (ViewKey("Maximise or restore the pane", "Return", ("Enter",)), _close_or_maximise),
    (ViewKey("Flip left to right", "H"), lambda view: view.flip(across=True)),
    (ViewKey("Flip top to bottom", "V"), lambda view: view.flip(across=False)),
    (ViewKey("Invert", "I"), lambda view: view.set_inverted(not view.inverted)),
    (ViewKey("Magnify", "+", ("=",)), lambda view: view.zoom(_ZOOM)),
    (ViewKey("Reduce", "-"), lambda view: view.zoom(1 / _ZOOM)),
    (ViewKey("Show or hide the linked cursor", "C"), lambda view: view.cursor_toggled.emit()),
    (ViewKey("Linked cursor left", "Shift+Left"), lambda view: view.nudge_cursor(-_NUDGE_MM, 0.0)),
    (ViewKey("Linked cursor right", "Shift+Right"), lambda view: view.nudge_cursor(_NUDGE_MM, 0.0)),
    (ViewKey("Linked cursor up", "Shift+Up"), lambda view: view.nudge_cursor(0.0, -_NUDGE_MM)),
    (ViewKey("Linked cursor down", "Shift+Down"), lambda view: view.nudge_cursor(0.0, _NUDGE_MM)),
    (ViewKey("Outline the nucleus", "O"), lambda view: view.drawing_toggled.emit()),
    (ViewKey("Take back the outline's last point", "Backspace"), lambda view: view.pen.drop_last()),
    (ViewKey("Previous layout", ","), lambda view: view.layout_stepped.emit(-1)),
    (ViewKey("Next layout", "."), lambda view: view.layout_stepped.emit(1)),
    *((ViewKey(f"Window: {preset.title}", preset.key), functools.partial(_preset, preset.id)) for preset in PRESETS),
)
_VERBS: dict[str, Verb] = {key.name: verb for key, verb in _TABLE}
MOUSE: tuple[tuple[str, str], ...] = (
    ("wheel", "scroll through the slices"),
    ("left drag", "window (across) and level (down)"),
    ("middle drag", "pan"),
    ("right drag, Ctrl+wheel", "zoom"),
    ("right click", "menu with the series, the presets and the shifted volumes"),
    ("double click", "maximise or restore the pane"),
    ("Shift+move", "linked cursor: one point in every view of its frame of reference"),
    ("outlining: click or drag", "draw; double click closes, right click takes the last point back, Esc leaves"),
    ("Tab / Shift+Tab", "next or previous pane"),
)


def slice_keys() -> ViewKeys:
    """Return the keys of slice views as they come."""
    return ViewKeys("Images", [key for key, _ in _TABLE])


def obey(view: AnnotatedSlice, name: str) -> None:
    """Do what a name of `slice_keys` says."""
    _VERBS[name](view)
