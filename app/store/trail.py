"""The audit trail as the rest of the program uses it. Every method may be called from any thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection

from app.audit.anchors import anchors_in, append_anchor
from app.audit.chain import AuditRecord, ChainReport, Head, check
from app.audit.events import AuditEvent, Source, content_of
from app.store import audit_trail
from app.store.engine import Database
from app.store.locks import Workplace
from app.version import version


class AuditTrail:
    """Appends to the trail of one store, and reads it; each method raises a `StoreError` where the database refuses."""

    def __init__(self, database: Database, place: Workplace, anchors: Path) -> None:
        self._database, self._source = database, Source(place.host, place.process, version())
        self._anchors = anchors

    def record(self, event: AuditEvent) -> AuditRecord:
        """Append one event; when this returns, it is on the disk."""
        with self._database.writing() as connection:
            return self.append_to(connection, event)

    def append_to(self, connection: Connection, event: AuditEvent) -> AuditRecord:
        """Append one event as the last act of a transaction, so that both are kept or neither."""
        return audit_trail.append(connection, self._database.now(connection), content_of(event, self._source))

    def head(self) -> Head:
        """Return the end of the chain, to be anchored elsewhere."""
        with self._database.reading() as connection:
            return audit_trail.head(connection)

    def records(self) -> Iterator[AuditRecord]:
        """Yield every record, the first one first, as they are when this begins."""
        with self._database.reading() as connection:
            yield from audit_trail.records(connection)

    def anchor(self) -> None:
        """Note the end of the chain outside the database.

        Raises
        ------
        BadAnchor
            If the file cannot be written.
        """
        head = self.head()
        if head.records:
            append_anchor(self._anchors, head)

    def check(self, anchors: Sequence[Head] = ()) -> ChainReport:
        """Go through the whole chain and compare it with the heads that were noted, and with others.

        Raises
        ------
        BadAnchor
            If the file of heads cannot be read.
        """
        noted = anchors_in(self._anchors) if self._anchors.exists() else ()
        return check(self.records(), (*noted, *anchors))
