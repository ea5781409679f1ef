"""Small headers, stacks and signals for tests of the DICOM writers; every value is invented."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from analysis.types import Sampling, Voxel
from app.dicom.codes import LUMBAR_SPINE
from app.dicom.records import ImageStack, SeriesHeader, SpectroscopyObject, StudyHeader
from app.dicom.uids import stable_uid

TILT = np.deg2rad(23.7)
VOXEL = Voxel(
    centre_mm=(-0.18069757366605524, 8.640863509895219, -53.758758665437085),
    axes=((1.0, 0.0, 0.0), (0.0, float(np.cos(TILT)), float(np.sin(TILT))), (0.0, float(-np.sin(TILT)),
                                                                            float(np.cos(TILT)))),
    size_mm=(20.0, 14.0, 4.7),
)  # fmt: skip
STUDY = StudyHeader(
    study_instance_uid=stable_uid(0, "study"),
    frame_of_reference_uid=stable_uid(0, "frame"),
    started=datetime(2026, 1, 5, 9),
    study_id="TEST",
    description="Spine étude (simulated)",
    body_part="LSPINE",
    patient_name="Test^Invented",
    patient_id="TEST-1",
    patient_birth_date="19800101",
    patient_sex="O",
    manufacturer="Nobody",
    model="None",
    device_serial_number="0",
    software_version="Discern test",
    field_strength_t=3.0,
)


def series(number: int, description: str = "a series") -> SeriesHeader:
    """Return the header of a series."""
    return SeriesHeader(stable_uid(0, "series", number), number, description, datetime(2026, 1, 5, 9, 10), 6.0)


def oblique_stack(slices: int = 3) -> ImageStack:
    """Return a tilted stack with unequal spacings, every pixel of another value."""
    affine = np.eye(4)
    affine[:3, 0] = (0.7, 0.0, 0.0)
    affine[:3, 1] = 0.9 * np.array([0.0, np.cos(TILT), np.sin(TILT)])
    affine[:3, 2] = 4.0 * np.array([0.0, np.sin(TILT), -np.cos(TILT)])  # against the normal of rows and columns
    affine[:3, 3] = (-11.1, 22.2, -33.3)
    pixels = np.arange(slices * 5 * 4).reshape(slices, 5, 4)
    uids = tuple(stable_uid(0, "image", index) for index in range(slices))
    return ImageStack(series(1), pixels, affine, 3.5, (30.0, 60.0), uids, "SIMULATED")


def signal(transients: int = 3, *, water: bool = False) -> SpectroscopyObject:
    """Return the signal of a voxel; the suppressed one names the other as its reference."""
    rng = np.random.default_rng(int(water))
    fids = rng.normal(size=(transients, 48)) + 1j * rng.normal(size=(transients, 48))
    return SpectroscopyObject(
        series=series(3 if water else 2, "MRS L4-L5 PRESS TE 30" + (" water" if water else "")),
        sop_instance_uid=stable_uid(0, "spectrum", int(water)),
        dimension_uid=stable_uid(0, "dimension", int(water)),
        fids=fids,
        sampling=Sampling(127.74, 2500.0, 48, 4.65),
        te_s=0.030,
        tr_s=1.5,
        voxel=VOXEL,
        localisation="PRESS",
        water_suppressed=not water,
        region=LUMBAR_SPINE,
        water_reference_uid=None if water else stable_uid(0, "spectrum", 1),
    )
