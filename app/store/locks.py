"""One reader per reading: who holds it, whether they are still there, and how a lock that was left behind is taken."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from analysis.worklist import LockHolder, StudyId
from app.store.errors import ReadingLocked
from app.store.tables import READING_LOCK

STALE_AFTER = timedelta(seconds=60)
"""A holder that was not heard for so long is taken to be gone."""
BEAT_S = 15.0
"""A holder says so often that it is there."""


@dataclass(frozen=True)
class Workplace:
    """The running program that takes locks; `token` is its alone."""

    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    token: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(frozen=True)
class Lock:
    """What came of asking for a reading.

    Attributes
    ----------
    holder : who holds it now
    mine : whether that is the one who asked; else the reading can be looked at only
    taken_from : whose abandoned lock was taken over
    """

    holder: LockHolder
    mine: bool
    taken_from: LockHolder | None = None


def acquire(
    connection: Connection, study_id: StudyId, user: str, place: Workplace, at: datetime, *, embedded: bool
) -> Lock:
    """Take a reading where nobody holds it or the holder is gone.

    Parameters
    ----------
    embedded : every holder is a program of this computer, so that one which ended is known to be gone at once
    """
    row = _row(connection, study_id, for_update=True)
    mine = LockHolder(user, place.host, at, at)
    values = {"token": place.token, "host": place.host, "user": user, "process": place.process}
    if row is None:
        connection.execute(insert(READING_LOCK).values(study_id=study_id, **values, since=at, heard_at=at))
        return Lock(mine, mine=True)
    if row.token == place.token:
        return Lock(_holder(row), mine=True)
    if not is_gone(row, at, place, embedded=embedded):
        return Lock(_holder(row), mine=False)
    whose = READING_LOCK.c.study_id == study_id
    connection.execute(update(READING_LOCK).where(whose).values(**values, since=at, heard_at=at))
    return Lock(mine, mine=True, taken_from=_holder(row))


def is_gone(row: Any, at: datetime, place: Workplace, *, embedded: bool) -> bool:
    """Whether the holder of a row of locks is taken to be gone: not heard for long, or known to have ended."""
    return bool(at - row.heard_at > STALE_AFTER) or (embedded and _ended(row.host, row.process, place))


def _ended(host: str, process: int, place: Workplace) -> bool:
    """Whether a program of this computer runs no more; where that cannot be told, False."""
    if host != place.host or os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def beat(connection: Connection, study_id: StudyId, token: str, at: datetime) -> bool:
    """Say that the holder is still there; False where the reading is no longer held with this token."""
    whose = (READING_LOCK.c.study_id == study_id) & (READING_LOCK.c.token == token)
    return connection.execute(update(READING_LOCK).where(whose).values(heard_at=at)).rowcount > 0


def release(connection: Connection, study_id: StudyId, token: str) -> None:
    """Give a reading back; one that somebody else holds stays theirs."""
    whose = (READING_LOCK.c.study_id == study_id) & (READING_LOCK.c.token == token)
    connection.execute(delete(READING_LOCK).where(whose))


def holder(connection: Connection, study_id: StudyId) -> LockHolder | None:
    """Return who holds a reading."""
    row = _row(connection, study_id)
    return _holder(row) if row is not None else None


def refuse_others(connection: Connection, study_id: StudyId, token: str | None) -> None:
    """Let the holder pass, and anybody where there is none.

    Raises
    ------
    ReadingLocked
        If somebody else holds the reading, also where it was taken over meanwhile.
    """
    row = _row(connection, study_id)
    if row is not None and row.token != token:
        raise ReadingLocked(_holder(row))


def _row(connection: Connection, study_id: StudyId, *, for_update: bool = False) -> Any:
    query = select(READING_LOCK).where(READING_LOCK.c.study_id == study_id)
    return connection.execute(query.with_for_update() if for_update else query).first()


def _holder(row: Any) -> LockHolder:
    return LockHolder(row.user, row.host, row.since, row.heard_at)
