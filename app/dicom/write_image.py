"""Write a stack of slices as a series of classic MR images (PS3.3 section A.4)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from app.dicom.header import base_dataset, date_of, decimal, decimals, save, time_of
from app.dicom.records import ImageStack, StudyHeader

_SQUARE = 1e-6
"""How far the cosine between the axes of a stack may be from zero."""


def write_images(folder: Path, study: StudyHeader, stack: ImageStack) -> tuple[Path, ...]:
    """Write one file per slice, ``0001.dcm`` and on, into a folder that is made where it is missing.

    Raises
    ------
    ValueError
        If the affine is sheared, a pixel does not fit into 16 bits, or there is not one UID for each slice.
    """
    _check(stack)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index in range(len(stack.pixels)):
        path = folder / f"{index + 1:04d}.dcm"
        save(image_dataset(study, stack, index), path)
        paths.append(path)
    return tuple(paths)


def _check(stack: ImageStack) -> None:
    axes = stack.affine[:3, :3] / np.linalg.norm(stack.affine[:3, :3], axis=0)
    if np.abs(axes.T @ axes - np.eye(3)).max() > _SQUARE:
        raise ValueError("a stack of classic MR images needs perpendicular axes; this affine is sheared")
    if stack.pixels.min() < 0 or stack.pixels.max() > 65535:
        raise ValueError("stored values must lie between 0 and 65535")
    if len(stack.sop_instance_uids) != len(stack.pixels):
        raise ValueError("every slice needs one SOP Instance UID")


def image_dataset(study: StudyHeader, stack: ImageStack, index: int) -> Dataset:
    """Return one slice as a data set."""
    dataset = base_dataset(study, stack.series, MRImageStorage, stack.sop_instance_uids[index])
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "OTHER", stack.kind]
    dataset.InstanceNumber = index + 1
    dataset.AcquisitionNumber = 1
    dataset.AcquisitionDate, dataset.AcquisitionTime = date_of(stack.series.started), time_of(stack.series.started)
    _add_acquisition(dataset)
    _add_plane(dataset, stack, index)
    _add_pixels(dataset, stack, index)
    return dataset


def _add_acquisition(dataset: Dataset) -> None:
    """Add the MR Image module (C.8.3.1); what was never chosen, because nothing was measured, stays empty."""
    dataset.ScanningSequence = "SE"
    dataset.SequenceVariant = "SK"
    dataset.ScanOptions = ""
    dataset.MRAcquisitionType = "2D"
    dataset.RepetitionTime = ""
    dataset.EchoTime = ""
    dataset.EchoTrainLength = ""


def _add_plane(dataset: Dataset, stack: ImageStack, index: int) -> None:
    column_step, row_step, slice_step = (stack.affine[:3, axis] for axis in range(3))
    across, down, apart = (float(np.linalg.norm(step)) for step in (column_step, row_step, slice_step))
    dataset.PixelSpacing = decimals((down, across))  # distance between rows first (C.7.6.2, 10.7.1.3)
    dataset.ImageOrientationPatient = decimals(np.concatenate([column_step / across, row_step / down]))
    dataset.ImagePositionPatient = decimals(stack.affine[:3, 3] + index * slice_step)
    dataset.SliceThickness = decimal(stack.slice_thickness_mm)
    dataset.SpacingBetweenSlices = decimal(apart)


def _add_pixels(dataset: Dataset, stack: ImageStack, index: int) -> None:
    bits = 12 if stack.pixels.max() < 4096 else 16
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = stack.pixels.shape[1:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, bits, bits - 1, 0
    dataset.WindowCenter, dataset.WindowWidth = decimals(stack.window)
    dataset.PixelData = stack.pixels[index].astype("<u2").tobytes()
