"""The tables of the store. A change here needs a new `SCHEMA_VERSION` and a step in `schema`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """A moment with its offset from UTC, kept as whole microseconds since 1970; it sorts alike in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        if value is None:
            return None
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


METADATA = MetaData()

SCHEMA = Table(
    "schema_version",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("reached_at", Instant, nullable=False),
)

STUDY = Table(
    "study",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("study_instance_uid", String(128), nullable=False, unique=True),
    Column("patient_id", Text),
    Column("patient_name", Text),
    Column("patient_birth_date", Text),
    Column("patient_sex", Text),
    Column("study_date", Text),
    Column("study_description", Text),
    Column("accession_number", Text),
    Column("body_part", Text),
    Column("simulated", Boolean, nullable=False),
    Column("folder", Text, nullable=False),
    Column("copy_folder", Text),
    Column("protocol", Text),
    Column("state", String(16), nullable=False),
    Column("search", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("changed_at", Instant),
    Index("study_by_patient", "patient_id", "study_date"),
    Index("study_by_date", "study_date"),
)

SOURCE_FILE = Table(
    "source_file",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("study.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("sop_instance_uid", Text),
    Column("size", BigInteger),
    Column("modified_ns", BigInteger),
    Column("copy_path", Text),
)

REVISION = Table(
    "revision",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("study.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("gesture", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("study_id", "number"),
)

SIGNED_REPORT = Table(
    "signed_report",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("study.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("amends", String(64), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("study_id", "number"),
)

AUDIT_RECORD = Table(
    "audit_record",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("content", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
)
"""Without a key to a study: what was recorded outlives it. The patient stands in the content alone."""

READING_LOCK = Table(
    "reading_lock",
    METADATA,
    Column("study_id", ForeignKey("study.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("token", String(64), nullable=False),
    Column("host", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("since", Instant, nullable=False),
    Column("heard_at", Instant, nullable=False),
)
