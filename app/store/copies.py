"""Copy the files of a study into the store: each is compared with the hash of what was read, all or none are kept.

Copies are numbered. The original names may hold the patient's.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from analysis.worklist import StudyId
from app.atomic_file import reason_of
from app.store import studies
from app.store.engine import Database
from app.store.errors import CopyFailed
from app.store.source_files import KeptFile, chunks_of

_ENDING = re.compile(r"(\.nii)?\.(gz|dcm|ima|nii|rda|dat)$", re.IGNORECASE)


def copy_files(files: Sequence[KeptFile], target: Path) -> tuple[KeptFile, ...]:
    """Copy files into a new folder and return them with their `copy_path`.

    Raises
    ------
    CopyFailed
        If a file is missing, has changed since it was read, or cannot be written; nothing is kept then.
    """
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    copied: dict[str, str] = {}
    try:
        unfinished.mkdir(mode=0o700, parents=True)
        for file in files:
            if file.sha256 not in copied:
                name = f"{len(copied) + 1:05d}{_ending(file.path)}"
                _copy_one(file, unfinished / name)
                copied[file.sha256] = name
        _sync_folder(unfinished)
        unfinished.replace(target)
        _sync_folder(target.parent)
    except CopyFailed:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise CopyFailed(
            f"The study could not be copied into the store: {reason_of(error)}. Its files are used where they lie."
        ) from error
    return tuple(replace(file, copy_path=str(target / copied[file.sha256])) for file in files)


def copy_study(database: Database, study_id: StudyId, folder: Path) -> Path:
    """Copy what a study was read from beneath a folder, and note it; returns where it lies, also if it did before.

    Raises
    ------
    CopyFailed
        As `copy_files`.
    """
    with database.reading() as connection:
        row = studies.row_of(connection, study_id)
        files = studies.files_in(connection, study_id)
    if row.copy_folder is not None:
        return Path(row.copy_folder)
    if not files:
        raise CopyFailed("This study has no files that could be copied into the store.")
    target = folder / f"{study_id}-{secrets.token_hex(4)}"
    copied = copy_files(files, target)
    try:
        with database.writing() as connection:
            studies.set_copies(connection, study_id, str(target), copied)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return target


def _ending(path: str) -> str:
    found = _ENDING.search(path)
    return found.group(0).lower() if found else ""


def _copy_one(file: KeptFile, target: Path) -> None:
    digest = hashlib.sha256()
    try:
        with target.open("xb") as sink:
            for chunk in chunks_of(file.path):
                digest.update(chunk)
                sink.write(chunk)
            sink.flush()
            os.fsync(sink.fileno())
    except (FileNotFoundError, KeyError, zipfile.BadZipFile) as error:
        raise CopyFailed("A file of the study is missing or damaged, so the study was not copied.") from error
    if digest.hexdigest() != file.sha256:
        raise CopyFailed("A file of the study has changed since it was read, so the study was not copied.")


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder last; Windows does it by itself and refuses to open folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
