"""Reformatting and reference lines: sampled values and end points against what the affine says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.geometry import nearest_slice, slice_point_mm, to_pixels
from analysis.reslice import (
    SliceStack,
    body_axes,
    distance_mm,
    holds,
    projected_outline_pixels,
    reference_line_pixels,
    reformat,
    sample_slice,
    volume_axes,
)
from analysis.types import Volume, Voxel


def ramp_volume(affine: np.ndarray, shape: tuple[int, int, int]) -> Volume:
    """A volume whose intensity is linear in LPS mm, so that linear interpolation is exact."""
    slices, rows, columns = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    points = np.stack([columns, rows, slices], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    return Volume(
        pixels=ramp(points).astype(np.float32),
        affine=affine,
        slice_thickness_mm=4.0,
        description="ramp",
        series_instance_uid="2.25.1",
        series_number=1,
        frame_of_reference_uid="2.25.2",
        window_centre=0.0,
        window_width=1.0,
        plane="sagittal",
    )


def ramp(points_mm: np.ndarray) -> np.ndarray:
    return 3.0 + points_mm @ np.array([0.5, -0.25, 0.125])


def sagittal(tilt_deg: float = 0.0) -> Volume:
    tilt = np.deg2rad(tilt_deg)
    column, row = np.array([np.sin(tilt), np.cos(tilt), 0.0]), np.array([0.0, 0.0, -1.0])
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = column * 1.2, row * 1.2, np.cross(column, row) * 4.0
    affine[:3, 3] = (25.0, -40.0, 60.0)
    return ramp_volume(affine, (13, 90, 70))


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("tilt_deg", [0.0, 17.0])
def test_reformat_samples_what_lies_there(plane: str, tilt_deg: float) -> None:
    volume = sagittal(tilt_deg)
    middle = (volume.affine @ np.array([35.3, 44.7, 6.1, 1.0]))[:3]
    angle = np.deg2rad(11.0)
    axes = np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]])
    stack = reformat(volume, plane, axes, middle)
    index = nearest_slice(stack.frame, middle)
    assert to_pixels(stack.frame, middle)[0, 2] == pytest.approx(index, abs=1e-9)

    picture = stack.slice_pixels(index)
    column, row = (round(float(v)) for v in to_pixels(stack.frame, middle)[0, :2])
    for dc, dr in ((0, 0), (4, -3), (-5, 6)):
        point = (stack.frame.affine @ np.array([column + dc, row + dr, index, 1.0]))[:3]
        assert holds(volume, point)
        assert picture[row + dr, column + dc] == pytest.approx(ramp(point), abs=1e-3)
    assert stack.reformatted
    assert stack.frame.plane == plane


def test_reformatted_axial_and_coronal_are_radiological() -> None:
    volume = sagittal()
    axes = volume_axes(volume)
    assert axes == pytest.approx(np.eye(3))
    axial, coronal = (reformat(volume, plane, axes, (0.0, 0.0, 0.0)).frame for plane in ("axial", "coronal"))
    assert axial.affine[:3, 0] == pytest.approx([1.2, 0, 0])
    assert axial.affine[:3, 1] == pytest.approx([0, 1.2, 0])
    assert coronal.affine[:3, 0] == pytest.approx([1.2, 0, 0])
    assert coronal.affine[:3, 1] == pytest.approx([0, 0, -1.2])


def test_body_axes_are_ordered_and_turned() -> None:
    given = [(0.1, 0.0, -0.99498744), (-0.99498744, 0.0, -0.1), (0.0, -1.0, 0.0)]
    axes = body_axes(given)
    assert np.diag(axes) == pytest.approx([0.99498744, 1.0, 0.99498744])
    assert axes @ axes.T == pytest.approx(np.eye(3))


def test_acquired_stack_gives_the_acquired_pixels() -> None:
    volume = sagittal()
    stack = SliceStack(volume)
    assert stack.count == 13
    assert not stack.reformatted
    assert np.array_equal(stack.slice_pixels(4), volume.pixels[4])
    assert np.allclose(sample_slice(volume, volume, 4), volume.pixels[4])


def test_reference_line_lies_on_both_planes() -> None:
    volume = sagittal()
    axial = reformat(volume, "axial", volume_axes(volume), (0.0, 0.0, 0.0)).frame
    ends = reference_line_pixels(axial, 20, volume, 6)
    assert ends.shape == (2, 2)
    points = (np.column_stack([ends, [6, 6], [1, 1]]) @ volume.affine.T)[:, :3]
    assert points[:, 2] == pytest.approx([slice_point_mm(axial, 20)[2]] * 2)
    reach = np.sort(points[:, 1])
    first = axial.affine[1, 3] - 0.6
    assert reach == pytest.approx([first, first + 1.2 * axial.pixels.shape[2 - 1]])


def test_no_reference_line_between_parallel_or_unrelated_slices() -> None:
    volume = sagittal()
    axial = reformat(volume, "axial", volume_axes(volume), (0.0, 0.0, 0.0)).frame
    assert len(reference_line_pixels(sagittal(5.0), 3, volume, 6)) == 0
    assert len(reference_line_pixels(replace(axial, frame_of_reference_uid="2.25.9"), 20, volume, 6)) == 0
    unnamed = replace(volume, frame_of_reference_uid=None)
    assert len(reference_line_pixels(replace(axial, frame_of_reference_uid=None), 20, unnamed, 6)) == 0


def test_holds() -> None:
    volume = sagittal()
    inside = (volume.affine @ np.array([69.4, 0, 12.4, 1]))[:3]
    outside = (volume.affine @ np.array([69.6, 0, 12.4, 1]))[:3]
    assert holds(volume, inside)
    assert not holds(volume, outside)


def test_projection_and_distance_of_a_voxel_off_the_slice() -> None:
    volume = sagittal()
    centre = (volume.affine @ np.array([30.0, 40.0, 8.0, 1.0]))[:3]
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    voxel = Voxel((float(centre[0]), float(centre[1]), float(centre[2])), axes, (4.0, 12.0, 6.0))
    outline = projected_outline_pixels(voxel, volume)
    assert sorted(map(tuple, outline.round(6).tolist())) == [(25.0, 37.5), (25.0, 42.5), (35.0, 37.5), (35.0, 42.5)]
    assert distance_mm(voxel, volume, 6) == pytest.approx(8.0)
