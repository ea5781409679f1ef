"""The audit trail in the database: records are appended one after the other, and the database refuses all else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, insert, select, text

from app.audit.chain import AuditRecord, Head, following
from app.store.tables import AUDIT_RECORD

_ONE_AT_A_TIME = 0x44697361
"""Names the lock under which one program at a time appends to a PostgreSQL database."""
_AT_ONCE = 1000
_COLUMNS = tuple(AUDIT_RECORD.c[name] for name in ("sequence", "at", "content", "previous", "sha256"))

_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER audit_record_{act.lower()} BEFORE {act} ON audit_record "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for act in ("UPDATE", "DELETE")
)
_POSTGRESQL_GUARDS = (
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''the audit trail is append-only''; END'",
    "CREATE TRIGGER audit_record_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
)


def guard(connection: Connection) -> None:
    """Have the database refuse to change or delete records; its owner can lift that, which is what the chain is for."""
    guards = _SQLITE_GUARDS if connection.dialect.name == "sqlite" else _POSTGRESQL_GUARDS
    for statement in guards:
        connection.execute(text(statement))


def append(connection: Connection, at: datetime, content: str) -> AuditRecord:
    """Append one record. It comes last in its transaction: from here to its end no other program can append."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    record = following(head(connection), at, content)
    connection.execute(
        insert(AUDIT_RECORD).values(
            sequence=record.sequence,
            at=record.at,
            content=record.content,
            previous=record.previous,
            sha256=record.sha256,
        )
    )
    return record


def head(connection: Connection) -> Head:
    """Return the end of the chain."""
    last = select(AUDIT_RECORD.c.sequence, AUDIT_RECORD.c.sha256).order_by(AUDIT_RECORD.c.sequence.desc()).limit(1)
    row = connection.execute(last).first()
    return Head(row.sequence, row.sha256) if row is not None else Head()


def records(connection: Connection) -> Iterator[AuditRecord]:
    """Yield every record in its order, some at a time."""
    after = 0
    query = select(*_COLUMNS).order_by(AUDIT_RECORD.c.sequence).limit(_AT_ONCE)
    while rows := connection.execute(query.where(AUDIT_RECORD.c.sequence > after)).all():
        yield from (AuditRecord(*row) for row in rows)
        after = rows[-1].sequence
