"""An export as the audit trail records it."""

from __future__ import annotations

from analysis.types import StudyInfo
from app.audit.events import AuditedObject, AuditEvent, subject_of
from app.audit.headless import report_object
from app.dicom.derived import NamedObject
from app.store import user_name


def exported(info: StudyInfo, pdf: bytes, made: tuple[NamedObject, ...]) -> AuditEvent:
    """Return the event of an export: the report by its hash, the objects by their UIDs."""
    instances = [AuditedObject("instance", one.sop_instance_uid, one.sop_class_uid) for one in made]
    text = f"{len(made)} objects and a FHIR bundle"
    objects = (report_object(pdf), *instances)
    return AuditEvent("exported", user_name(), text, subject=subject_of(info), objects=objects)
