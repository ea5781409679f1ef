"""What all objects made from a report share: patient and study of the sources, series of their own, and the writer."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from pydicom.dataset import Dataset
from pydicom.uid import UID

from analysis.types import Study
from app.dicom.header import date_of, datetime_of, save, time_of
from app.dicom.signed_report import SignedReport
from app.dicom.source_headers import UTF8, SourceHeaders
from app.dicom.uids import derived_uid
from app.version import version

MANUFACTURER = "Discern"
RESEARCH = "Research software, not for clinical decisions."
SIMULATED = "Simulated data: no patient was measured."


@dataclass(frozen=True)
class SeriesKind:
    """One of the series that a report's objects make.

    Attributes
    ----------
    role : tells the series apart and never changes
    of_images : whether it shows pictures, so that the part of the body or a side must stand there
    """

    role: str
    modality: str
    number: int
    description: str
    of_images: bool = False


DOCUMENTS = SeriesKind("document", "DOC", 9001, "Discern report")
MEASUREMENTS = SeriesKind("measurements", "SR", 9002, "Discern measurements")
KEY_IMAGES = SeriesKind("key images", "OT", 9003, "Discern key images", of_images=True)
OUTLINES = SeriesKind("outlines", "PR", 9004, "Discern voxel outlines", of_images=True)
KEY_OBJECTS = SeriesKind("key objects", "KO", 9005, "Discern key objects")


@dataclass(frozen=True, eq=False)
class Export:
    """What there is to export: a report, the study it was read from, and the headers of the study's files."""

    study: Study
    report: SignedReport
    headers: SourceHeaders
    software: str = field(default_factory=version)

    def uid(self, *role: str | int) -> UID:
        """Return the UID of one object: the same for the same report, another one for another version of Discern."""
        return derived_uid(self.report.sha256, self.software, *role)

    @property
    def at(self) -> datetime:
        """When the report was signed, on the clock that the sources' dates follow."""
        offset = str(self.headers.patient.get("TimezoneOffsetFromUTC", "") or "")
        if len(offset) != 5 or not offset[1:].isdigit():
            return self.report.at
        minutes = int(offset[1:3]) * 60 + int(offset[3:])
        return self.report.at.astimezone(timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes)))

    @property
    def statement(self) -> str:
        """What every object says of its content."""
        return f"{SIMULATED} {RESEARCH}" if self.study.info.simulated else RESEARCH


@dataclass(frozen=True)
class NamedObject:
    """One object for the archive: a file name that says nothing of the patient, and a whole DICOM file."""

    name: str
    sop_class_uid: str
    sop_instance_uid: str
    data: bytes = field(repr=False)


def empty_object(sop_class: UID, sop_instance_uid: UID) -> Dataset:
    """Return a data set that is nothing but of its class."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, sop_instance_uid
    return dataset


def add_header(dataset: Dataset, export: Export, kind: SeriesKind, number: int) -> None:
    """Give an object its patient, study, series, equipment and times, over whatever stands there."""
    dataset.update(export.headers.patient)
    dataset.SpecificCharacterSet = UTF8
    at = export.at
    dataset.Modality = kind.modality
    dataset.SeriesInstanceUID = export.uid("series", kind.role)
    dataset.SeriesNumber = kind.number
    simulated = " (simulated data)" if export.study.info.simulated else ""
    dataset.SeriesDescription = f"{kind.description}{simulated}"
    dataset.InstanceNumber = number
    if kind.of_images and export.headers.first.get("BodyPartExamined"):
        dataset.BodyPartExamined = export.headers.first.BodyPartExamined
    elif kind.of_images:
        dataset.Laterality = ""
    for name in ("Series", "InstanceCreation") if kind is OUTLINES else ("Series", "InstanceCreation", "Content"):
        setattr(dataset, f"{name}Date", date_of(at))
        setattr(dataset, f"{name}Time", time_of(at))
    for item in dataset.get("ContributingEquipmentSequence", ()):
        item.ContributionDateTime = datetime_of(at)
    dataset.InstanceCreatorUID = derived_uid("creator", MANUFACTURER)
    dataset.Manufacturer = dataset.ManufacturerModelName = MANUFACTURER
    dataset.SoftwareVersions = export.software
    dataset.DeviceSerialNumber = "none"


def named(name: str, dataset: Dataset) -> NamedObject:
    """Return an object as a DICOM file in memory."""
    buffer = io.BytesIO()
    save(dataset, buffer)
    return NamedObject(name, str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), buffer.getvalue())


def reference(header: Dataset) -> Dataset:
    """Return a reference to an instance (PS3.3 section 10.8)."""
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return item


def by_series(headers: Mapping[str, Dataset]) -> dict[str, list[Dataset]]:
    """Return headers by the series they belong to."""
    found: dict[str, list[Dataset]] = {}
    for header in headers.values():
        found.setdefault(str(header.SeriesInstanceUID), []).append(header)
    return found
