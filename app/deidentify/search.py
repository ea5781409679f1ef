"""The last look: does anything that named the patient still stand in the bytes that were written?"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID

_NAMING = frozenset(
    {
        "PatientName", "PatientID", "OtherPatientNames", "OtherPatientIDs", "PatientAddress",
        "PatientMotherBirthName", "PatientBirthName", "PatientTelephoneNumbers", "AccessionNumber",
        "InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "ReferringPhysicianName",
        "PerformingPhysicianName", "OperatorsName", "PhysiciansOfRecord", "RequestingPhysician",
        "NameOfPhysiciansReadingStudy", "StationName", "DeviceSerialNumber", "IssuerOfPatientID",
    }
)  # fmt: skip
_SHORTEST, _SHORTEST_ANYWHERE = 3, 6
"""A shorter text may stand in any file by chance: it is looked for as a word only."""
_DUMMY = "19000101"


def identifiers(dataset: Dataset) -> frozenset[str]:
    """Return what names somebody in a data set, at any depth: names and IDs, all UIDs and all dates.

    A word that the scanner's maker or model is called by stands for them.
    """
    maker = f"{dataset.get('Manufacturer', '')} {dataset.get('ManufacturerModelName', '')}".split()
    found = (text for text in _texts(dataset) if len(text) >= _SHORTEST)
    return frozenset(found) - {_DUMMY, *maker}


def _texts(dataset: Dataset) -> Iterator[str]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.value and not element.tag.is_private:
            values = [str(v) for v in (element.value if element.VM > 1 else [element.value])]
            if element.VR == "UI":
                yield from (value for value in values if UID(value).name == value)  # others are of the standard
            elif element.VR in ("DA", "DT"):
                yield from (value[:8] for value in values if re.fullmatch(r"\d{8}.*", value))
            elif element.keyword in _NAMING:
                yield from (part for value in values for part in re.split(r"[\^=,\s]+", value))


def still_there(path: Path, wanted: frozenset[str], allowed: frozenset[str] = frozenset()) -> bool:
    """Whether a written file holds any of the identifiers; those in `allowed` stand for nobody."""
    data = path.read_bytes()
    if path.name.endswith(".gz"):
        data = gzip.decompress(data)
    words = set(re.findall(rb"[A-Za-z0-9_.-]+", data))
    for text in wanted - allowed:
        for encoding in ("utf-8", "latin-1"):
            sought = text.encode(encoding, "replace")
            if sought in data if len(text) >= _SHORTEST_ANYWHERE else sought in words:
                return True
    return False
