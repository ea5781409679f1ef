"""Which sources of a run are done, kept beside the results while it lasts: a run that was stopped goes on from there.

The journal is a text file of one JSON value per line: first what was asked for, then one line per finished source. It
is removed when the run ends, so that the same command begins anew next time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from analysis.errors import DiscernError
from app.atomic_file import reason_of
from app.batch.one_source import AnalyseRequest, Outcome
from app.report.keys import FileKey, SigningKey
from app.resource_files import PROTOCOLS, load_protocol
from app.version import version

JOURNAL_NAME: Final = ".discern-analyse.jsonl"


class JournalProblem(DiscernError):
    """A results folder in which a run cannot be recorded."""


def request_mark(request: AnalyseRequest) -> str:
    """Return a hash of everything but the sources that decides what a run writes; it holds no secret."""
    wanted = [request.protocol_id] if request.protocol_id else list(PROTOCOLS)
    signer = "" if request.signer is None else _named(request.signer.key)
    hashes = [load_protocol(name).sha256 for name in wanted]
    parts = [version(), request.protocol_id or "", signer, request.paper, *hashes]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _named(key: SigningKey) -> str:
    return str(key.p12.absolute()) if isinstance(key, FileKey) else key.name


def source_mark(source: Path) -> str:
    """Return a hash of a source's file names, sizes and times, so that a changed source is analysed again."""
    digest = hashlib.sha256(str(source.absolute()).encode())
    for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
        try:
            status = path.stat()
        except OSError:
            continue
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


class Journal:
    """Records finished sources; use it in a ``with`` statement. It is removed only by `finish`."""

    def __init__(self, folder: Path, request: AnalyseRequest) -> None:
        self._path = folder / JOURNAL_NAME
        self._mark = request_mark(request)
        self._file: TextIO | None = None
        self._done: dict[str, Outcome] = {}

    def __enter__(self) -> Journal:
        """Open the journal, and take over what a stopped run of the same request has finished.

        Raises
        ------
        JournalProblem
            If it cannot be written.
        """
        self._done = _finished(self._path, self._mark)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8")
            self._write({"request": self._mark})
            for mark, outcome in self._done.items():
                self._write(_line(mark, outcome))
        except OSError as error:
            text = f"Nothing can be written to {self._path.parent}: {reason_of(error)}; choose another --out."
            raise JournalProblem(text) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Close the journal; it stays where `finish` was not called."""
        if self._file is not None:
            self._file.close()

    def outcome_of(self, mark: str) -> Outcome | None:
        """Return what became of a source in the run that was stopped, None where it has to be analysed."""
        return self._done.get(mark)

    def add(self, mark: str, outcome: Outcome) -> None:
        """Record a finished source for good."""
        self._write(_line(mark, outcome))
        assert self._file is not None
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Remove the journal: everything is done."""
        assert self._file is not None
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _write(self, value: Mapping[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(value) + "\n")
        self._file.flush()


def _line(mark: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "source": mark,
        "sentences": outcome.sentences,
        "results": [str(path) for path in outcome.results],
        "reports": [str(path) for path in outcome.reports],
        "gaps": outcome.gaps,
    }


def _finished(path: Path, mark: str) -> dict[str, Outcome]:
    """Return the outcomes of an earlier run of the same request whose files are all still there."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    values = [value for value in map(_parsed, lines) if value is not None]
    if not values or values[0].get("request") != mark:
        return {}
    found = {str(value["source"]): _outcome(value) for value in values[1:] if "source" in value}
    return {key: one for key, one in found.items() if all(f.is_file() for f in (*one.results, *one.reports))}


def _parsed(line: str) -> dict[str, Any] | None:
    """Return a line's value; a line that a kill cut short counts as not written."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _outcome(value: Mapping[str, Any]) -> Outcome:
    results, reports = (tuple(map(Path, value.get(name, ()))) for name in ("results", "reports"))
    return Outcome(tuple(map(str, value.get("sentences", ()))), results, reports, bool(value.get("gaps", True)))
