"""Files are written whole or not at all; and why the system refused one, in words."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part; raises as `whole_file`."""
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its place, whole and on the disk, at the end; folders are made as needed.

    Raises
    ------
    OSError
        If the file cannot be written. After this or any other error the old one is untouched, and nothing is left
        beside it.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def reason_of(error: OSError) -> str:
    """Return the system's reason in lower case, to stand inside a sentence; it holds no path."""
    return (error.strerror or type(error).__name__).lower()
