"""Which source slices the voxels cut, and where, in the pixels of the stored image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from analysis.geometry import nearest_slice, to_pixels, voxel_outline_pixels
from analysis.types import FloatArray, Volume
from app.dicom.derived import Export
from app.dicom.findings import Finding

_SAME_SLICE = 0.1
"""A frame belongs to a slice where it lies within a tenth of the distance between slices."""


@dataclass(frozen=True, eq=False)
class Cut:
    """Where one voxel cuts one slice.

    Attributes
    ----------
    polygon : (n, 2) ``(column, row)``, whole numbers at pixel centres
    is_nearest : whether this slice is the one nearest to the voxel's centre
    """

    finding: Finding
    polygon: FloatArray
    is_nearest: bool


@dataclass(frozen=True, eq=False)
class CutSlice:
    """A stored slice that is cut: the header of its object, and the frame's number where it holds several."""

    header: Dataset
    frame: int | None
    cuts: tuple[Cut, ...]


def cut_slices(export: Export, findings: Sequence[Finding]) -> Iterator[CutSlice]:
    """Yield every slice of the study that a voxel in the same frame of reference cuts, volume by volume."""
    for volume in export.study.volumes:
        inside = [f for f in findings if f.voxel is not None and _shares_frame(export, f, volume)]
        stored = _stored_slices(export, volume)
        for index in range(len(volume.pixels)):
            cuts = tuple(_cuts(volume, index, inside))
            if cuts and index in stored:
                header, frame = stored[index]
                yield CutSlice(header, frame, cuts)


def _cuts(volume: Volume, index: int, findings: Sequence[Finding]) -> Iterator[Cut]:
    for finding in findings:
        assert finding.voxel is not None
        polygon = voxel_outline_pixels(finding.voxel, volume, index)
        if len(polygon):
            nearest = nearest_slice(volume, np.asarray(finding.voxel.centre_mm))
            yield Cut(finding, polygon, nearest == index)


def frame_of_reference(export: Export, finding: Finding) -> str | None:
    """Return the frame of reference that a voxel was measured in, None where no file says it."""
    for sha256 in finding.files:
        header = export.headers.of_file(sha256)
        if header is not None and header.get("FrameOfReferenceUID"):
            return str(header.FrameOfReferenceUID)
    return None


def _shares_frame(export: Export, finding: Finding, volume: Volume) -> bool:
    mine, theirs = frame_of_reference(export, finding), volume.frame_of_reference_uid
    return mine is not None and mine == theirs


def _stored_slices(export: Export, volume: Volume) -> dict[int, tuple[Dataset, int | None]]:
    """Return for each slice of a volume the object that holds it, and the frame's number."""
    found: dict[int, tuple[Dataset, int | None]] = {}
    for source in volume.sources:
        header = export.headers.by_uid.get(source.sop_instance_uid or "")
        if header is None:
            continue
        for frame, position in _positions(header):
            place = float(to_pixels(volume, np.asarray(position))[0, 2])
            index = round(place)
            if 0 <= index < len(volume.pixels) and abs(place - index) < _SAME_SLICE:
                found.setdefault(index, (header, frame))
    return found


def _positions(header: Dataset) -> Iterator[tuple[int | None, list[float]]]:
    """Yield the position of every frame, numbered from 1; a classic image has one without a number."""
    if "ImagePositionPatient" in header:
        yield None, [float(value) for value in header.ImagePositionPatient]
    for number, groups in enumerate(header.get("PerFrameFunctionalGroupsSequence", ()), start=1):
        planes = groups.get("PlanePositionSequence")
        if planes:
            yield number, [float(value) for value in planes[0].ImagePositionPatient]
