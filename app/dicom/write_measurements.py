"""The numbers of a report as a Comprehensive 3D SR after TID 1500 (PS3.16), one measurement group for each voxel."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from highdicom.sr import (
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as standard
from pydicom.uid import UID, MRSpectroscopyStorage

from app.dicom import codes
from app.dicom.codes import own_scheme_item
from app.dicom.derived import MANUFACTURER, MEASUREMENTS, Export, NamedObject, add_header, named
from app.dicom.findings import Finding
from app.dicom.header import datetime_of
from app.dicom.sr_group import concept, group, take_out_noughts
from app.dicom.uids import derived_uid

_NO_ORGANISATION = "not stated"


def measurements(export: Export, findings: Sequence[Finding], images: Sequence[Dataset]) -> NamedObject:
    """Return the document.

    Parameters
    ----------
    images : headers of the images that show the voxels, to stand beside the signals as evidence
    """
    evidence = [*signals(export, findings), *images]
    report = MeasurementReport(
        observation_context=_observers(export),
        procedure_reported=concept(codes.MR_SPECTROSCOPY),
        imaging_measurements=[group(export, finding) for finding in findings],
        title=standard.DCM.ImagingMeasurementReport,
    )
    report[0].ContentSequence.extend(_statements(export))
    dataset = Comprehensive3DSR(
        evidence=[_as_standard(header) for header in evidence],
        content=report[0],
        series_instance_uid=export.uid("series", MEASUREMENTS.role),
        series_number=MEASUREMENTS.number,
        sop_instance_uid=export.uid("measurements"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=export.report.verifier is not None,
        is_verified=False,
        record_evidence=True,
    )
    add_header(dataset, export, MEASUREMENTS, 1)
    dataset.CodingSchemeIdentificationSequence = [own_scheme_item()]
    take_out_noughts(dataset)
    _restore_classes(dataset, evidence)
    _verify(dataset, export)
    return named("measurements.dcm", dataset)


def signals(export: Export, findings: Sequence[Finding]) -> list[Dataset]:
    """Return the headers of the objects that the voxels were measured from, each once."""
    found = (export.headers.of_file(sha256) for finding in findings for sha256 in finding.files)
    return list({str(header.SOPInstanceUID): header for header in found if header is not None}.values())


def _as_standard(header: Dataset) -> Dataset:
    """Return a header that highdicom knows the modules of: Siemens' own class of spectra passes for DICOM's."""
    if not UID(str(header.SOPClassUID)).is_private:
        return header
    standing_in = copy.deepcopy(header)  # a shallow one shares its elements
    standing_in.SOPClassUID = MRSpectroscopyStorage
    return standing_in


def _restore_classes(dataset: Dataset, evidence: Sequence[Dataset]) -> None:
    """Name the classes of the evidence as they are."""
    classes = {header.SOPInstanceUID: header.SOPClassUID for header in evidence}
    for study in dataset.get("CurrentRequestedProcedureEvidenceSequence", ()):
        for series in study.ReferencedSeriesSequence:
            for instance in series.ReferencedSOPSequence:
                instance.ReferencedSOPClassUID = classes[instance.ReferencedSOPInstanceUID]


def _observers(export: Export) -> ObservationContext:
    """Return who observed: the program always, a person only where one has signed."""
    device = ObserverContext(
        observer_type=standard.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=derived_uid("device", MANUFACTURER, export.software),
            name=MANUFACTURER,
            manufacturer_name=MANUFACTURER,
            model_name=f"{MANUFACTURER} {export.software}",
        ),
    )
    person = None
    if export.report.verifier is not None:
        person = ObserverContext(
            observer_type=standard.DCM.Person,
            observer_identifying_attributes=PersonObserverIdentifyingAttributes(
                name=person_name(export.report.verifier)
            ),
        )
    return ObservationContext(observer_person_context=person, observer_device_context=device)


def person_name(name: str) -> str:
    """Return a certificate's name as a DICOM name, whole: which part is the family's cannot be told."""
    return f"{name.replace('^', ' ').replace('=', ' ').replace(chr(92), ' ')[:63]}^"


def _statements(export: Export) -> list[TextContentItem]:
    """Return what the report says of the exam as a whole; TID 1500 may be extended by comments."""
    exam = export.report.results["exam"]
    sentences = [
        export.statement,
        f"{exam['evaluable']} of {len(export.report.results['voxels'])} voxels are evaluable.",
    ]
    if exam["withheld"]:
        sentences.append(f"The comparison is withheld. {exam['withheld']}")
    return [TextContentItem(concept(codes.COMMENT), text, RelationshipTypeValues.CONTAINS) for text in sentences]


def _verify(dataset: Dataset, export: Export) -> None:
    """Name who vouches for the document, where somebody has read and signed the report it comes from."""
    if export.report.verifier is None:
        return
    dataset.VerificationFlag = "VERIFIED"
    observer = Dataset()
    observer.VerifyingObserverName = person_name(export.report.verifier)
    observer.VerifyingOrganization = _NO_ORGANISATION
    observer.VerificationDateTime = datetime_of(export.at)
    observer.VerifyingObserverIdentificationCodeSequence = []
    dataset.VerifyingObserverSequence = [observer]
