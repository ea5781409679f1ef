"""Small FHIR R4 data types (https://hl7.org/fhir/R4/datatypes.html) as plain JSON."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from app.dicom.codes import OWN, OWN_UID, Code

Json = dict[str, Any]

_SYSTEMS = {
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
    OWN: f"urn:oid:{OWN_UID}",
}
_URI = "urn:ietf:rfc:3986"


def coded(code: Code) -> Json:
    """Return a code as CodeableConcept."""
    coding = {"system": _SYSTEMS[code.scheme], "code": code.value, "display": code.meaning}
    return {"coding": [coding], "text": code.meaning}


def quantity(value: float, unit: Code, sd: float | None = None) -> Json:
    """Return a number with its unit, and its standard deviation as HL7's extension for uncertainty."""
    made: Json = {"value": value, "unit": unit.meaning, "system": _SYSTEMS["UCUM"], "code": unit.value}
    if sd is not None:
        base = "http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty"
        made["extension"] = [
            {"url": base, "valueDecimal": sd},
            {"url": f"{base}Type", "valueCode": "U"},  # U: a standard deviation of unknown distribution
        ]
    return made


def oid(uid: str) -> str:
    """Return a UID as URI."""
    return f"urn:oid:{uid}"


def oid_identifier(uid: str) -> Json:
    """Return an identifier that is a UID."""
    return {"system": _URI, "value": oid(uid)}


def study_reference(study_instance_uid: str) -> Json:
    """Return a logical reference to a DICOM study."""
    identifier = {"system": "urn:dicom:uid", "value": oid(study_instance_uid)}
    return {"type": "ImagingStudy", "identifier": identifier}


def full_url(uid: str) -> str:
    """Return the address of a resource within its bundle: the UUID that its 2.25 UID is made of."""
    return f"urn:uuid:{uuid.UUID(int=int(uid.removeprefix('2.25.')))}"


def instant(moment: datetime) -> str:
    """Return a moment with its offset."""
    return moment.isoformat(timespec="milliseconds")


def date(dicom: str) -> str | None:
    """Return a DICOM date as FHIR writes it, None where it is none."""
    if len(dicom) != 8 or not dicom.isdigit():
        return None
    return f"{dicom[:4]}-{dicom[4:6]}-{dicom[6:]}"


def without_none(resource: Json) -> Json:
    """Leave out what is not known: FHIR has neither null nor empty elements."""
    return {key: value for key, value in resource.items() if value not in (None, "", [], {})}
