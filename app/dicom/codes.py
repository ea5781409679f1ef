"""Coded concepts of what Discern writes: DICOM's, SNOMED's and UCUM's (as PS3.16 lists them), else Discern's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from app.dicom.uids import derived_uid

OWN: Final = "99DISCERN"
OWN_NAME: Final = "Discern concepts"
OWN_UID: Final = derived_uid("coding scheme", OWN)
_LONGEST_VALUE = 16


@dataclass(frozen=True)
class Code:
    """A code value, the scheme it belongs to, and its meaning."""

    value: str
    scheme: str
    meaning: str


LUMBAR_SPINE = Code("122496007", "SCT", "Lumbar spine")
SPECTROSCOPY_FOR_WATER_PHASE_CORRECTION = Code("121318", "DCM", "Spectroscopy Data for Water Phase Correction")
SPECTROSCOPY = Code("121317", "DCM", "Spectroscopy")
MR_SPECTROSCOPY = Code("MS", "DCM", "Magnetic resonance spectroscopy")
SOURCE_OF_MEASUREMENT = Code("121112", "DCM", "Source of Measurement")
COMMENT = Code("121106", "DCM", "Comment")
STANDARD_DEVIATION = Code("386136009", "SCT", "Standard Deviation")
VOLUME = Code("118565006", "SCT", "Volume")
SIGNAL_TO_NOISE = Code("113060", "DCM", "Signal to noise")
MEASUREMENT_FAILURE = Code("114006", "DCM", "Measurement failure")
MEASUREMENT_NOT_ATTEMPTED = Code("114007", "DCM", "Measurement not attempted")
VALUE_UNKNOWN = Code("114010", "DCM", "Value unknown")
YES, NO = Code("373066001", "SCT", "Yes"), Code("373067005", "SCT", "No")

_DISCS: Final = {
    "C2-C3": "1078209008", "C3-C4": "58820006", "C4-C5": "49400002", "C5-C6": "73959003", "C6-C7": "75095006",
    "C7-T1": "37414007", "T1-T2": "40908007", "T2-T3": "6004007", "T3-T4": "2620004", "T4-T5": "82965004",
    "T5-T6": "72692000", "T6-T7": "74401007", "T7-T8": "28693002", "T8-T9": "9188009", "T9-T10": "113209001",
    "T10-T11": "34959001", "T11-T12": "1537001", "T12-L1": "76206002", "L1-L2": "80064006", "L2-L3": "67459009",
    "L3-L4": "62551000", "L4-L5": "84020006", "L5-S1": "715056000",
}  # fmt: skip
"""SNOMED codes of CID 7604, by Discern's label."""

_METABOLITES: Final = {
    "NAA": Code("115391007", "SCT", "N-acetylaspartate"),
    "Cho": Code("65123005", "SCT", "Choline"),
    "Cr": Code("14804005", "SCT", "Creatine"),
    "Lac": Code("83036002", "SCT", "Lactate"),
    "mI": Code("72164009", "SCT", "Inositol"),
    "Gln": Code("25761002", "SCT", "Glutamine"),
    "Glx": Code("113080", "DCM", "Glutamate and glutamine"),
}
"""Those of CID 4032 that mean the same signal; totals such as tNAA and single lipid lines have codes of our own."""
_RATIOS: Final = {
    "NAA/Cr": Code("113082", "DCM", "N-acetylaspartate/Creatine Ratio"),
    "NAA/Cho": Code("113083", "DCM", "N-acetylaspartate/Choline Ratio"),
    "Cho/Cr": Code("113081", "DCM", "Choline/Creatine Ratio"),
}

RATIO = Code("{ratio}", "UCUM", "ratio")
ARBITRARY = Code("[arb'U]", "UCUM", "arbitrary unit")
HERTZ = Code("Hz", "UCUM", "Hertz")
PERCENT = Code("%", "UCUM", "Percent")
NO_UNITS = Code("1", "UCUM", "no units")
CUBIC_MILLIMETRE = Code("mm3", "UCUM", "cubic millimeter")
MILLIMOLE_PER_LITRE = Code("mmol/L", "UCUM", "millimole per liter")
SCORE_UNIT = Code("{score}", "UCUM", "score")


def own(value: str, meaning: str) -> Code:
    """Return a concept of our own; a value that is too long for a code (PS3.5, SH) is replaced by a hash of itself."""
    if len(value) > _LONGEST_VALUE:
        value = hashlib.sha256(value.encode()).hexdigest()[:_LONGEST_VALUE]
    return Code(value, OWN, meaning)


def metabolite(name: str) -> Code:
    """Return the concept of a metabolite's amplitude or concentration."""
    return _METABOLITES.get(name) or own(f"M-{name}", name)


def ratio(name: str) -> Code:
    """Return the concept of a ratio such as ``Lac/PG``."""
    return _RATIOS.get(name) or own(f"R-{name}", f"{name} molar ratio")


def disc(label: str) -> Code | None:
    """Return the anatomic code of a disc, None for a label that names none."""
    value = _DISCS.get(label)
    return Code(value, "SCT", f"{label.replace('-', '/')} disc") if value is not None else None


def place(label: str) -> Code:
    """Return where a voxel lies: the disc where its label names one, else the label as a concept of our own."""
    return disc(label) or own(f"P-{label}", label)


def code_item(code: Code) -> Dataset:
    """Return a code as an item of a code sequence (PS3.3 section 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme
    item.CodeMeaning = code.meaning
    return item


def own_scheme_item() -> Dataset:
    """Return what the Coding Scheme Identification Sequence says of our own codes (PS3.3 C.12.1)."""
    item = Dataset()
    item.CodingSchemeDesignator = OWN
    item.CodingSchemeUID = OWN_UID
    item.CodingSchemeName = OWN_NAME
    item.CodingSchemeResponsibleOrganization = "Discern"
    return item
