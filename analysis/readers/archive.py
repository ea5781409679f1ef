"""Unpack a zip archive without trusting it: sizes are checked first, and entries are written under numbers."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from analysis.errors import UnreadableFile
from analysis.readers.detect import is_zip, read_head
from analysis.readers.guard import clean_text
from analysis.readers.records import InputFile

MOST_ENTRIES = 100_000
LARGEST_TOTAL_BYTES = 4 * 1024**3
LARGEST_RATIO = 200
"""Images compress less than 10 to 1, empty ones perhaps 100 to 1; an archive bomb more than 1000 to 1."""
_RATIO_MATTERS_BYTES = 64 * 1024**2
_ENCRYPTED = 0x1
SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "autorun.inf", "dicomdir"})
"""What operating systems and disc writers leave behind; a DICOMDIR only lists the files that are read anyway."""


def unpack(file: InputFile, folder: Path, check: Callable[[], None]) -> tuple[list[InputFile], list[tuple[str, str]]]:
    """Write the entries of an archive into `folder`.

    Parameters
    ----------
    check : called before each entry; raises when the user asked to stop

    Returns
    -------
    The files, and (name, reason) of entries that are not used.

    Raises
    ------
    UnreadableFile : the archive as a whole is damaged or unreasonable
    """
    try:
        with zipfile.ZipFile(file.path) as archive:
            entries = [entry for entry in archive.infolist() if not _is_noise(entry)]
            _check_sizes(entries, file.path.stat().st_size)
            return _write(archive, entries, file, folder, check)
    except zipfile.BadZipFile as error:
        raise UnreadableFile("the zip archive is damaged or cut short") from error


def _is_noise(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename).parts
    if entry.is_dir() or not parts or parts[-1].lower() in SYSTEM_FILES:
        return True
    return any(part.startswith(".") and part != ".." or part == "__MACOSX" for part in parts)


def _check_sizes(entries: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES:
        raise UnreadableFile(f"the zip archive holds more than {MOST_ENTRIES} files")
    if total > LARGEST_TOTAL_BYTES:
        raise UnreadableFile(f"the zip archive expands to more than {LARGEST_TOTAL_BYTES // 1024**3} GiB")
    if total > _RATIO_MATTERS_BYTES and total > LARGEST_RATIO * archive_bytes:
        raise UnreadableFile(f"the zip archive expands to more than {LARGEST_RATIO} times its size")


def _write(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], file: InputFile, folder: Path, check: Callable[[], None]
) -> tuple[list[InputFile], list[tuple[str, str]]]:
    files: list[InputFile] = []
    skipped: list[tuple[str, str]] = []
    for number, entry in enumerate(entries):
        check()
        shown = f"{file.shown}/{clean_text(entry.filename)}"
        reason = _why_not(entry) or _extract(archive, entry, folder / str(number))
        if reason is None:
            files.append(InputFile(folder / str(number), shown))
        else:
            skipped.append((shown, reason))
    return files, skipped


def _why_not(entry: zipfile.ZipInfo) -> str | None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        return "its name points outside the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a link, not a file"
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted; unpack the archive with its password first"
    return None


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str | None:
    """Write one entry; zipfile itself stops at the size that was checked. Return why it could not be."""
    try:
        with archive.open(entry) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    except zipfile.BadZipFile:
        return "it is damaged inside the archive"
    except NotImplementedError:
        return "it is compressed in a way that Discern cannot unpack"
    if is_zip(read_head(InputFile(target, entry.filename))):
        return "it is a zip archive inside a zip archive; unpack the outer one first"
    return None
