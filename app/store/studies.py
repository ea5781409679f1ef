"""The studies that were opened, and the files they were read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from analysis.types import StudyInfo
from analysis.worklist import StudyId
from app.audit.events import Subject
from app.store.errors import UnknownStudy
from app.store.search_text import plain
from app.store.source_files import KeptFile, merged
from app.store.tables import REVISION, SOURCE_FILE, STUDY

_FILE_COLUMNS = tuple(
    SOURCE_FILE.c[name]
    for name in ("path", "sha256", "role", "sop_instance_uid", "size", "modified_ns", "copy_path", "id")
)


def remember(connection: Connection, info: StudyInfo, files: Sequence[KeptFile], folder: str, at: datetime) -> StudyId:
    """Keep what the headers say of a study and where its files lie; a study that is known is brought up to date."""
    columns: dict[str, Any] = {**asdict(info), "folder": folder, "search": _search(info)}
    uid = STUDY.c.study_instance_uid == info.study_instance_uid
    found = connection.execute(select(STUDY.c.id, STUDY.c.copy_folder).where(uid).with_for_update()).first()
    if found is None:
        made = connection.execute(insert(STUDY).values(**columns, state="unread", first_seen_at=at))
        primary = made.inserted_primary_key
        study_id = StudyId(int(primary[0])) if primary is not None else StudyId(-1)
        _add_files(connection, study_id, files)
        return study_id
    study_id = StudyId(int(found.id))
    if folder == found.copy_folder:
        del columns["folder"]
    connection.execute(update(STUDY).where(STUDY.c.id == study_id).values(**columns))
    _renew_files(connection, study_id, files)
    return study_id


def _search(info: StudyInfo) -> str:
    return plain(" ".join(filter(None, (info.patient_name, info.patient_id, info.accession_number))))


def _renew_files(connection: Connection, study_id: StudyId, files: Sequence[KeptFile]) -> None:
    known = files_in(connection, study_id)
    is_read = select(REVISION.c.id).where(REVISION.c.study_id == study_id).limit(1)
    was_copied = any(file.copy_path for file in known)
    if connection.execute(is_read).first() is None and not was_copied:
        connection.execute(delete(SOURCE_FILE).where(SOURCE_FILE.c.study_id == study_id))
        _add_files(connection, study_id, files)
        return
    copies = {file.copy_path for file in known if file.copy_path}
    after = merged(known, [file for file in files if file.path not in copies])
    changed = [file for file in after if file.row is not None and file not in known]
    if changed:
        connection.execute(
            update(SOURCE_FILE)
            .where(SOURCE_FILE.c.id == bindparam("row_"))
            .values(path=bindparam("path_"), size=bindparam("size_"), modified_ns=bindparam("modified_")),
            [{"row_": f.row, "path_": f.path, "size_": f.size, "modified_": f.modified_ns} for f in changed],
        )
    _add_files(connection, study_id, [file for file in after if file.row is None])


def _add_files(connection: Connection, study_id: StudyId, files: Sequence[KeptFile]) -> None:
    rows = [{**asdict(file), "study_id": study_id} for file in files]
    for row in rows:
        del row["row"]
    if rows:
        connection.execute(insert(SOURCE_FILE), rows)


def files_in(connection: Connection, study_id: StudyId) -> tuple[KeptFile, ...]:
    """Return the files of a study in the order they were read."""
    found = connection.execute(
        select(*_FILE_COLUMNS).where(SOURCE_FILE.c.study_id == study_id).order_by(SOURCE_FILE.c.id)
    )
    return tuple(KeptFile(*row) for row in found)


def set_copies(connection: Connection, study_id: StudyId, folder: str, files: Sequence[KeptFile]) -> None:
    """Note where the store's own copies lie."""
    connection.execute(update(STUDY).where(STUDY.c.id == study_id).values(copy_folder=folder))
    connection.execute(
        update(SOURCE_FILE).where(SOURCE_FILE.c.id == bindparam("row_")).values(copy_path=bindparam("copy_")),
        [{"row_": file.row, "copy_": file.copy_path} for file in files],
    )


def note_stamps(connection: Connection, files: Sequence[KeptFile]) -> None:
    """Note size and time of files whose content was seen to be the one that was read."""
    connection.execute(
        update(SOURCE_FILE)
        .where(SOURCE_FILE.c.id == bindparam("row_"))
        .values(size=bindparam("size_"), modified_ns=bindparam("modified_")),
        [{"row_": file.row, "size_": file.size, "modified_": file.modified_ns} for file in files],
    )


def row_of(connection: Connection, study_id: StudyId, *, for_update: bool = False) -> Any:
    """Return a study's row; `for_update` keeps other writers of this study out until the transaction ends.

    Raises
    ------
    UnknownStudy
        If there is none.
    """
    query = select(STUDY).where(STUDY.c.id == study_id)
    row = connection.execute(query.with_for_update() if for_update else query).first()
    if row is None:
        raise UnknownStudy("The store of readings does not know this study; open it from its files again.")
    return row


def subject_in(connection: Connection, study_id: StudyId) -> Subject:
    """Return whom the records of a study concern; raises as `row_of`."""
    row = row_of(connection, study_id)
    return Subject(row.study_instance_uid, row.patient_id, row.patient_name, row.accession_number)
