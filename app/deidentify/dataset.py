"""A DICOM data set without its patient: only what is on the list goes over, at every depth.

The list is this module's reading of PS3.15 table E.1-1 (basic profile) for MR images and MR spectroscopy, turned
around: instead of removing what is known to identify, it keeps what is known not to. Private elements, free texts,
names, addresses and everything about the visit stay behind; UIDs are replaced; moments are emptied or, where the
standard wants one, replaced by a dummy.
"""

from __future__ import annotations

from typing import Final

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from app.deidentify.descriptors import cleaned
from app.deidentify.pseudonyms import Pseudonyms
from app.dicom.codes import Code, code_item

METHOD: Final = "PS3.15 basic profile by allow-list, clean descriptors (Discern)"
_METHODS: Final = (
    Code("113100", "DCM", "Basic Application Confidentiality Profile"),
    Code("113105", "DCM", "Clean Descriptors Option"),
)
"""PS3.16 CID 7050."""
_DUMMY_MOMENT: Final = "19000101000000"

_NUMBERS_AND_CODES: Final = frozenset(
    {"AT", "CS", "DS", "FD", "FL", "IS", "OB", "OD", "OF", "OL", "OW", "SL", "SS", "SV", "UL", "US", "UV"}
)
"""Value representations that hold numbers, coded strings of fixed vocabularies, or samples."""
_GROUPS: Final = frozenset({0x0018, 0x0020, 0x0028, 0x5200, 0x5600, 0x7FE0})
"""Acquisition, relationship, image presentation, functional groups, spectra, pixels."""
_TEXTS: Final = frozenset({"SequenceName", "PulseSequenceName", "ResonantNucleus", "ImagedNucleus", "SoftwareVersions"})
_REPLACED: Final = {
    "ContentDate": "19000101", "ContentTime": "000000", "DeviceSerialNumber": "REMOVED", "ReceiveCoilName": "REMOVED",
    "TransmitCoilName": "REMOVED",
}  # fmt: skip
"""What an object of its kind must give a value for."""
_DESCRIPTIONS: Final = frozenset({"SeriesDescription", "ProtocolName"})
_LISTED: Final = frozenset(
    {
        "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "Modality", "Manufacturer",
        "ManufacturerModelName", "VolumetricProperties", "VolumeBasedCalculationTechnique",
        "ComplexImageComponent", "AcquisitionContrast", "AnatomicRegionSequence", "CodeValue",
        "CodingSchemeDesignator", "CodeMeaning", "PurposeOfReferenceCodeSequence", "ReferencedImageSequence",
        "ReferencedInstanceSequence", "ReferencedImageEvidenceSequence", "SourceImageEvidenceSequence",
        "ReferencedSeriesSequence", "ReferencedSOPSequence", "ReferencedSOPClassUID", "ReferencedSOPInstanceUID",
        "SourceImageSequence", "FrameType", "AcquisitionDateTime",
    }
)  # fmt: skip
_EMPTIED: Final = (
    "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "PatientBirthDate", "PatientSex", "StudyID",
)  # fmt: skip
"""Type 2 attributes of every object: they must be there, and are empty."""
_EMPTIED_TEXTS: Final = frozenset({"AE", "AS", "DA", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT"})
_STANDARD_SCHEMES: Final = frozenset({"SCT", "SRT", "DCM", "UCUM", "RADLEX"})


def deidentified(dataset: Dataset, pseudonyms: Pseudonyms) -> Dataset:
    """Return a copy of an MR image or spectroscopy object that names nobody; the original is left as it is."""
    copy = _kept(dataset, pseudonyms)
    for keyword in _EMPTIED:
        setattr(copy, keyword, "")
    if "AcquisitionContextSequence" in dataset:
        copy.AcquisitionContextSequence = []
    anonymous = pseudonyms.patient(str(dataset.get("PatientID") or dataset.get("PatientName") or ""))
    copy.PatientName, copy.PatientID = f"{anonymous}^", anonymous
    copy.PatientIdentityRemoved = "YES"
    copy.DeidentificationMethod = METHOD
    copy.DeidentificationMethodCodeSequence = [code_item(code) for code in _METHODS]
    copy.LongitudinalTemporalInformationModified = "REMOVED"
    return copy


def _kept(dataset: Dataset, pseudonyms: Pseudonyms) -> Dataset:
    copy = Dataset()
    for element in dataset:
        kept = None if element.tag.is_private else _element(element, pseudonyms)
        if kept is not None:
            copy.add(kept)
    return copy


def _element(element: DataElement, pseudonyms: Pseudonyms) -> DataElement | None:
    """Return what goes over of an element, None where nothing does."""
    keyword, group, vr = keyword_for_tag(element.tag), element.tag.group, element.VR
    if keyword in _DESCRIPTIONS:
        return DataElement(element.tag, vr, cleaned(str(element.value or "")))
    if keyword in _REPLACED:
        return DataElement(element.tag, vr, _REPLACED[keyword])
    if not (keyword in _LISTED or group in _GROUPS):
        return None
    if vr == "SQ":
        items = [_kept(item, pseudonyms) for item in element.value if _is_standard(item)]
        return DataElement(element.tag, vr, items)
    if vr == "UI":
        return DataElement(element.tag, vr, _uids(element, pseudonyms))
    if vr == "DT":
        return DataElement(element.tag, vr, _DUMMY_MOMENT if element.value else "")
    if keyword in _LISTED or keyword in _TEXTS or vr in _NUMBERS_AND_CODES:
        return DataElement(element.tag, vr, element.value)
    # A text is emptied and not taken out, because many must be there.
    return DataElement(element.tag, vr, "") if vr in _EMPTIED_TEXTS else None


def _uids(element: DataElement, pseudonyms: Pseudonyms) -> str | list[str]:
    if not element.value:
        return ""
    if element.VM > 1:
        return [pseudonyms.uid(str(value)) for value in element.value]
    return pseudonyms.uid(str(element.value))


def _is_standard(item: Dataset) -> bool:
    """Whether an item is none of a private coding scheme, whose meanings are free text."""
    scheme = item.get("CodingSchemeDesignator")
    return scheme is None or str(scheme) in _STANDARD_SCHEMES
