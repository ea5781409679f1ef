"""Open the store: find it, see that it is whole, bring it up to date; a damaged one is set aside, never overwritten."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy import URL, text

from app.atomic_file import reason_of
from app.store.engine import Database, address, connect
from app.store.errors import StoreDamaged, StoreUnavailable
from app.store.schema import bring_up_to_date

DATABASE = "readings.sqlite3"
_FOLDER = "readings"


def data_folder() -> Path:
    """Return this user's folder for what Discern keeps; the environment variable ``DISCERN_DATA_DIR`` names another."""
    chosen = os.environ.get("DISCERN_DATA_DIR")
    return Path(chosen) if chosen else user_data_path("discern", appauthor=False)


def embedded_exists(root: Path) -> bool:
    """Whether there is a database in a data folder."""
    return (root / _FOLDER / DATABASE).exists()


def anchors_of_embedded(root: Path) -> Path:
    """Return where the anchors of that database's audit trail are kept: beside it, so that both are set aside alike."""
    return root / _FOLDER / "audit-anchors.jsonl"


def anchors_of_shared(root: Path, url: str) -> Path:
    """Return where this user keeps the anchors of a shared database's audit trail; no password is in its name."""
    place = address(url)
    name = f"{place.host} {place.port} {place.database} {place.query.get('host')}"
    return root / f"audit-anchors-{hashlib.sha256(name.encode()).hexdigest()[:12]}.jsonl"


def open_shared(url: str) -> Database:
    """Open the database at an address.

    Raises
    ------
    StoreError
        If it cannot be used; it is then left as it is.
    """
    database = connect(address(url))
    try:
        _check(database)
    except BaseException:
        database.close()
        raise
    return database


def open_embedded(root: Path, at: datetime) -> Database:
    """Open the database in a data folder, or make it.

    Raises
    ------
    StoreDamaged
        If it is not whole. Its folder was renamed as a whole, so that the next opening makes a new one.
    StoreError
        If it cannot be used for another reason; it is then left as it is.
    """
    folder = root / _FOLDER
    path = folder / DATABASE
    try:
        _make_private(path)
        lost_its_head = path.stat().st_size == 0 and _size(path.with_name(f"{DATABASE}-wal")) > 0
    except OSError as error:
        raise StoreUnavailable(
            f"The folder for readings cannot be used: {reason_of(error)}. Check the disk and who may write to it."
        ) from error
    database = connect(URL.create("sqlite", database=str(path)))
    try:
        if lost_its_head:
            raise StoreDamaged("")
        _check(database)
    except StoreDamaged:
        database.close()
        raise _set_aside(folder, at) from None
    except BaseException:
        database.close()
        raise
    return database


def _make_private(path: Path) -> None:
    """Make folder and file, readable by their owner only; what is there stays as it is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _check(database: Database) -> None:
    """See that every page can be read, then bring the tables up to date."""
    if database.embedded:
        with database.reading() as connection:
            if connection.execute(text("PRAGMA quick_check(1)")).scalar_one() != "ok":
                raise StoreDamaged("The store of readings is damaged; it was left as it is.")
    with database.writing() as connection:
        bring_up_to_date(connection, datetime.now(UTC))


def _set_aside(folder: Path, at: datetime) -> StoreDamaged:
    """Rename the folder of a damaged database: one step, so that the write-ahead log stays with its file."""
    stem = f"{folder.name}-damaged-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for number in range(100):
        kept = folder.with_name(stem if number == 0 else f"{stem}-{number + 1}")
        if kept.exists():
            continue
        try:
            folder.rename(kept)
        except OSError as error:
            return StoreDamaged(
                f"The store of readings is damaged and could not be set aside: {reason_of(error)}. "
                "Nothing was written to it; close every Discern and open it again."
            )
        return StoreDamaged(
            f"The store of readings was damaged. It was set aside as a whole in {kept}, and a new, empty one is begun; "
            "keep that folder, for its readings may be rescued.",
            kept,
        )
    return StoreDamaged("The store of readings is damaged and could not be set aside; nothing was written to it.")
