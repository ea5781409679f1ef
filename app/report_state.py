"""What state a reading's report is in, in words, and which reading a signature would sign."""

from __future__ import annotations

from dataclasses import replace

from analysis.reading import Reading
from app.store import SignedReport
from widgets.report_state_bar import ReportState
from widgets.texts import tr

_HASH_SHOWN = 12


def as_signed(reading: Reading) -> Reading:
    """Return the reading as a signature makes it: final, or amended where it amends a signed one."""
    return replace(reading, state="amended" if reading.amends else "final")


def report_state(
    reading: Reading, signed: SignedReport | None, *, read_only: str, refusal: str, ready: bool
) -> ReportState:
    """Return what the window says of the report.

    Parameters
    ----------
    signed : the newest signed report of the study
    read_only : why the reading cannot be changed; empty where it can
    refusal : why nothing can be signed here; empty where it can
    ready : whether there are results to report
    """
    if read_only and reading.state in ("final", "amended") and not refusal:
        return ReportState(banner_word(reading, is_signed=True), _signed_text(signed), can_amend=True)
    word = banner_word(reading, is_signed=False)
    if reading.state == "amended":
        text = tr("An amendment that is not signed yet; the signed report stays in force until it is.")
    elif reading.state == "preliminary":
        text = tr("Preliminary: unsigned, and may still change.")
    else:
        text = tr("Nothing of this reading is signed.")
    return ReportState(
        word,
        text,
        can_sign=ready,
        is_preliminary=reading.state == "preliminary",
        is_amendment=reading.state == "amended",
        refusal=refusal,
    )


def banner_word(reading: Reading, *, is_signed: bool) -> str:
    """Return the state in one or two words."""
    if reading.state == "amended":
        return tr("Amended, signed") if is_signed else tr("Amendment, unsigned")
    return {"draft": tr("Draft"), "preliminary": tr("Preliminary"), "final": tr("Final, signed")}[reading.state]


def _signed_text(signed: SignedReport | None) -> str:
    if signed is None:
        return tr("This reading is final and cannot be changed.")
    when = f"{signed.at.astimezone():%Y-%m-%d %H:%M}"
    return tr("Signed on {when} and kept. SHA-256 {hash}…", when=when, hash=signed.sha256[:_HASH_SHOWN])
