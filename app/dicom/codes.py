"""Coded concepts of what Discern writes (PS3.16)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset


@dataclass(frozen=True)
class Code:
    """A code value, the scheme it belongs to, and its meaning."""

    value: str
    scheme: str
    meaning: str


LUMBAR_SPINE = Code("122496007", "SCT", "Lumbar spine")
SPECTROSCOPY_FOR_WATER_PHASE_CORRECTION = Code("121318", "DCM", "Spectroscopy Data for Water Phase Correction")


def code_item(code: Code) -> Dataset:
    """Return a code as an item of a code sequence (PS3.3 section 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme
    item.CodeMeaning = code.meaning
    return item
