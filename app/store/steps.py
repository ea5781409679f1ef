"""How older tables become newer ones. Each step describes what it makes by itself: `tables` only knows the newest."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from app.store.audit_trail import guard


def add_signed_reports(connection: Connection) -> None:
    """Version 1 to 2: the signed files of the readings."""
    metadata = MetaData()
    Table("study", metadata, autoload_with=connection)
    made = Table(
        "signed_report",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("study_id", ForeignKey("study.id", ondelete="CASCADE"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("revision", Integer, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("who", Text, nullable=False),
        Column("amends", String(64), nullable=False),
        Column("document", LargeBinary, nullable=False),
        Column("sha256", String(64), nullable=False),
        UniqueConstraint("study_id", "number"),
    )
    made.create(connection)


def add_audit_trail(connection: Connection) -> None:
    """Version 2 to 3: the audit trail."""
    made = Table(
        "audit_record",
        MetaData(),
        Column("sequence", BigInteger, primary_key=True, autoincrement=False),
        Column("at", BigInteger, nullable=False),
        Column("content", Text, nullable=False),
        Column("previous", String(64), nullable=False),
        Column("sha256", String(64), nullable=False),
    )
    made.create(connection)
    guard(connection)
