"""What an import came to: what was read, and what was skipped, grouped by reason. Thousands of files in a few lines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.types import Skipped, SourceFile, Study

_PARTICULAR = re.compile(r"'[^']*'|\b\S*\.\w+\b(?=,| and| which)|\d+")
"""What differs between files that are skipped for one reason: names and numbers."""


@dataclass(frozen=True)
class SkippedGroup:
    """Files that were skipped for one reason, worded as it was for the first of them."""

    reason: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class ImportSummary:
    """What was read of the files of one or more studies.

    Attributes
    ----------
    image_files, spectrum_files : different files that something was read from
    volumes, voxels : what they came to
    skipped : groups of skipped files, the largest first
    """

    studies: int
    image_files: int
    spectrum_files: int
    volumes: int
    voxels: int
    skipped: tuple[SkippedGroup, ...]

    @property
    def skipped_files(self) -> int:
        """How many files were skipped."""
        return sum(len(group.paths) for group in self.skipped)


def summary_of(studies: Sequence[Study]) -> ImportSummary:
    """Return what the import of some studies came to."""
    return ImportSummary(
        studies=len(studies),
        image_files=_count(source for study in studies for one in study.volumes for source in one.sources),
        spectrum_files=_count(source for study in studies for one in study.acquisitions for source in one.sources),
        volumes=sum(len(study.volumes) for study in studies),
        voxels=sum(len(study.acquisitions) for study in studies),
        skipped=grouped([one for study in studies for one in study.skipped]),
    )


def grouped(skipped: Sequence[Skipped]) -> tuple[SkippedGroup, ...]:
    """Return skipped files grouped by reason, the largest group first, equal ones in the order of their first file."""
    groups: dict[str, list[Skipped]] = defaultdict(list)
    for one in skipped:
        groups[_PARTICULAR.sub("#", one.reason)].append(one)
    ordered = sorted(groups.values(), key=len, reverse=True)
    return tuple(SkippedGroup(group[0].reason, tuple(one.path for one in group)) for group in ordered)


def _count(sources: Iterable[SourceFile]) -> int:
    return len({source.path for source in sources})
