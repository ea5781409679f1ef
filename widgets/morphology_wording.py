"""The words for a disc's morphology; one place, no Qt."""

from __future__ import annotations

from analysis.disc_measure import DiscMeasures
from analysis.morphology import Herniation, Modic, roman
from analysis.nucleus import NucleusShare
from widgets import wording

PFIRRMANN_WORDS = {
    1: "I  bright, homogeneous",
    2: "II  bright, band",
    3: "III  grey, unclear border",
    4: "IV  dark, border lost",
    5: "V  dark, collapsed",
}
HERNIATION_WORDS: dict[Herniation, str] = {
    "none": "none",
    "bulge": "bulge (no herniation)",
    "protrusion": "protrusion",
    "extrusion": "extrusion",
    "sequestration": "sequestration",
}


def pfirrmann_step(grade: int | None) -> str:
    """Name the change of a grade, as undo shows it."""
    return f"Pfirrmann {roman(grade)}" if grade is not None else "no Pfirrmann grade"


def modic_text(kind: Modic) -> str:
    """Show a Modic type."""
    return {"none": "none", "1/2": "1/2 mixed", "1/3": "1/3 mixed", "2/3": "2/3 mixed"}.get(kind, kind)


def yes_no_step(what: str, value: bool | None) -> str:
    """Name the change of a yes-or-no finding, as undo shows it."""
    return f"{what} {'unknown' if value is None else 'yes' if value else 'no'}"


def height_text(measures: DiscMeasures | None) -> str:
    """Show ``9.6 ± 0.6 mm``, or a dash."""
    height = measures.height_mm if measures is not None else None
    return f"{wording.with_sd(height.value, height.sd)} mm" if height is not None else wording.NONE


def ratio_text(measures: DiscMeasures | None) -> str:
    """Show ``0.34 ± 0.02``, or a dash; a ratio of signals has no unit."""
    ratio = measures.nucleus_to_csf if measures is not None else None
    return wording.with_sd(ratio.value, ratio.sd) if ratio is not None else wording.NONE


def share_text(share: NucleusShare | None) -> str:
    """Show ``82 % (74 to 93 %)``: the best estimate and what the outlines allow; ``at most 93 %`` from one outline."""
    if share is None:
        return "not outlined"
    if share.high is None:
        return share.why
    if share.value is None or share.low is None:
        return f"at most {100 * share.high:.0f} %  (one outline)"
    return f"{100 * share.value:.0f} %  ({100 * share.low:.0f} to {100 * share.high:.0f} %)"
