"""What there is to record: one event, whose data it concerned, and which objects and peers had a part in it.

Records may name the patient, as DICOM's audit messages must (PS3.15 A.5); ordinary logs never do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from analysis.errors import DiscernError
from analysis.types import StudyInfo

Action = Literal[
    "program started",
    "program stopped",
    "study opened",
    "reading changed",
    "state changed",
    "report written",
    "report signed",
    "report verified",
    "exported",
    "sent",
    "received",
    "queried",
    "audit used",
]
ObjectKind = Literal["report", "instance", "file"]


class BadAuditRecord(DiscernError):
    """The content of an audit record is none that this Discern knows; its text is a sentence for the user."""


@dataclass(frozen=True)
class Subject:
    """Whose data an event concerned; None where it is not known."""

    study_instance_uid: str
    patient_id: str | None = None
    patient_name: str | None = None
    accession_number: str | None = None


def subject_of(info: StudyInfo) -> Subject:
    """Return the subject that a study's headers name."""
    return Subject(info.study_instance_uid, info.patient_id, info.patient_name, info.accession_number)


@dataclass(frozen=True)
class AuditedObject:
    """One thing that was written, sent or checked.

    Attributes
    ----------
    identifier : SHA-256 of a file or report; SOP Instance UID of a DICOM instance
    sop_class_uid : of a DICOM instance
    """

    kind: ObjectKind
    identifier: str
    sop_class_uid: str = ""


@dataclass(frozen=True)
class Peer:
    """Another program on the network, by its name (AE title or address of its service) and its host."""

    name: str
    host: str = ""


@dataclass(frozen=True)
class AuditEvent:
    """One event.

    Attributes
    ----------
    who : the account that did it
    text : what was done, in words; no patient is named here
    at : when it happened, with its offset from UTC
    query : what was asked for, of a query
    succeeded : whether it was done; `text` says why not
    """

    action: Action
    who: str
    text: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    subject: Subject | None = None
    objects: tuple[AuditedObject, ...] = ()
    peer: Peer | None = None
    query: str = ""
    succeeded: bool = True

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an event needs a time with its offset from UTC")


@dataclass(frozen=True)
class Source:
    """The running program that recorded an event."""

    host: str
    process: int
    version: str


@dataclass(frozen=True)
class _Content:
    schema: Literal["discern-audit/1"]
    source: Source
    event: AuditEvent


_CONTENT = TypeAdapter(_Content)


def content_of(event: AuditEvent, source: Source) -> str:
    """Return what a record holds: one line of JSON, the same for the same event."""
    return _CONTENT.dump_json(_Content("discern-audit/1", source, event)).decode()


def event_in(content: str) -> tuple[AuditEvent, Source]:
    """Return the event of a record, and who recorded it.

    Raises
    ------
    BadAuditRecord
        If the content is of another version or damaged.
    """
    try:
        found = _CONTENT.validate_json(content)
    except ValidationError:
        raise BadAuditRecord(
            "A record of the audit trail cannot be read: it is damaged or of a newer Discern; export the trail as JSON."
        ) from None
    return found.event, found.source
