"""Audit messages follow DICOM's schema, use DICOM's codes, and carry any text unharmed."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from lxml import etree
from pydicom.sr.codedict import codes

from app.audit.chain import Head, following
from app.audit.events import Action, AuditedObject, AuditEvent, BadAuditRecord, Peer, Source, Subject, content_of
from app.audit.export import as_xml
from app.audit.message import message
from tests.store_samples import T0, at

SOURCE = Source("reading-room-1", 4711, "1.0")
SUBJECT = Subject("1.2.3", "P 001", "Müller^Jörg<b>&\u202e😀\x07", "A<1>")
OBJECTS = (
    AuditedObject("report", "ab" * 32),
    AuditedObject("instance", "1.2.3.4", "1.2.840.10008.5.1.4.1.1.104.1"),
    AuditedObject("instance", "1.2.3.5", "1.2.840.10008.5.1.4.1.1.104.1"),
    AuditedObject("instance", "1.2.3.6", "1.2.840.10008.5.1.4.1.1.7"),
)


def event(action: Action, **others) -> AuditEvent:
    values = {"text": "step 3: größer & <kleiner>", "at": T0, "subject": SUBJECT, "objects": OBJECTS}
    return AuditEvent(action, "anna", **{**values, **others})


def validate(element: ET.Element) -> None:
    schema = etree.RelaxNG(etree.parse(Path(__file__).with_name("audit_message.rng")))
    schema.assertValid(etree.fromstring(ET.tostring(element)))


@pytest.mark.parametrize("action", get_args(Action))
def test_every_kind_of_event_follows_the_schema(action):
    peer = Peer("PACS", "10.0.0.7") if action in ("sent", "received", "queried") else None
    query = "PatientID=P*" if action == "queried" else ""
    validate(message(event(action, peer=peer, query=query), SOURCE))
    validate(message(AuditEvent(action, "anna", at=T0, succeeded=False), SOURCE))


def test_the_schema_notices_what_is_missing():
    broken = message(event("sent"), SOURCE)
    broken.remove(broken.find("AuditSourceIdentification"))
    with pytest.raises(etree.DocumentInvalid):
        validate(broken)


@pytest.mark.parametrize("action", get_args(Action))
def test_codes_are_those_of_the_standard(action):
    """Compared with pydicom's copy of PS3.16, where the code is DICOM's."""
    for element in message(event(action, peer=Peer("P")), SOURCE).iter():
        if element.get("codeSystemName") == "DCM":
            found = [code for code in _dcm_codes() if code.value == element.get("csd-code")]
            assert [code.meaning for code in found] == [element.get("originalText")]


def _dcm_codes():
    return [getattr(codes.DCM, name) for name in codes.DCM.dir()]


def test_a_failed_check_of_a_report_is_a_security_alert():
    found = message(event("report verified", succeeded=False), SOURCE)
    assert found.find("EventIdentification/EventID").get("csd-code") == "110113"
    assert found.find("EventIdentification").get("EventOutcomeIndicator") == "8"


def test_people_and_programs_have_their_roles():
    found = message(event("sent", peer=Peer("PACS", "10.0.0.7")), SOURCE)
    people = [
        (p.get("UserID"), p.get("UserIsRequestor"), getattr(p.find("RoleIDCode"), "attrib", {}).get("csd-code"),
         p.get("NetworkAccessPointTypeCode"))
        for p in found.iter("ActiveParticipant")
    ]  # fmt: skip
    assert people == [
        ("anna", "true", None, "1"),
        ("discern 1.0 process 4711", "false", "110153", "1"),
        ("PACS", "false", "110152", "2"),
    ]


def test_study_patient_and_objects_are_named():
    found = message(event("exported"), SOURCE)
    study, patient, report = found.iter("ParticipantObjectIdentification")
    assert (study.get("ParticipantObjectID"), patient.get("ParticipantObjectID")) == ("1.2.3", "P 001")
    assert report.get("ParticipantObjectID") == "ab" * 32
    assert [(c.get("UID"), c.get("NumberOfInstances"), len(c)) for c in study.iter("SOPClass")] == [
        ("1.2.840.10008.5.1.4.1.1.104.1", "2", 2), ("1.2.840.10008.5.1.4.1.1.7", "1", 1),
    ]  # fmt: skip


def test_a_query_is_kept_as_it_was_asked():
    found = message(event("queried", query="PatientName=Ä*"), SOURCE)
    assert base64.b64decode(found.find(".//ParticipantObjectQuery").text).decode() == "PatientName=Ä*"


def test_any_text_survives_a_file_and_what_xml_cannot_hold_is_replaced():
    records, head = [], Head()
    for one in (event("exported"), event("sent", peer=Peer("PACS"))):
        records.append(following(head, at(1), content_of(one, SOURCE)))
        head = Head(records[-1].sequence, records[-1].sha256)
    root = ET.fromstring(as_xml(records))
    assert len(root) == 2
    for one in root:
        validate(one)
    name = root.findall(".//ParticipantObjectName")[1].text
    assert name == "Müller^Jörg<b>&\u202e😀\ufffd"


def test_a_record_of_a_later_version_is_said():
    record = following(Head(), at(1), '{"schema": "discern-audit/9"}')
    with pytest.raises(BadAuditRecord, match="export the trail as JSON"):
        as_xml([record])
