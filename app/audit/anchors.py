"""Heads of the chain that are kept outside the database: in a file beside it, and in every signed report.

An anchor in a file that the same person can write to guards against accidents only: a copy of an older database put
back, a lost write-ahead log. One in a signed report in the archive guards against whoever owns the database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from analysis.errors import DiscernError
from app.atomic_file import reason_of
from app.audit.chain import Head

_SCHEMA: Final = "discern-audit-anchor/1"


class BadAnchor(DiscernError):
    """A file that should hold anchors and does not; its text is a sentence for the user."""


def append_anchor(path: Path, head: Head) -> None:
    """Add a head to a file of anchors, one line of JSON each.

    Raises
    ------
    BadAnchor
        If it cannot be written.
    """
    line = json.dumps({"schema": _SCHEMA, "at": datetime.now(UTC).isoformat(timespec="seconds"), **anchor_of(head)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BadAnchor(
            f"The end of the audit trail could not be noted beside the store: {reason_of(error)}."
        ) from error


def anchor_of(head: Head) -> dict[str, int | str]:
    """Return a head as it stands in files and reports."""
    return {"records": head.records, "sha256": head.sha256}


def anchors_in(path: Path) -> tuple[Head, ...]:
    """Return the anchors of a file: of anchors, or a signed report. Whether the report is genuine is not checked here.

    Raises
    ------
    BadAnchor
        If it cannot be read or holds none.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadAnchor(f"The anchors in {path} cannot be read: {reason_of(error)}.") from error
    if data.startswith(b"%PDF"):
        return _of_report(data, path)
    try:
        return tuple(_head(json.loads(line)) for line in data.decode().splitlines() if line.strip())
    except (ValueError, KeyError, TypeError) as error:
        raise BadAnchor(f"{path} holds no anchors of an audit trail; give such a file or a signed report.") from error


def _of_report(pdf: bytes, path: Path) -> tuple[Head, ...]:
    from app.report.attach import embedded_results
    from app.report.errors import NotVerifiable

    try:
        document = json.loads(embedded_results(pdf))
        found = document.get("audit") if isinstance(document, Mapping) else None
        return (_head(found),) if found is not None else ()
    except (NotVerifiable, ValueError, KeyError, TypeError) as error:
        raise BadAnchor(f"{path} is no report whose results can be read, so it holds no anchor.") from error


def _head(found: Mapping[str, Any]) -> Head:
    records, sha256 = found["records"], found["sha256"]
    if not isinstance(records, int) or not isinstance(sha256, str) or records < 0 or len(sha256) != len(Head().sha256):
        raise ValueError("no anchor")
    return Head(records, sha256)
