"""Where planes cut boxes: exact shapes, brute-force clipping, and pixel mappings against their affine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.geometry import (
    box_corners_mm,
    cut_box,
    direction_letters,
    nearest_slice,
    pixel_spacing_mm,
    plane_of,
    slice_normal,
    slice_point_mm,
    to_pixels,
    voxel_outline_pixels,
)
from analysis.types import Volume, Voxel

UPRIGHT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
CUBE = Voxel((0.0, 0.0, 0.0), UPRIGHT, (1.0, 1.0, 1.0))


def rotation(quaternion) -> np.ndarray:
    w, x, y, z = np.asarray(quaternion) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def box(centre, quaternion, size) -> Voxel:
    return Voxel(tuple(centre), tuple(tuple(row) for row in rotation(quaternion)), tuple(size))


def polygon_area(points: np.ndarray) -> float:
    total = np.zeros(3)
    for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
        total += np.cross(a, b)
    return float(np.linalg.norm(total)) / 2


def clipped_square_area(voxel: Voxel, point: np.ndarray, normal: np.ndarray) -> float:
    """Area of the cut by another way: a huge square in the plane, clipped by the box's six half-spaces in turn."""
    unit = normal / np.linalg.norm(normal)
    first = np.cross(unit, np.eye(3)[np.argmin(np.abs(unit))])
    first /= np.linalg.norm(first)
    second = np.cross(unit, first)
    reach = 10 * (np.linalg.norm(voxel.size_mm) + np.linalg.norm(np.asarray(voxel.centre_mm) - point))
    polygon = [point + reach * (a * first + b * second) for a, b in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    for axis, edge in zip(np.asarray(voxel.axes), voxel.size_mm, strict=True):
        for sign in (1, -1):
            limit = edge / 2
            height = [sign * float((p - voxel.centre_mm) @ axis) - limit for p in polygon]
            kept = []
            for i, (p, h) in enumerate(zip(polygon, height, strict=True)):
                q, g = polygon[i - 1], height[i - 1]
                if h * g < 0:
                    kept.append(q + (p - q) * g / (g - h))
                if h <= 0:
                    kept.append(p)
            polygon = kept
    return polygon_area(np.array(polygon)) if len(polygon) > 2 else 0.0


def is_convex(points: np.ndarray, normal: np.ndarray) -> bool:
    edges = np.roll(points, -1, axis=0) - points
    turns = np.array([np.cross(a, b) @ normal for a, b in zip(edges, np.roll(edges, -1, axis=0), strict=True)])
    tiny = 1e-9 * np.abs(edges).max() ** 2
    return bool(np.all(turns >= -tiny) or np.all(turns <= tiny))


def test_the_middle_of_a_cube_is_a_square():
    polygon = cut_box(CUBE, np.zeros(3), np.array([0.0, 0.0, 5.0]))
    assert polygon.shape == (4, 3)
    assert polygon_area(polygon) == pytest.approx(1.0)
    assert np.abs(polygon[:, :2]) == pytest.approx(np.full((4, 2), 0.5))
    assert polygon[:, 2] == pytest.approx(np.zeros(4))


def test_the_diagonal_plane_through_the_centre_is_a_regular_hexagon():
    polygon = cut_box(CUBE, np.zeros(3), np.ones(3))
    assert polygon.shape == (6, 3)
    assert polygon_area(polygon) == pytest.approx(3 * np.sqrt(3) / 4)
    assert np.linalg.norm(np.roll(polygon, -1, axis=0) - polygon, axis=1) == pytest.approx(np.full(6, np.sqrt(0.5)))
    assert np.linalg.norm(polygon, axis=1) == pytest.approx(np.full(6, np.sqrt(0.5)))


def test_near_a_corner_it_is_a_triangle():
    polygon = cut_box(CUBE, np.array([0.5, 0.5, 0.3]), np.ones(3))
    assert polygon.shape == (3, 3)
    assert polygon_area(polygon) == pytest.approx(np.sqrt(3) / 4 * (0.2 * np.sqrt(2)) ** 2)


def test_through_two_opposite_edges_it_is_a_rectangle():
    polygon = cut_box(CUBE, np.zeros(3), np.array([1.0, 1.0, 0.0]))
    assert polygon.shape == (4, 3)
    assert polygon_area(polygon) == pytest.approx(np.sqrt(2))


def test_a_plane_in_a_face_is_that_face():
    polygon = cut_box(CUBE, np.array([0.0, 0.0, 0.5]), np.array([0.0, 0.0, 1.0]))
    assert polygon.shape == (4, 3)
    assert polygon_area(polygon) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("point", "normal"),
    [((0, 0, 0.6), (0, 0, 1)), ((5, 5, 5), (1, 1, 1)), ((0.5, 0.5, 0.5), (1, 1, 1)), ((0.5, 0.5, 0), (1, 1, 0))],
    ids=["outside", "far", "touches a corner", "touches an edge"],
)
def test_a_miss_or_a_touch_is_empty(point, normal):
    polygon = cut_box(CUBE, np.array(point, dtype=float), np.array(normal, dtype=float))
    assert polygon.shape == (0, 3)


number = st.floats(-1, 1, allow_nan=False)
quaternions = st.tuples(number, number, number, number).filter(lambda q: np.linalg.norm(q) > 0.1)
normals = st.tuples(number, number, number).filter(lambda n: np.linalg.norm(n) > 0.1)
sizes = st.tuples(*[st.floats(3, 40)] * 3)
centres = st.tuples(*[st.floats(-80, 80)] * 3)
inside = st.tuples(*[st.floats(-0.7, 0.7)] * 3)


@given(centres, quaternions, sizes, inside, normals)
@settings(max_examples=150)
@example((0, 0, 0), (1, 0, 0, 0), (20, 14, 6), (0.1, 0.2, 0.5), (0, 0, 1))
def test_an_oblique_cut_is_a_convex_polygon_on_plane_and_surface(centre, quaternion, size, where, normal):
    voxel, unit = box(centre, quaternion, size), np.array(normal) / np.linalg.norm(normal)
    axes = np.asarray(voxel.axes)
    point = np.asarray(centre) + (np.array(where) * size) @ axes
    polygon = cut_box(voxel, point, unit)
    scale = max(size)
    # a plane within rounding of a corner, an edge or a whole face may or may not count it
    near = [clipped_square_area(voxel, point + step * scale * unit, unit) for step in (-1e-8, 0, 1e-8)]
    area = polygon_area(polygon) if len(polygon) else 0.0
    assert min(near) - 1e-4 * scale**2 <= area <= max(near) + 1e-4 * scale**2
    if not len(polygon):
        return
    assert 3 <= len(polygon) <= 6
    assert (polygon - point) @ unit == pytest.approx(np.zeros(len(polygon)), abs=1e-8 * scale)
    local = np.abs((polygon - centre) @ axes.T) - np.array(size) / 2
    assert local.max() <= 1e-8 * scale
    assert np.abs(local).min(axis=1) == pytest.approx(np.zeros(len(polygon)), abs=1e-8 * scale)
    assert is_convex(polygon, unit)


@given(centres, quaternions, sizes)
@settings(max_examples=40)
def test_a_plane_through_two_opposite_edges_is_a_rectangle_however_the_box_lies(centre, quaternion, size):
    """Corners that lie in the plane but for rounding are each met once."""
    voxel = box(centre, quaternion, size)
    first, second, _ = np.asarray(voxel.axes)
    normal = first * size[1] - second * size[0]
    polygon = cut_box(voxel, np.asarray(centre), normal)
    assert polygon.shape == (4, 3)
    assert polygon_area(polygon) == pytest.approx(np.hypot(size[0], size[1]) * size[2])


@given(centres, quaternions, sizes)
@settings(max_examples=40)
def test_corners_are_half_a_diagonal_from_the_centre(centre, quaternion, size):
    corners = box_corners_mm(box(centre, quaternion, size))
    assert corners.shape == (8, 3)
    assert corners.mean(axis=0) == pytest.approx(np.array(centre), abs=1e-9)
    assert np.linalg.norm(corners - centre, axis=1) == pytest.approx(np.full(8, np.linalg.norm(size) / 2))


def volume(affine: np.ndarray, shape=(5, 12, 10)) -> Volume:
    return Volume(
        pixels=np.zeros(shape, dtype=np.float32), affine=affine, slice_thickness_mm=4.0, description="",
        series_instance_uid="2.25.1", series_number=1, frame_of_reference_uid=None, window_centre=0.0,
        window_width=1.0, plane="oblique",
    )  # fmt: skip


def oblique_affine(quaternion=(0.9, 0.2, -0.3, 0.1), spacing=(0.6, 0.8, 4.4), origin=(-30.0, 12.0, 55.0)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = rotation(quaternion) * np.array(spacing)
    affine[:3, 3] = origin
    return affine


@given(st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(-50, 50)))
@settings(max_examples=40)
def test_to_pixels_undoes_the_affine(index):
    affine = oblique_affine()
    points = (affine @ np.array([*index, 1.0]))[:3]
    assert to_pixels(volume(affine), points)[0] == pytest.approx(np.array(index), abs=1e-9)


def test_spacing_normal_and_slice_point_come_from_the_affine():
    stack = volume(oblique_affine())
    assert pixel_spacing_mm(stack) == pytest.approx((0.6, 0.8))
    assert slice_normal(stack) == pytest.approx(stack.affine[:3, 2] / 4.4)
    assert slice_point_mm(stack, 3) == pytest.approx(stack.affine[:3, 3] + 3 * stack.affine[:3, 2])
    assert to_pixels(stack, slice_point_mm(stack, 3))[0] == pytest.approx(np.array([0.0, 0.0, 3.0]), abs=1e-12)


def test_nearest_slice_rounds_and_stays_in_the_stack():
    stack = volume(oblique_affine())
    unit = slice_normal(stack)
    for offset_mm, expected in ((0.0, 0), (2.1, 0), (2.3, 1), (4.4 * 3, 3), (-50.0, 0), (500.0, 4)):
        in_plane = 7.0 * stack.affine[:3, 0]
        assert nearest_slice(stack, slice_point_mm(stack, 0) + in_plane + offset_mm * unit) == expected


def test_the_outline_on_a_slice_is_the_box_seen_along_the_normal():
    """Pixels of 0.5 x 2 mm on an upright stack: a 20 x 14 x 6 mm box about pixel (30, 10) of slice 2."""
    affine = np.array([[0.5, 0, 0, 0], [0, 2.0, 0, 0], [0, 0, 4.0, 0], [0, 0, 0, 1.0]])
    stack = volume(affine, (5, 40, 80))
    voxel = Voxel((15.0, 20.0, 8.0), UPRIGHT, (20.0, 14.0, 6.0))
    outline = voxel_outline_pixels(voxel, stack, 2)
    assert outline.shape == (4, 2)
    assert sorted(map(tuple, outline.round(9))) == [(10.0, 6.5), (10.0, 13.5), (50.0, 6.5), (50.0, 13.5)]
    assert voxel_outline_pixels(voxel, stack, 3).shape == (0, 2)


@pytest.mark.parametrize(
    ("normal", "plane"),
    [
        ((1, 0, 0), "sagittal"), ((-1, 0.2, 0), "sagittal"), ((0, 1, 0), "coronal"), ((0, 0, -1), "axial"),
        ((0, 0.6, 0.8), "axial"), ((0, 0.61, 0.79), "oblique"), ((1, 1, 1), "oblique"),
    ],
)  # fmt: skip
def test_planes_are_named_after_their_normal(normal, plane):
    assert plane_of(np.array(normal, dtype=float)) == plane
    assert plane_of(-np.array(normal, dtype=float)) == plane


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ((1, 0, 0), "L"), ((-2, 0, 0), "R"), ((0, 1, 0), "P"), ((0, -1, 0), "A"), ((0, 0, 1), "H"), ((0, 0, -1), "F"),
        ((0, -0.9, 0.5), "AH"), ((0, -0.5, 0.9), "HA"), ((0.1, 0, -1), "F"), ((1, -0.9, 0.1), "LA"),
    ],
)  # fmt: skip
def test_letters_name_the_side_of_the_patient(direction, letters):
    assert direction_letters(np.array(direction, dtype=float)) == letters


def test_letters_turn_with_the_direction():
    rng = np.random.default_rng(3)
    opposite = str.maketrans("LRPAHF", "RLAPFH")
    for _ in range(50):
        direction = rng.standard_normal(3)
        assert direction_letters(-direction) == direction_letters(direction).translate(opposite)
        assert 1 <= len(direction_letters(direction)) <= 2
