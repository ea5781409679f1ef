"""The FHIR bundle: R4's structure, codes and numbers as in the signed results, nothing empty, the same every time.

The structure is held against the cardinalities and types of the R4 definitions of Bundle, DiagnosticReport and
Observation (https://hl7.org/fhir/R4), written down below as far as we use them: no validator of HL7 is at hand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from app.dicom.export import open_export
from app.fhir.bundle import report_bundle
from app.report.certificates import make_demo_signer
from app.report.signing import sign_pdf
from tests.app.dicom.archive_samples import document, pdf_of, write_study
from tests.app.report.certificate_making import signer_of

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
URI = re.compile(r"\S+")
CODE = re.compile(r"[^\s]+( [^\s]+)*")

CODING = {"system": URI, "code": CODE, "display?": str}
CONCEPT = {"coding?": [CODING], "text?": str}
IDENTIFIER = {"system?": URI, "value": str, "assigner?": {"display": str}}
REFERENCE = {"reference?": URI, "type?": URI, "identifier?": IDENTIFIER, "display?": str}
EXTENSION = {"url": URI, "valueDecimal?": float, "valueCode?": CODE}
QUANTITY = {"extension?": [EXTENSION], "value": float, "unit": str, "system": URI, "code": CODE}
COMPONENT = {
    "code": CONCEPT, "valueQuantity?": QUANTITY, "valueRange?": {"low": QUANTITY, "high": QUANTITY},
    "valueCodeableConcept?": CONCEPT, "dataAbsentReason?": CONCEPT,
}  # fmt: skip
OBSERVATION = {
    "resourceType": re.compile("Observation"), "identifier": [IDENTIFIER],
    "status": re.compile("registered|preliminary|final|amended"), "category": [CONCEPT], "code": CONCEPT,
    "subject": REFERENCE, "effectiveDateTime?": DATE_TIME, "issued": INSTANT, "bodySite": CONCEPT, "method": CONCEPT,
    "device": REFERENCE, "derivedFrom": [REFERENCE], "note?": [{"text": str}], "component": [COMPONENT],
}  # fmt: skip
ATTACHMENT = {
    "contentType": CODE, "language": CODE, "url": URI, "size": int, "hash": str, "title": str, "creation": DATE_TIME,
}  # fmt: skip
REPORT = {
    "resourceType": re.compile("DiagnosticReport"), "identifier": [IDENTIFIER],
    "status": re.compile("registered|partial|preliminary|final|amended"), "category": [CONCEPT], "code": CONCEPT,
    "subject": REFERENCE, "effectiveDateTime?": DATE_TIME, "issued": INSTANT, "resultsInterpreter?": [REFERENCE],
    "result": [REFERENCE], "imagingStudy": [REFERENCE], "conclusion": str, "presentedForm": [ATTACHMENT],
}  # fmt: skip
REQUEST = {"method": re.compile("POST"), "url": URI, "ifNoneExist": str}


def check(value: Any, shape: Any, place: str = "") -> None:
    """Hold a value against a shape: mapping (``?`` marks what may be missing), list of one shape, type or pattern."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), place
        allowed = {key.rstrip("?") for key in shape}
        assert set(value) <= allowed, (place, set(value) - allowed)
        for key, inner in shape.items():
            if key.endswith("?") and key[:-1] not in value:
                continue
            assert key.rstrip("?") in value, (place, key)
            check(value[key.rstrip("?")], inner, f"{place}.{key}")
        assert value, place
    elif isinstance(shape, list):
        assert isinstance(value, list), place
        assert value, place
        for number, item in enumerate(value):
            check(item, shape[0], f"{place}[{number}]")
    elif isinstance(shape, re.Pattern):
        assert isinstance(value, str), place
        assert shape.fullmatch(value), (place, value)
    elif shape is float:
        assert isinstance(value, (int, float)), place
        assert not isinstance(value, bool), place
    else:
        assert isinstance(value, shape), place
        assert value != "", place


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Any]:
    study = write_study(tmp_path_factory.mktemp("fhir"))
    signer = make_demo_signer(tmp_path_factory.mktemp("signer"))
    pdf = sign_pdf(pdf_of(document(study)), signer_of(signer))
    export = open_export(study, pdf)
    data = report_bundle(export)
    assert report_bundle(export) == data
    return {"study": study, "pdf": pdf, "bundle": json.loads(data), "export": export}


def test_it_has_the_structure_of_r4(made):
    bundle = made["bundle"]
    assert (bundle["resourceType"], bundle["type"], set(bundle)) == (
        "Bundle", "transaction", {"resourceType", "type", "entry"},
    )  # fmt: skip
    for entry in bundle["entry"]:
        kind = entry["resource"]["resourceType"]
        check(
            entry,
            {"fullUrl": URI, "resource": REPORT if kind == "DiagnosticReport" else OBSERVATION, "request": REQUEST},
        )
        assert entry["request"]["url"] == kind
        assert entry["resource"]["identifier"][0]["value"] in entry["request"]["ifNoneExist"]
        for component in entry["resource"].get("component", ()):
            said = [key for key in component if key.startswith("value") or key == "dataAbsentReason"]
            assert len(said) == 1  # obs-6 and the choice of value[x]


def test_references_within_the_bundle_resolve(made):
    report, *observations = made["bundle"]["entry"]
    assert [one["reference"] for one in report["resource"]["result"]] == [one["fullUrl"] for one in observations]
    assert len({one["fullUrl"] for one in made["bundle"]["entry"]}) == 4


def test_patient_study_signer_and_file_are_named(made):
    report, study = made["bundle"]["entry"][0]["resource"], made["study"]
    assert report["status"] == "final"
    assert report["subject"]["identifier"]["value"] == study.info.patient_id
    assert report["imagingStudy"][0]["identifier"]["value"] == f"urn:oid:{study.info.study_instance_uid}"
    assert report["resultsInterpreter"] == [{"display": "Demo Signer (throw-away)"}]
    form = report["presentedForm"][0]
    assert base64.b64decode(form["hash"]) == hashlib.sha1(made["pdf"]).digest()
    assert form["size"] == len(made["pdf"])
    digest = base64.urlsafe_b64decode(report["identifier"][1]["value"].split(";")[1] + "=")
    assert digest == hashlib.sha256(made["pdf"]).digest()


def test_numbers_are_those_of_the_signed_results(made):
    first = made["bundle"]["entry"][1]["resource"]
    assert first["bodySite"]["coding"][0]["code"] == "62551000"  # L3/L4 disc
    by_name = {}
    for component in first["component"]:
        unit = component.get("valueQuantity", {}).get("code", "")
        by_name[component["code"]["text"], unit] = component
    ratio = by_name["Lac/PG molar ratio", "{ratio}"]["valueQuantity"]
    assert (ratio["value"], ratio["extension"][0]["valueDecimal"]) == (0.5, 0.1)
    spread = by_name["90 % interval of Lac/PG molar ratio", ""]["valueRange"]
    assert (spread["low"]["value"], spread["high"]["value"], spread["low"]["code"]) == (0.35, 0.7, "{ratio}")
    assert by_name["Lactate", "mmol/L"]["valueQuantity"]["value"] == 5.5
    assert by_name["Ala/PG molar ratio", ""]["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_a_disc_that_is_not_evaluable_says_so(made):
    last = made["bundle"]["entry"][3]["resource"]
    absent = [c for c in last["component"] if c["code"]["text"].startswith("Likelihood")]
    assert [c["dataAbsentReason"]["coding"][0]["code"] for c in absent] == ["error"]
    assert "PG SNR is below its limit" in [note["text"] for note in last["note"]]


def test_a_draft_is_preliminary_and_a_withheld_one_says_so(made):
    results = document(made["study"], withheld="The discs do not differ.")
    bundle = json.loads(report_bundle(open_export(made["study"], pdf_of(results))))
    assert {entry["resource"]["status"] for entry in bundle["entry"]} == {"preliminary"}
    report = bundle["entry"][0]["resource"]
    assert "resultsInterpreter" not in report
    assert "The comparison is withheld. The discs do not differ." in report["conclusion"]
