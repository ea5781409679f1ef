"""One object while it arrives: bytes go to a file as they come, within a limit, and a full disk is remembered."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Literal

Problem = Literal["disk full", "too large"]
PART = ".part"


class Sink:
    """A file that is not kept yet; nothing here raises while bytes arrive.

    Parameters
    ----------
    folder : where the file lies until it is kept; on the same file system as its last place
    most_bytes : of one object
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.name = str(folder / f"{secrets.token_hex(12)}{PART}")
        self.problem: Problem | None = None
        self.size = 0
        self._most = most_bytes
        self._fd, self._is_there = -1, True
        try:
            self._fd = os.open(self.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        except OSError:
            self.problem = "disk full"

    @property
    def is_open(self) -> bool:
        """Whether it was neither kept nor given up yet."""
        return self._fd >= 0

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes; after a problem they are counted only."""
        self.size += len(data)
        if self.size > self._most:
            self.problem = "too large"
        if self.problem is None:
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
            except OSError:
                self.problem = "disk full"

    def keep(self, target: Path) -> None:
        """Bring the whole file to the disk under its last name, which must not exist yet.

        Raises
        ------
        OSError
            If the system refuses; FileExistsError where the name is taken.
        """
        os.fsync(self._fd)
        self._close_file()
        _move_new(Path(self.name), target)
        self._is_there = False
        sync_folder(target.parent)

    def close(self) -> None:
        """Give the file up unless it was kept."""
        self._close_file()
        if self._is_there:
            self._is_there = False
            with contextlib.suppress(OSError):
                Path(self.name).unlink()

    def _close_file(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


def _move_new(source: Path, target: Path) -> None:
    """Rename, but never over another file; where the file system knows no links, the look before must do."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise FileExistsError(target) from None
        source.rename(target)
    else:
        source.unlink()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows does so by itself."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
