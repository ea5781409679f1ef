"""Connect to the database: the embedded SQLite file or a shared PostgreSQL, both behind the same two contexts.

SQLite runs with a write-ahead log and ``synchronous=FULL``: a commit returns when its bytes are on the disk, so that
neither a kill nor a power cut takes back what was acknowledged. ``NORMAL`` would be faster and lose the last seconds
in a power cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, func, make_url, select

from app.store.errors import BadStoreAddress
from app.store.failures import told

BUSY_S = 5
_CONNECT_S = 5
_WRITES = "discern_writes"
_PRAGMAS = (
    f"busy_timeout={BUSY_S * 1000}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "fullfsync=ON",
    "checkpoint_fullfsync=ON",
    "foreign_keys=ON",
    "trusted_schema=OFF",
)


@dataclass(frozen=True)
class Database:
    """An engine, and how to read and write through it."""

    engine: Engine

    @property
    def embedded(self) -> bool:
        """Whether only programs of this computer can use the database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database; nothing it does is kept.

        Raises
        ------
        StoreError
            If the database refuses.
        """
        with told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are on the disk when the context ends, or not made at all.

        Raises
        ------
        StoreError
            If the database refuses; then nothing was changed.
        """
        with told(), self.engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            yield connection

    def now(self, connection: Connection) -> datetime:
        """Return the time by the one clock that everybody at this database shares."""
        if self.embedded:
            return datetime.now(UTC)
        return connection.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def address(text: str) -> URL:
    """Return a database's address.

    Raises
    ------
    BadStoreAddress
        If it is none, or of a database that is not supported.
    """
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        raise BadStoreAddress(
            "The address of the store in the settings cannot be read; it looks like "
            "postgresql://user:password@server/database."
        ) from None
    kind = url.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database:
        return url
    raise BadStoreAddress("The store of readings can be a PostgreSQL database or a SQLite file, nothing else.")


def connect(url: URL) -> Database:
    """Make the engine; nothing is opened before it is used.

    Raises
    ------
    BadStoreAddress
        If the driver of the database is not installed.
    """
    if url.get_backend_name() == "sqlite":
        return Database(_sqlite(url))
    arguments = {"connect_timeout": _CONNECT_S, "options": f"-c lock_timeout={BUSY_S * 1000}"}
    try:
        return Database(create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments))
    except ImportError:
        raise BadStoreAddress("This build of Discern lacks psycopg, which a PostgreSQL store needs.") from None


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver's own transactions begin late and never before SELECT; `begin` below says it in so many words.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once: a reader that turns writer would fail where another one was quicker.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
