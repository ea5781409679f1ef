"""Names for adjustments that are taken back; no Qt."""

from __future__ import annotations

from analysis.undone import Undone
from widgets.adjust_wording import change_text
from widgets.texts import noop, tr

STEP_WORDS = {
    "whiten_coils": noop("coil weights"),
    "align": noop("alignment"),
    "reject": noop("rejection of transients"),
    "eddy_current": noop("eddy-current correction"),
    "remove_water": noop("removal of water"),
    "automatic_phase": noop("automatic phase"),
    "keep_transients": noop("transients chosen by hand"),
}


def undone_text(undone: Undone, label: str) -> str:
    """Name the adjustment that is taken back, for example ``L4-L5 zero-order phase +4.0°``."""
    given, without, gate = undone.given, undone.without, undone.gate
    if gate is not None:
        return tr("{label} gate {gate} accepted", label=label, gate=gate.gate)
    if given.water_t2_s != without.water_t2_s and given.water_t2_s is not None:
        return tr("{label} water T2 {ms:.0f} ms", label=label, ms=given.water_t2_s.value * 1000.0)
    for name, words in STEP_WORDS.items():
        now, before = getattr(given.process, name), getattr(without.process, name)
        if now != before:
            return f"{label} {tr(words)}" + ((tr(" on") if now else tr(" off")) if isinstance(now, bool) else "")
    return f"{label} {change_text(without.fit, given.fit)}"
