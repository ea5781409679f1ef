"""What is to be sent: a queue on the disk that survives restarts and kills.

Every item is a folder with the object and a small file of its state; both are written whole before the item counts, and
the state is replaced at once. An object that was sent just before a kill is sent once more, which harms nothing.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platformdirs import user_data_path
from pydantic import TypeAdapter, ValidationError

from analysis.network import QueueItem
from app.atomic_file import reason_of, write_whole
from app.dicom.network.errors import NetworkProblem
from app.dicom.network.sink import sync_folder

_ITEM = TypeAdapter(QueueItem)
_STATE, _OBJECT = "item.json", "object.dcm"
_UNFINISHED = ".new-"
FIRST_WAIT_S, LONGEST_WAIT_S, MOST_ATTEMPTS = 5.0, 3600.0, 30


def default_folder() -> Path:
    """Return where this user's queue lies."""
    return user_data_path("discern", appauthor=False) / "outbox"


class Outbox:
    """The queue; used from any thread, and by one program at a time for sending."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.folder, self._now = folder, now
        self._lock = threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NetworkProblem(f"The queue for sending, {folder}, cannot be made: {reason_of(error)}.") from error

    @staticmethod
    def is_used(folder: Path) -> bool:
        """Whether a queue lies here that is not empty; nothing is made for asking."""
        try:
            return any(folder.iterdir())
        except OSError:
            return False

    def add(self, files: Sequence[Path], node: str, label: str = "") -> list[QueueItem]:
        """Put DICOM files into the queue; when this returns they are on the disk.

        Raises
        ------
        NetworkProblem
            If a file is no DICOM object, or the queue cannot be written; none of them is queued then.
        """
        made: list[tuple[Path, Path, QueueItem]] = []
        try:
            for file in files:
                made.append(self._prepare(file, node, label))
            for unfinished, place, _ in made:
                unfinished.rename(place)
            sync_folder(self.folder)
        except OSError as error:
            for unfinished, place, _ in made:
                shutil.rmtree(unfinished, ignore_errors=True)
                shutil.rmtree(place, ignore_errors=True)
            raise NetworkProblem(f"The objects could not be queued: {reason_of(error)}.") from error
        except NetworkProblem:
            for unfinished, _, _ in made:
                shutil.rmtree(unfinished, ignore_errors=True)
            raise
        return [item for _, _, item in made]

    def _prepare(self, file: Path, node: str, label: str) -> tuple[Path, Path, QueueItem]:
        from pydicom import dcmread  # late, for the window's start: a queue that only waits needs none
        from pydicom.errors import InvalidDicomError

        try:
            data = file.read_bytes()
            head = dcmread(file, specific_tags=["SOPClassUID", "SOPInstanceUID", "Modality"], stop_before_pixels=True)
            sop_class, instance = str(head.SOPClassUID), str(head.SOPInstanceUID)
        except (InvalidDicomError, AttributeError, EOFError, ValueError, RecursionError) as error:
            raise NetworkProblem(f"{file} is no DICOM object, so nothing was queued.") from error
        identifier = f"{self._now():%Y%m%d%H%M%S}-{secrets.token_hex(8)}"
        item = QueueItem(
            identifier=identifier,
            node=node,
            sop_class_uid=sop_class,
            sop_instance_uid=instance,
            label=label or head.SOPClassUID.name,
            queued_at=self._now(),
            next_try_at=self._now(),
        )
        unfinished = self.folder / f"{_UNFINISHED}{identifier}"
        unfinished.mkdir(mode=0o700)
        write_whole(unfinished / _OBJECT, data)
        write_whole(unfinished / _STATE, _ITEM.dump_json(item))
        sync_folder(unfinished)
        return unfinished, self.folder / identifier, item

    def items(self) -> list[QueueItem]:
        """Return all items in the order they were queued."""
        found = []
        with self._lock:
            for folder in sorted(self.folder.iterdir()):
                with contextlib.suppress(OSError, ValidationError):
                    if not folder.name.startswith(_UNFINISHED):
                        found.append(_ITEM.validate_json((folder / _STATE).read_bytes()))
        return found

    def due(self) -> list[QueueItem]:
        """Return the items that are to be tried now."""
        now = self._now()
        return [i for i in self.items() if i.state == "waiting" and i.next_try_at is not None and i.next_try_at <= now]

    def object_of(self, item: QueueItem) -> Path:
        """Return the file of an item's object."""
        return self.folder / item.identifier / _OBJECT

    def sent(self, item: QueueItem, answer: str, transaction_uid: str = "") -> None:
        """Note that the remote has an object; the object itself is no longer needed unless it is to be confirmed."""
        done = replace(item, state="sent", attempts=item.attempts + 1, next_try_at=None, answer=answer)
        self._replace(replace(done, transaction_uid=transaction_uid))

    def asked(self, items: Sequence[QueueItem], transaction_uid: str) -> None:
        """Note under which transaction the remote was asked to confirm."""
        for item in items:
            self._replace(replace(item, transaction_uid=transaction_uid))

    def failed(self, item: QueueItem, answer: str, *, for_good: bool = False) -> None:
        """Note an attempt that failed: it is tried again after a longer wait each time, and at some time no more."""
        attempts = item.attempts + 1
        if for_good or attempts >= MOST_ATTEMPTS:
            self._replace(replace(item, state="given up", attempts=attempts, next_try_at=None, answer=answer))
            return
        wait = timedelta(seconds=min(FIRST_WAIT_S * 2 ** (attempts - 1), LONGEST_WAIT_S))
        self._replace(replace(item, attempts=attempts, next_try_at=self._now() + wait, answer=answer))

    def confirmed(self, transaction_uid: str, safe: Sequence[str], lost: Sequence[str]) -> int:
        """Note the answer to a storage commitment: what is safe is done, the rest is sent again; returns how many."""
        changed = 0
        for item in self.items():
            if not transaction_uid or item.transaction_uid != transaction_uid or item.state != "sent":
                continue
            if item.sop_instance_uid in safe:
                self._replace(replace(item, state="committed", answer="confirmed that it is stored safely"))
                changed += 1
            elif item.sop_instance_uid in lost:
                self._replace(
                    replace(item, state="waiting", next_try_at=self._now(), answer="not confirmed; it is sent again")
                )
                changed += 1
        return changed

    def retry(self, identifiers: Sequence[str]) -> None:
        """Try items again at once, by hand."""
        for item in self.items():
            if item.identifier in identifiers and item.state in ("waiting", "given up"):
                self._replace(replace(item, state="waiting", attempts=0, next_try_at=self._now()))

    def give_up(self, identifiers: Sequence[str]) -> None:
        """Try items no more; they stay in the list."""
        for item in self.items():
            if item.identifier in identifiers and item.state == "waiting":
                self._replace(replace(item, state="given up", next_try_at=None, answer=item.answer or "given up"))

    def remove(self, identifiers: Sequence[str]) -> None:
        """Forget items that are sent or given up."""
        for item in self.items():
            if item.identifier in identifiers and item.state != "waiting":
                with self._lock:
                    shutil.rmtree(self.folder / item.identifier, ignore_errors=True)

    def _replace(self, item: QueueItem) -> None:
        with self._lock:
            folder = self.folder / item.identifier
            if not folder.is_dir():
                return  # removed in the meantime
            try:
                write_whole(folder / _STATE, _ITEM.dump_json(item))
                sync_folder(folder)
            except OSError as error:
                raise NetworkProblem(f"The queue for sending cannot be written: {reason_of(error)}.") from error
