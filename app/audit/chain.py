"""The chain of hashes: how a record is joined to the one before it, and what does not fit.

Each hash is the SHA-256 of four lines: the hash before it, its number, its time in microseconds since 1970, and its
content. Whoever can write to the database can make the whole chain anew or cut off its
end; only a head that was anchored elsewhere shows that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

GENESIS: Final = "0" * 64
"""Stands before the first record."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PROBLEMS: Final = 20


@dataclass(frozen=True)
class AuditRecord:
    """One record as it stands in the store.

    Attributes
    ----------
    sequence : 1 for the first, without gaps
    at : when it was recorded, by the clock that all writers of the store share
    content : one line of JSON (see `events`)
    previous : hash of the record before
    sha256 : hash of this record
    """

    sequence: int
    at: datetime
    content: str
    previous: str
    sha256: str


@dataclass(frozen=True)
class Head:
    """The end of the chain at some moment: how many records there were, and the hash of the last."""

    records: int = 0
    sha256: str = GENESIS


@dataclass(frozen=True)
class ChainReport:
    """What a check of the chain found; `problems` are sentences, the first ones where there are many."""

    head: Head
    anchors: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the chain."""
        return not self.problems


def link(previous: str, sequence: int, at: datetime, content: str) -> str:
    """Return the hash of a record."""
    moment_us = (at - _EPOCH) // timedelta(microseconds=1)
    return hashlib.sha256(f"{previous}\n{sequence}\n{moment_us}\n{content}".encode()).hexdigest()


def following(head: Head, at: datetime, content: str) -> AuditRecord:
    """Return the record that comes after a head."""
    sequence = head.records + 1
    return AuditRecord(sequence, at, content, head.sha256, link(head.sha256, sequence, at, content))


def check(records: Iterable[AuditRecord], anchors: Sequence[Head] = ()) -> ChainReport:
    """Go through the whole chain, in its order, and compare it with heads that were anchored elsewhere."""
    problems: list[str] = []
    wanted = {anchor.records: anchor.sha256 for anchor in anchors if anchor.records}
    contradicting = {anchor.records for anchor in anchors if anchor.records and wanted[anchor.records] != anchor.sha256}
    problems += [f"Two anchors name different records {number}." for number in sorted(contradicting)]
    head = Head()
    for record in records:
        problems += _problems_of(head, record)
        expected = wanted.pop(record.sequence, None)
        if expected is not None and expected != record.sha256:
            problems.append(f"Record {record.sequence} is not the one that was anchored: the trail was made anew.")
        head = Head(record.sequence, record.sha256)
    if wanted and max(wanted) > head.records:
        missing = max(wanted) - head.records
        count = "record is" if missing == 1 else f"{missing} records are"
        problems.append(f"The last {count} missing: an anchor was set at record {max(wanted)}.")
    return ChainReport(head, len(anchors), tuple(problems[:_MOST_PROBLEMS]))


def _problems_of(head: Head, record: AuditRecord) -> list[str]:
    problems = []
    first, last = head.records + 1, record.sequence - 1
    if first <= last:
        problems.append(f"Record {first} is missing." if first == last else f"Records {first} to {last} are missing.")
    elif record.previous != head.sha256:
        problems.append(f"Record {record.sequence} does not follow the one before it.")
    if link(record.previous, record.sequence, record.at, record.content) != record.sha256:
        problems.append(f"Record {record.sequence} was changed.")
    return problems
