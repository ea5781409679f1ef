"""The share of a voxel inside an outlined nucleus, held against bodies whose volume is known by formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.nucleus import Contour, NucleusOutline, contour_pixels, holds_part_of, nucleus_share, pulled, thinned
from analysis.reading import Reading, VoxelReading, reading_from_json
from analysis.reslice import BodyPlane
from analysis.types import Volume, Voxel

Array = NDArray[np.float64]
UPRIGHT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
Triple = tuple[float, float, float]
AXES: dict[BodyPlane, tuple[int, int]] = {"sagittal": (1, 2), "axial": (0, 1), "coronal": (0, 2)}


def voxel(size: tuple[float, float, float], turn: Array | None = None, centre: Array | None = None) -> Voxel:
    axes = np.eye(3) if turn is None else turn
    at = np.zeros(3) if centre is None else centre
    return Voxel(tuple(at.tolist()), tuple(map(tuple, axes.tolist())), size)  # type: ignore[arg-type]


def ring(plane: BodyPlane, half: tuple[float, float, float], *, points: int = 90, turn: Any = None) -> Contour:
    """An ellipse about the origin in a body plane, the half axes along left, back and head."""
    angle = np.arange(points) * 2 * np.pi / points
    flat = np.zeros((points, 3))
    one, other = AXES[plane]
    flat[:, one], flat[:, other] = half[one] * np.cos(angle), half[other] * np.sin(angle)
    return Contour(_tuples(flat if turn is None else flat @ turn), plane)


def frame(
    plane: BodyPlane, half: tuple[float, float, float], centre: tuple[float, float, float] = (0, 0, 0)
) -> Contour:
    flat = np.zeros((4, 3))
    one, other = AXES[plane]
    flat[:, one] = np.array([-1, 1, 1, -1]) * half[one]
    flat[:, other] = np.array([-1, -1, 1, 1]) * half[other]
    return Contour(_tuples(flat + np.asarray(centre, dtype=float)), plane)


def _tuples(points: Array) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in points)


def share(box: Voxel, *contours: Contour) -> Any:
    return nucleus_share(box, NucleusOutline(contours))


def test_a_box_shaped_nucleus_within_the_voxel() -> None:
    half = (6.0, 7.0, 3.0)
    found = share(voxel((16.0, 20.0, 8.0)), frame("sagittal", half), frame("axial", half))
    true = 8 * np.prod(half) / (16 * 20 * 8)
    assert found.value == pytest.approx(true, rel=0.03)
    assert found.high == pytest.approx(true, rel=0.03)  # the shadows of a box meet in the box
    assert found.low < found.value


def test_a_voxel_within_the_nucleus_lies_in_it_wholly() -> None:
    half = (12.0, 12.0, 6.0)
    found = share(voxel((10.0, 10.0, 5.0)), frame("sagittal", half), frame("axial", half))
    assert found.value == found.high == 1.0


def test_a_voxel_half_beside_a_box() -> None:
    """The nucleus ends in the middle of the voxel, on the patient's right."""
    moved = frame("axial", (10.0, 10.0, 5.0), (9.0, 0.0, 0.0))
    found = share(voxel((10.0, 8.0, 4.0)), frame("sagittal", (10.0, 10.0, 5.0)), moved)
    assert found.value == pytest.approx((5.0 + 1.0) / 10.0, abs=0.01)


@pytest.mark.parametrize("half", [(9.0, 9.0, 9.0), (16.0, 11.0, 4.0), (5.0, 12.0, 8.0)])
@pytest.mark.parametrize("second", ["axial", "coronal"])
def test_an_ellipsoid_that_fills_its_box(half: tuple[float, float, float], second: BodyPlane) -> None:
    """Its volume is pi / 6 of its box; the bodies that its two cuts allow lie about it."""
    size = tuple(2 * h for h in half)
    found = share(voxel(size), ring("sagittal", half), ring(second, half))  # type: ignore[arg-type]
    assert found.value == pytest.approx(np.pi / 6, abs=0.006)
    assert found.high == pytest.approx(2 / 3, abs=0.006)  # where two cylinders of one radius meet: 16/3 r³ of 8 r³
    assert found.low < np.pi / 6 < found.high


def test_an_ellipsoid_about_a_small_voxel_at_its_edge() -> None:
    """Counted point by point inside the formula of the ellipsoid."""
    half = np.array([15.0, 10.0, 5.0])
    box = voxel((8.0, 8.0, 5.0), centre=np.array([8.0, 4.0, 1.0]))
    rng = np.random.default_rng(1)
    points = np.asarray(box.centre_mm) + (rng.random((200_000, 3)) - 0.5) * np.asarray(box.size_mm)
    true = float((((points / half) ** 2).sum(axis=1) < 1).mean())
    found = share(box, ring("sagittal", tuple(half)), ring("axial", tuple(half)))
    assert found.value == pytest.approx(true, abs=0.01)
    assert found.low <= true <= found.high


def test_an_elliptic_cylinder_lies_between_the_bounds() -> None:
    half = (12.0, 9.0, 4.0)
    box = voxel((24.0, 18.0, 8.0))
    found = share(box, frame("sagittal", half), ring("axial", half))
    assert found.low < np.pi / 4 <= found.high + 0.006
    assert found.value <= found.high


def test_oblique_planes_that_cross_at_another_angle_than_ninety_degrees() -> None:
    """A tilted axial cut through the middle of a sphere is still a circle."""
    tilt = np.deg2rad(20)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), np.sin(tilt)], [0, -np.sin(tilt), np.cos(tilt)]])
    aslant = np.deg2rad(15)
    other = np.array([[np.cos(aslant), 0, np.sin(aslant)], [0, 1, 0], [-np.sin(aslant), 0, np.cos(aslant)]])
    half = (8.0, 8.0, 8.0)
    found = share(voxel((16.0,) * 3), ring("sagittal", half), ring("axial", half, turn=turn @ other))
    assert found.value == pytest.approx(np.pi / 6, abs=0.03)
    assert found.low <= np.pi / 6 <= found.high


def test_one_outline_says_only_how_much_at_most() -> None:
    found = share(voxel((10.0, 10.0, 10.0)), ring("sagittal", (5.0, 5.0, 5.0)))
    assert found.value is None
    assert found.low is None
    assert found.high == pytest.approx(np.pi / 4, abs=0.005)
    assert "at most" in found.why


def test_outlines_that_do_not_meet_say_nothing() -> None:
    far = frame("axial", (5.0, 5.0, 5.0), (20.0, 0.0, 0.0))
    found = share(voxel((10.0, 10.0, 10.0)), frame("sagittal", (5.0, 5.0, 5.0)), far)
    assert found.value is None
    assert "do not meet" in found.why
    nothing = share(voxel((10.0, 10.0, 10.0)))
    assert nothing.high is None


def test_outlines_that_disagree_are_told_by_how_much() -> None:
    found = share(voxel((10.0, 10.0, 10.0)), frame("sagittal", (5.0, 5.0, 5.0)), frame("axial", (5.0, 7.5, 5.0)))
    assert "2.5 mm" in found.why


def test_which_voxel_an_outline_was_drawn_about() -> None:
    box = voxel((10.0, 10.0, 5.0))
    assert holds_part_of(ring("sagittal", (5.0, 8.0, 4.0)), box)
    assert holds_part_of(ring("sagittal", (1.0, 1.0, 1.0)), box)  # within the voxel
    above = frame("sagittal", (5.0, 8.0, 4.0), (0.0, 0.0, 30.0))
    beside = frame("sagittal", (5.0, 8.0, 4.0), (9.0, 0.0, 0.0))
    assert not holds_part_of(above, box)
    assert not holds_part_of(beside, box)


def test_pulling_at_a_corner() -> None:
    square = frame("sagittal", (0.0, 10.0, 5.0))
    moved = pulled(square, 0, (0.0, -12.0, -6.0))
    assert moved.points_mm[0] == (0.0, -12.0, -6.0)
    assert moved.points_mm[1:] == square.points_mm[1:]
    circle = ring("sagittal", (10.0, 10.0, 10.0), points=80)
    x, y, z = circle.points_mm[20]
    smooth = pulled(replace(circle, source="proposed"), 20, (x, y, z + 3.0))
    rise = np.asarray(smooth.points_mm)[:, 2] - np.asarray(circle.points_mm)[:, 2]
    assert rise[20] == pytest.approx(3.0)
    assert 0 < rise[15] < rise[18] < 3.0
    assert rise[25] == pytest.approx(rise[15])
    assert np.count_nonzero(rise > 1e-9) < 22  # a quarter of the line at most
    assert smooth.source == "drawn"


# --- on slices -------------------------------------------------------------------------------------------------------


def stack(normal: str) -> Volume:
    columns = {"sagittal": ((0, 1, 0), (0, 0, -1), (1, 0, 0)), "axial": ((1, 0, 0), (0, 1, 0), (0, 0, 1))}[normal]
    affine = np.eye(4)
    for at, direction in enumerate(columns):
        affine[:3, at] = np.asarray(direction, dtype=float) * (4.0 if at == 2 else 1.0)
    affine[:3, 3] = -affine[:3, :3] @ np.array([10.0, 10.0, 2.0])
    pixels = np.zeros((5, 21, 21), dtype=np.float32)
    return Volume(pixels, affine, 4.0, "t2", "1", 1, "1.2.3", 1.0, 1.0, "sagittal")


def test_an_outline_shows_whole_on_its_own_slice_and_as_places_across() -> None:
    contour = ring("sagittal", (6.0, 6.0, 6.0))
    points, whole = contour_pixels(contour, stack("sagittal"), 2)
    assert whole
    assert len(points) == 90
    assert points[:, 0].max() == pytest.approx(16.0, abs=0.05)
    beside, _ = contour_pixels(contour, stack("sagittal"), 3)
    assert len(beside) == 0
    across, whole = contour_pixels(contour, stack("axial"), 2)
    assert not whole
    assert sorted(across[:, 1].round(1)) == [4.0, 16.0]  # front and back end, in rows


# --- in the reading --------------------------------------------------------------------------------------------------


def test_a_reading_keeps_its_outlines() -> None:
    outline = NucleusOutline((ring("sagittal", (5.0, 6.0, 7.0)),)).but(ring("axial", (5.0, 6.0, 7.0)))
    reading = Reading().with_voxel("a", VoxelReading(nucleus=outline))
    assert reading_from_json(reading.to_json()) == reading
    assert reading_from_json(Reading().with_voxel("a", VoxelReading()).to_json()) == Reading()


def test_another_outline_in_the_same_plane_takes_its_place() -> None:
    one, other = ring("sagittal", (5.0, 6.0, 7.0)), ring("sagittal", (5.0, 5.0, 5.0))
    assert NucleusOutline((one,)).but(other).contours == (other,)
    with pytest.raises(ValueError, match="at most one"):
        NucleusOutline((one, other))


def test_what_encloses_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="3 to 400"):
        Contour(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), "axial")
    with pytest.raises(ValueError, match="finite"):
        Contour(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (float("nan"), 0.0, 0.0)), "axial")


def test_a_freehand_line_is_thinned() -> None:
    line = [(0.0, 0.0, 0.05 * n) for n in range(2000)]
    kept = thinned(line, 0.2)
    assert len(kept) <= 400
    assert kept[0] == line[0]
