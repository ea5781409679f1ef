"""Names for adjustments that are taken back; no Qt."""

from __future__ import annotations

from analysis.undone import Undone
from widgets.adjust_wording import change_text

STEP_WORDS = {
    "whiten_coils": "coil weights",
    "align": "alignment",
    "reject": "rejection of transients",
    "eddy_current": "eddy-current correction",
    "remove_water": "removal of water",
    "automatic_phase": "automatic phase",
    "keep_transients": "transients chosen by hand",
}


def undone_text(undone: Undone, label: str) -> str:
    """Name the adjustment that is taken back, for example ``L4-L5 zero-order phase +4.0°``."""
    given, without, gate = undone.given, undone.without, undone.gate
    if gate is not None:
        return f"{label} gate {gate.gate} accepted"
    if given.water_t2_s != without.water_t2_s and given.water_t2_s is not None:
        return f"{label} water T2 {given.water_t2_s.value * 1e3:.0f} ms"
    for name, words in STEP_WORDS.items():
        now, before = getattr(given.process, name), getattr(without.process, name)
        if now != before:
            return f"{label} {words}" + (f" {'on' if now else 'off'}" if isinstance(now, bool) else "")
    return f"{label} {change_text(without.fit, given.fit)}"
