"""One DICOM object: read, copied without its patient, and written where nothing in it can show who it was."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, MRSpectroscopyStorage

from analysis.errors import UnreadableFile
from analysis.readers.dicom_header import study_info, texts_of
from app.deidentify.dataset import deidentified
from app.deidentify.pseudonyms import Pseudonyms
from app.dicom.header import IMPLEMENTATION_VERSION
from app.dicom.uids import IMPLEMENTATION_CLASS_UID

SOP_CLASSES = frozenset({MRImageStorage, EnhancedMRImageStorage, MRSpectroscopyStorage})
_DRAWN = ("SCREEN SAVE", "REPORT", "PHOENIX")
"""Words of Image Type by which makers mark pictures that may hold text instead of anatomy."""


def copy_object(dataset: Dataset, pseudonyms: Pseudonyms) -> Dataset:
    """Return an object's copy without its patient, ready to be written.

    Raises
    ------
    UnreadableFile
        If it is of a kind that cannot be cleaned by its header, or its picture may hold written text.
    """
    if dataset.get("SOPClassUID") not in SOP_CLASSES:
        raise UnreadableFile("only MR images and MR spectroscopy are copied; this object may name the patient anywhere")
    kinds = " ".join(texts_of(dataset, "ImageType")).upper()
    if dataset.get("BurnedInAnnotation") == "YES" or any(word in kinds for word in _DRAWN):
        raise UnreadableFile("its picture holds burnt-in text, which may name the patient")
    copy = deidentified(dataset, pseudonyms)
    if study_info(dataset).simulated:
        # A simulated patient is nobody, and simulated data stays recognisable as such.
        copy.PatientName, copy.QualityControlSubject = dataset.PatientName, "YES"
    return copy


def read_whole(path: Path) -> Dataset:
    """Read a DICOM file with its pixels."""
    return pydicom.dcmread(path, force=True)


def write_object(copy: Dataset, path: Path, transfer_syntax: str | None) -> None:
    """Write a copy with file meta information of its own and an empty preamble."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = copy.SOPClassUID
    meta.MediaStorageSOPInstanceUID = copy.SOPInstanceUID
    meta.TransferSyntaxUID = UID(transfer_syntax or ExplicitVRLittleEndian)
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    path.parent.mkdir(parents=True, exist_ok=True)
    FileDataset(str(path), copy, preamble=b"\0" * 128, file_meta=meta).save_as(path, enforce_file_format=True)
