"""What can go wrong with the store, each a sentence for the reader; none names a patient, a file or a password."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import DiscernError
from analysis.worklist import LockHolder


class StoreError(DiscernError):
    """Base of every error of the store.

    Attributes
    ----------
    may_pass : whether the same call may succeed later without anything else being changed in Discern
    """

    may_pass = False


class StoreUnavailable(StoreError):
    """The store cannot be reached or opened at the moment."""

    may_pass = True


class StoreBusy(StoreError):
    """Another program writes to the store and did not finish in time."""

    may_pass = True


class StoreFull(StoreError):
    """The disk has no room left."""

    may_pass = True


class StoreWriteFailed(StoreError):
    """The system refused to write."""

    may_pass = True


class StoreDamaged(StoreError):
    """The database is not whole; `kept_in` is the folder it was set aside in, None where it was left in place."""

    def __init__(self, message: str, kept_in: Path | None = None) -> None:
        super().__init__(message)
        self.kept_in = kept_in


class StoreNotOurs(StoreError):
    """The database is of a newer Discern or of another program."""


class BadStoreAddress(StoreError):
    """The address of the store in the settings cannot be used."""


class UnknownStudy(StoreError):
    """The store knows no study of this number."""


class DamagedRevision(StoreError):
    """A stored step of a reading is not what was written; `number` says which."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


class ReadingIsFinal(StoreError):
    """A reading that was finalised takes amendments only."""


class ReadingLocked(StoreError):
    """Somebody else works on the reading."""

    def __init__(self, holder: LockHolder) -> None:
        since = holder.since.astimezone()
        super().__init__(
            f"{holder.user} on {holder.host} works on this reading since {since:%Y-%m-%d %H:%M}; "
            "it can be read here but not changed."
        )
        self.holder = holder


class CopyFailed(StoreError):
    """The files of a study could not be copied into the store."""


class DamagedReport(StoreError):
    """A signed report in the store is not what was signed."""
