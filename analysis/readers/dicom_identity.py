"""Who and what a DICOM spectroscopy object is: the part of its record that is read alike whatever its class."""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset

from analysis.readers.dicom_header import integer_of, study_info, text_of, uid_of
from analysis.readers.records import Signal

_IN_ORDER = ("SeriesNumber", "AcquisitionNumber", "InstanceNumber")


def identified(signal: Signal, dataset: Dataset) -> Signal:
    """Return a signal with its study, its UIDs, its names and its place in the order of acquisition.

    A protocol name that the signal brings stands where the header's own is missing.
    """
    return replace(
        signal,
        info=study_info(dataset),
        sop_instance_uid=uid_of(dataset, "SOPInstanceUID"),
        series_instance_uid=uid_of(dataset, "SeriesInstanceUID"),
        frame_of_reference_uid=uid_of(dataset, "FrameOfReferenceUID"),
        description=text_of(dataset, "SeriesDescription"),
        protocol=text_of(dataset, "ProtocolName") or signal.protocol,
        order=tuple(integer_of(dataset, key) or 0 for key in _IN_ORDER),
    )
