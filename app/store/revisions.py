"""The steps of a reading: each finished gesture appends one, and none is ever changed."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, func, insert, select, update

from analysis.worklist import ReadingState, StudyId
from app.store.errors import DamagedRevision
from app.store.locks import refuse_others
from app.store.states import next_state
from app.store.studies import row_of
from app.store.tables import REVISION, STUDY

_COLUMNS = tuple(REVISION.c[name] for name in ("number", "at", "who", "gesture", "state", "document", "sha256"))


@dataclass(frozen=True)
class Revision:
    """A reading as it was after one gesture.

    Attributes
    ----------
    number : 1 for the first, without gaps
    at : when, UTC
    who : who did it
    gesture : what was done, in words
    """

    study_id: StudyId
    number: int
    at: datetime
    who: str
    gesture: str
    state: ReadingState
    document: str


@dataclass(frozen=True)
class Gesture:
    """One finished act of the reader, to be kept.

    Attributes
    ----------
    at : with its offset from UTC
    state : the state it brings the reading into; None keeps the one it is in
    protocol : name of the protocol for the worklist; None keeps the one that is known
    """

    document: str
    text: str
    at: datetime
    who: str
    state: ReadingState | None = None
    protocol: str | None = None


def append(connection: Connection, study_id: StudyId, gesture: Gesture, token: str | None) -> Revision:
    """Append one step; `token` is what this program holds the reading with.

    Raises
    ------
    UnknownStudy, ReadingLocked, ReadingIsFinal
        If there is no such study, somebody else works on it, or it takes no further drafts.
    """
    study = row_of(connection, study_id, for_update=True)
    refuse_others(connection, study_id, token)
    return _write(connection, study_id, gesture, next_state(study.state, gesture.state))


def repeat(connection: Connection, step: Revision, gesture: Gesture, token: str | None) -> Revision:
    """Append an older step once more, with its document and its state, as the reading that counts; else as `append`."""
    row_of(connection, step.study_id, for_update=True)
    refuse_others(connection, step.study_id, token)
    return _write(connection, step.study_id, replace(gesture, document=step.document), step.state)


def _write(connection: Connection, study_id: StudyId, gesture: Gesture, state: ReadingState) -> Revision:
    newest = select(func.coalesce(func.max(REVISION.c.number), 0)).where(REVISION.c.study_id == study_id)
    number = int(connection.execute(newest).scalar_one()) + 1
    content = gesture.document.encode()
    connection.execute(
        insert(REVISION).values(
            study_id=study_id,
            number=number,
            at=gesture.at,
            who=gesture.who,
            gesture=gesture.text,
            state=state,
            document=zlib.compress(content, 1),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    )
    after: dict[str, Any] = {"state": state, "changed_at": gesture.at}
    if gesture.protocol is not None:
        after["protocol"] = gesture.protocol
    connection.execute(update(STUDY).where(STUDY.c.id == study_id).values(**after))
    return Revision(study_id, number, gesture.at, gesture.who, gesture.text, state, gesture.document)


def latest(connection: Connection, study_id: StudyId, *, up_to: int | None = None) -> Revision | None:
    """Return the newest step, or the newest one up to a number; None where there is none.

    Raises
    ------
    DamagedRevision
        If its content is not what was written.
    """
    query = select(*_COLUMNS).where(REVISION.c.study_id == study_id).order_by(REVISION.c.number.desc()).limit(1)
    if up_to is not None:
        query = query.where(REVISION.c.number <= up_to)
    row = connection.execute(query).first()
    return _revision(study_id, row) if row is not None else None


def history(connection: Connection, study_id: StudyId) -> tuple[Revision, ...]:
    """Return every step, the first one first; raises as `latest`."""
    query = select(*_COLUMNS).where(REVISION.c.study_id == study_id).order_by(REVISION.c.number)
    return tuple(_revision(study_id, row) for row in connection.execute(query))


def _revision(study_id: StudyId, row: Any) -> Revision:
    try:
        content = zlib.decompress(row.document)
    except zlib.error:
        content = b""
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise DamagedRevision(
            f"Step {row.number} of this reading is damaged in the store; the steps before it may still be whole.",
            row.number,
        )
    state = cast("ReadingState", row.state)
    return Revision(study_id, row.number, row.at, row.who, row.gesture, state, content.decode())
