"""Keeps the open reading: remembers its study, takes its lock, gives back what was saved, and saves every gesture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PySide6 import QtCore

from analysis.reading import BadReading, Reading, reading_from_json
from analysis.types import Progress, Stop, Study
from analysis.worklist import StudyId
from app.audit.anchors import BadAnchor
from app.audit.events import AuditEvent, subject_of
from app.autosave import Autosave, Listener
from app.jobs import JobRunner
from app.session import ReadingSession
from app.store import (
    DamagedRevision,
    Lock,
    Revision,
    SignedReport,
    Store,
    StoreError,
    common_folder,
    files_of,
    user_name,
)
from widgets.texts import noop, tr

KEEP = "keep"
IS_FINAL = noop("This reading is final; it can be looked at and amended, not changed.")
_FLUSH_S = 20.0


@dataclass(frozen=True, eq=False)
class Kept:
    """What the store knows of a study.

    Attributes
    ----------
    reading : as it was left; None where it is read for the first time
    read_only : why it can only be looked at, as a sentence; empty where it can be worked on
    note : something the reader should know, as a sentence
    signed : the newest signed report, None where nothing was signed
    first_seen_at : when the study was first opened, UTC
    """

    study_id: StudyId
    lock: Lock
    reading: Reading | None
    read_only: str
    note: str
    signed: SignedReport | None = None
    first_seen_at: datetime | None = None


def take(store: Store, study: Study) -> Kept:
    """Remember a study, ask for its reading, and fetch it.

    Raises
    ------
    StoreError : the store refuses
    """
    files = files_of(study)
    study_id = store.remember_study(study.info, files, common_folder(files), datetime.now(UTC))
    lock = store.lock(study_id)
    signed = store.signed_report(study_id)
    text = f"{len(files)} files" if lock.mine else f"{len(files)} files, to look at only"
    store.audit.record(AuditEvent("study opened", user_name(), text, subject=subject_of(study.info)))
    reading, note, read_only = None, "", ""
    try:
        revision = store.latest(study_id)
    except DamagedRevision as error:
        revision, note = store.latest_whole(study_id), str(error)
    if revision is not None:
        try:
            reading = reading_from_json(revision.document)
        except BadReading as error:
            note = tr("{error} It was left in the store as it is, and this reading begins anew.", error=error)
    if not lock.mine:
        since = lock.holder.since.astimezone().strftime("%H:%M")
        read_only = tr(
            "{user} at {host} works on this reading since {since}; you can look at it, and nothing you change would be "
            "kept.",
            user=lock.holder.user,
            host=lock.holder.host,
            since=since,
        )
    elif revision is not None and reading is not None and _is_signed(store, reading, revision, signed):
        read_only = tr(IS_FINAL)
    elif lock.taken_from is not None:
        note = tr(
            "The reading was left open by {user} at {host}; it is yours now.",
            user=lock.taken_from.user,
            host=lock.taken_from.host,
        )
    return Kept(study_id, lock, reading, read_only, note, signed, store.first_seen(study_id))


def _is_signed(store: Store, reading: Reading, revision: Revision, signed: SignedReport | None) -> bool:
    """Whether a reading is the one that its newest report signs; a final one without a report is taken as signed."""
    if signed is None:
        return reading.state == "final"
    if revision.number <= signed.revision:
        return True
    try:
        step = store.signed_step(revision.study_id)
    except DamagedRevision:
        return False
    return step is not None and step.document == revision.document  # its amendment was dropped


class Keeping(QtCore.QObject):
    """Saves the session's gestures while a study is open; without a store it only lets studies through."""

    saved = QtCore.Signal(int)
    """How many gestures still wait."""
    trouble = QtCore.Signal(str)
    recovered = QtCore.Signal(str)
    noted = QtCore.Signal(str)

    def __init__(self, session: ReadingSession, jobs: JobRunner, store: Store | None) -> None:
        super().__init__()
        self._session, self._jobs, self._store = session, jobs, store
        self._kept: Kept | None = None
        self._autosave: Autosave | None = None
        session.gesture_ended.connect(self._save)

    @property
    def store(self) -> Store | None:
        """The store, None where readings are not kept."""
        return self._store

    @property
    def study_id(self) -> StudyId | None:
        """The open study's number in the store."""
        return self._kept.study_id if self._kept is not None else None

    @property
    def first_seen_at(self) -> datetime | None:
        """When the open study was first opened, UTC; None where no store keeps it."""
        return self._kept.first_seen_at if self._kept is not None else None

    def open(self, study: Study, fresh: Reading, opened: Callable[[], None]) -> None:
        """Give back what is kept of the open study, then open this one with its own reading.

        Parameters
        ----------
        fresh : the reading of a study that was not read before
        opened : called once the session holds the study
        """
        self.give_back()
        store = self._store
        if store is None:
            self._session.open_study(study, fresh)
            opened()
            return

        def done(kept: Kept) -> None:
            self._kept = kept
            self._session.open_study(study, kept.reading or fresh, read_only=kept.read_only)
            if not kept.read_only:
                self._begin_saving()
            for sentence in (kept.read_only, kept.note):
                if sentence:
                    self.noted.emit(sentence)
            opened()

        def failed(sentence: str) -> None:
            self._session.open_study(study, fresh)
            self.trouble.emit(tr("This reading is not saved. {why}", why=sentence))
            opened()

        def work(_: Progress, __: Stop) -> Kept:
            return take(store, study)

        self._jobs.start(KEEP, tr("Looking up the reading"), work, done=done, failed=failed, quiet=True)

    def _begin_saving(self) -> None:
        if self._store is not None and self._kept is not None and self._autosave is None:
            listener = Listener(self.saved.emit, self.trouble.emit, self.recovered.emit)
            self._autosave = Autosave(self._store, self._kept.study_id, user_name(), listener)

    # --- signing -------------------------------------------------------------------------------------------------

    @property
    def signed(self) -> SignedReport | None:
        """The newest signed report of the open study; None where there is none, or no store."""
        return self._kept.signed if self._kept is not None else None

    @property
    def refusal(self) -> str:
        """Why the open reading cannot be signed or amended here, as a sentence; empty where it can."""
        if self._kept is not None and not self._kept.lock.mine:
            return self._kept.read_only
        return ""

    def sign_off(self, reading: Reading, pdf: bytes) -> SignedReport | None:
        """Keep a signed report with its reading, once all gestures are saved; for a worker thread.

        Returns
        -------
        What was kept; None where there is no store.

        Raises
        ------
        StoreError : nothing was kept, and the reading is not final
        """
        store, kept, autosave = self._store, self._kept, self._autosave
        if store is None or kept is None:
            return None
        if autosave is not None and not autosave.flush(_FLUSH_S):
            raise StoreError(
                tr(
                    "The report was not signed off: the changes before it could not be saved. {why}",
                    why=autosave.trouble or tr("The store of readings did not answer in time."),
                )
            )
        return store.sign_off(
            kept.study_id,
            reading.to_json(),
            pdf,
            datetime.now(UTC),
            user_name(),
            state=reading.state,
            amends=reading.amends,
        )

    def settle(self, reading: Reading, signed: SignedReport | None) -> None:
        """Make the session's reading the one that was signed; nothing of it can be changed any more."""
        if self._kept is not None:
            self._kept = replace(self._kept, reading=reading, signed=signed, read_only=tr(IS_FINAL))
        self._session.turn_page(reading, read_only=tr(IS_FINAL))

    def amend(self, reading: Reading, reason: str, signed_sha256: str) -> None:
        """Begin the amendment of a signed reading and save that; its settings and texts start as they were signed."""
        amended = replace(reading, state="amended", amends=signed_sha256, amendment_reason=reason)
        self._amend(amended, f"amendment begun: {reason}")

    def take_up(self, amended: Reading) -> None:
        """Go on with an amendment that was dropped, and save that."""
        self._amend(amended, "amendment taken up again")

    def _amend(self, amended: Reading, text: str) -> None:
        if self._kept is not None:
            self._kept = replace(self._kept, read_only="")
        self._session.turn_page(amended)
        self._begin_saving()
        self._save(text)

    def drop_amendment(self, signed_reading: Reading | None, dropped: Callable[[Reading], None]) -> None:
        """Let an unsigned amendment go: the reading is again the one that was signed, and can be amended, not changed.

        What was saved of the amendment stays in the history of the reading.

        Parameters
        ----------
        signed_reading : the reading that was signed, where no store keeps it
        dropped : called with the amendment as it was, once the session holds the reading that was signed
        """
        self._session.end_gesture()
        store, kept, autosave = self._store, self._kept, self._autosave
        if store is None or kept is None or autosave is None:
            if signed_reading is not None:
                amended = self._session.reading
                self.settle(signed_reading, self.signed)
                dropped(amended)
            return

        def work(_: Progress, __: Stop) -> Reading | None:
            step = store.signed_step(kept.study_id)
            return reading_from_json(step.document) if step is not None else None

        def done(reading: Reading | None) -> None:
            if reading is not None and self._autosave is autosave:
                self._session.end_gesture()
                amended = self._session.reading
                autosave.amendment_dropped()
                self.settle(reading, self.signed)
                dropped(amended)

        self._jobs.start(KEEP, tr("Dropping the amendment"), work, done=done, failed=self.trouble.emit, quiet=True)

    def _save(self, text: str) -> None:
        if self._autosave is not None:
            protocol = self._session.protocol
            title = protocol.title if protocol is not None else None
            reading = self._session.reading
            self._autosave.gesture_finished(reading.to_json(), text, state=reading.state, protocol=title)

    def give_back(self) -> None:
        """Save what waits and let others have the reading."""
        self._session.end_gesture()
        self._jobs.cancel(KEEP)
        if self._autosave is not None:
            lost = self._autosave.close()
            self._autosave = None
            if lost is not None:
                self.trouble.emit(lost)
        if self._kept is not None and self._store is not None:
            if self._kept.lock.mine:
                try:
                    self._store.release(self._kept.study_id)
                except StoreError as error:
                    self.trouble.emit(str(error))
            self._kept = None

    def shut_down(self) -> None:
        """Give the reading back and close the store."""
        self.give_back()
        if self._store is not None:
            self._end_trail(self._store)
            self._store.close()

    def _end_trail(self, store: Store) -> None:
        """Record the end of the program, and note the end of the trail beside the store."""
        try:
            store.audit.record(AuditEvent("program stopped", user_name()))
            store.audit.anchor()
        except (StoreError, BadAnchor) as error:
            self.trouble.emit(str(error))
