"""What a database says when it refuses, as one sentence for the reader.

The database's own words are dropped: they may quote the row that was written.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from app.store.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreNotOurs,
    StoreUnavailable,
    StoreWriteFailed,
)

_LOG = logging.getLogger(__name__)

_FULL = "The disk is full, so the last change could not be saved; make room on it, and Discern saves by itself."
_BUSY = "Another program writes to the store of readings and did not finish; Discern tries again by itself."
_REFUSED = (
    "The system refuses to write to the store of readings; check that its disk is there and that you may write to it."
)
_DAMAGED = "The store of readings is damaged; nothing more is written to it. Close Discern and open it again."
_UNREACHABLE = "The shared store of readings cannot be reached; check the network and the address in the settings."
_ACCOUNT = "The shared store of readings refuses this account; check user and password in the settings."
_RIGHTS = "The account of the shared store of readings may not do this; ask who looks after the database."
_OTHER = "The store of readings answered with an error ({code}); nothing was changed."

_SQLITE: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (StoreFull, _FULL),
    sqlite3.SQLITE_BUSY: (StoreBusy, _BUSY),
    sqlite3.SQLITE_LOCKED: (StoreBusy, _BUSY),
    sqlite3.SQLITE_IOERR: (StoreWriteFailed, _REFUSED),
    sqlite3.SQLITE_READONLY: (StoreWriteFailed, _REFUSED),
    sqlite3.SQLITE_CANTOPEN: (StoreWriteFailed, _REFUSED),
    sqlite3.SQLITE_PERM: (StoreWriteFailed, _REFUSED),
    sqlite3.SQLITE_AUTH: (StoreWriteFailed, _REFUSED),
    sqlite3.SQLITE_CORRUPT: (StoreDamaged, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (StoreDamaged, _DAMAGED),
}
_POSTGRESQL: dict[str, tuple[type[StoreError], str]] = {
    "53100": (StoreFull, _FULL),
    "55P03": (StoreBusy, _BUSY),
    "40001": (StoreBusy, _BUSY),
    "40P01": (StoreBusy, _BUSY),
    "28": (StoreNotOurs, _ACCOUNT),
    "42501": (StoreNotOurs, _RIGHTS),
    "25006": (StoreWriteFailed, _REFUSED),
    "XX001": (StoreDamaged, _DAMAGED),
    "XX002": (StoreDamaged, _DAMAGED),
    "08": (StoreUnavailable, _UNREACHABLE),
    "57P": (StoreUnavailable, _UNREACHABLE),
}


@contextmanager
def told() -> Iterator[None]:
    """Turn what the database raises into a `StoreError`; everything else passes."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _said(error) from None
    except exc.TimeoutError:
        raise StoreBusy(_BUSY) from None


def _said(error: exc.DBAPIError) -> StoreError:
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        found = _SQLITE.get(code & 0xFF)
        name = str(getattr(cause, "sqlite_errorname", code))
    else:
        name = str(getattr(cause, "sqlstate", None) or "")
        found = next((_POSTGRESQL[name[:n]] for n in (5, 3, 2) if name[:n] in _POSTGRESQL), None)
        if not name and isinstance(error, exc.OperationalError):
            found = (StoreUnavailable, _UNREACHABLE)
    if found is None:
        name = name or type(cause).__name__
        _LOG.error("The store answered with %s.", name)
        return StoreError(_OTHER.format(code=name))
    kind, sentence = found
    return kind(sentence)
