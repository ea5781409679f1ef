"""Writing a support bundle: a zip of what is known to name nobody, and a study's copy without its patient if asked."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_log_path
from PySide6 import QtCore

from analysis.errors import DiscernError
from analysis.types import Skipped
from app.atomic_file import reason_of, whole_file
from app.store import Store
from app.support import facts
from app.support.code_words import only_code

_LOGS = ("discern.log", "discern.log.1", "discern.log.2", "discern.native.txt")
_ABOUT = """This is a support bundle of Discern. It names no patient, no user and no site.

versions.json   Discern, Python, Qt and the packages that Discern needs
system.json     operating system and processor
settings.json   what is set, without names, addresses, titles and places of files
protocols.json  the hash of every protocol
store.json      how many studies there are in which state, and whether the audit trail is whole
logs/           of the crash logs: times, kinds of errors, places in the code; their texts are left out
study/          only where asked for: a study's copy without its patient (discern deidentify)
manifest.json   SHA-256 of every file
"""


class BundleProblem(DiscernError):
    """A support bundle that could not be written; its text is a sentence for the user."""


@dataclass(frozen=True)
class Bundle:
    """What was written.

    Attributes
    ----------
    sha256 : of the whole file
    skipped : files of the study that were left out, with the reason
    """

    members: tuple[str, ...]
    sha256: str
    skipped: tuple[Skipped, ...] = ()


def write_bundle(target: Path, settings: QtCore.QSettings, store: Store | None, studies: Sequence[Path] = ()) -> Bundle:
    """Write a support bundle, whole or not at all.

    Parameters
    ----------
    studies : studies whose copies without their patients are added

    Raises
    ------
    BundleProblem
        If it cannot be written, or nothing of a study could be copied without its patient.
    """
    texts = {**_facts(settings, store), **_logs(user_log_path("discern", appauthor=False))}
    with tempfile.TemporaryDirectory(prefix="discern-bundle-") as place:
        copies, skipped = _copies(studies, Path(place) / "study")
        try:
            members, sha256 = _write(target, texts, copies)
        except OSError as error:
            raise BundleProblem(f"The support bundle could not be written to {target}: {reason_of(error)}.") from error
    return Bundle(members, sha256, skipped)


def _facts(settings: QtCore.QSettings, store: Store | None) -> dict[str, bytes]:
    found = {
        "versions.json": facts.versions(),
        "system.json": facts.system(),
        "settings.json": facts.settings(settings),
        "protocols.json": facts.protocols(),
        "store.json": facts.store_state(store),
    }
    return {"about.txt": _ABOUT.encode(), **{name: _json(value) for name, value in found.items()}}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=True) + "\n").encode()


def _logs(folder: Path) -> dict[str, bytes]:
    found = {}
    for name in _LOGS:
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # not written yet
        found[f"logs/{name}"] = only_code(text).encode("ascii", "replace")
    return found


def _copies(studies: Sequence[Path], folder: Path) -> tuple[dict[str, Path], tuple[Skipped, ...]]:
    if not studies:
        return {}, ()
    from app.deidentify.pseudonyms import fresh_pseudonyms
    from app.deidentify.run import copy_without_patient

    copied = copy_without_patient(studies, folder, fresh_pseudonyms())
    if not copied.written:
        raise BundleProblem("Nothing of the study could be copied without its patient, so no bundle was written.")
    return {f"study/{path.relative_to(folder).as_posix()}": path for path in copied.written}, tuple(copied.skipped)


def _write(target: Path, texts: dict[str, bytes], copies: dict[str, Path]) -> tuple[tuple[str, ...], str]:
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in texts.items()}
    hashes |= {name: _hash_of(path) for name, path in copies.items()}
    texts = {**texts, "manifest.json": _json(hashes)}
    with whole_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in texts.items():
            archive.writestr(name, data)
        for name, path in copies.items():
            archive.writestr(name, path.read_bytes())  # not `write`: that would keep the file's time
    return (*texts, *copies), _hash_of(target)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
