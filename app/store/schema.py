"""The version of the tables: made where there are none, brought up to date where older, refused where newer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, inspect, select, text

from app.store.audit_trail import guard
from app.store.errors import StoreNotOurs
from app.store.steps import add_audit_trail, add_signed_reports
from app.store.tables import METADATA, SCHEMA

SCHEMA_VERSION = 3

Step = Callable[[Connection], None]
STEPS: Mapping[int, Step] = {1: add_signed_reports, 2: add_audit_trail}
"""From each older version to the next. A step speaks SQL of its own: `tables` only knows the newest version."""

_ONE_AT_A_TIME = 0x44697363
"""Names the lock under which one program at a time makes the tables of a PostgreSQL database."""


def bring_up_to_date(
    connection: Connection, at: datetime, *, newest: int = SCHEMA_VERSION, steps: Mapping[int, Step] = STEPS
) -> None:
    """Make or change the tables within the connection's transaction.

    Raises
    ------
    StoreNotOurs
        If the database is newer than this Discern, or holds something else.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    found = version_of(connection)
    if found is None:
        METADATA.create_all(connection)
        guard(connection)
        connection.execute(insert(SCHEMA).values(version=newest, reached_at=at))
        return
    if found > newest:
        raise StoreNotOurs(
            f"The store of readings was written by a newer Discern (its version is {found}, this one knows {newest}); "
            "update Discern on this computer to use it."
        )
    for version in range(found, newest):
        steps[version](connection)
        connection.execute(insert(SCHEMA).values(version=version + 1, reached_at=at))


def version_of(connection: Connection) -> int | None:
    """Return the version of the tables, None where there are none at all.

    Raises
    ------
    StoreNotOurs
        If there are tables, but not ours.
    """
    names = set(inspect(connection).get_table_names())
    if SCHEMA.name not in names:
        if names:
            raise StoreNotOurs("The database in the settings holds something other than readings; choose an empty one.")
        return None
    found = connection.execute(select(func.max(SCHEMA.c.version))).scalar_one()
    if found is None:
        raise StoreNotOurs("The store of readings does not say of which version it is; it was left as it is.")
    return int(found)
