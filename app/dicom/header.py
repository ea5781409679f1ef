"""What all objects of a study share: patient, study, series, frame of reference, equipment and the file around it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from app.dicom.records import SeriesHeader, StudyHeader
from app.dicom.uids import IMPLEMENTATION_CLASS_UID

IMPLEMENTATION_VERSION = "DISCERN"
"""Without a number: the software version stands in the data set, and at most 16 characters are allowed here."""


def base_dataset(study: StudyHeader, series: SeriesHeader, sop_class: UID, sop_instance_uid: str) -> Dataset:
    """Return an MR object that holds everything but its own modules (PS3.3 sections C.7 and C.12.1)."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = sop_instance_uid
    _add_patient_and_study(dataset, study)
    _add_series(dataset, study, series)
    return dataset


def _add_patient_and_study(dataset: Dataset, study: StudyHeader) -> None:
    dataset.PatientName = study.patient_name
    dataset.PatientID = study.patient_id
    dataset.PatientBirthDate = study.patient_birth_date
    dataset.PatientSex = study.patient_sex
    dataset.QualityControlSubject = "YES" if study.quality_control else "NO"
    dataset.StudyInstanceUID = study.study_instance_uid
    dataset.StudyDate, dataset.StudyTime = date_of(study.started), time_of(study.started)
    dataset.StudyID = study.study_id
    dataset.StudyDescription = study.description
    dataset.AccessionNumber = study.accession_number
    dataset.ReferringPhysicianName = ""


def _add_series(dataset: Dataset, study: StudyHeader, series: SeriesHeader) -> None:
    dataset.Modality = "MR"
    dataset.SeriesInstanceUID = series.series_instance_uid
    dataset.SeriesNumber = series.number
    dataset.SeriesDescription = series.description
    dataset.SeriesDate, dataset.SeriesTime = date_of(series.started), time_of(series.started)
    dataset.ContentDate, dataset.ContentTime = date_of(series.started), time_of(series.started)
    dataset.BodyPartExamined = study.body_part
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = study.frame_of_reference_uid
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer = study.manufacturer
    dataset.ManufacturerModelName = study.model
    dataset.DeviceSerialNumber = study.device_serial_number
    dataset.SoftwareVersions = study.software_version
    dataset.MagneticFieldStrength = decimal(study.field_strength_t)
    if study.comments:
        dataset.ImageComments = study.comments


def save(dataset: Dataset, target: Path | BinaryIO) -> None:
    """Write a data set as a DICOM file; the same data set always gives the same bytes."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    name = str(target) if isinstance(target, Path) else ""
    file = FileDataset(name, dataset, preamble=b"\0" * 128, file_meta=meta)
    file.save_as(target, enforce_file_format=True)


def decimal(value: float) -> str:
    """Format a number for a decimal string (at most 16 characters), as exactly as that allows."""
    return format_number_as_ds(float(value))


def decimals(values: np.ndarray | tuple[float, ...]) -> list[str]:
    """Format several numbers for a decimal string."""
    return [decimal(float(value)) for value in values]


def date_of(moment: datetime) -> str:
    """Format a moment as a DICOM date."""
    return moment.strftime("%Y%m%d")


def time_of(moment: datetime) -> str:
    """Format a moment as a DICOM time, to the microsecond."""
    return moment.strftime("%H%M%S.%f")


def datetime_of(moment: datetime) -> str:
    """Format a moment as a DICOM date-time without a time zone, like the dates and times beside it."""
    return date_of(moment) + time_of(moment)
