"""Read a three-dimensional NIfTI image into a volume, turned the way radiologists look at its plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UnreadableFile
from analysis.geometry import plane_of
from analysis.readers.nifti_affine import affine_lps
from analysis.readers.records import Contents, InputFile, source_of
from analysis.types import FloatArray, Volume

_VIEWS = {
    0: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    1: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    2: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
}
"""LPS directions in which columns and rows grow on the screen, by the body axis of the normal: sagittal slices run to
posterior and feet, coronal ones to left and feet, axial ones to left and posterior."""
_ANISOTROPIC = 1.2
_FEW_LABELS = 128


def read(image: Any, file: InputFile) -> Contents:
    """Return the volume of a NIfTI image.

    Raises
    ------
    UnreadableFile : not three-dimensional and real, without geometry, sheared, or a label map
    """
    shape = image.shape
    if len(shape) < 3 or any(size != 1 for size in shape[3:]) or min(shape[:3]) < 1 or shape[0] * shape[1] < 2:
        raise UnreadableFile("it is a NIfTI image that is not three-dimensional")
    if image.header.get_data_dtype().kind not in "iuf":
        raise UnreadableFile("it is a NIfTI image of complex or colour values, not marked as NIfTI-MRS")
    affine = affine_lps(image)
    if affine is None:
        raise UnreadableFile("it is a NIfTI image without geometry (neither sform nor qform)")
    steps = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    if np.abs(steps.T @ steps - np.eye(3)).max() > 0.01:
        raise UnreadableFile("it is a NIfTI image on a sheared grid")
    data = np.nan_to_num(np.asarray(image.dataobj, dtype=np.float32)).reshape(shape[:3])
    if _is_label_map(data):
        raise UnreadableFile("it is a map of labels, not an MR image")
    return Contents(volumes=(_volume(data, affine, image, file),))


def _is_label_map(data: NDArray[np.float32]) -> bool:
    """Few whole numbers, almost everywhere zero: a segmentation or a set of points."""
    marked = data[data != 0]
    if marked.size > data.size // 4:
        return False
    values = np.unique(marked[:: max(1, marked.size // 100_000)])
    return values.size <= _FEW_LABELS and bool((values == np.round(values)).all())


def _volume(data: NDArray[np.float32], affine: FloatArray, image: Any, file: InputFile) -> Volume:
    order = axis_order(affine, data.shape)
    pixels, turned = _turned(data, affine, order)
    normal = np.cross(turned[:3, 0], turned[:3, 1])
    low, high = np.percentile(pixels[len(pixels) // 4 : 3 * len(pixels) // 4 + 1, ::2, ::2], (1, 99.5))
    name = file.name.removesuffix(".gz").removesuffix(".nii")
    return Volume(
        pixels=pixels,
        affine=turned,
        slice_thickness_mm=float(np.linalg.norm(turned[:3, 2])),
        description=name,
        series_instance_uid=f"2.25.{int(file.sha256[:32] or '0', 16)}",
        series_number=None,
        frame_of_reference_uid=None,
        window_centre=float(low + high) / 2,
        window_width=max(float(high - low), 1e-6),
        plane=plane_of(normal),
        sources=(source_of(file, None, "image"),),
    )


def axis_order(affine: FloatArray, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return which axes of the array become slices, rows and columns.

    Slices are cut along the thickest voxel edge, or, of a cube-like grid, along the axis with the fewest voxels.
    """
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    if edges.max() > _ANISOTROPIC * np.median(edges):
        slices = int(np.argmax(edges))
    else:
        slices = int(np.argmin([shape[0], shape[1], shape[2] - 0.5]))
    others = [axis for axis in range(3) if axis != slices]
    to_right = np.asarray(_VIEWS[int(np.argmax(np.abs(affine[:3, slices])))][0])
    columns = max(others, key=lambda axis: abs(float(affine[:3, axis] @ to_right)) / edges[axis])
    rows = others[0] if columns == others[1] else others[1]
    return slices, rows, columns


def _turned(
    data: NDArray[np.float32], affine: FloatArray, order: tuple[int, int, int]
) -> tuple[NDArray[np.float32], FloatArray]:
    """Reorder and flip the array for the screen, and the affine with it, so that every voxel keeps its place."""
    slices, rows, columns = order
    to_right, down = _VIEWS[int(np.argmax(np.abs(affine[:3, slices])))]
    to_array = np.zeros((4, 4))  # (column, row, slice, 1) -> (i, j, k, 1)
    to_array[3, 3] = 1.0
    flips = []
    for column, (axis, target) in enumerate(((columns, to_right), (rows, down))):
        backwards = float(affine[:3, axis] @ np.asarray(target)) < 0
        _map_axis(to_array, axis, column, data.shape[axis], backwards)
        flips += [axis] if backwards else []
    step = affine[:3, :3] @ to_array[:3, :2]
    backwards = float(np.cross(step[:, 0], step[:, 1]) @ affine[:3, slices]) < 0
    _map_axis(to_array, slices, 2, data.shape[slices], backwards)
    flips += [slices] if backwards else []
    pixels = np.flip(data, axis=tuple(flips)).transpose(slices, rows, columns)
    return np.ascontiguousarray(pixels), affine @ to_array


def _map_axis(to_array: FloatArray, axis: int, column: int, size: int, backwards: bool) -> None:
    to_array[axis, column] = -1.0 if backwards else 1.0
    to_array[axis, 3] = size - 1 if backwards else 0.0
