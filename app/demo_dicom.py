"""Write a simulated lumbar study as DICOM: sagittal and axial T2, and two spectroscopy objects for every disc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.anatomy import Grid, axial_grids, sagittal_grid, t2_image
from analysis.phantom import PhantomDisc
from analysis.types import ComplexArray, Progress
from analysis.units import PROTON_MHZ_PER_T
from app.demo_study import DemoStudy
from app.dicom.codes import LUMBAR_SPINE
from app.dicom.records import ImageStack, SeriesHeader, SpectroscopyObject, StudyHeader
from app.dicom.write_image import write_images
from app.dicom.write_spectroscopy import write_spectroscopy

STARTED = datetime(2026, 1, 5, 9, 0, 0)
"""An invented date, the same for every seed, so that the files are the same on every day."""
_PREPARATION_S, _PAUSE_S = 120.0, 30.0
_SAGITTAL_S, _AXIAL_S = 180.0, 60.0
_WINDOW = (400.0, 800.0)
_LOCALISATION = "PRESS"
_SPECTRA_FROM = 0.95
"""Share of the progress that the images take."""


@dataclass(frozen=True, eq=False)
class _Pictures:
    """A series of images to simulate, written to the folder `role`."""

    role: str
    description: str
    duration_s: float
    grid: Grid


def write_dicom(study: DemoStudy, folder: Path, progress: Progress) -> None:
    """Write all series of a study: ``SAG_T2``, ``AX_T2_<level>`` and ``MRS_<level>`` in a folder.

    The same study gives the same bytes.
    """
    pictures = [_Pictures("SAG_T2", "T2 TSE sagittal", _SAGITTAL_S, sagittal_grid(study.spine))]
    pictures += [
        _Pictures(f"AX_T2_{label}", f"T2 TSE axial {label}", _AXIAL_S, (affine, shape, thickness_mm))
        for label, affine, shape, thickness_mm in axial_grids(study.spine)
    ]
    session = _Session(study, study_header(study), folder)
    ticks = _ticks(sum(one.grid[1][0] for one in pictures), progress)
    for one in pictures:
        session.write_pictures(one, ticks)
    for count, disc in enumerate(study.exam.discs):
        share = _SPECTRA_FROM + (1 - _SPECTRA_FROM) * count / len(study.exam.discs)
        progress(share, f"Writing the spectra of {disc.label}")
        session.write_disc(disc)


def study_header(study: DemoStudy) -> StudyHeader:
    """Return patient, study and scanner, all invented."""
    return StudyHeader(
        study_instance_uid=study.uid("study"),
        frame_of_reference_uid=study.uid("frame of reference"),
        started=STARTED,
        study_id=f"DEMO-{study.exam.seed}"[:16],
        description="MR lumbar spine with spectroscopy (simulated)",
        body_part="LSPINE",
        patient_name="Demo^Simulated",
        patient_id="DEMO-0001",
        patient_birth_date="19800101",
        patient_sex="O",
        manufacturer="Discern simulation",
        model="Lumbar phantom",
        device_serial_number="SIMULATED",
        software_version=f"Discern {study.version}",
        field_strength_t=round(study.exam.sampling.f0_mhz / PROTON_MHZ_PER_T, 2),
        quality_control=True,
        comments="Simulated data: no person and no object was scanned.",
    )


def _ticks(slices: int, progress: Progress) -> Iterator[None]:
    """Say before every slice how far the images are."""
    for index in range(slices):
        progress(_SPECTRA_FROM * index / slices, f"Simulating image {index + 1} of {slices}")
        yield


@dataclass
class _Session:
    """The invented visit to a scanner: one series follows the other, with its number and its time."""

    study: DemoStudy
    header: StudyHeader
    folder: Path
    moment: datetime = STARTED + timedelta(seconds=_PREPARATION_S)
    number: int = 0

    def _next_series(self, role: str, description: str, duration_s: float) -> SeriesHeader:
        self.number += 1
        series = SeriesHeader(self.study.uid("series", role), self.number, description, self.moment, duration_s)
        self.moment += timedelta(seconds=duration_s + _PAUSE_S)
        return series

    def write_pictures(self, pictures: _Pictures, ticks: Iterator[None]) -> None:
        """Simulate a stack slice by slice, which lets the user stop it, and write it."""
        series = self._next_series(pictures.role, pictures.description, pictures.duration_s)
        affine, shape, thickness_mm = pictures.grid
        slices = []
        for index in range(shape[0]):
            next(ticks)
            slices.append(_slice(self.study, pictures.grid, series=series.number, index=index))
        uids = tuple(self.study.uid("image", pictures.role, index) for index in range(shape[0]))
        stack = ImageStack(series, np.concatenate(slices), affine, thickness_mm, _WINDOW, uids, "SIMULATED")
        write_images(self.folder / pictures.role, self.header, stack)

    def write_disc(self, disc: PhantomDisc) -> None:
        """Write the water-suppressed signal of a disc and its water reference, each as a series of its own."""
        name = f"MRS {disc.label} {_LOCALISATION} TE {self.study.exam.te_s * 1000:g}"
        self._write_signal(disc, disc.fids, kind="metabolite", description=name)
        self._write_signal(disc, disc.water, kind="water", description=f"{name} water")

    def _write_signal(self, disc: PhantomDisc, fids: ComplexArray, *, kind: str, description: str) -> None:
        exam, role = self.study.exam, f"MRS_{disc.label}/{kind}"
        suppressed = kind == "metabolite"
        signal = SpectroscopyObject(
            series=self._next_series(role, description, len(fids) * exam.tr_s),
            sop_instance_uid=self.study.uid("spectrum", disc.label, kind),
            dimension_uid=self.study.uid("dimension", role),
            fids=fids,
            sampling=exam.sampling,
            te_s=exam.te_s,
            tr_s=exam.tr_s,
            voxel=self.study.voxels[disc.label],
            localisation=_LOCALISATION,
            water_suppressed=suppressed,
            region=LUMBAR_SPINE,
            water_reference_uid=self.study.uid("spectrum", disc.label, "water") if suppressed else None,
        )
        write_spectroscopy(self.folder / f"{role}.dcm", self.header, signal)


def _slice(study: DemoStudy, grid: Grid, *, series: int, index: int) -> NDArray[np.int16]:
    """Simulate one slice, (1, rows, columns); no two slices of a study have the same noise."""
    affine, (_, rows, columns), thickness_mm = grid
    moved = affine.copy()
    moved[:3, 3] += index * affine[:3, 2]
    seed = (study.exam.seed * 100 + series) * 1000 + index
    return t2_image(study.spine, moved, (1, rows, columns), slice_thickness_mm=thickness_mm, seed=seed)
