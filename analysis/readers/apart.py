"""Read formats whose parsers cannot be kept in bounds from within in a child process that has limits.

Raw data go through libraries that allocate and loop as a header tells them. Their sizes cannot be checked beforehand,
so they are read where memory, time and writing are limited, and where a crash harms nobody. One child serves a batch.
"""

from __future__ import annotations

import multiprocessing
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from analysis.errors import UnreadableFile
from analysis.readers.guard import one_sentence, silent
from analysis.readers.records import Contents, InputFile

MOST_MEMORY_BYTES = 2 * 1024**3
"""Address space beyond four times the size of the file itself, which is no claim but there."""
MOST_SECONDS = 6.0
_SECONDS_PER_BYTE = 1 / (20 * 1024**2)
_START_SECONDS = 60.0
"""A child imports the libraries first; on a busy machine that takes several seconds."""
_HUNG = "reading it took too long; the file is damaged, or not what it claims to be"
_DIED = "its reader stopped without a word; the file is damaged, or not what it claims to be"


class _Child:
    """A process that reads one file at a time. It is replaced when it dies or has to be stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Any = None
        self._connection: Connection | None = None

    def read(self, format_name: str, file: InputFile, seconds: float | None = None) -> Contents:
        """Return what the child finds, or raise its reason."""
        with self._lock:
            connection = self._started()
            size = sum(one.path.stat().st_size for one in (file, *file.siblings) if one.path.is_file())
            limit = seconds if seconds is not None else MOST_SECONDS + size * _SECONDS_PER_BYTE
            try:
                connection.send((format_name, file, size))
                if not connection.poll(limit):
                    self._stop()
                    raise UnreadableFile(_HUNG)
                answer = connection.recv()
            except (EOFError, BrokenPipeError, ConnectionResetError, pickle.UnpicklingError) as error:
                self._stop()
                raise UnreadableFile(_DIED) from error
        if isinstance(answer, Contents):
            return answer
        raise UnreadableFile(str(answer))

    def close(self) -> None:
        """Stop the process."""
        with self._lock:
            self._stop()

    def _started(self) -> Connection:
        if self._connection is not None and self._process.is_alive():
            return self._connection
        self._stop()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), name="discern-reader", daemon=True)
        self._process.start()
        theirs.close()
        if not ours.poll(_START_SECONDS):
            self._process.kill()
            raise UnreadableFile("the process that reads raw data did not start; try again")
        ours.recv()
        self._connection = ours
        return ours

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._process = self._connection = None


class _Batches:
    """The child of the batches that are being read, and how many these are."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.child = _Child()


_BATCHES = _Batches()


@contextmanager
def one_batch() -> Iterator[None]:
    """Keep one child for all files that are read inside."""
    with _BATCHES.lock:
        _BATCHES.count += 1
    try:
        yield
    finally:
        with _BATCHES.lock:
            _BATCHES.count -= 1
            last = _BATCHES.count == 0
        if last:
            _BATCHES.child.close()


def read_apart(format_name: str, file: InputFile, seconds: float | None = None) -> Contents:
    """Read a file in the child process.

    Parameters
    ----------
    format_name : of one of `registry.READERS`
    seconds : the longest it may take; None allows for the size of the file

    Raises
    ------
    UnreadableFile : what the reader says, or that it took too long, asked for too much memory or crashed
    """
    with one_batch():
        return _BATCHES.child.read(format_name, file, seconds)


def serve(connection: Connection) -> None:
    """Read what is asked for until the parent closes the connection; the child's whole life."""
    from analysis.readers.registry import READERS

    _import_libraries()
    _limit_everything()
    readers = {reader.name: reader.read for reader in READERS}
    connection.send("ready")
    while True:
        try:
            format_name, file, size = connection.recv()
        except (EOFError, OSError):
            return
        _limit_memory(MOST_MEMORY_BYTES + 4 * size)
        try:
            with one_sentence():
                answer: Contents | str = readers[format_name](file)
        except UnreadableFile as error:
            answer = str(error)
        _limit_memory(None)
        connection.send(answer)


def _import_libraries() -> None:
    """Import what the readers will need before the clock of the first file runs."""
    with silent():
        import mapvbvd
        from spec2nii.GE import ge_pfile
        from spec2nii.Siemens import twixfunctions

    del mapvbvd, ge_pfile, twixfunctions


def _limit_everything() -> None:
    """Write nothing, and open few files; Windows has no such limits, there only the time is limited."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_memory(most_bytes: int | None) -> None:
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = resource.RLIM_INFINITY if most_bytes is None else most_bytes
    resource.setrlimit(resource.RLIMIT_AS, (hard if wanted == resource.RLIM_INFINITY else wanted, hard))
