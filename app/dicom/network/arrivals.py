"""Which received studies are complete: nothing of them has come for a while, and what is there was not given on yet."""

from __future__ import annotations

import contextlib
import hashlib
import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from analysis.network import IncomingStudy
from app.atomic_file import write_whole
from app.dicom.network.inbox import Inbox

_TURN_S = 0.5
_LULL_S, _LATEST_S = 0.25, 5.0
"""Sorting waits for a lull, so that it does not slow what comes, but no longer than the second."""
_DONE = "processed"
OnComplete = Callable[[str, Path], None]
"""Called with the name and the folder of a study, on the thread of the arrivals; it should hand it on and return."""


class Arrivals:
    """Sorts what arrives and hands complete studies on, each again when more of it has come.

    What was processed is noted beside the study, so that a restart neither forgets nor repeats one.
    """

    def __init__(self, inbox: Inbox, quiet_s: float, on_complete: OnComplete) -> None:
        self._inbox, self._quiet_s, self._on_complete = inbox, quiet_s, on_complete
        self._last_s: dict[str, float] = {}
        self._sorted_s = -math.inf
        self._states: dict[str, str] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)

    def start(self) -> None:
        """Begin, also with studies that were left from before."""
        now_s = time.monotonic()
        for key in self._inbox.study_keys():
            if self._mark(key) == self._state_mark(key):
                self._states[key] = "processed"
            else:
                self._last_s[key] = now_s
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()

    def processed(self, key: str, mark: str, state: str = "processed") -> None:
        """Note that the study as it was at `mark` is done with; `state` says how it ended."""
        with contextlib.suppress(OSError):
            write_whole(self._inbox.studies / key / _DONE, mark.encode())
        with self._lock:
            if key not in self._last_s:
                self._states[key] = state

    def note(self, key: str, state: str) -> None:
        """Say how far a study is that was handed on."""
        with self._lock:
            if key not in self._last_s:
                self._states[key] = state

    def mark_of(self, key: str) -> str:
        """Return what changes when an object of the study is added."""
        return self._mark(key)

    def studies(self) -> list[IncomingStudy]:
        """Return every study of the inbox, the latest first."""
        with self._lock:
            states = dict(self._states)
        found = []
        for key in self._inbox.study_keys():
            folder = self._inbox.studies / key
            last = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
            found.append(IncomingStudy(key, len(self._inbox.objects_of(key)), last, states.get(key, "arriving")))
        return sorted(found, key=lambda study: study.last_at, reverse=True)

    def _run(self) -> None:
        while not self._over.wait(_TURN_S):
            try:
                self._turn()
            except OSError:
                continue  # a full or vanished disk: the objects are where they were, and the next turn tries again

    def _turn(self) -> None:
        now_s = time.monotonic()
        if self._inbox.quiet_s < _LULL_S and now_s - self._sorted_s < _LATEST_S:
            return
        self._sorted_s = now_s
        for sorted_object in self._inbox.sort_arrived():
            if sorted_object.study is not None:
                with self._lock:
                    self._last_s[sorted_object.study] = time.monotonic()
                    self._states[sorted_object.study] = "arriving"
            if self._over.is_set():
                return
        now_s = time.monotonic()
        with self._lock:
            complete = [key for key, last_s in self._last_s.items() if now_s - last_s >= self._quiet_s]
            for key in complete:
                del self._last_s[key]
                self._states[key] = "complete"
        for key in complete:
            self._on_complete(key, self._inbox.studies / key)

    def _mark(self, key: str) -> str:
        names = "\n".join(path.name for path in self._inbox.objects_of(key))
        return hashlib.sha256(names.encode()).hexdigest()

    def _state_mark(self, key: str) -> str:
        try:
            return (self._inbox.studies / key / _DONE).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return ""
