"""The signed files of the readings: appended with the step that they sign, and none is ever changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from analysis.worklist import StudyId
from app.store import revisions
from app.store.errors import DamagedReport, ReadingIsFinal
from app.store.revisions import Revision
from app.store.tables import SIGNED_REPORT

_COLUMNS = tuple(SIGNED_REPORT.c[name] for name in ("study_id", "number", "revision", "at", "who", "amends", "sha256"))


@dataclass(frozen=True)
class SignedReport:
    """One signed file of a reading, without its bytes.

    Attributes
    ----------
    number : 1 for the first report, 2 for its first amendment, without gaps
    revision : number of the step that it signs
    at : when it was kept, UTC
    who : who signed it
    amends : SHA-256 of the file it replaces; empty for the first
    sha256 : of the whole file
    """

    study_id: StudyId
    number: int
    revision: int
    at: datetime
    who: str
    amends: str
    sha256: str


def append(connection: Connection, revision: Revision, pdf: bytes, amends: str) -> SignedReport:
    """Keep a signed file with the step that it signs."""
    own = SIGNED_REPORT.c.study_id == revision.study_id
    newest_number = select(func.coalesce(func.max(SIGNED_REPORT.c.number), 0)).where(own)
    report = SignedReport(
        study_id=revision.study_id,
        number=int(connection.execute(newest_number).scalar_one()) + 1,
        revision=revision.number,
        at=revision.at,
        who=revision.who,
        amends=amends,
        sha256=hashlib.sha256(pdf).hexdigest(),
    )
    connection.execute(
        insert(SIGNED_REPORT).values(
            study_id=report.study_id,
            number=report.number,
            revision=report.revision,
            at=report.at,
            who=report.who,
            amends=report.amends,
            sha256=report.sha256,
            document=pdf,
        )
    )
    return report


def newest(connection: Connection, study_id: StudyId) -> SignedReport | None:
    """Return the newest signed file of a study, None where there is none."""
    own = SIGNED_REPORT.c.study_id == study_id
    query = select(*_COLUMNS).where(own).order_by(SIGNED_REPORT.c.number.desc()).limit(1)
    row: Any = connection.execute(query).first()
    return SignedReport(*row) if row is not None else None


def newest_step(connection: Connection, study_id: StudyId) -> Revision | None:
    """Return the step that the newest report signs, None where nothing was signed; raises as `revisions.latest`."""
    report = newest(connection, study_id)
    return revisions.latest(connection, study_id, up_to=report.revision) if report is not None else None


def drop_amendment(
    connection: Connection, study_id: StudyId, at: datetime, who: str, token: str | None
) -> tuple[Revision, SignedReport]:
    """Make the reading again what its newest report signs; the steps of the amendment stay in the history.

    Raises
    ------
    ReadingIsFinal
        If nothing of the reading is signed.
    UnknownStudy, ReadingLocked
        As `revisions.append`.
    DamagedRevision
        If the step that was signed is not what was written.
    """
    report, step = newest(connection, study_id), newest_step(connection, study_id)
    if report is None or step is None:
        raise ReadingIsFinal("Nothing of this reading is signed, so there is no amendment to drop.")
    gesture = revisions.Gesture("", "amendment dropped", at, who)
    return revisions.repeat(connection, step, gesture, token), report


def pdf_of(connection: Connection, report: SignedReport) -> bytes:
    """Return the bytes of a signed file.

    Raises
    ------
    DamagedReport
        If they are not there, or not what was kept.
    """
    own = (SIGNED_REPORT.c.study_id == report.study_id) & (SIGNED_REPORT.c.number == report.number)
    pdf = connection.execute(select(SIGNED_REPORT.c.document).where(own)).scalar_one_or_none()
    if pdf is None or hashlib.sha256(pdf).hexdigest() != report.sha256:
        raise DamagedReport(
            f"The signed report number {report.number} of this reading is damaged in the store; "
            "use a copy from the archive."
        )
    return bytes(pdf)
