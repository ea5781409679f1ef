"""One voxel as a FHIR R4 Observation: each number and each statement is a component."""

from __future__ import annotations

from collections.abc import Iterator

from app.dicom import codes
from app.dicom.codes import own
from app.dicom.derived import Export
from app.dicom.findings import Finding, Number, Word
from app.fhir.elements import Json, coded, date, instant, oid_identifier, quantity, study_reference, without_none

_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_WHY = {
    codes.MEASUREMENT_FAILURE: ("error", "Error"),
    codes.MEASUREMENT_NOT_ATTEMPTED: ("not-performed", "Not Performed"),
    codes.VALUE_UNKNOWN: ("unknown", "Unknown"),
}
_CATEGORY = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "imaging",
            "display": "Imaging",
        }
    ]
}


def observation(export: Export, finding: Finding, uid: str, subject: Json) -> Json:
    """Return the resource of one voxel; `uid` identifies it."""
    study = export.headers.patient
    return without_none(
        {
            "resourceType": "Observation",
            "identifier": [oid_identifier(uid)],
            "status": export.report.state,
            "category": [_CATEGORY],
            "code": coded(codes.SPECTROSCOPY),
            "subject": subject,
            "effectiveDateTime": date(str(study.StudyDate)),
            "issued": instant(export.at),
            "bodySite": coded(finding.site),
            "method": coded(codes.MR_SPECTROSCOPY),
            "device": {"display": f"Discern {export.report.results['software']['version']}"},
            "derivedFrom": [study_reference(export.report.study_instance_uid)],
            "note": [{"text": sentence} for sentence in (*finding.comments, export.statement)],
            "component": [*_numbers(finding), *(_word(word) for word in finding.words)],
        }
    )


def _numbers(finding: Finding) -> Iterator[Json]:
    for number in finding.numbers:
        yield _number(number)
        if number.low is not None and number.high is not None:
            meaning = f"90 % interval of {number.name.meaning}"
            ends = {"low": quantity(number.low, number.unit), "high": quantity(number.high, number.unit)}
            yield {"code": coded(own(f"I-{number.name.value}", meaning)), "valueRange": ends}


def _number(number: Number) -> Json:
    if number.value is not None:
        return {"code": coded(number.name), "valueQuantity": quantity(number.value, number.unit, number.sd)}
    code, display = _WHY[number.why]
    reason = {"coding": [{"system": _ABSENT, "code": code, "display": display}], "text": number.why.meaning}
    return {"code": coded(number.name), "dataAbsentReason": reason}


def _word(word: Word) -> Json:
    return {"code": coded(word.name), "valueCodeableConcept": coded(word.value)}
