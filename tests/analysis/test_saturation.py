"""Where saturation bands lie on slices, held against areas by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.saturation import band_pixels, touches
from analysis.types import FloatArray, SaturationBand, Volume, Voxel

UPRIGHT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def axial(rows: int = 40, columns: int = 60) -> Volume:
    """Pixels of 1 mm, left along the columns and back along the rows; slices 5 mm apart."""
    affine = np.diag([1.0, 1.0, 5.0, 1.0])
    return Volume(np.zeros((3, rows, columns), np.float32), affine, 5.0, "", "1", 1, "1.2", 1.0, 1.0, "axial")


def area(polygon: FloatArray) -> float:
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def band(middle: tuple[float, float, float], normal: tuple[float, float, float], thickness: float) -> SaturationBand:
    return SaturationBand(middle, normal, thickness)


def test_an_upright_band_is_a_strip_across_the_whole_slice() -> None:
    found = band_pixels(band((0, 20, 0), (0, 1, 0), 10.0), axial(), 1)
    assert area(found) == pytest.approx(60 * 10)
    assert sorted({round(y, 6) for y in found[:, 1]}) == [15.0, 25.0]


def test_a_band_that_leaves_the_image_ends_at_its_edge() -> None:
    assert area(band_pixels(band((0, 0, 0), (0, 1, 0), 10.0), axial(), 1)) == pytest.approx(60 * 5.5)
    assert len(band_pixels(band((0, -50, 0), (0, 1, 0), 10.0), axial(), 1)) == 0


def test_an_oblique_band_is_wider_where_the_slice_cuts_it_aslant() -> None:
    """A slab of 6 mm at 60 degrees to the slice's plane cuts it in a strip of 6 / sin 60 mm."""
    turn = np.deg2rad(60)
    found = band_pixels(band((30, 20, 5), (0, float(np.sin(turn)), float(np.cos(turn))), 6.0), axial(), 1)
    assert area(found) == pytest.approx(60 * 6 / np.sin(turn))


def test_a_band_parallel_to_the_slice_covers_all_of_it_or_nothing() -> None:
    flat = band((0, 0, 5), (0, 0, 1), 4.0)
    assert area(band_pixels(flat, axial(), 1)) == pytest.approx(60 * 40)
    assert len(band_pixels(flat, axial(), 2)) == 0


def test_whether_a_band_reaches_into_a_voxel() -> None:
    voxel = Voxel((0.0, 0.0, 0.0), UPRIGHT, (20.0, 14.0, 6.0))
    assert touches(band((0, -20, 0), (0, 1, 0), 27.0), voxel)
    assert not touches(band((0, -20, 0), (0, 1, 0), 25.0), voxel)
