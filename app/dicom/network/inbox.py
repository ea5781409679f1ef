"""Received objects on the disk: durable before the sender hears of success, named by hashes, never by header text.

    inbox/incoming/            objects that are still arriving; emptied when the inbox is opened
          arrived/<object>.dcm whole and acknowledged, not yet looked into
          studies/<study>/<object>.dcm
          set aside/           acknowledged, but no DICOM that can be sorted

<object> and <study> are hashes of UIDs, so the folders themselves are the index and cannot disagree with it.
"""

from __future__ import annotations

import filecmp
import hashlib
import io
import math
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import Tag

from app.atomic_file import reason_of
from app.dicom.network.errors import NetworkProblem
from app.dicom.network.sink import Sink, sync_folder

Kept = Literal["kept", "same", "different", "disk full", "too large"]
_STUDY_UID = Tag("StudyInstanceUID")
_INSTANCE_UID = Tag("SOPInstanceUID")
_HEAD_BYTES = (1 << 16, 4 << 20)
"""How much of an object is looked at for its study; the second where the first does not reach."""
_HASH_CHARACTERS = 40


def name_of(uid: str) -> str:
    """Return the name of a UID on the disk."""
    return hashlib.sha256(uid.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARACTERS]


@dataclass(frozen=True)
class Sorted:
    """An object that was given its place: `study` is the name of its study's folder, None where it was set aside."""

    study: str | None
    path: Path


class Inbox:
    """The received objects below one folder; used from any thread.

    Parameters
    ----------
    folder : made where missing, for this user only
    object_bytes : most of one object
    free_bytes : room that is left on the disk

    Raises
    ------
    NetworkProblem
        If the folder cannot be made or read.
    """

    def __init__(self, folder: Path, *, object_bytes: int, free_bytes: int = 0) -> None:
        self.folder = folder
        self._object_bytes, self._free_bytes = object_bytes, free_bytes
        self._incoming, self._arrived = folder / "incoming", folder / "arrived"
        self.studies, self._aside = folder / "studies", folder / "set aside"
        self._lock = threading.Lock()
        self._places: dict[str, Path] = {}
        self._kept_s = -math.inf
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self._incoming, self._arrived, self.studies, self._aside):
                part.mkdir(mode=0o700, exist_ok=True)
            for left in self._incoming.iterdir():
                left.unlink(missing_ok=True)
            for path in (*self._arrived.glob("*.dcm"), *self.studies.glob("*/*.dcm"), *self._aside.glob("*.dcm")):
                self._places[path.stem] = path
        except OSError as error:
            raise NetworkProblem(
                f"The folder for received objects, {folder}, cannot be used: {reason_of(error)}."
            ) from error

    def sink(self) -> Sink:
        """Return what the next object is written to."""
        return Sink(self._incoming, self._object_bytes)

    def has_room(self) -> bool:
        """Whether the disk has more free room than is always left."""
        try:
            return shutil.disk_usage(self.folder).free > self._free_bytes
        except OSError:
            return False

    def keep(self, sink: Sink, sop_instance_uid: str) -> Kept:
        """Bring an object that has arrived to the disk; only ``kept`` and ``same`` may be answered with success.

        An object that is here already is not written again; one of the same UID and another content is refused.
        """
        try:
            if sink.problem is not None:
                return sink.problem
            if not self.has_room():
                return "disk full"
            name = name_of(sop_instance_uid)
            with self._lock:
                before = self._places.get(name)
            if before is not None and before.exists():
                return _compared(sink, before)
            target = self._arrived / f"{name}.dcm"
            try:
                sink.keep(target)
            except FileExistsError:
                return _compared(sink, target)
            with self._lock:
                self._places[name] = target
                self._kept_s = time.monotonic()
            return "kept"
        except OSError:
            return "disk full"
        finally:
            sink.close()

    @property
    def quiet_s(self) -> float:
        """For how long nothing new has come."""
        with self._lock:
            return time.monotonic() - self._kept_s

    def place_of(self, sop_instance_uid: str) -> Path | None:
        """Return the file of an object that was received, None where it was not."""
        with self._lock:
            path = self._places.get(name_of(sop_instance_uid))
        return path if path is not None and path.exists() else None

    def sort_arrived(self) -> Iterator[Sorted]:
        """Move what has arrived to its study's folder; what another thread moves meanwhile is left to that."""
        touched = {self.studies}
        for path in sorted(self._arrived.glob("*.dcm")):
            uid = _study_uid(path)
            folder = self._aside if uid is None else self.studies / name_of(uid)
            target = folder / path.name
            folder.mkdir(mode=0o700, exist_ok=True)
            try:
                path.rename(target)
            except FileNotFoundError:
                continue
            with self._lock:
                self._places[path.stem] = target
            touched.add(folder)
            yield Sorted(None if uid is None else folder.name, target)
        if len(touched) > 1:
            for folder in touched:
                sync_folder(folder)

    def objects_of(self, study: str) -> list[Path]:
        """Return the files of a study."""
        return sorted((self.studies / study).glob("*.dcm"))

    def study_keys(self) -> list[str]:
        """Return the names of all studies' folders."""
        return sorted(path.name for path in self.studies.iterdir() if path.is_dir())


def _compared(sink: Sink, kept: Path) -> Kept:
    """Compare what came with what is kept, which is on the disk for certain when this returns ``same``.

    It may have been written a moment ago on another association, or just before a kill.
    """
    if not filecmp.cmp(sink.name, kept, shallow=False):
        return "different"
    fd = os.open(kept, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    sync_folder(kept.parent)
    return "same"


def _study_uid(path: Path) -> str | None:
    """Return the Study Instance UID of an object, None where it has none or is not the object it came as."""
    return next((uid for count in _HEAD_BYTES if (uid := _study_uid_in(path, count)) is not None), None)


def _study_uid_in(path: Path, count: int) -> str | None:
    try:
        with path.open("rb") as file:
            head = io.BytesIO(file.read(count))
        found = read_partial(head, lambda tag, *_: tag > _STUDY_UID, specific_tags=[_INSTANCE_UID, _STUDY_UID])
        if head.tell() >= count:
            return None  # cut off by us, maybe within the UID
        claimed = str(found.file_meta.MediaStorageSOPInstanceUID)
        uid, instance = str(found.get("StudyInstanceUID", "")), str(found.get("SOPInstanceUID", ""))
    except (InvalidDicomError, OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError):
        return None
    except RecursionError:
        return None
    return uid if uid and instance == claimed else None
