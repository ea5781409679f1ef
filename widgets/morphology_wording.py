"""The words for a disc's morphology; one place, no Qt."""

from __future__ import annotations

from analysis.disc_measure import DiscMeasures
from analysis.morphology import Herniation, Modic, roman
from analysis.nucleus import NucleusShare
from widgets import wording
from widgets.texts import noop, tr

PFIRRMANN_WORDS = {
    1: noop("I  bright, homogeneous"),
    2: noop("II  bright, band"),
    3: noop("III  grey, unclear border"),
    4: noop("IV  dark, border lost"),
    5: noop("V  dark, collapsed"),
}
HERNIATION_WORDS: dict[Herniation, str] = {
    "none": noop("none"),
    "bulge": noop("bulge (no herniation)"),
    "protrusion": noop("protrusion"),
    "extrusion": noop("extrusion"),
    "sequestration": noop("sequestration"),
}


def pfirrmann_step(grade: int | None) -> str:
    """Name the change of a grade, as undo shows it."""
    return tr("Pfirrmann {grade}", grade=roman(grade)) if grade is not None else tr("no Pfirrmann grade")


def modic_text(kind: Modic) -> str:
    """Show a Modic type."""
    return kind + tr(" mixed") if "/" in kind else tr("none") if kind == "none" else kind


def yes_no_step(what: str, value: bool | None) -> str:
    """Name the change of a yes-or-no finding, as undo shows it."""
    return f"{what} {tr('unknown') if value is None else tr('yes') if value else tr('no')}"


def height_text(measures: DiscMeasures | None) -> str:
    """Show ``9.6 ± 0.6 mm``, or a dash."""
    height = measures.height_mm if measures is not None else None
    return tr("{amount} mm", amount=wording.with_sd(height.value, height.sd)) if height is not None else wording.NONE


def ratio_text(measures: DiscMeasures | None) -> str:
    """Show ``0.34 ± 0.02``, or a dash; a ratio of signals has no unit."""
    ratio = measures.nucleus_to_csf if measures is not None else None
    return wording.with_sd(ratio.value, ratio.sd) if ratio is not None else wording.NONE


def share_text(share: NucleusShare | None) -> str:
    """Show ``82 % (74 to 93 %)``: the best estimate and what the outlines allow; ``at most 93 %`` from one outline."""
    if share is None:
        return tr("not outlined")
    if share.high is None:
        return share.why
    if share.value is None or share.low is None:
        return tr("at most {high:.0f} %  (one outline)", high=100 * share.high)
    return tr(
        "{value:.0f} %  ({low:.0f} to {high:.0f} %)",
        value=100 * share.value,
        low=100 * share.low,
        high=100 * share.high,
    )
