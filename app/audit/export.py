"""The trail as a file: DICOM audit messages (XML), or every record as it is (JSON), which can be checked by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from analysis.errors import DiscernError
from app.atomic_file import reason_of, write_whole
from app.audit.anchors import anchor_of
from app.audit.chain import AuditRecord, Head
from app.audit.message import messages

EXPORT_SCHEMA: Final = "discern-audit-export/1"


class ExportFailed(DiscernError):
    """The trail could not be exported; its text is a sentence for the user."""


def export_trail(path: Path, records: Sequence[AuditRecord]) -> None:
    """Write the trail; the ending of the name says how (``.xml`` or ``.json``).

    Raises
    ------
    ExportFailed
        If the ending is another one, or the file cannot be written.
    BadAuditRecord
        If a record cannot be said as a DICOM message.
    """
    writers = {".xml": as_xml, ".json": as_json}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ExportFailed("The audit trail is written as .xml (DICOM audit messages) or .json; choose one of them.")
    try:
        write_whole(path, writer(records))
    except OSError as error:
        raise ExportFailed(f"The audit trail cannot be written to {path}: {reason_of(error)}.") from error


def as_xml(records: Sequence[AuditRecord]) -> bytes:
    """Return all messages in one document, below an element that only holds them together."""
    return b"".join(_document(records))


def _document(records: Sequence[AuditRecord]) -> Iterator[bytes]:
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n'
    for element in messages(records):
        yield ET.tostring(element, encoding="unicode").encode() + b"\n"
    yield b"</AuditMessages>\n"


def as_json(records: Sequence[AuditRecord]) -> bytes:
    """Return all records with their hashes; `content` is the text that was hashed."""
    last = records[-1] if records else None
    head = Head() if last is None else Head(last.sequence, last.sha256)
    document = {
        "schema": EXPORT_SCHEMA,
        "head": anchor_of(head),
        "records": [
            {
                "sequence": record.sequence,
                "at": record.at.isoformat(timespec="microseconds"),
                "content": record.content,
                "previous": record.previous,
                "sha256": record.sha256,
            }
            for record in records
        ],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
