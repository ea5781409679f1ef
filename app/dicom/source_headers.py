"""The headers of the objects that a study was read from: who the patient is, and what derived objects refer to."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping
from dataclasses import dataclass

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from analysis.readers.guard import quiet
from analysis.types import SourceFile, Study
from app.dicom.errors import ExportProblem
from app.store import files_of
from app.store.source_files import chunks_of

_SPECTRUM, _PIXELS = 0x56000020, 0x7FE00010
UTF8 = "ISO_IR 192"

_PATIENT = (
    "PatientName", "PatientID", "IssuerOfPatientID", "TypeOfPatientID", "IssuerOfPatientIDQualifiersSequence",
    "PatientBirthDate", "PatientBirthTime", "PatientSex", "OtherPatientIDsSequence", "OtherPatientNames",
    "EthnicGroup", "PatientComments", "QualityControlSubject", "PatientSpeciesDescription",
    "PatientSpeciesCodeSequence", "PatientBreedDescription", "PatientBreedCodeSequence",
    "BreedRegistrationSequence", "ResponsiblePerson", "ResponsiblePersonRole", "ResponsibleOrganization",
    "PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence",
)  # fmt: skip
"""The Patient module (PS3.3 C.7.1.1)."""
_STUDY = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
    "IssuerOfAccessionNumberSequence", "StudyDescription", "PhysiciansOfRecord", "ProcedureCodeSequence",
    "PatientAge", "PatientSize", "PatientWeight", "AdmissionID", "TimezoneOffsetFromUTC",
)  # fmt: skip
"""The General Study and Patient Study modules (PS3.3 C.7.2.1, C.7.2.2); the time zone of the other dates with them."""
_NAMES = ("PatientName", "ReferringPhysicianName", "OperatorsName", "PerformingPhysicianName", "PhysiciansOfRecord")
_MAY_BE_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber",
)  # fmt: skip
"""Type 2: must be there, empty where the source says nothing."""


@dataclass(frozen=True, eq=False)
class SourceHeaders:
    """The headers of a study's DICOM files.

    Attributes
    ----------
    patient : patient and study as the first of them says
    by_uid : header by SOP Instance UID, without the names of people
    by_sha256 : SOP Instance UID by the hash of the file
    """

    patient: Dataset
    by_uid: Mapping[str, Dataset]
    by_sha256: Mapping[str, str]

    @property
    def first(self) -> Dataset:
        """The first of them."""
        return next(iter(self.by_uid.values()))

    def of_file(self, sha256: str) -> Dataset | None:
        """Return the header of a file, None where it is no DICOM."""
        uid = self.by_sha256.get(sha256)
        return self.by_uid[uid] if uid is not None else None


def read_headers(study: Study) -> SourceHeaders:
    """Read the headers of all DICOM files of a study, spectroscopy first.

    Raises
    ------
    ExportProblem
        If a file is gone or damaged, or the study holds no DICOM at all.
    """
    ordered = sorted(files_of(study), key=lambda source: source.role == "image")
    by_uid: dict[str, Dataset] = {}
    by_sha256: dict[str, str] = {}
    for source in ordered:
        if source.sop_instance_uid is not None:
            by_sha256[source.sha256] = source.sop_instance_uid
            if source.sop_instance_uid not in by_uid:
                by_uid[source.sop_instance_uid] = _header(source)
    if not by_uid:
        raise ExportProblem(
            "This study was not read from DICOM files, so there is no archived study to add objects to."
        )
    patient = patient_and_study(next(iter(by_uid.values())))
    for header in by_uid.values():
        leave_out_names(header)
    return SourceHeaders(patient, by_uid, by_sha256)


def leave_out_names(header: Dataset) -> None:
    """Empty the names of people in a header that highdicom is given: it repeats odd ones in its warnings."""
    for keyword in _NAMES:
        if keyword in header:
            setattr(header, keyword, "")


def _header(source: SourceFile) -> Dataset:
    try:
        content = io.BytesIO(b"".join(chunks_of(source.path)))
        with quiet():  # pydicom counts the bytes of a name where the standard counts its characters
            header = _decoded(content)
    except (OSError, KeyError, InvalidDicomError, ValueError, AttributeError, TypeError) as error:
        raise ExportProblem(
            "A file of the study can no longer be read as it was; open the study again from where its files lie now."
        ) from error
    for keyword in _MAY_BE_EMPTY:
        if keyword not in header:
            setattr(header, keyword, "")
    header.SpecificCharacterSet = UTF8  # all texts are decoded; whatever is written from them is UTF-8
    return header


def _decoded(content: io.BytesIO) -> Dataset:
    """Return a header without its signal, its texts decoded."""
    header = pydicom.dcmread(content, stop_before_pixels=True)
    header.remove_private_tags()
    for tag in (_SPECTRUM, _PIXELS):
        if tag in header:
            del header[tag]
    header.decode()
    return header


def patient_and_study(header: Dataset) -> Dataset:
    """Return patient and study as a source says them, every text as it reads, encoded as UTF-8."""
    copied = Dataset()
    copied.SpecificCharacterSet = UTF8
    for keyword in (*_PATIENT, *_STUDY):
        if keyword in header:
            copied[keyword] = copy.deepcopy(header[keyword])
    return copied
