"""An audit record as a DICOM audit message (PS3.15 section A.5).

DICOM has messages for what happens to instances, none for a reading: changes, signing and checking of a report are sent
as *DICOM Instances Accessed* with an event type of our own. That is a design choice.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from app.audit.chain import AuditRecord
from app.audit.events import Action, AuditedObject, AuditEvent, Source, event_in

_OWN: Final = "99DISCERN"
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Code:
    value: str
    meaning: str
    scheme: str = "DCM"


@dataclass(frozen=True)
class _Kind:
    """How an action is said: Event ID, Event Type where DICOM has one, and what was done (C, R, U, E)."""

    event: _Code
    does: str
    types: tuple[_Code, ...] = ()


_ACCESSED, _EXPORT = _Code("110103", "DICOM Instances Accessed"), _Code("110106", "Export")
_TRANSFERRED, _ACTIVITY = _Code("110104", "DICOM Instances Transferred"), _Code("110100", "Application Activity")
_ALERT = _Code("110113", "Security Alert")
_KINDS: Final[dict[Action, _Kind]] = {
    "program started": _Kind(_ACTIVITY, "E", (_Code("110120", "Application Start"),)),
    "program stopped": _Kind(_ACTIVITY, "E", (_Code("110121", "Application Stop"),)),
    "study opened": _Kind(_ACCESSED, "R"),
    "reading changed": _Kind(_ACCESSED, "U", (_Code("reading-changed", "Reading changed", _OWN),)),
    "state changed": _Kind(_ACCESSED, "U", (_Code("state-changed", "State of the reading changed", _OWN),)),
    "report written": _Kind(_EXPORT, "R", (_Code("report-written", "Report written", _OWN),)),
    "report signed": _Kind(_ACCESSED, "C", (_Code("report-signed", "Report signed", _OWN),)),
    "report verified": _Kind(_ACCESSED, "R", (_Code("report-verified", "Report verified", _OWN),)),
    "exported": _Kind(_EXPORT, "R"),
    "sent": _Kind(_TRANSFERRED, "R"),
    "received": _Kind(_TRANSFERRED, "C"),
    "queried": _Kind(_Code("110112", "Query"), "E"),
    "audit used": _Kind(_Code("110101", "Audit Log Used"), "R"),
}
_SUCCESS, _SERIOUS_FAILURE = "0", "8"
_APPLICATION, _FROM, _TO = (
    _Code("110150", "Application"),
    _Code("110153", "Source Role ID"),
    _Code("110152", "Destination Role ID"),
)
_STUDY_UID, _CLASS_UID = _Code("110180", "Study Instance UID"), _Code("110181", "SOP Class UID")
_PATIENT_NUMBER, _URI = _Code("2", "Patient Number", "RFC-3881"), _Code("12", "URI", "RFC-3881")
_SHA256 = _Code("sha256", "SHA-256 of a file", _OWN)


def messages(records: Iterable[AuditRecord]) -> Iterator[ET.Element]:
    """Yield the message of each record; raises `BadAuditRecord` at one that cannot be read."""
    for record in records:
        yield message(*event_in(record.content))


def message(event: AuditEvent, source: Source) -> ET.Element:
    """Return one message as an XML element."""
    root = ET.Element("AuditMessage")
    _add_event(root, event)
    _add_participants(root, event, source)
    source_id = ET.SubElement(root, "AuditSourceIdentification", AuditSourceID=_clean(f"discern@{source.host}"))
    ET.SubElement(source_id, "AuditSourceTypeCode", {"csd-code": "1"})  # end-user display device
    _add_objects(root, event)
    return root


def _add_event(root: ET.Element, event: AuditEvent) -> None:
    kind = _KINDS[event.action]
    failed_check = event.action == "report verified" and not event.succeeded
    found = ET.SubElement(
        root,
        "EventIdentification",
        EventActionCode=kind.does,
        EventDateTime=event.at.isoformat(timespec="milliseconds"),
        EventOutcomeIndicator=_SUCCESS if event.succeeded else _SERIOUS_FAILURE,
    )
    _add_code(found, "EventID", _ALERT if failed_check else kind.event)
    for code in kind.types:
        _add_code(found, "EventTypeCode", code)
    if event.text:
        ET.SubElement(found, "EventOutcomeDescription").text = _clean(event.text)


def _add_participants(root: ET.Element, event: AuditEvent, source: Source) -> None:
    """Add the person, the program at work here, and the one at the other end."""
    _add_participant(root, event.who, None, source.host, requests=event.action != "received")
    own, other = (_TO, _FROM) if event.action == "received" else (_FROM, _TO)
    role = own if event.action in ("sent", "received", "exported", "report written", "queried") else _APPLICATION
    _add_participant(root, f"discern {source.version} process {source.process}", role, source.host)
    if event.peer is not None:
        at = event.peer.host or event.peer.name
        _add_participant(root, event.peer.name, other, at, requests=event.action == "received")


def _add_participant(root: ET.Element, user: str, role: _Code | None, host: str, *, requests: bool = False) -> None:
    found = ET.SubElement(
        root,
        "ActiveParticipant",
        UserID=_clean(user),
        UserIsRequestor=str(requests).lower(),
        NetworkAccessPointID=_clean(host),
        NetworkAccessPointTypeCode="2" if _is_address(host) else "1",
    )
    if role is not None:
        _add_code(found, "RoleIDCode", role)


def _add_objects(root: ET.Element, event: AuditEvent) -> None:
    subject = event.subject
    if event.action == "audit used":
        _add_object(root, "discern-audit/1", "13", _URI, "Security Audit Log")
    if event.query:
        found = _add_object(root, _queried_class(event), "3", _CLASS_UID, None)
        ET.SubElement(found, "ParticipantObjectQuery").text = base64.b64encode(event.query.encode()).decode()
    if subject is not None:
        study = _add_object(root, subject.study_instance_uid, "3", _STUDY_UID, "study")
        _describe(study, subject.accession_number, [item for item in event.objects if item.kind == "instance"])
        if subject.patient_id or subject.patient_name:
            _add_object(
                root, subject.patient_id or "unknown", "1", _PATIENT_NUMBER, subject.patient_name or "unknown", kind="1"
            )
    for item in event.objects:
        if item.kind != "instance":
            _add_object(root, item.identifier, "3", _SHA256, item.kind)


def _queried_class(event: AuditEvent) -> str:
    return next((item.sop_class_uid for item in event.objects if item.sop_class_uid), "unknown")


def _add_object(
    root: ET.Element, identifier: str, role: str, code: _Code, name: str | None, *, kind: str = "2"
) -> ET.Element:
    found = ET.SubElement(
        root,
        "ParticipantObjectIdentification",
        ParticipantObjectID=_clean(identifier),
        ParticipantObjectTypeCode=kind,
        ParticipantObjectTypeCodeRole=role,
    )
    _add_code(found, "ParticipantObjectIDTypeCode", code)
    if name is not None:
        ET.SubElement(found, "ParticipantObjectName").text = _clean(name)
    return found


def _describe(study: ET.Element, accession_number: str | None, instances: list[AuditedObject]) -> None:
    if not accession_number and not instances:
        return
    found = ET.SubElement(study, "ParticipantObjectDescription")
    if accession_number:
        ET.SubElement(found, "Accession", Number=_clean(accession_number))
    by_class = sorted(instances, key=lambda item: item.sop_class_uid)
    for sop_class, group in groupby(by_class, key=lambda item: item.sop_class_uid):
        members = list(group)
        sop = ET.SubElement(found, "SOPClass", NumberOfInstances=str(len(members)))
        if sop_class:
            sop.set("UID", sop_class)
        for item in members:
            ET.SubElement(sop, "Instance", UID=item.identifier)


def _add_code(parent: ET.Element, tag: str, code: _Code) -> None:
    ET.SubElement(parent, tag, {"csd-code": code.value, "codeSystemName": code.scheme, "originalText": code.meaning})


def _clean(text: str) -> str:
    """Replace what XML 1.0 cannot hold; everything else is escaped by the writer."""
    return _NOT_XML.sub("\ufffd", text)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
