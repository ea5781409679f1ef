"""Find the voxel of a spectrum in a DICOM header: three slabs, Philips' angles, or the functional groups."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from analysis.readers.dicom_header import (
    FunctionalGroups,
    items_of,
    number_of,
    numbers_of,
    orientation_of,
    private_items,
    private_number,
    text_of,
)
from analysis.types import FloatArray, Voxel

_LARGEST_EDGE_MM, _FARTHEST_MM = 1000.0, 3000.0
"""No voxel is larger than a bore, or farther from the isocentre than a table reaches: design choices."""
NOT_CONFIRMED = "The maker places voxels in its own way, which no real file has confirmed, so the place is not used."
GRID_PLACE = "The grid is placed as the DICOM standard says; no real file confirmed it here."
_PHILIPS = "Philips MR Imaging DD 001"
_PHILIPS_VOLUME = 0x85
_PHILIPS_SIZES = (0x59, 0x57, 0x58)
"""Private elements (2005,xx59), (2005,xx57), (2005,xx58): edge lengths RL, AP, FH in mm."""
_PHILIPS_CENTRE = (0x5C, 0x5A, 0x5B)
_PHILIPS_ANGLES = (0x56, 0x54, 0x55)


def make_voxel(centre_mm: FloatArray, axes: FloatArray, size_mm: FloatArray) -> Voxel | None:
    """Return a voxel from a centre (3,), unit axes in rows (3, 3) and edges (3,), or None where they make no box.

    The axes are made exactly orthonormal; an error of more than about half a degree is refused.
    """
    values = np.concatenate([np.ravel(centre_mm), np.ravel(axes), np.ravel(size_mm)])
    if not np.isfinite(values).all() or (np.asarray(size_mm) <= 0).any():
        return None
    if np.max(size_mm) > _LARGEST_EDGE_MM or np.max(np.abs(centre_mm)) > _FARTHEST_MM:
        return None
    if np.abs(axes @ axes.T - np.eye(3)).max() > 0.01:
        return None
    left, _, right = np.linalg.svd(axes)  # the nearest orthonormal axes
    first, second, third = left @ right
    return Voxel(_triple(centre_mm), (_triple(first), _triple(second), _triple(third)), _triple(size_mm))


def _triple(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = np.asarray(values, dtype=np.float64) + 0.0  # turns -0.0 into 0.0
    return float(x), float(y), float(z)


def voxel_of(dataset: Dataset) -> Voxel | None:
    """Return the voxel of a single-voxel spectroscopy object, or None where the header does not place it.

    Notes
    -----
    The selected volume is where the slabs of the Volume Localization Sequence meet (PS3.3 C.8.14.1). Siemens writes
    three slabs with unit normals. Philips (R3.2) writes one item whose Slab Orientation holds three angles in degrees.
    """
    slabs = items_of(dataset, "VolumeLocalizationSequence")
    if len(slabs) == 3:
        return _from_slabs(slabs)
    if deviates(dataset):
        return None
    return _from_philips(dataset, slabs) or _from_functional_groups(dataset)


def deviates(dataset: Dataset) -> bool:
    """Whether the maker is known to place voxels otherwise than the standard says, in a way no real file confirmed.

    United Imaging scales directions by the pixel spacing and shifts positions by half a voxel (source: spec2nii).
    """
    return (text_of(dataset, "Manufacturer") or "").upper().startswith(("UIH", "UNITED IMAGING"))


def places_of(dataset: Dataset) -> list[FloatArray]:
    """Return the different places (Image Position (Patient), mm) that the frames of an object have."""
    groups = FunctionalGroups(dataset)
    planes = (groups.macro(frame, "PlanePositionSequence") for frame in range(len(groups)))
    places = (numbers_of(plane, "ImagePositionPatient", 3) for plane in planes)
    return list({tuple(place.round(1)): place for place in places if place is not None}.values())


def cell_voxel(dataset: Dataset, frame: int, row: int, column: int) -> tuple[Voxel | None, str]:
    """Return one voxel of a grid, or None, and a sentence about how far its place can be trusted.

    Notes
    -----
    Image Position (Patient) is the centre of the first voxel, rows and columns follow Image Orientation (Patient)
    (PS3.3 C.7.6.16.2.3 and C.7.6.2.1.1).
    """
    first = None if deviates(dataset) else _from_functional_groups(dataset, frame)
    if first is None:
        return None, NOT_CONFIRMED if deviates(dataset) else "The header does not say where the voxels of the grid lie."
    axes, edges = np.array(first.axes), np.array(first.size_mm)
    centre = np.array(first.centre_mm) + column * edges[0] * axes[0] + row * edges[1] * axes[1]
    return make_voxel(centre, axes, edges), GRID_PLACE


def _from_slabs(slabs: list[Dataset]) -> Voxel | None:
    normals = [numbers_of(slab, "SlabOrientation", 3) for slab in slabs]
    middles = [numbers_of(slab, "MidSlabPosition", 3) for slab in slabs]
    sizes = [number_of(slab, "SlabThickness") for slab in slabs]
    axes = np.array([normal for normal in normals if normal is not None])
    points = np.array([middle for middle in middles if middle is not None])
    edges = np.array([size for size in sizes if size is not None])
    if axes.shape != (3, 3) or points.shape != (3, 3) or edges.shape != (3,) or abs(np.linalg.det(axes)) < 0.5:
        return None
    # The mid-planes n.x = n.p of the three slabs meet in the centre; their mid-points may be any points of them.
    centre = np.linalg.solve(axes, np.einsum("ij,ij->i", axes, points))
    return make_voxel(centre, axes, edges)


def philips_axes(angles_deg: FloatArray) -> FloatArray:
    """Return the axes of a Philips volume, (3, 3) with rows along RL, AP and FH, from its angles about RL, AP and FH.

    Notes
    -----
    The rotations are applied as Rx(RL) Ry(AP) Rz(FH) in LPS: of all orders and signs only this one gives the Image
    Orientation (Patient) that a real file (Achieva 3.2.3) states beside its angles, to 1e-13.
    """
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.deg2rad(angles_deg)), np.cos(np.deg2rad(angles_deg))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray((about_x @ about_y @ about_z).T)


def philips_private_voxel(dataset: Dataset) -> Voxel | None:
    """Return the voxel of the private volume description alone: edges, angles and offsets in (2005,xx54) to xx5C.

    On two real objects of the standard class these elements repeat the public attributes to the last digit.
    """
    volumes = private_items(dataset, 0x2005, _PHILIPS, _PHILIPS_VOLUME)
    if len(volumes) != 1:
        return None
    numbers = [
        [private_number(volumes[0], 0x2005, _PHILIPS, element) for element in elements]
        for elements in (_PHILIPS_CENTRE, _PHILIPS_ANGLES, _PHILIPS_SIZES)
    ]
    if any(number is None for triple in numbers for number in triple):
        return None
    centre, angles, edges = np.array(numbers, dtype=np.float64)
    return make_voxel(centre, philips_axes(angles), edges)


def _from_philips(dataset: Dataset, slabs: list[Dataset]) -> Voxel | None:
    """Public attributes give the centre and the angles; the edge lengths are in a private volume description."""
    volumes = private_items(dataset, 0x2005, _PHILIPS, _PHILIPS_VOLUME)
    if len(slabs) != 1 or len(volumes) != 1:
        return None
    angles = numbers_of(slabs[0], "SlabOrientation", 3)
    centre = numbers_of(slabs[0], "MidSlabPosition", 3)
    sizes = [private_number(volumes[0], 0x2005, _PHILIPS, element) for element in _PHILIPS_SIZES]
    edges = np.array([size for size in sizes if size is not None])
    if angles is None or centre is None or edges.shape != (3,):
        return None
    return make_voxel(centre, philips_axes(angles), edges)


def _from_functional_groups(dataset: Dataset, frame: int = 0) -> Voxel | None:
    """A single voxel is one 'pixel': its centre is the position, its edges pixel spacing and slice thickness."""
    groups = FunctionalGroups(dataset)
    directions = orientation_of(groups.macro(frame, "PlaneOrientationSequence"))
    centre = numbers_of(groups.macro(frame, "PlanePositionSequence"), "ImagePositionPatient", 3)
    measures = groups.macro(frame, "PixelMeasuresSequence")
    spacing, thickness = numbers_of(measures, "PixelSpacing", 2), number_of(measures, "SliceThickness")
    if directions is None or centre is None or spacing is None or thickness is None:
        return None
    row, column = directions
    return make_voxel(centre, np.array([row, column, np.cross(row, column)]), np.array([*spacing[::-1], thickness]))
