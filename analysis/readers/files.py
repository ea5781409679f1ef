"""Find the files to read: folders, DICOMDIR, zip archives and single files, mixed.

Nothing outside what the user named is opened: links to folders are not followed, a DICOMDIR may only name files inside
its own folder (CVE-2026-32711), and the entries of an archive are written under numbers, not under their own names.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.errors import UnreadableFile
from analysis.readers import archive
from analysis.readers.detect import is_zip, read_head
from analysis.readers.dicomdir import referenced_files
from analysis.readers.guard import one_sentence
from analysis.readers.records import InputFile
from analysis.readers.siblings import with_siblings
from analysis.readers.watch import Watch
from analysis.types import Skipped

LARGEST_FILE_BYTES = 2 * 1024**3


@dataclass
class Found:
    """The files to read, and those that cannot be."""

    files: list[InputFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, shown: str, reason: str) -> None:
        """Note that a file is not used."""
        self.skipped.append(Skipped(shown, sentence(reason)))


def sentence(reason: str) -> str:
    """Return a reason with a capital letter and a full stop."""
    text = reason.strip()
    return (text[:1].upper() + text[1:]).rstrip(".") + "."


@contextmanager
def found_files(paths: Sequence[Path], watch: Watch) -> Iterator[Found]:
    """Yield the files under `paths` in a stable order; copies of archive entries live as long as the context.

    Parameters
    ----------
    paths : folders, DICOMDIR, zip archives or files
    watch : asked between files whether to stop

    Raises
    ------
    Cancelled
    """
    with tempfile.TemporaryDirectory(prefix="discern-") as scratch:
        gathering = _Gathering(Path(scratch), watch)
        for path in paths:
            gathering.add(Path(path))
        gathering.found.files = with_siblings(gathering.found.files)
        yield gathering.found


class _Gathering:
    """The walk over everything that the user named, each real file once."""

    def __init__(self, scratch: Path, watch: Watch) -> None:
        self.found = Found()
        self._scratch = scratch
        self._watch = watch
        self._seen: set[Path] = set()

    def add(self, path: Path) -> None:
        """Add a folder, an index, an archive or a file."""
        try:
            if path.is_dir():
                self._add_folder(path)
            elif path.name.upper() == "DICOMDIR" and path.is_file():
                self._add_index(path)
            else:
                self._add_file(InputFile(path, str(path), named=True))
        except OSError as error:
            self.found.skip(str(path), _why(error, "file"))

    def _add_folder(self, folder: Path) -> None:
        def refused(error: OSError) -> None:
            self.found.skip(str(error.filename or folder), _why(error, "folder"))

        for root, folders, names in os.walk(folder, onerror=refused):
            self._watch.check()
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
            for name in sorted(names):
                if not name.startswith(".") and name.lower() not in archive.SYSTEM_FILES:
                    path = Path(root, name)
                    self._add_file(InputFile(path, str(path)))

    def _add_index(self, index: Path) -> None:
        try:
            named, missing = referenced_files(index)
        except UnreadableFile as error:
            self.found.skip(str(index), str(error))
            return
        for path in named:
            self._add_file(InputFile(path, str(path), named=True))
        for name in missing:
            self.found.skip(str(index.parent / name), "DICOMDIR names this file, but it is not in its folder")

    def _add_file(self, file: InputFile) -> None:
        self._watch.check()
        try:
            self._check(file.path)
            if is_zip(read_head(file)):
                self._add_archive(file)
            elif (real := file.path.resolve()) not in self._seen:
                self._seen.add(real)
                self.found.files.append(file)
        except OSError as error:
            self.found.skip(file.shown, _why(error, "file"))
        except UnreadableFile as error:
            self.found.skip(file.shown, str(error))

    def _add_archive(self, file: InputFile) -> None:
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        with one_sentence():
            entries, skipped = archive.unpack(file, folder, self._watch.check)
        self.found.files.extend(replace(entry, named=False) for entry in entries)
        for shown, reason in skipped:
            self.found.skip(shown, reason)

    @staticmethod
    def _check(path: Path) -> None:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile("this is a device or a pipe, not a file")
        if status.st_size > LARGEST_FILE_BYTES:
            raise UnreadableFile(f"the file is larger than {LARGEST_FILE_BYTES // 1024**3} GiB")


def _why(error: OSError, what: str) -> str:
    if isinstance(error, PermissionError):
        return f"Discern has no permission to read this {what}"
    if isinstance(error, FileNotFoundError):
        return f"there is no such {what}"
    return f"this {what} could not be read ({error.strerror or type(error).__name__})"
