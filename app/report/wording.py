"""How the report writes numbers, dates and verdicts, and how it makes foreign text harmless.

Numbers are written with a decimal point and without a thousands mark, whatever the locale of the machine.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from analysis.types import EvidenceClass, Interval, Ratio, Verdict

UNKNOWN = "—"
"""Stands wherever a value is not known."""

CLASS_GLYPHS: Mapping[EvidenceClass, str] = {
    "higher": "▲",
    "lower": "▼",
    "indeterminate": "▬",
    "not evaluable": "○",
}
VERDICT_GLYPHS: Mapping[Verdict, str] = {"pass": "✓", "warn": "!", "fail": "✗", "unknown": "?"}
SEXES = {"F": "female", "M": "male", "O": "other"}

_LONGEST = 400
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zl", "Zp", "Zs"})
_MOST_STACKED, _MOST_MARKS = 3, 8
"""More marks than this above or beneath one letter, or of any kind on it, are dropped, so that they cannot cover other
lines. Signs of Indic and south-east Asian syllables do not stack: their combining class is low."""
_LEAST_STACKED_CLASS = 100
_JOINERS = "\u200c\u200d"
_VIRAMA = 9


def clean(text: str | None, longest: int = _LONGEST) -> str:
    """Make text from a file safe to print: one line, no control or direction characters, not overlong.

    Characters that move, hide or reverse their neighbours are removed, but for the joiners that spelling needs; line
    breaks and tabs become spaces.
    An empty text becomes the dash that stands for unknown.
    """
    kept: list[str] = []
    marks = stacked = 0
    for character in unicodedata.normalize("NFC", (text or "")[: 4 * longest]):
        category = unicodedata.category(character)
        marks = marks + 1 if category.startswith("M") else 0
        stacked = 0 if not marks else stacked + (unicodedata.combining(character) >= _LEAST_STACKED_CLASS)
        if character in "\t\r\n" or category in _SPACES:
            kept.append(" ")
        elif character in _JOINERS:
            kept += [character] if kept and _takes_joiner(kept[-1]) else []
        elif category not in _DROPPED and marks <= _MOST_MARKS and stacked <= _MOST_STACKED:
            kept.append(character)
    line = " ".join("".join(kept).split())
    if len(line) > longest:
        line = line[: longest - 1] + "…"
    return line or UNKNOWN


def _takes_joiner(before: str) -> bool:
    """Whether a joiner after a character is spelling, as after an Arabic letter or a virama (Unicode Annex 31, 2.3)."""
    return unicodedata.bidirectional(before) == "AL" or unicodedata.combining(before) == _VIRAMA


def fixed(value: float | None, decimals: int) -> str:
    """Write a number with a fixed count of decimals; a dash where it is unknown."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def significant(value: float | None, digits: int = 2) -> str:
    """Write a number with a count of significant digits and no exponent while it lies within 1e-4 and 1e6."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    rounded = float(f"{value:.{digits - 1}e}")
    return fixed(rounded, max(0, digits - 1 - math.floor(math.log10(abs(rounded)))))


def decimals_for(sd: float) -> int:
    """Return how many decimals a standard deviation deserves: two digits from 0.10 to 0.354 and as 1.0, else one.

    The rule of the Particle Data Group (Review of Particle Physics, Introduction, section 5.3).
    """
    power = math.floor(math.log10(sd))
    leading = round(sd / 10.0 ** (power - 2))
    return max(0, 1 - power if leading < 355 else -power)


def plus_minus(value: float | None, sd: float | None) -> str:
    """Write a value with its standard deviation, both to the decimals that the deviation deserves."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if sd is None or not math.isfinite(sd) or sd <= 0:
        return significant(value, 3)
    decimals = min(decimals_for(sd), 6)
    return f"{fixed(value, decimals)} ± {fixed(sd, decimals)}"


def span(low: str, high: str) -> str:
    """Write an interval in brackets; a word joins the ends where a minus sign would be misread."""
    return f"[{low} to {high}]" if "-" in low + high else f"[{low}–{high}]"


def ratio_span(ratio: Ratio) -> str:
    """Write the 90 % interval of a ratio to the decimals of its standard deviation; empty where unknown."""
    if ratio.low90 is None or ratio.high90 is None:
        return ""
    decimals = min(decimals_for(ratio.sd), 6) if ratio.sd and math.isfinite(ratio.sd) and ratio.sd > 0 else 2
    return span(fixed(ratio.low90, decimals), fixed(ratio.high90, decimals))


def likelihood_ratio(interval: Interval) -> str:
    """Write a likelihood ratio with its 90 % interval, two significant digits each."""
    ends = span(significant(interval.low90), significant(interval.high90))
    return f"{significant(interval.median)} {ends}"


def score(interval: Interval) -> str:
    """Write a score from 0 to 10 with its 90 % interval, one decimal each."""
    return f"{fixed(interval.median, 1)} {span(fixed(interval.low90, 1), fixed(interval.high90, 1))}"


def percent(interval: Interval) -> str:
    """Write a probability with its 90 % interval in whole per cent."""
    ends = span(fixed(100 * interval.low90, 0), fixed(100 * interval.high90, 0))
    return f"{fixed(100 * interval.median, 0)} % {ends}"


def p_value(value: float | None) -> str:
    """Write a p value, for example ``p = 0.003``."""
    if value is None or not math.isfinite(value):
        return "p unknown"
    return "p < 0.001" if value < 0.001 else f"p = {significant(value, 1 if value < 0.1 else 2)}"


def class_words(evidence_class: EvidenceClass) -> str:
    """Return the class of a disc as glyph and word, so that neither colour nor shape alone carries it."""
    return f"{CLASS_GLYPHS[evidence_class]} {evidence_class}"


def verdict_words(verdict: Verdict) -> str:
    """Return the verdict of a gate as glyph and word."""
    return f"{VERDICT_GLYPHS[verdict]} {verdict}"


def reason_words(reasons: Sequence[str]) -> str:
    """Return why a voxel is not evaluable, in full unless it would fill a page."""
    return clean(" ".join(reasons), 1500) if reasons else "no reason is given."


def limit_words(limit: str) -> str:
    """Return the limit of a gate with proper signs for at most and at least."""
    return clean(limit, 120).replace("<=", "≤").replace(">=", "≥")


def with_unit(value: float | None, unit: str, digits: int = 3) -> str:
    """Write a measured value with its unit, without trailing zeros."""
    text = significant(value, digits)
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text if text == UNKNOWN or not unit else f"{text} {clean(unit)}"


def dicom_day(value: str | None) -> date | None:
    """Return a DICOM date; None where there is none or it has another form."""
    text = (value or "").strip()
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def dicom_date(value: str | None) -> str:
    """Write a DICOM date as ``YYYY-MM-DD``; a value of another form is shown as the file has it."""
    day = dicom_day(value)
    return clean(value) if day is None else day.isoformat()


def sex(value: str | None) -> str:
    """Write the patient's sex as a word where the header uses the DICOM letter."""
    return SEXES.get((value or "").strip().upper(), clean(value))


def moment(when: datetime) -> str:
    """Write a date and time with its offset from UTC, to the minute."""
    zone = when.strftime("%z")
    return f"{when:%Y-%m-%d %H:%M}" + (f" {zone[:3]}:{zone[3:5]}" if zone else "")


def plain(value: float | int | str | bool | None) -> str:
    """Write a figure of a processing step: words as they are, numbers to four digits."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else UNKNOWN
    return clean(str(value))
