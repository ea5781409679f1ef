"""What there is to write: who and when, series, slices, signals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analysis.types import ComplexArray, FloatArray, Sampling, Voxel
from app.dicom.codes import Code


@dataclass(frozen=True)
class StudyHeader:
    """Patient, study and scanner; dates are DICOM ``YYYYMMDD``.

    Attributes
    ----------
    quality_control : the subject is no person but a phantom, real or simulated
    comments : a sentence that every object carries, for example that the data are simulated
    """

    study_instance_uid: str
    frame_of_reference_uid: str
    started: datetime
    study_id: str
    description: str
    body_part: str
    patient_name: str
    patient_id: str
    patient_birth_date: str
    patient_sex: str
    manufacturer: str
    model: str
    device_serial_number: str
    software_version: str
    field_strength_t: float
    quality_control: bool = False
    comments: str = ""
    accession_number: str = ""


@dataclass(frozen=True)
class SeriesHeader:
    """One series; `duration_s` is the time that its acquisition took."""

    series_instance_uid: str
    number: int
    description: str
    started: datetime
    duration_s: float


@dataclass(frozen=True, eq=False)
class ImageStack:
    """Parallel slices to write.

    Attributes
    ----------
    pixels : (slices, rows, columns) whole numbers from 0 to 65535
    affine : (4, 4) maps (column, row, slice, 1) of a pixel **centre** to LPS mm; its axes are perpendicular
    window : centre and width of the display window, in stored values
    sop_instance_uids : one for each slice
    kind : value 4 of Image Type, Discern's own word for what the picture is
    """

    series: SeriesHeader
    pixels: NDArray[np.integer]
    affine: FloatArray
    slice_thickness_mm: float
    window: tuple[float, float]
    sop_instance_uids: tuple[str, ...]
    kind: str


@dataclass(frozen=True, eq=False)
class SpectroscopyObject:
    """The signal of one voxel to write.

    Attributes
    ----------
    dimension_uid : Dimension Organization UID, one for each object
    fids : (transients, points) complex, turning as `analysis.units` says, which is DICOM's own convention
    localisation : a defined term of Volume Localization Technique, for example ``PRESS``
    water_suppressed : False for a water reference
    water_reference_uid : SOP Instance UID of the water reference of a suppressed signal, where there is one
    region : the part of the body that the voxel lies in
    """

    series: SeriesHeader
    sop_instance_uid: str
    dimension_uid: str
    fids: ComplexArray
    sampling: Sampling
    te_s: float
    tr_s: float
    voxel: Voxel
    localisation: str
    water_suppressed: bool
    region: Code
    water_reference_uid: str | None = None
