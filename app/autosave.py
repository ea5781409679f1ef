"""Every finished gesture goes to the store by itself: in order, on a thread of its own, so that the window never waits.

What cannot be written now (a full disk, a busy database) is kept and tried again; what can never be written (the
reading is final, or somebody took it over) ends the saving. Either is said once, in a sentence.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from analysis.worklist import ReadingState, StudyId
from app.store import BEAT_S, StoreError
from widgets.texts import noop, plural, tr

_LOG = logging.getLogger(__name__)
_RETRY_S = 2.0

SAVED_AGAIN = noop("Saving works again; everything up to your last change is in the store.")
TAKEN_OVER = noop("Somebody else has taken over this reading; what you change from now on is not saved.")


class Keeper(Protocol):
    """What the autosave needs of the store."""

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
    ) -> object:
        """Append a revision; see `app.store.Store.save`."""

    def drop_amendment(self, study_id: StudyId, at: datetime, who: str) -> object:
        """Go back to the reading as it is signed; see `app.store.Store.drop_amendment`."""

    def beat(self, study_id: StudyId) -> bool:
        """Say that the reading is still worked on."""


@dataclass(frozen=True)
class Listener:
    """Who is told; all are called on the autosave's thread, so a window must hand over to its own.

    Attributes
    ----------
    saved : how many gestures still wait, after one was saved
    failed : a sentence, when saving stops to work
    recovered : a sentence, when it works again
    """

    saved: Callable[[int], None]
    failed: Callable[[str], None]
    recovered: Callable[[str], None]


@dataclass(frozen=True)
class _Gesture:
    """A step to be saved; without a document it drops the amendment."""

    document: str | None
    text: str
    at: datetime
    state: ReadingState | None
    protocol: str | None


class Autosave:
    """Saves the gestures of one reading until it is closed.

    Parameters
    ----------
    who : the reader
    holds_lock : whether this program holds the reading's lock, which is then kept alive
    """

    def __init__(
        self,
        keeper: Keeper,
        study_id: StudyId,
        who: str,
        listener: Listener,
        *,
        holds_lock: bool = True,
        retry_s: float = _RETRY_S,
        beat_s: float = BEAT_S,
    ) -> None:
        self._keeper, self._study_id, self._who, self._listener = keeper, study_id, who, listener
        self._holds_lock, self._retry_s, self._beat_s = holds_lock, retry_s, beat_s
        self._waiting: deque[_Gesture] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._trouble: str | None = None
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="discern-autosave", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many gestures are not in the store yet."""
        with self._changed:
            return len(self._waiting)

    @property
    def trouble(self) -> str | None:
        """Why saving does not work at the moment, None while it does."""
        with self._changed:
            return self._trouble

    def gesture_finished(
        self,
        document: str,
        gesture: str,
        *,
        at: datetime | None = None,
        state: ReadingState | None = None,
        protocol: str | None = None,
    ) -> None:
        """Have the reading saved as it is after a gesture; returns at once.

        Parameters
        ----------
        gesture : what was done, in words
        state, protocol : as in `app.store.Store.save`
        """
        self._add(_Gesture(document, gesture, at or datetime.now(UTC), state, protocol))

    def amendment_dropped(self) -> None:
        """Have the unsigned amendment dropped after the gestures that wait; returns at once."""
        self._add(_Gesture(None, "", datetime.now(UTC), None, None))

    def _add(self, step: _Gesture) -> None:
        with self._changed:
            self._waiting.append(step)
            self._changed.notify_all()

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until everything is saved; False where that was not possible in time."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting or self._given_up, timeout_s)
            return not self._waiting

    def close(self, timeout_s: float = 10.0) -> str | None:
        """Save what waits, trying once more where that did not work, and end the thread.

        Returns
        -------
        A sentence where something could not be saved, else None. To ask the reader first, call `flush` before.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        with self._changed:
            if not self._waiting:
                return None
            count = len(self._waiting)
            return plural(
                "The last change of this reading was not saved. {why}",
                "The last {n} changes were not saved. {why}",
                count,
                why=self._trouble or tr("The store of readings did not answer in time."),
            )

    # --- on the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        beaten_s = time.monotonic()
        while True:
            with self._changed:
                pause_s = self._retry_s if self._trouble is not None else self._beat_s
                # After trouble, a new gesture is no reason to hurry: the disk is still full.
                self._changed.wait_for(self._has_work, pause_s)
                closing = self._closing
            if closing:
                self._save_the_rest()
                return
            step = self._next()
            if step is not None:
                self._try(step)
            if time.monotonic() - beaten_s >= self._beat_s:
                beaten_s = time.monotonic()
                self._keep_lock()

    def _save_the_rest(self) -> None:
        while (step := self._next()) is not None and self._try(step):
            pass

    def _next(self) -> _Gesture | None:
        with self._changed:
            return self._waiting[0] if self._waiting and not self._given_up else None

    def _has_work(self) -> bool:
        return self._closing or (bool(self._waiting) and self._trouble is None)

    def _try(self, step: _Gesture) -> bool:
        """Save one gesture and tell; False where that did not work."""
        try:
            self._write(step)
        except StoreError as error:
            self._fail(str(error), for_good=not error.may_pass)
            return False
        except Exception as error:  # noqa: BLE001 - a bug here must not end the saving unheard
            _LOG.error("A gesture could not be saved: %s.", type(error).__name__)  # noqa: TRY400 - may quote the row
            self._fail(tr("The reading could not be saved because of an error in Discern; the log says which."))
            return False
        with self._changed:
            self._waiting.popleft()
            left, had_trouble, self._trouble = len(self._waiting), self._trouble is not None, None
            self._changed.notify_all()
        self._listener.saved(left)
        if had_trouble:
            self._listener.recovered(tr(SAVED_AGAIN))
        return True

    def _write(self, step: _Gesture) -> None:
        if step.document is None:
            self._keeper.drop_amendment(self._study_id, step.at, self._who)
            return
        self._keeper.save(
            self._study_id,
            step.document,
            step.text,
            step.at,
            self._who,
            state=step.state,
            protocol=step.protocol,
        )

    def _fail(self, sentence: str, *, for_good: bool = False) -> None:
        with self._changed:
            is_news = sentence != self._trouble
            self._trouble = sentence
            self._given_up = self._given_up or for_good
            self._changed.notify_all()
        if is_news:
            self._listener.failed(sentence)

    def _keep_lock(self) -> None:
        if not self._holds_lock or self._given_up:
            return
        try:
            held = self._keeper.beat(self._study_id)
        except StoreError:
            return  # the next beat or the next gesture will tell
        if not held:
            self._holds_lock = False
            self._fail(tr(TAKEN_OVER), for_good=True)
