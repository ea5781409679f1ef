"""The simulated spine: its geometry, and that its images show what the geometry says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from analysis.anatomy import LumbarSpine, axial_grids, lumbar_spine, sagittal_grid, t2_image
from analysis.anatomy_spine import profiles

LABELS = ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]
Affine = NDArray[np.float64]


def values_at(image: NDArray[np.float64], affine: Affine, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear interpolation of a stack at LPS points, (n, 3)."""
    column, row, k = np.linalg.solve(affine[:3, :3], (points_mm - affine[:3, 3]).T)
    return map_coordinates(image.astype(float), [k, row, column], order=1, mode="nearest")


def one_slice(affine: Affine, k: int) -> Affine:
    """Affine of a single slice of a stack."""
    moved = affine.copy()
    moved[:3, 3] += k * affine[:3, 2]
    return moved


def disc_plane(spine: LumbarSpine, size: int = 72, pixel_mm: float = 0.8) -> list[tuple[Affine, tuple[int, int, int]]]:
    """A small sagittal plane through the centre of every disc."""
    planes = []
    for disc in spine.discs:
        left, back, head = np.array(disc.axes)
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1], affine[:3, 2] = back * pixel_mm, -head * pixel_mm, left
        affine[:3, 3] = np.array(disc.centre_mm) - affine[:3, :3] @ [(size - 1) / 2, (size - 1) / 2, 0]
        planes.append((affine, (1, size, size)))
    return planes


def nucleus_brightness(spine: LumbarSpine) -> list[float]:
    """Mean signal of the middle of every nucleus, in a small image of its own."""
    means = []
    for (affine, shape), disc in zip(disc_plane(spine), spine.discs, strict=True):
        image = t2_image(spine, affine, shape, slice_thickness_mm=2.0, seed=3)
        rows, columns = np.indices(shape[1:])
        back, head = (columns - 35.5) * 0.8, (rows - 35.5) * 0.8
        inside = (np.abs(back) < 0.2 * disc.nucleus_size_mm[1]) & (np.abs(head) < 0.2 * disc.nucleus_size_mm[2])
        means.append(float(image[0][inside].mean()))
    return means


@pytest.fixture(scope="module")
def spine() -> LumbarSpine:
    return lumbar_spine(7)


@pytest.fixture(scope="module")
def middle(spine: LumbarSpine) -> tuple[NDArray[np.int16], Affine]:
    affine, shape, thickness = sagittal_grid(spine)
    affine = one_slice(affine, shape[0] // 2)
    return t2_image(spine, affine, (1, *shape[1:]), slice_thickness_mm=thickness, seed=1), affine


@pytest.mark.parametrize("seed", range(6))
def test_discs_are_ordered_plausible_and_orthonormal(seed: int) -> None:
    spine = lumbar_spine(seed, (1, 2, 3, 4, 5))
    assert [disc.label for disc in spine.discs] == LABELS
    centres = np.array([disc.centre_mm for disc in spine.discs])
    assert np.all(np.diff(centres[:, 2]) < -20.0)
    assert 125.0 < np.linalg.norm(centres[0] - centres[-1]) < 155.0
    for disc in spine.discs:
        axes = np.array(disc.axes)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(axes) == pytest.approx(1.0)
        assert np.all(np.diag(axes) > 0.7)  # left, posterior, head, each within 45 degrees
        area_share = np.prod(disc.nucleus_size_mm[:2]) / np.prod(disc.size_mm[:2])
        assert area_share == pytest.approx(0.4, abs=0.03)
        assert 43.0 < disc.size_mm[0] < 53.0
        assert 32.0 < disc.size_mm[1] < 39.0
    tilt_deg = np.degrees([np.arcsin(-disc.axes[2][1]) for disc in spine.discs])
    assert np.all(np.diff(tilt_deg) > 0)  # lordosis: each disc faces further forward than the one above
    assert 25.0 < tilt_deg[-1] - tilt_deg[0] < 65.0


def test_discs_lose_height_with_grade() -> None:
    heights = [lumbar_spine(1, (grade,) * 5).discs[3].size_mm[2] for grade in (1, 2, 3, 4, 5)]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] < 0.6 * heights[0]


@pytest.mark.parametrize("grades", [(2, 2, 3, 4), (0, 2, 3, 4, 3), (2, 2, 3, 4, 6)])
def test_impossible_grades_are_refused(grades: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="five grades from 1 to 5"):
        lumbar_spine(1, grades)


def test_disc_brightness_falls_with_grade() -> None:
    # the same disc in five people who differ in its grade alone
    by_grade = [nucleus_brightness(lumbar_spine(5, (grade,) * 5)) for grade in (1, 2, 3, 4, 5)]
    for better, worse in zip(by_grade, by_grade[1:], strict=False):
        assert np.all(np.array(better) > 1.15 * np.array(worse))


def test_default_study_shows_its_grades(spine: LumbarSpine) -> None:
    brightness = dict(zip(LABELS, nucleus_brightness(spine), strict=True))
    assert min(brightness["L1-L2"], brightness["L2-L3"]) > 1.3 * max(brightness["L3-L4"], brightness["L5-S1"])
    assert min(brightness["L3-L4"], brightness["L5-S1"]) > 1.3 * brightness["L4-L5"]


def test_fluid_marrow_and_air(spine: LumbarSpine, middle: tuple[NDArray[np.int16], Affine]) -> None:
    image, affine = middle
    bodies = np.array([v.frame.origin_mm for v in spine.vertebrae if v.label.startswith("L")])
    table = profiles(spine)
    rows = table.index(bodies[:, 2].astype(np.float32))
    sac = bodies.copy()
    sac[:, 1] = table.canal_y[rows] - 0.4 * table.sac_back[rows]  # in front of the roots
    marrow, fluid = values_at(image, affine, bodies), values_at(image, affine, sac)
    assert np.all(fluid > 2.0 * marrow)
    assert np.all(marrow > 100.0)
    behind = bodies + [0.0, 120.0, 0.0]
    air = values_at(image, affine, behind)
    assert air.mean() < 40.0
    assert image[0, :, -20:].mean() < 40.0
    assert image.min() >= 0


def test_axial_and_sagittal_images_agree(spine: LumbarSpine, middle: tuple[NDArray[np.int16], Affine]) -> None:
    """Along the line where the planes cross, through fat, bone, disc, fluid, muscle, skin and air."""
    image, affine = middle
    x = affine[0, 3]
    for _label, axial, shape, thickness in axial_grids(spine):
        cut = one_slice(axial, shape[0] // 2)
        other = t2_image(spine, cut, (1, *shape[1:]), slice_thickness_mm=thickness, seed=2)
        row = np.arange(20, shape[1] - 20)
        column = (x - cut[0, 3] - row * cut[0, 1]) / cut[0, 0]
        line = cut[:3, 3] + column[:, None] * cut[:3, 0] + row[:, None] * cut[:3, 1]
        first = values_at(image, one_slice(affine, 0), line)
        second = other[0][row, np.rint(column).astype(int)].astype(float)
        assert np.corrcoef(first, second)[0, 1] > 0.97
        assert np.median(np.abs(first - second)) < 40.0


def test_middle_axial_slice_holds_the_disc_centre(spine: LumbarSpine) -> None:
    for disc, (label, affine, shape, _) in zip(spine.discs, axial_grids(spine), strict=True):
        assert label == disc.label
        column, row, k = np.linalg.solve(affine[:3, :3], np.array(disc.centre_mm) - affine[:3, 3])
        assert k == pytest.approx(shape[0] // 2)
        assert 60 < column < shape[2] - 60
        assert 60 < row < shape[1] - 60
        normal = affine[:3, 2] / np.linalg.norm(affine[:3, 2])
        assert normal @ np.array(disc.axes[2]) == pytest.approx(-1.0)


def test_sagittal_stack_covers_every_disc_and_runs_as_documented(spine: LumbarSpine) -> None:
    affine, shape, _ = sagittal_grid(spine)
    assert affine[1, 0] > 0  # columns to the back
    assert affine[2, 1] < 0  # rows to the feet
    assert affine[0, 2] > 0  # slices to the left
    for disc in spine.discs:
        index = np.linalg.solve(affine[:3, :3], np.array(disc.centre_mm) - affine[:3, 3])
        assert np.all(index > 0)
        assert np.all(index < [shape[2] - 1, shape[1] - 1, shape[0] - 1])


def test_same_seeds_give_the_same_image_and_others_do_not(spine: LumbarSpine) -> None:
    affine, shape = disc_plane(spine)[2]
    image = t2_image(spine, affine, shape, slice_thickness_mm=4.0, seed=1)
    assert image.dtype == np.int16
    assert lumbar_spine(7) == spine
    np.testing.assert_array_equal(t2_image(lumbar_spine(7), affine, shape, slice_thickness_mm=4.0, seed=1), image)
    other_noise = t2_image(spine, affine, shape, slice_thickness_mm=4.0, seed=2)
    assert 5.0 < np.std(other_noise - image) < 60.0
    assert lumbar_spine(8) != spine
