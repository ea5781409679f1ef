"""What the readers hand to each other: a file, and what was found in it before a study is put together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from analysis.types import (
    AcquisitionParameters,
    FloatArray,
    Role,
    SaturationBand,
    SignalArray,
    SourceFile,
    StudyInfo,
    Volume,
    Voxel,
)

_PARTS = ("method", "acqp", "fid")
"""Files of one Bruker measurement, which lie in a folder of their own."""


def folder_of(shown: str) -> str:
    """Return the folder (or archive folder) of a file, from the name that the user knows it by."""
    return shown.replace("\\", "/").rstrip("/").rpartition("/")[0]


@dataclass(frozen=True)
class InputFile:
    """A file to read.

    Attributes
    ----------
    path : where its bytes are; for an entry of a zip archive a copy in a temporary folder
    shown : the name the user knows it by
    named : the user gave this very file, so it is never passed over in silence
    sha256 : of its bytes; empty until they were read
    siblings : files of the same folder and stem: some formats keep header and data in two files
    """

    path: Path
    shown: str
    named: bool = False
    sha256: str = ""
    siblings: tuple[InputFile, ...] = field(default=(), compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file's own name, without its folder."""
        return self.shown.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        """The folder (or archive folder) that the file lies in, as the user knows it."""
        return folder_of(self.shown)

    @property
    def stem(self) -> str:
        """The lower-case name without its last suffix; the parts of a Bruker measurement share one."""
        if self.name.lower() in _PARTS:
            return "/".join(_PARTS)
        return self.name.lower().rpartition(".")[0] or self.name.lower()


def with_hash(file: InputFile) -> InputFile:
    """Return the file with the SHA-256 of its bytes; OSError as the system raises it."""
    with file.path.open("rb") as stream:
        return replace(file, sha256=hashlib.file_digest(stream, "sha256").hexdigest())


@dataclass(frozen=True, eq=False)
class Slice:
    """One MR image frame: its place and how to read it, not yet its pixels.

    Attributes
    ----------
    frame : index of the frame within the file
    position_mm : (3,) LPS centre of the pixel in the first row and column (Image Position (Patient))
    along_row, along_column : (3,) LPS unit vectors in which the column index and the row index grow
    spacing_mm : distance between rows, distance between columns (Pixel Spacing)
    shape : rows, columns
    thickness_mm : slice thickness; also the slice distance of a stack that has one slice only
    slope, intercept : rescale of the stored values
    window : centre and width on the rescaled values, where the header gives them
    rank : orders the images of one place: magnitude before other components, early echoes and repetitions first
    """

    file: InputFile
    frame: int
    info: StudyInfo
    sop_instance_uid: str | None
    series_instance_uid: str
    series_number: int | None
    description: str
    frame_of_reference_uid: str | None
    position_mm: FloatArray
    along_row: FloatArray
    along_column: FloatArray
    spacing_mm: tuple[float, float]
    shape: tuple[int, int]
    thickness_mm: float
    slope: float
    intercept: float
    window: tuple[float, float] | None
    rank: tuple[float | str, ...]

    @property
    def normal(self) -> FloatArray:
        """The unit normal of the slice, (3,) LPS, right-handed with its row and column directions."""
        normal = np.cross(self.along_row, self.along_column)
        return np.asarray(normal / np.linalg.norm(normal))


@dataclass(frozen=True, eq=False)
class Signal:
    """The spectroscopy of one file, in Discern's sign convention, before it is paired with its water reference.

    Attributes
    ----------
    fids : (coils, transients, points) complex
    water : (coils, transients, points) complex, an unsuppressed reference that the same file holds
    info : who was measured; its Study Instance UID is empty for formats that know no studies
    description, protocol : names of the series and the protocol
    suppressed : whether water was suppressed, None where the header is silent
    references : SOP Instance UIDs of the water references that the header names
    order : series, instance and similar numbers, in the order of acquisition
    element : receiver element, where every element has a file of its own
    cell : row, column and slice within a spectroscopic imaging grid, counted from 1
    """

    file: InputFile
    fids: SignalArray
    parameters: AcquisitionParameters
    voxel: Voxel | None
    water: SignalArray | None = None
    info: StudyInfo = field(default_factory=lambda: StudyInfo(study_instance_uid=""))
    sop_instance_uid: str | None = None
    series_instance_uid: str | None = None
    frame_of_reference_uid: str | None = None
    description: str | None = None
    protocol: str | None = None
    suppressed: bool | None = None
    references: tuple[str, ...] = ()
    order: tuple[int, ...] = ()
    element: str | None = None
    cell: tuple[int, int, int] | None = None
    averaged_only: bool = False
    eddy_corrected: bool = False
    saturation_bands: tuple[SaturationBand, ...] | None = None
    warnings: tuple[str, ...] = ()
    more_files: tuple[tuple[InputFile, str | None], ...] = ()
    """Further files that this signal was read from (its data half, more transients), with their SOP Instance UIDs."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What was found in one file."""

    slices: tuple[Slice, ...] = ()
    volumes: tuple[Volume, ...] = ()
    signals: tuple[Signal, ...] = ()
    index_only: bool = False
    """Nothing to read or to miss by itself: an index (DICOMDIR), or data that are read with their header."""
    with_header: str | None = None
    """The name of the header file with which these data are read."""


def source_of(file: InputFile, sop_instance_uid: str | None, role: Role) -> SourceFile:
    """Return the record of a file that something was read from."""
    return SourceFile(file.shown, file.sha256, role, sop_instance_uid)
