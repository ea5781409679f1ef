"""What the commands without a window have done, as events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.types import StudyInfo
from app.audit.events import Action, AuditedObject, AuditEvent, Subject, subject_of
from app.store import user_name


def analysed(results: Sequence[Path], reports: Sequence[Path], *, signed: bool) -> tuple[AuditEvent, ...]:
    """Return the events of studies that were analysed, by the files that were written."""
    events = []
    for result, report in zip(results, reports, strict=True):
        subject = subject_in(json.loads(result.read_bytes()))
        action: Action = "report signed" if signed else "report written"
        written = (report_object(report.read_bytes()),)
        events.append(AuditEvent("study opened", user_name(), "discern analyse", subject=subject))
        events.append(AuditEvent(action, user_name(), "discern analyse", subject=subject, objects=written))
    return tuple(events)


def verified(pdf: bytes | None, results: Mapping[str, Any] | None, *, ok: bool) -> AuditEvent:
    """Return the event of a report that was checked; None where it could not be read."""
    return AuditEvent(
        "report verified",
        user_name(),
        "valid" if ok else "NOT valid",
        subject=subject_in(results) if results is not None else None,
        objects=(report_object(pdf),) if pdf is not None else (),
        succeeded=ok,
    )


def report_written(info: StudyInfo, pdf: bytes, text: str) -> AuditEvent:
    """Return the event of a report that was written to a file."""
    return AuditEvent("report written", user_name(), text, subject=subject_of(info), objects=(report_object(pdf),))


def report_object(pdf: bytes) -> AuditedObject:
    """Return a report as an event names it: by the hash of the whole file."""
    return AuditedObject("report", hashlib.sha256(pdf).hexdigest())


def subject_in(results: Mapping[str, Any]) -> Subject:
    """Return the subject that a results document names."""
    study = results["study"]
    return Subject(study["study_instance_uid"], study["patient_id"], study["patient_name"], study["accession_number"])
