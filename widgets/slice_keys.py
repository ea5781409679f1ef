"""The keys of a slice view: one table, which the view obeys, the key editor changes and the key sheet shows."""

from __future__ import annotations

import functools
from collections.abc import Callable

from widgets.annotated_slice import AnnotatedSlice
from widgets.texts import noop
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
    (ViewKey(noop("Previous slice"), "Up"), lambda view: view.scroll_by(-1)),
    (ViewKey(noop("Next slice"), "Down"), lambda view: view.scroll_by(1)),
    (ViewKey(noop("First slice"), "Home"), lambda view: view.set_slice(0)),
    (ViewKey(noop("Last slice"), "End"), lambda view: view.scroll_by(view.stack.count if view.stack else 0)),
    (ViewKey(noop("Previous series in this pane"), "PgUp"), lambda view: view.stack_stepped.emit(-1)),
    (ViewKey(noop("Next series in this pane"), "PgDown"), lambda view: view.stack_stepped.emit(1)),
    (ViewKey(noop("Whole slice in its own window"), "Space"), lambda view: view.reset()),
    (ViewKey(noop("Maximise or restore the pane"), "Return", ("Enter",)), _close_or_maximise),
    (ViewKey(noop("Flip left to right"), "H"), lambda view: view.flip(across=True)),
    (ViewKey(noop("Flip top to bottom"), "V"), lambda view: view.flip(across=False)),
    (ViewKey(noop("Invert"), "I"), lambda view: view.set_inverted(not view.inverted)),
    (ViewKey(noop("Magnify"), "+", ("=",)), lambda view: view.zoom(_ZOOM)),
    (ViewKey(noop("Reduce"), "-"), lambda view: view.zoom(1 / _ZOOM)),
    (ViewKey(noop("Show or hide the linked cursor"), "C"), lambda view: view.cursor_toggled.emit()),
    (ViewKey(noop("Linked cursor left"), "Shift+Left"), lambda view: view.nudge_cursor(-_NUDGE_MM, 0.0)),
    (ViewKey(noop("Linked cursor right"), "Shift+Right"), lambda view: view.nudge_cursor(_NUDGE_MM, 0.0)),
    (ViewKey(noop("Linked cursor up"), "Shift+Up"), lambda view: view.nudge_cursor(0.0, -_NUDGE_MM)),
    (ViewKey(noop("Linked cursor down"), "Shift+Down"), lambda view: view.nudge_cursor(0.0, _NUDGE_MM)),
    (ViewKey(noop("Outline the nucleus"), "O"), lambda view: view.drawing_toggled.emit()),
    (ViewKey(noop("Take back the outline's last point"), "Backspace"), lambda view: view.pen.drop_last()),
    (ViewKey(noop("Previous layout"), ","), lambda view: view.layout_stepped.emit(-1)),
    (ViewKey(noop("Next layout"), "."), lambda view: view.layout_stepped.emit(1)),
    *((ViewKey(f"Window: {preset.title}", preset.key), functools.partial(_preset, preset.id)) for preset in PRESETS),
)
_VERBS: dict[str, Verb] = {key.name: verb for key, verb in _TABLE}
MOUSE: tuple[tuple[str, str], ...] = (
    ("wheel", noop("scroll through the slices")),
    (noop("left drag"), noop("window (across) and level (down)")),
    (noop("middle drag"), "pan"),
    (noop("right drag, Ctrl+wheel"), "zoom"),
    (noop("right click"), noop("menu with the series, the presets and the shifted volumes")),
    (noop("drag a corner of the nucleus"), noop("mend its outline")),
    (noop("double click"), noop("maximise or restore the pane")),
    ("Shift+move", noop("linked cursor: one point in every view of its frame of reference")),
    (
        noop("outlining: click or drag"),
        noop("draw; double click closes, right click takes the last point back, Esc leaves"),
    ),
    ("Tab / Shift+Tab", noop("next or previous pane")),
)


def slice_keys() -> ViewKeys:
    """Return the keys of slice views as they come."""
    return ViewKeys("Images", [key for key, _ in _TABLE])


def obey(view: AnnotatedSlice, name: str) -> None:
    """Do what a name of `slice_keys` says."""
    _VERBS[name](view)
