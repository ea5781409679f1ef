"""The report as a FHIR R4 transaction: a DiagnosticReport and an Observation for each voxel.

Each resource names itself by a UID, and is created only where none of that name is there, so that the same bundle may
be sent twice. Patient and study are referred to by their identifiers: who they are to the server is for it to know.
"""

from __future__ import annotations

import base64
import hashlib
import json

from app.dicom import codes
from app.dicom.codes import Code
from app.dicom.derived import Export
from app.dicom.findings import findings_in
from app.fhir.elements import (
    Json,
    date,
    full_url,
    instant,
    oid,
    oid_identifier,
    study_reference,
    without_none,
)
from app.fhir.observation import observation

_REPORT = Code("18748-4", "LN", "Diagnostic Imaging Report")
_RADIOLOGY = {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD", "display": "Radiology"}


def report_bundle(export: Export) -> bytes:
    """Return the bundle as UTF-8 JSON; the same report gives the same bytes."""
    subject = _subject(export)
    observations = []
    for finding in findings_in(export.report.results):
        uid = str(export.uid("observation", finding.number))
        observations.append((uid, observation(export, finding, uid, subject)))
    uid = str(export.uid("diagnostic report"))
    report = _report(export, uid, subject, [uid for uid, _ in observations])
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [_entry(uid, report), *(_entry(*one) for one in observations)],
    }
    return (json.dumps(bundle, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _entry(uid: str, resource: Json) -> Json:
    search = f"identifier=urn:ietf:rfc:3986|{oid(uid)}"
    request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": search}
    return {"fullUrl": full_url(uid), "resource": resource, "request": request}


def _report(export: Export, uid: str, subject: Json, results: list[str]) -> Json:
    study = export.headers.patient
    issuer = export.report.verifier
    return without_none(
        {
            "resourceType": "DiagnosticReport",
            "identifier": [oid_identifier(uid), _hash_identifier(export)],
            "status": export.report.state,
            "category": [{"coding": [_RADIOLOGY]}],
            "code": {
                "coding": [{"system": "http://loinc.org", "code": _REPORT.value}],
                "text": codes.MR_SPECTROSCOPY.meaning,
            },
            "subject": subject,
            "effectiveDateTime": date(str(study.StudyDate)),
            "issued": instant(export.at),
            "resultsInterpreter": [{"display": issuer}] if issuer else [],
            "result": [{"reference": full_url(one), "type": "Observation"} for one in results],
            "imagingStudy": [study_reference(export.report.study_instance_uid)],
            "conclusion": _conclusion(export),
            "presentedForm": [_document(export)],
        }
    )


def _subject(export: Export) -> Json:
    """Refer to the patient by number, and by name for those who read."""
    header = export.headers.patient
    number, issuer = str(header.PatientID), str(header.get("IssuerOfPatientID", "") or "")
    identifier = without_none({"value": number, "assigner": {"display": issuer} if issuer else None})
    display = str(header.PatientName).replace("^", " ").strip()
    return without_none({"type": "Patient", "identifier": identifier if number else None, "display": display})


def _hash_identifier(export: Export) -> Json:
    """Name the report by the hash of its file (RFC 6920)."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(export.report.sha256)).decode().rstrip("=")
    return {"system": "urn:ietf:rfc:3986", "value": f"ni:///sha-256;{digest}"}


def _conclusion(export: Export) -> str:
    results = export.report.results
    said = str(results.get("reading", {}).get("impression", ""))
    withheld = results["exam"]["withheld"]
    sentences = [said, f"The comparison is withheld. {withheld}" if withheld else "", export.statement]
    return "\n".join(sentence for sentence in sentences if sentence)


def _document(export: Export) -> Json:
    """Return the signed file without its bytes; the address is that of the DICOM object that holds it."""
    digest = hashlib.sha1(export.report.pdf, usedforsecurity=False).digest()  # FHIR asks for SHA-1 here
    return {
        "contentType": "application/pdf",
        "language": "en-GB",
        "url": oid(str(export.uid("document"))),
        "size": len(export.report.pdf),
        "hash": base64.b64encode(digest).decode(),
        "title": "MR spectroscopy report",
        "creation": instant(export.at),
    }
