"""The files a study was read from: which they are, whether they still are what was read, and their bytes.

A path may go on inside a zip archive (``exam.zip/series/1.dcm``); size and time are then the archive's.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.types import SourceFile, Study
from analysis.worklist import Trouble

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class KeptFile:
    """A file as the store knows it.

    Attributes
    ----------
    size, modified_ns : of the file that lay on the disk when the study was remembered; None where none did
    copy_path : where the store's own copy lies
    """

    path: str
    sha256: str
    role: str
    sop_instance_uid: str | None = None
    size: int | None = None
    modified_ns: int | None = None
    copy_path: str | None = None
    row: int | None = None

    @property
    def place(self) -> str:
        """Where to read it: the copy where there is one."""
        return self.copy_path or self.path


def files_of(study: Study) -> tuple[SourceFile, ...]:
    """Return every file that a study's records were read from, each once."""
    sources = [source for volume in study.volumes for source in volume.sources]
    sources += [source for acquisition in study.acquisitions for source in acquisition.sources]
    return tuple(dict.fromkeys(sources))


def as_found(source: SourceFile) -> KeptFile:
    """Describe a file that was just read, with its whole path, size and time."""
    path = os.path.abspath(source.path)
    size, modified_ns = _stamp(path)
    return KeptFile(path, source.sha256, source.role, source.sop_instance_uid, size, modified_ns)


def _stamp(path: str) -> tuple[int | None, int | None]:
    carrier = carrier_of(path)
    try:
        status = carrier.stat() if carrier is not None else None
    except OSError:
        return None, None
    return (status.st_size, status.st_mtime_ns) if status is not None else (None, None)


def carrier_of(path: str) -> Path | None:
    """Return the file on the disk that holds a path: itself or the archive it lies in; None where there is none."""
    place = Path(path)
    for candidate in (place, *place.parents):
        if candidate.is_file():
            return candidate
        if candidate.exists():
            return None
    return None


def trouble_with(file: KeptFile, *, by_content: bool) -> Trouble | None:
    """Say what is wrong with a file, None where nothing is.

    Parameters
    ----------
    by_content : read the file and compare its hash; else size and time decide
    """
    try:
        carrier = carrier_of(file.place)
        if carrier is None:
            return "missing"
        if by_content:
            return None if sha256_of(file.place) == file.sha256 else "changed"
        status = carrier.stat()
    except KeyError:
        return "missing"
    except (OSError, zipfile.BadZipFile):
        return "unreadable"
    if file.copy_path is None and file.size is not None and status.st_size != file.size:
        return "changed" if carrier == Path(file.place) else "touched"
    if file.copy_path is None and status.st_mtime_ns != file.modified_ns:
        return "touched"
    return None


def common_folder(files: Sequence[SourceFile]) -> str:
    """Return the deepest folder that holds all files of a study; empty where there is none."""
    try:
        return os.path.commonpath([os.path.dirname(os.path.abspath(file.path)) for file in files])
    except ValueError:  # no files, or files on different drives
        return ""


def sha256_of(path: str) -> str:
    """Return the hash of a file's content, also inside an archive.

    Raises
    ------
    OSError, zipfile.BadZipFile
        If it cannot be read.
    KeyError
        If the archive does not hold it.
    """
    digest = hashlib.sha256()
    for chunk in chunks_of(path):
        digest.update(chunk)
    return digest.hexdigest()


def chunks_of(path: str) -> Iterator[bytes]:
    """Yield a file's content piece by piece; raises as `sha256_of`."""
    carrier = carrier_of(path)
    if carrier is None:
        raise FileNotFoundError(2, "No such file")
    if carrier == Path(path):
        with carrier.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
        return
    with zipfile.ZipFile(carrier) as archive, archive.open(Path(path).relative_to(carrier).as_posix()) as entry:
        while chunk := entry.read(_CHUNK_BYTES):
            yield chunk


def merged(known: Sequence[KeptFile], read: Sequence[KeptFile]) -> tuple[KeptFile, ...]:
    """Return the files of a study that has a reading, after it was read again.

    What the reading was made from is not forgotten: a file that was not found this time stays known, so that it is
    reported; one with another content under the same path stays known as it was. One that lies elsewhere now is known
    by its new place, and one that is new is added.
    """
    result = dict(enumerate(known))
    places = {(file.path, file.role): index for index, file in result.items()}
    contents = {(file.sha256, file.role): index for index, file in result.items()}
    read_places = {(file.path, file.role) for file in read}
    added: list[KeptFile] = []
    for file in read:
        index = places.get((file.path, file.role))
        if index is not None:
            if result[index].sha256 == file.sha256:
                result[index] = replace(result[index], size=file.size, modified_ns=file.modified_ns)
            continue
        index = contents.get((file.sha256, file.role))
        if index is not None and (result[index].path, file.role) not in read_places:
            result[index] = replace(result[index], path=file.path, size=file.size, modified_ns=file.modified_ns)
        else:
            added.append(file)
    return (*result.values(), *added)
