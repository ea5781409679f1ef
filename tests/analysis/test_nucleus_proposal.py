"""Proposed outlines, held against the simulated spine, whose nuclei have known sizes, and real images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.anatomy import DiscAnatomy, axial_grids, lumbar_spine, sagittal_grid, t2_image
from analysis.disc_measure import NotMeasurable
from analysis.nucleus_proposal import propose_nucleus
from analysis.types import Volume, Voxel
from app.demo_study import place_voxel

FRAME = "1.2.3"


@pytest.fixture(scope="module")
def spine() -> tuple[list[tuple[DiscAnatomy, Voxel]], list[Volume]]:
    person = lumbar_spine(21, (1, 1, 2, 5, 3))
    affine, shape, thickness = sagittal_grid(person)
    affine = affine.copy()
    affine[:3, 3] += 5 * affine[:3, 2]
    image = t2_image(person, affine, (5, *shape[1:]), slice_thickness_mm=thickness, seed=21).astype(np.float32)
    sagittal = Volume(image, affine, thickness, "t2_tse_sag", "1", 1, FRAME, 400.0, 800.0, "sagittal")
    axial = []
    for name, flat, size, thick in axial_grids(person):
        image = t2_image(person, flat, size, slice_thickness_mm=thick, seed=21).astype(np.float32)
        axial.append(Volume(image, flat, thick, f"t2_tse_tra {name}", name, 2, FRAME, 400.0, 800.0, "axial"))
    spaces = {space.label: space for space in person.spaces}
    return [(disc, place_voxel(disc, spaces[disc.label])) for disc in person.discs], [sagittal, *axial]


def extent_mm(disc: DiscAnatomy, points: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """The outline's size along the disc's own left, back and head."""
    return np.ptp((np.asarray(points) - np.asarray(disc.centre_mm)) @ np.asarray(disc.axes).T, axis=0)


def test_proposed_outlines_have_the_size_of_the_nucleus(spine) -> None:
    discs, volumes = spine
    for disc, voxel in discs:
        if disc.pfirrmann > 3:
            continue
        width, depth, height = disc.nucleus_size_mm
        sagittal = propose_nucleus(voxel, FRAME, volumes, "sagittal")
        found = extent_mm(disc, sagittal.points_mm)
        assert found[1] == pytest.approx(depth, abs=3.5)
        assert found[2] == pytest.approx(disc.size_mm[2], abs=1.5)  # as tall as the disc, by design
        assert found[2] > height - 0.5
        axial = extent_mm(disc, propose_nucleus(voxel, FRAME, volumes, "axial").points_mm)
        assert axial[0] == pytest.approx(width, abs=4.5)
        assert axial[1] == pytest.approx(depth, abs=3.5)


def test_a_proposal_lies_in_one_slice_and_says_that_it_is_one(spine) -> None:
    discs, volumes = spine
    found = propose_nucleus(discs[0][1], FRAME, volumes, "sagittal")
    assert (found.source, found.plane) == ("proposed", "sagittal")
    points = np.asarray(found.points_mm)
    assert np.ptp(points @ (volumes[0].affine[:3, 2] / np.linalg.norm(volumes[0].affine[:3, 2]))) < 2.0


def test_a_black_disc_is_given_no_outline(spine) -> None:
    discs, volumes = spine
    voxel = next(voxel for disc, voxel in discs if disc.pfirrmann == 5)
    with pytest.raises(NotMeasurable, match=r"does not stand out.*no outline is proposed\.$"):
        propose_nucleus(voxel, FRAME, volumes, "sagittal")


def test_images_of_another_frame_or_contrast_propose_nothing(spine) -> None:
    discs, volumes = spine
    voxel = discs[0][1]
    other = [replace(volume, description="t1_tse") for volume in volumes]
    for uid, images in (("9.9", volumes), (None, volumes), (FRAME, other), (FRAME, [])):
        with pytest.raises(NotMeasurable, match="No sagittal series"):
            propose_nucleus(voxel, uid, images, "sagittal")
