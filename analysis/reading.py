"""The document that a radiologist works on: settings, morphology and text of one study. An edit replaces it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from analysis.errors import DiscernError
from analysis.exam_record import ExamRecord
from analysis.file_problem import problem_of
from analysis.morphology import Morphology
from analysis.nucleus import NucleusOutline
from analysis.types import Acquisition, Study
from analysis.voxel_settings import ExamSettings, VoxelSettings
from analysis.worklist import ReadingState

READING_SCHEMA: Literal["discern-reading/1"] = "discern-reading/1"


class BadReading(DiscernError):
    """A stored reading that cannot be read; its text is a sentence for the user."""


@dataclass(frozen=True)
class VoxelReading:
    """What the reader says about one voxel; `adjustment_reason` is why its settings are not the automatic ones."""

    settings: VoxelSettings = VoxelSettings()
    morphology: Morphology = Morphology()
    nucleus: NucleusOutline = NucleusOutline()
    adjustment_reason: str = ""


@dataclass(frozen=True)
class Reading:
    """One reading of one study.

    Attributes
    ----------
    voxels : by `voxel_key`; a voxel that is not there is as it was found
    protocol_id : the protocol that the reader chose; None lets the study's headers choose
    pretest : pre-test probability, 0 to 1
    impression : the reader's text; empty lets the report draft one from the results
    amends : SHA-256 of the signed report that this reading amends; empty for a first report
    amendment_reason : why the signed report is amended
    """

    schema: Literal["discern-reading/1"] = READING_SCHEMA
    state: ReadingState = "draft"
    protocol_id: str | None = None
    pretest: float = 0.33
    impression: str = ""
    record: ExamRecord = ExamRecord()
    amends: str = ""
    amendment_reason: str = ""
    voxels: Mapping[str, VoxelReading] = field(default_factory=dict)

    def of(self, key: str) -> VoxelReading:
        """Return what is said about a voxel."""
        return self.voxels.get(key, VoxelReading())

    def with_voxel(self, key: str, voxel: VoxelReading) -> Reading:
        """Return the reading with another word on one voxel; saying nothing removes it."""
        others = {k: v for k, v in self.voxels.items() if k != key}
        return replace(self, voxels=others if voxel == VoxelReading() else {**others, key: voxel})

    def to_json(self) -> str:
        """Return the document as JSON, the same text for the same reading."""
        return _READING.dump_json(self).decode()


_READING = TypeAdapter(Reading)


def reading_from_json(text: str) -> Reading:
    """Read a stored document.

    Raises
    ------
    BadReading : it is not a reading of this version
    """
    try:
        return _READING.validate_json(text)
    except ValidationError as error:
        raise BadReading(f"The stored reading cannot be understood: {problem_of(error)}.") from error


def voxel_key(acquisition: Acquisition) -> str:
    """Return a voxel's key: what it was read from, whatever it is called or where its files lie.

    Voxels of one file are told apart by their place, so that a new label leaves the key alone.
    """
    parts = sorted(source.sha256 for source in acquisition.sources)
    if acquisition.voxel is not None:
        parts += [f"{c:.3f}" for c in acquisition.voxel.centre_mm]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:24]


def exam_settings(reading: Reading, study: Study) -> ExamSettings:
    """Return the settings of a study's voxels by their place in it."""
    settings = {
        index: reading.of(voxel_key(acquisition)).settings for index, acquisition in enumerate(study.acquisitions)
    }
    return ExamSettings({index: chosen for index, chosen in settings.items() if chosen != VoxelSettings()})


def same_settings(one: Reading, other: Reading) -> bool:
    """Whether two readings have the same results: protocol and every voxel's settings agree, whatever else differs."""
    keys = {*one.voxels, *other.voxels}
    return one.protocol_id == other.protocol_id and all(one.of(k).settings == other.of(k).settings for k in keys)
