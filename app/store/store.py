"""The store of readings: what the rest of the program calls. Every method may be called from any thread."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from analysis.types import SourceFile, Stop, StudyInfo
from analysis.worklist import FileTrouble, LockHolder, ReadingState, StudyId, WorklistFilter, WorklistRow
from app.audit.events import AuditedObject, AuditEvent, Subject
from app.store import list_query, locks, revisions, signed_reports, studies
from app.store.copies import copy_study
from app.store.engine import Database
from app.store.errors import DamagedRevision
from app.store.locks import Lock, Workplace
from app.store.opening import (
    anchors_of_embedded,
    anchors_of_shared,
    data_folder,
    embedded_exists,
    open_embedded,
    open_shared,
)
from app.store.revisions import Gesture, Revision
from app.store.signed_reports import SignedReport
from app.store.source_files import KeptFile, as_found, carrier_of, trouble_with
from app.store.trail import AuditTrail

_COPIES = "studies"


class Store:
    """Keeps studies, their readings step by step, and who works on which.

    Every method raises a `StoreError` with a sentence for the reader where the database refuses.
    """

    def __init__(self, database: Database, copies: Path, place: Workplace | None = None, *, anchors: Path) -> None:
        self._database, self._copies = database, copies
        self._place = place or Workplace()
        self.audit = AuditTrail(database, self._place, anchors)

    @classmethod
    def open(cls, url: str | None = None, *, folder: Path | None = None) -> Store:
        """Open the store.

        Parameters
        ----------
        url : address of a PostgreSQL database that workstations share; None is the database of this user
        folder : where this user's database and the copies of studies lie; None is the system's place for it

        Raises
        ------
        StoreDamaged
            If the database is not whole. This user's own was then set aside (`kept_in`); opening again begins anew.
        StoreError
            If it cannot be used for another reason.
        """
        root = folder or data_folder()
        database = open_shared(url) if url else open_embedded(root, datetime.now(UTC))
        anchors = anchors_of_shared(root, url) if url else anchors_of_embedded(root)
        return cls(database, root / _COPIES, anchors=anchors)

    @staticmethod
    def exists() -> bool:
        """Whether this user has a store on this computer."""
        return embedded_exists(data_folder())

    def close(self) -> None:
        """Close the database; readings that are still held are given back by `release`, not here."""
        self._database.close()

    # --- studies -------------------------------------------------------------------------------------------------

    def remember_study(self, info: StudyInfo, files: Sequence[SourceFile], folder: str, at: datetime) -> StudyId:
        """Keep a study's headers and where its files lie, and return its number.

        Once there is a reading, the files it was made from stay known: `missing_files` tells what became of them.
        """
        found = [as_found(file) for file in files]
        with self._database.writing() as connection:
            return studies.remember(connection, info, found, os.path.abspath(folder) if folder else "", at)

    def first_seen(self, study_id: StudyId) -> datetime:
        """Return when a study was first opened from this store's workstations, UTC.

        Raises
        ------
        UnknownStudy
            If there is none of this number.
        """
        with self._database.reading() as connection:
            at: datetime = studies.row_of(connection, study_id).first_seen_at
        return at

    def copy_study(self, study_id: StudyId) -> Path:
        """Copy a study's files into the store's own folder and return that; its readings then no longer need others.

        Raises
        ------
        CopyFailed
            If a file is missing or changed, or there is no room; nothing is kept then.
        """
        return copy_study(self._database, study_id, self._copies)

    def missing_files(self, study_id: StudyId, *, by_content: bool = False) -> tuple[FileTrouble, ...]:
        """Return the files that are no longer as they were read.

        Parameters
        ----------
        by_content : read every file and compare hashes; else size and time decide, and a file that was written at
            another time is ``touched``
        """
        with self._database.reading() as connection:
            studies.row_of(connection, study_id)
            files = studies.files_in(connection, study_id)
        troubles = [(file, trouble_with(file, by_content=by_content)) for file in files]
        if by_content:
            self._note_unchanged([file for file, trouble in troubles if trouble is None])
        return tuple(FileTrouble(file.place, trouble) for file, trouble in troubles if trouble is not None)

    def _note_unchanged(self, files: Iterable[KeptFile]) -> None:
        """Note the new time of files that hold the same content, so that they are not asked about again."""
        stale = [file for file in files if file.copy_path is None and trouble_with(file, by_content=False)]
        fresh = [
            replace(as_found(SourceFile(file.path, file.sha256, "image")), row=file.row, role=file.role)
            for file in stale
        ]
        if fresh:
            with self._database.writing() as connection:
                studies.note_stamps(connection, fresh)

    def count_missing(self, study_ids: Iterable[StudyId], stop: Stop | None = None) -> dict[StudyId, int]:
        """Return for each study how many files are not as they were read, by size and time alone.

        Parameters
        ----------
        stop : once it says so, the studies that were looked at so far are returned
        """
        found: dict[StudyId, int] = {}
        for study_id in study_ids:
            if stop is not None and stop():
                break
            found[study_id] = len(self.missing_files(study_id))
        return found

    def places(self, study_id: StudyId) -> tuple[Path, ...]:
        """Return what to open to read a study again: the store's copy, the folder with all its files, or each file."""
        with self._database.reading() as connection:
            row = studies.row_of(connection, study_id)
            files = studies.files_in(connection, study_id)
        if row.copy_folder is not None:
            return (Path(row.copy_folder),)
        carriers = tuple(dict.fromkeys(carrier_of(file.path) or Path(file.path) for file in files))
        holds_all = bool(row.folder) and all(carrier.is_relative_to(row.folder) for carrier in carriers)
        return (Path(row.folder),) if holds_all else carriers

    # --- readings ------------------------------------------------------------------------------------------------

    def save(
        self,
        study_id: StudyId,
        document: str,
        gesture: str,
        at: datetime,
        who: str,
        *,
        state: ReadingState | None = None,
        protocol: str | None = None,
    ) -> Revision:
        """Append the reading as it is after a gesture; when this returns, it is on the disk.

        Parameters
        ----------
        gesture : what was done, in words
        at : when, with its offset from UTC
        state : the state this brings the reading into; None keeps it
        protocol : name for the worklist

        Raises
        ------
        ReadingIsFinal
            If the reading was finalised and `state` is not ``amended``.
        ReadingLocked
            If somebody else works on the reading.
        """
        step = Gesture(document, gesture, at, who, state, protocol)
        with self._database.writing() as connection:
            before = studies.row_of(connection, study_id, for_update=True).state
            revision = revisions.append(connection, study_id, step, self._place.token)
            self.audit.append_to(connection, _changed(studies.subject_in(connection, study_id), revision, before))
            return revision

    def latest(self, study_id: StudyId) -> Revision | None:
        """Return the reading as it is, None where there is none yet.

        Raises
        ------
        DamagedRevision
            If its last step is not what was written; `latest_whole` finds the one before.
        """
        with self._database.reading() as connection:
            return revisions.latest(connection, study_id)

    def latest_whole(self, study_id: StudyId) -> Revision | None:
        """Return the newest step that is what was written."""
        up_to: int | None = None
        with self._database.reading() as connection:
            while True:
                try:
                    return revisions.latest(connection, study_id, up_to=up_to)
                except DamagedRevision as error:
                    up_to = error.number - 1

    def history(self, study_id: StudyId) -> tuple[Revision, ...]:
        """Return every step of a reading, the first one first; raises as `latest`."""
        with self._database.reading() as connection:
            return revisions.history(connection, study_id)

    # --- signed reports ------------------------------------------------------------------------------------------

    def sign_off(
        self,
        study_id: StudyId,
        document: str,
        pdf: bytes,
        at: datetime,
        who: str,
        *,
        state: ReadingState,
        amends: str = "",
    ) -> SignedReport:
        """Append the reading as it was signed and keep its report: both are on the disk when this returns, or neither.

        Parameters
        ----------
        pdf : the signed file, byte for byte
        state : ``final`` or ``amended``
        amends : SHA-256 of the signed report that this one replaces; empty for a first one

        Raises
        ------
        ReadingIsFinal
            If the reading was signed already and `state` is not ``amended``.
        ReadingLocked
            If somebody else works on the reading.
        """
        step = Gesture(document, "signed", at, who, state)
        with self._database.writing() as connection:
            revision = revisions.append(connection, study_id, step, self._place.token)
            report = signed_reports.append(connection, revision, pdf, amends)
            self.audit.append_to(connection, _signed(studies.subject_in(connection, study_id), report, state))
            return report

    def signed_report(self, study_id: StudyId) -> SignedReport | None:
        """Return the newest signed report of a study, None where nothing was signed."""
        with self._database.reading() as connection:
            return signed_reports.newest(connection, study_id)

    def signed_step(self, study_id: StudyId) -> Revision | None:
        """Return the reading as its newest report signs it, None where nothing was signed; raises as `latest`."""
        with self._database.reading() as connection:
            return signed_reports.newest_step(connection, study_id)

    def drop_amendment(self, study_id: StudyId, at: datetime, who: str) -> Revision:
        """Make the reading again what its newest report signs; raises as `signed_reports.drop_amendment`."""
        with self._database.writing() as connection:
            revision, report = signed_reports.drop_amendment(connection, study_id, at, who, self._place.token)
            self.audit.append_to(connection, _dropped(studies.subject_in(connection, study_id), revision, report))
            return revision

    def signed_pdf(self, report: SignedReport) -> bytes:
        """Return the file of a signed report, byte for byte.

        Raises
        ------
        DamagedReport
            If it is not what was kept.
        """
        with self._database.reading() as connection:
            return signed_reports.pdf_of(connection, report)

    # --- who works on what ---------------------------------------------------------------------------------------

    def lock(self, study_id: StudyId, user: str | None = None) -> Lock:
        """Ask for a reading; where somebody else holds it, the answer names them and `save` will refuse.

        A lock whose holder is gone is taken over, and the answer says whose it was.

        Parameters
        ----------
        user : None is the account this program runs under
        """
        user = user or user_name()
        with self._database.writing() as connection:
            studies.row_of(connection, study_id, for_update=True)
            at = self._database.now(connection)
            embedded = self._database.embedded
            return locks.acquire(connection, study_id, user, self._place, at, embedded=embedded)

    def beat(self, study_id: StudyId) -> bool:
        """Say that this program still works on a reading; False where it was taken over or given back."""
        with self._database.writing() as connection:
            return locks.beat(connection, study_id, self._place.token, self._database.now(connection))

    def release(self, study_id: StudyId) -> None:
        """Give a reading back."""
        with self._database.writing() as connection:
            locks.release(connection, study_id, self._place.token)

    def holder(self, study_id: StudyId) -> LockHolder | None:
        """Return who works on a reading."""
        with self._database.reading() as connection:
            return locks.holder(connection, study_id)

    # --- lists ---------------------------------------------------------------------------------------------------

    def worklist(self, wanted: WorklistFilter | None = None) -> list[WorklistRow]:
        """Return the studies that pass a filter, the newest first; `held_by` names holders elsewhere only."""
        with self._database.reading() as connection:
            is_elsewhere = self._is_elsewhere(connection)
            return list_query.worklist(connection, wanted or WorklistFilter(), is_elsewhere)

    def priors(self, patient_id: str | None, before: str | None, born: str | None = None) -> list[WorklistRow]:
        """Return the earlier studies of a patient, the newest first; see `list_query.priors`."""
        with self._database.reading() as connection:
            return list_query.priors(connection, patient_id, before, born, self._is_elsewhere(connection))

    def _is_elsewhere(self, connection: Connection) -> list_query.IsElsewhere:
        at, place, embedded = self._database.now(connection), self._place, self._database.embedded
        return lambda row: row.token != place.token and not locks.is_gone(row, at, place, embedded=embedded)


def user_name() -> str:
    """Return the account this program runs under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown user"


def _changed(subject: Subject, revision: Revision, before: str) -> AuditEvent:
    text = f"step {revision.number}: {revision.gesture}"
    if revision.state == before:
        return AuditEvent("reading changed", revision.who, text, revision.at, subject)
    text = f"{text} ({before} becomes {revision.state})"
    return AuditEvent("state changed", revision.who, text, revision.at, subject)


def _dropped(subject: Subject, revision: Revision, report: SignedReport) -> AuditEvent:
    text = f"step {revision.number}: amendment dropped; report {report.number} stays in force"
    return AuditEvent(
        "state changed", revision.who, text, revision.at, subject, objects=(AuditedObject("report", report.sha256),)
    )


def _signed(subject: Subject, report: SignedReport, state: ReadingState) -> AuditEvent:
    text = f"report {report.number} signs step {report.revision} as {state}"
    return AuditEvent(
        "report signed", report.who, text, report.at, subject, objects=(AuditedObject("report", report.sha256),)
    )
