"""Read large files two at a time: hashing, unpacking and copying leave the interpreter to another thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from analysis.readers import registry
from analysis.readers.guard import quiet
from analysis.readers.records import Contents, InputFile

_LARGE_BYTES = 4 * 1024**2
"""Smaller files are mostly headers, which threads would only take from one another."""
_AT_A_TIME = 2


def read_ahead(files: Sequence[InputFile]) -> Generator[tuple[InputFile, Callable[[], Contents]]]:
    """Yield every file in order, with the function that returns what is in it or raises why it cannot be read.

    Notes
    -----
    Measured on two cores with a raw exam of 345 MB: 0.49 s become 0.31 s, and where it is gzipped 2.6 s become 1.6 s.
    """
    large = deque(file for file in files if _is_large(file))
    started: deque[Future[Contents]] = deque()
    if len(large) < 2:
        yield from ((file, partial(registry.read_file, file)) for file in files)
        return
    known = set(large)
    # Silencing the libraries is a matter of the whole process, so it lasts until no thread reads any more.
    with quiet(), ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="discern-read") as pool:
        for file in files:
            while large and len(started) < _AT_A_TIME:
                started.append(pool.submit(registry.read_file, large.popleft()))
            yield file, started.popleft().result if file in known else partial(registry.read_file, file)


def _is_large(file: InputFile) -> bool:
    try:
        return file.path.stat().st_size >= _LARGE_BYTES
    except OSError:
        return False
