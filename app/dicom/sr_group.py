"""One voxel in the measurement report: a measurement group (PS3.16 TID 1411; TID 1501 where its place is unknown)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    CompositeContentItem,
    ContentSequence,
    FindingSite,
    GraphicTypeValues3D,
    Measurement,
    MeasurementProperties,
    MeasurementsAndQualitativeEvaluations,
    NumContentItem,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumeSurface,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.dataset import Dataset

from app.dicom import codes
from app.dicom.codes import Code, code_item
from app.dicom.cut_slices import frame_of_reference
from app.dicom.derived import Export
from app.dicom.findings import MEANS_90, Finding, Number, faces_mm
from app.dicom.uids import derived_uid

Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations
_LONGEST_PARAMETER = 1024


def concept(code: Code) -> CodedConcept:
    """Return a code as highdicom takes it."""
    return CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning[:64])


def group(export: Export, finding: Finding) -> Group:
    """Return the group of one voxel."""
    common: dict[str, Any] = {
        "tracking_identifier": tracking(export, finding),
        "finding_type": concept(codes.SPECTROSCOPY),
        "algorithm_id": algorithm(export),
        "finding_sites": [FindingSite(anatomic_location=concept(finding.site))],
        "measurements": [_measurement(number) for number in finding.numbers],
        "qualitative_evaluations": [QualitativeEvaluation(concept(w.name), concept(w.value)) for w in finding.words],
    }
    surface = _surface(export, finding)
    made: Group
    if surface is None:
        made = MeasurementsAndQualitativeEvaluations(**common)
    else:
        made = VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_volume_surface=surface, **common)
    content = made[0].ContentSequence
    content.extend(_sources(export, finding))
    content.extend(_text(sentence) for sentence in finding.comments)
    return made


def tracking(export: Export, finding: Finding) -> TrackingIdentifier:
    """Return what names the voxel: by its study, files and place, so that an amended report tracks the same voxel."""
    place = "" if finding.voxel is None else " ".join(f"{c:.2f}" for c in finding.voxel.centre_mm)
    uid = derived_uid(export.report.study_instance_uid, "voxel", *finding.files, place)
    return TrackingIdentifier(uid=uid, identifier=finding.label)


def algorithm(export: Export) -> AlgorithmIdentification:
    """Return which version, protocol and results the numbers come from."""
    software = export.report.results["software"]
    protocol = software["protocol"]
    parameters = (
        f"protocol: {protocol['id']}",
        f"protocol SHA-256: {protocol['sha256']}",
        f"report SHA-256: {export.report.sha256}",
        MEANS_90,
    )
    return AlgorithmIdentification("Discern", software["version"], parameters)


def _measurement(number: Number) -> Measurement:
    properties = None
    if number.value is not None and number.low is not None and number.high is not None:
        properties = MeasurementProperties(
            upper_measurement_uncertainty=_range(number.high - number.value),
            lower_measurement_uncertainty=_range(number.value - number.low),
        )
        for uncertainty in properties:  # highdicom says "no units", whatever the number's unit
            uncertainty.MeasuredValueSequence[0].MeasurementUnitsCodeSequence = [code_item(number.unit)]
    if number.value is None:
        return _without_value(number)
    measured = Measurement(concept(number.name), number.value, concept(number.unit), properties=properties)
    if number.sd is not None:
        deviation = NumContentItem(
            concept(codes.STANDARD_DEVIATION),
            number.sd,
            concept(number.unit),
            relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
        )
        item = measured[0]
        if "ContentSequence" not in item:
            item.ContentSequence = ContentSequence()
        item.ContentSequence.append(deviation)
    return measured


def _range(difference: float) -> float:
    """Return a range of uncertainty with the digits of the signed results."""
    return float(f"{max(difference, 0.0):.6g}")


def _without_value(number: Number) -> Measurement:
    """Return a measurement that says why it has no value; the nought that highdicom needs is taken out later."""
    return Measurement(concept(number.name), 0.0, concept(number.unit), qualifier=concept(number.why))


def take_out_noughts(item: Dataset) -> None:
    """Leave every number that says why it has none without a value (PS3.3 C.18.1), in a content tree."""
    if "NumericValueQualifierCodeSequence" in item:
        item.MeasuredValueSequence = []
    for child in item.get("ContentSequence", ()):
        take_out_noughts(child)


def _surface(export: Export, finding: Finding) -> VolumeSurface | None:
    """Return the voxel's box by its six faces, None where its place or its frame of reference is not known."""
    frame = frame_of_reference(export, finding)
    headers = list(_headers(export, finding))
    if finding.voxel is None or frame is None or not headers:
        return None
    return VolumeSurface(
        graphic_type=GraphicTypeValues3D.POLYGON,
        graphic_data=list(faces_mm(finding.voxel)),
        frame_of_reference_uid=frame,
        source_series=SourceSeriesForSegmentation(str(headers[0].SeriesInstanceUID)),
    )


def _sources(export: Export, finding: Finding) -> Iterator[CompositeContentItem]:
    """Yield the signals. As COMPOSITE: an IMAGE item may not name a spectrum, and DCMTK refuses such a document."""
    for header in _headers(export, finding):
        yield CompositeContentItem(
            name=concept(codes.SOURCE_OF_MEASUREMENT),
            referenced_sop_class_uid=header.SOPClassUID,
            referenced_sop_instance_uid=header.SOPInstanceUID,
            relationship_type=RelationshipTypeValues.CONTAINS,
        )


def _headers(export: Export, finding: Finding) -> Iterator[Dataset]:
    seen: set[str] = set()
    for sha256 in finding.files:
        header = export.headers.of_file(sha256)
        if header is not None and str(header.SOPInstanceUID) not in seen:
            seen.add(str(header.SOPInstanceUID))
            yield header


def _text(sentence: str) -> TextContentItem:
    return TextContentItem(concept(codes.COMMENT), sentence[:_LONGEST_PARAMETER], RelationshipTypeValues.CONTAINS)
