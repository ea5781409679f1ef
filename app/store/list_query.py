"""The worklist and a patient's priors, as queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from analysis.worklist import LockHolder, StudyId, WorklistFilter, WorklistRow
from app.store.search_text import words
from app.store.tables import READING_LOCK, SOURCE_FILE, STUDY

IsElsewhere = Callable[[Any], bool]
"""Whether the lock in a row is somebody else's and its holder still there."""

_COPIED = (
    "state", "patient_name", "patient_id", "patient_birth_date", "patient_sex", "study_date", "study_description",
    "accession_number", "protocol", "simulated", "first_seen_at", "changed_at",
)  # fmt: skip


def worklist(connection: Connection, wanted: WorklistFilter, is_elsewhere: IsElsewhere) -> list[WorklistRow]:
    """Return the studies that pass a filter, the newest first, those without a date last."""
    return _rows(connection, _rows_query().where(*_conditions(wanted)), is_elsewhere)


def priors(
    connection: Connection, patient_id: str | None, before: str | None, born: str | None, is_elsewhere: IsElsewhere
) -> list[WorklistRow]:
    """Return the earlier studies of a patient, the newest first.

    None without an ID or a date: nothing is guessed. A study whose birth date contradicts `born` is left out, because
    the same ID then stands for two persons.

    Parameters
    ----------
    before, born : DICOM ``YYYYMMDD``
    """
    if not patient_id or not before:
        return []
    conditions = [STUDY.c.patient_id == patient_id, STUDY.c.study_date < before]
    if born:
        conditions.append(or_(STUDY.c.patient_birth_date.is_(None), STUDY.c.patient_birth_date == born))
    return _rows(connection, _rows_query().where(*conditions), is_elsewhere)


def _conditions(wanted: WorklistFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(STUDY.c.state.in_(sorted(wanted.states)))
    if wanted.date_from:
        conditions.append(STUDY.c.study_date >= wanted.date_from)
    if wanted.date_to:
        conditions.append(STUDY.c.study_date <= wanted.date_to)
    conditions += [STUDY.c.search.contains(word, autoescape=True) for word in words(wanted.text)]
    return conditions


def _rows_query() -> Select[Any]:
    earlier = STUDY.alias("earlier")
    same_person = and_(
        earlier.c.patient_id == STUDY.c.patient_id,
        earlier.c.patient_id != "",
        earlier.c.study_date < STUDY.c.study_date,
        or_(
            earlier.c.patient_birth_date.is_(None),
            STUDY.c.patient_birth_date.is_(None),
            earlier.c.patient_birth_date == STUDY.c.patient_birth_date,
        ),
    )
    priors_count = select(func.count()).select_from(earlier).where(same_person).correlate(STUDY).scalar_subquery()
    files_count = (
        select(func.count(SOURCE_FILE.c.id)).where(SOURCE_FILE.c.study_id == STUDY.c.id).correlate(STUDY)
    ).scalar_subquery()
    return (
        select(
            STUDY,
            priors_count.label("priors"),
            files_count.label("files"),
            READING_LOCK.c.user,
            READING_LOCK.c.host,
            READING_LOCK.c.since,
            READING_LOCK.c.heard_at,
            READING_LOCK.c.token,
            READING_LOCK.c.process,
        )
        .select_from(STUDY.outerjoin(READING_LOCK, READING_LOCK.c.study_id == STUDY.c.id))
        .order_by(STUDY.c.study_date.desc().nulls_last(), STUDY.c.id.desc())
    )


def _rows(connection: Connection, query: Select[Any], is_elsewhere: IsElsewhere) -> list[WorklistRow]:
    return [_row(row, is_elsewhere) for row in connection.execute(query)]


def _row(row: Any, is_elsewhere: IsElsewhere) -> WorklistRow:
    is_held = row.token is not None and is_elsewhere(row)
    return WorklistRow(
        study_id=StudyId(row.id),
        **{name: getattr(row, name) for name in _COPIED},
        folder=row.copy_folder or row.folder,
        copied=row.copy_folder is not None,
        priors=row.priors,
        files=row.files,
        held_by=LockHolder(row.user, row.host, row.since, row.heard_at) if is_held else None,
    )
