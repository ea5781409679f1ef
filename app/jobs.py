"""Background work: threads that report progress, can be stopped, and whose stale results are dropped."""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6 import QtCore

from analysis.errors import Cancelled, DiscernError
from analysis.types import Progress, Stop
from widgets.texts import tr

T = TypeVar("T")
Work = Callable[[Progress, Stop], T]
"""Runs on a worker thread: it must touch no widget, report through the first and obey the second argument."""

_LOG = logging.getLogger(__name__)
_PROGRESS_STEP = 0.005
_PROGRESS_GAP_S = 0.05


@dataclass(eq=False)
class _Job:
    """One piece of work under a key; `serial` tells it from older work under the same key."""

    key: str
    title: str
    serial: int
    done: Callable[[Any], None]
    failed: Callable[[str], None]
    cancelled: Callable[[], None]
    quiet: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    fraction: float = -1.0
    text: str = ""
    reported_s: float = 0.0


def _nothing() -> None:
    return None


def sentence_of(error: BaseException, title: str) -> str:
    """Return the one sentence that a user reads about an error."""
    if isinstance(error, DiscernError):
        return str(error)
    if isinstance(error, MemoryError):
        return tr(
            "{title}: there is not enough memory. Nothing was changed; close other programs and try again.", title=title
        )
    if isinstance(error, PermissionError):
        return tr(
            "{title}: the computer refuses access to a file. Nothing was changed; check who may read it.", title=title
        )
    kind = type(error).__name__
    return tr(
        "{title}: something unexpected went wrong ({kind}). Nothing was changed; the log file holds the details.",
        title=title,
        kind=kind,
    )


class JobRunner(QtCore.QObject):
    """Runs work on threads and answers on the thread it lives on.

    One piece of work per key: starting another under the same key stops the first and drops what it returns.
    """

    started = QtCore.Signal(str, str)
    """Key and title."""
    progressed = QtCore.Signal(str, float, str)
    """Key, done fraction (0 to 1) and what is being done."""
    ended = QtCore.Signal(str)
    """Key; sent once for every `started`, whatever came out."""

    _reported = QtCore.Signal(object, float, str)
    _returned = QtCore.Signal(object, object)

    def __init__(self, parent: QtCore.QObject | None = None, *, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix="discern")
        self._jobs: dict[str, _Job] = {}
        self._serial = 0
        queued = QtCore.Qt.ConnectionType.QueuedConnection
        self._reported.connect(self._on_reported, queued)
        self._returned.connect(self._on_returned, queued)

    def start(
        self,
        key: str,
        title: str,
        work: Work[T],
        *,
        done: Callable[[T], None],
        failed: Callable[[str], None],
        cancelled: Callable[[], None] = _nothing,
        quiet: bool = False,
    ) -> None:
        """Run `work` on a thread; exactly one of the answers is called later, on this object's thread.

        Work that is replaced by a newer one under the same key counts as cancelled. Quiet work shows no progress.
        """
        self.cancel(key)
        self._serial += 1
        job = _Job(key, title, self._serial, done, failed, cancelled, quiet)
        self._jobs[key] = job
        if not quiet:
            self.started.emit(key, title)
        future = self._pool.submit(work, self._progress_of(job), job.stop.is_set)
        future.add_done_callback(lambda finished: self._returned.emit(job, finished))

    def _progress_of(self, job: _Job) -> Progress:
        def report(fraction: float, text: str) -> None:
            now = time.monotonic()
            moved = abs(fraction - job.fraction) >= _PROGRESS_STEP or text != job.text
            if moved and now - job.reported_s >= _PROGRESS_GAP_S and not job.stop.is_set():
                job.fraction, job.text, job.reported_s = fraction, text, now
                self._reported.emit(job, fraction, text)

        return report

    def is_running(self, key: str | None = None) -> bool:
        """Whether work under a key, or any work, is under way."""
        return bool(self._jobs) if key is None else key in self._jobs

    def cancel(self, key: str | None = None) -> None:
        """Stop the work under a key, or all work. Its answer comes at once; its thread ends when it notices."""
        for job in [j for j in self._jobs.values() if key is None or j.key == key]:
            job.stop.set()
            del self._jobs[job.key]
            self._say_ended(job)
            job.cancelled()

    def _say_ended(self, job: _Job) -> None:
        if not job.quiet:
            self.ended.emit(job.key)

    def shut_down(self) -> None:
        """Stop everything and wait for the threads; nothing can be started afterwards."""
        self.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _is_current(self, job: _Job) -> bool:
        current = self._jobs.get(job.key)
        return current is not None and current.serial == job.serial

    @QtCore.Slot(object, float, str)
    def _on_reported(self, job: _Job, fraction: float, text: str) -> None:
        if self._is_current(job):
            self.progressed.emit(job.key, fraction, text)

    @QtCore.Slot(object, object)
    def _on_returned(self, job: _Job, future: concurrent.futures.Future[Any]) -> None:
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, DiscernError):
            _LOG.error("Work '%s' failed.", job.key, exc_info=error)
        if not self._is_current(job):
            return
        del self._jobs[job.key]
        self._say_ended(job)
        if future.cancelled() or isinstance(error, Cancelled):
            job.cancelled()
        elif error is not None:
            job.failed(sentence_of(error, job.title))
        else:
            job.done(future.result())
