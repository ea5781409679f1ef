"""Key images as Secondary Capture (PS3.3 section A.8.1): one for each voxel that an image shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from app.dicom import codes
from app.dicom.codes import Code, code_item
from app.dicom.cut_slices import CutSlice
from app.dicom.derived import KEY_IMAGES, Export, NamedObject, add_header, empty_object, named, reference
from app.dicom.findings import Finding
from app.dicom.key_picture import key_picture
from app.dicom.write_measurements import signals

_SOURCE = Code("121322", "DCM", "Source image for image processing operation")


def key_images(export: Export, findings: Sequence[Finding], slices: Sequence[CutSlice]) -> tuple[NamedObject, ...]:
    """Return the pictures of the voxels, in their order."""
    made = []
    for finding in findings:
        pixels = key_picture(export.study, findings, finding, export.statement)
        if pixels is not None:
            made.append(_image(export, finding, pixels, slices))
    return tuple(made)


def _image(export: Export, finding: Finding, pixels: NDArray[np.uint8], slices: Sequence[CutSlice]) -> NamedObject:
    dataset = empty_object(SecondaryCaptureImageStorage, export.uid("key image", finding.number))
    add_header(dataset, export, KEY_IMAGES, finding.number)
    dataset.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    dataset.ConversionType = "WSD"
    dataset.PatientOrientation = ""  # several planes in one picture, each with its sides
    dataset.BurnedInAnnotation = "NO"  # of who the patient is: there is none
    dataset.DerivationDescription = f"Voxel {finding.label} over the images"[:1024]
    dataset.ImageComments = f"{finding.label}: {finding.summary}. {export.statement}"
    dataset.SourceImageSequence = [_source(one) for one in _nearest(finding, slices)]
    dataset.ReferencedInstanceSequence = [_purpose(header) for header in signals(export, [finding])]
    site = codes.disc(finding.label)
    if site is not None:
        dataset.AnatomicRegionSequence = [code_item(site)]
    rows, columns, samples = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = samples, "RGB", 0
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OB"
    return named(f"key-image-{finding.number}.dcm", dataset)


def _nearest(finding: Finding, slices: Sequence[CutSlice]) -> list[CutSlice]:
    return [one for one in slices if any(cut.finding is finding and cut.is_nearest for cut in one.cuts)]


def _source(one: CutSlice) -> Dataset:
    item = reference(one.header)
    if one.frame is not None:
        item.ReferencedFrameNumber = one.frame
    item.PurposeOfReferenceCodeSequence = [code_item(_SOURCE)]
    return item


def _purpose(header: Dataset) -> Dataset:
    item = reference(header)
    item.PurposeOfReferenceCodeSequence = [code_item(codes.SOURCE_OF_MEASUREMENT)]
    return item
