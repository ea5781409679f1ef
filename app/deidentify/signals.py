"""A signal written anew: what a maker's own format says about the measurement goes over, what it says besides does not.

A signal of a DICOM study becomes MR Spectroscopy objects where everything they must hold is known; any other becomes
NIfTI-MRS.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from analysis.readers.nifti_affine import LPS_FROM_RAS
from analysis.readers.records import Signal
from analysis.types import Sampling, SignalArray, Voxel
from analysis.units import PROTON_MHZ_PER_T, conjugated
from app.deidentify.dataset import deidentified
from app.deidentify.descriptors import cleaned
from app.deidentify.objects import write_object
from app.deidentify.pseudonyms import Pseudonyms
from app.dicom.codes import Code
from app.dicom.records import SeriesHeader, SpectroscopyObject, StudyHeader
from app.dicom.write_spectroscopy import spectroscopy_dataset

_MOMENT = datetime(1900, 1, 1)
_REGION = Code("38266002", "SCT", "Entire body")
"""Where a signal was measured is told by its voxel; the code only fills an attribute that must be there."""


def write_signal(signal: Signal, stem: Path, pseudonyms: Pseudonyms) -> list[Path]:
    """Write a signal, and the water reference of the same file, as ``stem`` with an ending; return the files."""
    parts = [("", signal.fids, signal.suppressed is not False)]
    if signal.water is not None:
        parts.append(("-water", signal.water, False))
    if _fits_dicom(signal):
        return [_dicom(signal, stem, *part, pseudonyms) for part in reversed(parts)]
    return [_nifti(signal, stem, *part) for part in parts]


def _fits_dicom(signal: Signal) -> bool:
    p = signal.parameters
    known = signal.voxel is not None and None not in (p.te_s, p.tr_s)
    return bool(known and signal.info.study_instance_uid and signal.fids.shape[0] == 1)


def _dicom(
    signal: Signal, stem: Path, suffix: str, fids: SignalArray, suppressed: bool, pseudonyms: Pseudonyms
) -> Path:
    path = stem.with_name(f"{stem.name}{suffix}.dcm")
    dataset = spectroscopy_dataset(_study(signal), _object(signal, suffix, fids, suppressed))
    copy = deidentified(dataset, pseudonyms)
    write_object(copy, path, None)
    return path


def _study(signal: Signal) -> StudyHeader:
    p, info = signal.parameters, signal.info
    return StudyHeader(
        study_instance_uid=info.study_instance_uid,
        frame_of_reference_uid=signal.frame_of_reference_uid or f"{info.study_instance_uid}.1",
        started=_MOMENT,
        study_id="",
        description="",
        body_part=info.body_part or "",
        patient_name=info.patient_name or "",
        patient_id=info.patient_id or info.patient_name or "",
        patient_birth_date="",
        patient_sex="",
        manufacturer=p.manufacturer or "",
        model=p.model or "",
        device_serial_number="",
        software_version="",
        field_strength_t=round(p.f0_mhz / PROTON_MHZ_PER_T, 2),
    )


def _object(signal: Signal, suffix: str, fids: SignalArray, suppressed: bool) -> SpectroscopyObject:
    p, uid = signal.parameters, signal.sop_instance_uid or signal.file.sha256
    assert signal.voxel is not None
    assert p.te_s is not None
    assert p.tr_s is not None
    with_water = suppressed and signal.water is not None
    number = signal.order[0] if signal.order else 1
    series = signal.series_instance_uid or f"{uid}.series"
    return SpectroscopyObject(
        series=SeriesHeader(f"{series}{suffix}", number, signal.description or signal.protocol or "", _MOMENT, 0.0),
        sop_instance_uid=f"{uid}{suffix}",
        dimension_uid=f"{uid}{suffix}.dimension",
        fids=np.asarray(fids[0], dtype=np.complex128),
        sampling=Sampling(p.f0_mhz, p.spectral_width_hz, fids.shape[2], p.reference_ppm),
        te_s=p.te_s,
        tr_s=p.tr_s,
        voxel=signal.voxel,
        localisation=p.localisation or "",
        water_suppressed=suppressed,
        region=_REGION,
        water_reference_uid=f"{uid}-water" if with_water else None,
    )


def _nifti(signal: Signal, stem: Path, suffix: str, fids: SignalArray, suppressed: bool) -> Path:
    from nifti_mrs.create_nmrs import gen_nifti_mrs_hdr_ext

    path = stem.with_name(f"{stem.name}{suffix}.nii.gz")
    # (coils, transients, points) becomes (x, y, z, points, coils, transients).
    data = np.asarray(conjugated(fids)).transpose(2, 0, 1)[None, None, None].astype(np.complex64)
    header = _header(signal, suppressed)
    image = gen_nifti_mrs_hdr_ext(
        data, 1 / signal.parameters.spectral_width_hz, header, affine=_affine_ras(signal.voxel), no_conj=True
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def _header(signal: Signal, suppressed: bool) -> Any:
    from nifti_mrs.hdr_ext import Hdr_Ext

    p = signal.parameters
    header = Hdr_Ext(p.f0_mhz, p.nucleus, dimensions=6)
    header.set_dim_info(0, "DIM_COIL")
    header.set_dim_info(1, "DIM_DYN")
    said = {
        "SpecFreqChemShift": p.reference_ppm,
        "EchoTime": p.te_s,
        "RepetitionTime": p.tr_s,
        "MixingTime": p.tm_s,
        "Manufacturer": p.manufacturer,
        "SequenceName": p.sequence,
        "ProtocolName": cleaned(signal.description or signal.protocol or "") or None,
        "WaterSuppressed": suppressed if signal.suppressed is not None else None,
    }
    for name, value in said.items():
        if value is not None:
            header.set_standard_def(name, value)
    return header


def _affine_ras(voxel: Voxel | None) -> Any:
    if voxel is None:
        return None
    affine = np.eye(4)
    affine[:3, :3] = np.transpose(voxel.axes) * np.asarray(voxel.size_mm)
    affine[:3, 3] = voxel.centre_mm
    return LPS_FROM_RAS @ affine


def same_signal(one: Signal, other: Signal) -> bool:
    """Whether two signals are the same measurement at the same place."""
    same_place = (one.voxel is None) == (other.voxel is None) and (
        one.voxel is None
        or other.voxel is None
        or all(
            np.allclose(getattr(one.voxel, name), getattr(other.voxel, name), atol=1e-3)
            for name in ("centre_mm", "axes", "size_mm")
        )
    )
    same_water = (one.water is None) == (other.water is None)
    same_shape = one.fids.shape == other.fids.shape
    return bool(same_place and same_water and same_shape and np.allclose(one.fids, other.fids, rtol=1e-6))


def names_of(signal: Signal) -> Dataset:
    """Return what a signal's own header says about its patient, as a data set for the search of what was written."""
    found = Dataset()
    info = signal.info
    texts = {
        "PatientName": info.patient_name,
        "PatientID": info.patient_id,
        "PatientBirthDate": info.patient_birth_date,
        "StudyDate": info.study_date,
        "AccessionNumber": info.accession_number,
        "StudyInstanceUID": info.study_instance_uid or None,
    }
    for keyword, text in texts.items():
        if text:
            setattr(found, keyword, text)
    return found
