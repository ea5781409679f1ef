"""The keys of the spectrum: one table, which the plot obeys, the key editor changes and the key sheet shows."""

from __future__ import annotations

from widgets.texts import noop
from widgets.view_keys import ViewKey, ViewKeys

WHOLE, BASELINE, DRAG = noop("Whole range"), noop("With or without the baseline"), noop("Drag the phase in the plot")
TURNS = {
    "Phase back by 1°": -1.0,
    "Phase on by 1°": 1.0,
    "Phase back by 10°": -10.0,
    "Phase on by 10°": 10.0,
}
"""Degrees by the name of a key."""
MOUSE: tuple[tuple[str, str], ...] = (
    (noop("left drag"), noop("zoom to a span of chemical shift")),
    ("wheel", noop("zoom about the pointer")),
    (noop("middle drag"), "pan"),
    (noop("double click"), noop("whole range")),
    (noop("click a component"), noop("show it alone")),
    ("Esc", noop("leave dragging the phase, then the component that is shown alone")),
)


def spectrum_keys() -> ViewKeys:
    """Return the keys of the spectrum as they come."""
    keys = [ViewKey(WHOLE, "Space", ("X", "Y")), ViewKey(BASELINE, "B"), ViewKey(DRAG, "D")]
    return ViewKeys("Spectrum", keys + [ViewKey(name, sign) for name, sign in zip(TURNS, "[]{}", strict=True)])
