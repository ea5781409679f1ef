"""Heights and signals, held against images whose anatomy is known: slabs drawn by hand, and the simulated spine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.anatomy import lumbar_spine, sagittal_grid, t2_image
from analysis.disc_measure import DiscMeasures, is_t2, measure_disc
from analysis.levels import relabel
from analysis.readers import read_studies
from analysis.types import Volume, Voxel
from app.demo_study import place_voxel
from tests.samples import sample_study

FRAME = "1.2.3"
UPRIGHT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
VOXEL = Voxel((0.0, 0.0, 0.0), UPRIGHT, (18.0, 14.0, 5.0))
MARROW, DARK, FLUID, SOFT = 340.0, 30.0, 900.0, 150.0
PIXEL_MM, FINE = 0.8, 4


def slab(
    height_mm: float,
    disc: float = 300.0,
    *,
    tilt_deg: float = 0.0,
    endplate_mm: float = 0.9,
    noise: float = 0.0,
    fluid: float = FLUID,
    description: str = "t2_tse_sag",
) -> Volume:
    """A disc of one height between two bodies with a canal of fluid behind it, each pixel the mean of 16 points."""
    size = 120
    fine = (np.arange(size * FINE) - (size * FINE - 1) / 2) * PIXEL_MM / FINE
    back, head = np.meshgrid(fine, -fine)
    tilt = np.deg2rad(tilt_deg)
    up = np.abs(np.cos(tilt) * head - np.sin(tilt) * back)
    image = np.where(up < height_mm / 2, disc, np.where(up < height_mm / 2 + endplate_mm, DARK, MARROW))
    image = np.where(np.abs(back) < 17, image, SOFT)
    image = np.where(np.abs(back - 24) < 6, fluid, image)
    pixels = image.reshape(size, FINE, size, FINE).mean(axis=(1, 3))
    stack = np.repeat(pixels[None], 5, axis=0) + noise * np.random.default_rng(3).standard_normal((5, size, size))
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = (0, PIXEL_MM, 0), (0, 0, -PIXEL_MM), (4.4, 0, 0)
    affine[:3, 3] = -affine[:3, :3] @ np.array([(size - 1) / 2, (size - 1) / 2, 2.0])
    return Volume(stack.astype(np.float32), affine, 4.0, description, "1", 1, FRAME, 400.0, 800.0, "sagittal")


def measured(volume: Volume, voxel: Voxel | None = VOXEL) -> DiscMeasures:
    return measure_disc(voxel, FRAME, [volume])


@pytest.mark.parametrize("height", [4.0, 6.5, 9.0, 13.0])
@pytest.mark.parametrize("disc", [700.0, 300.0, 60.0])
@pytest.mark.parametrize("tilt", [0.0, 8.0, -20.0])
def test_height_of_a_slab(height: float, disc: float, tilt: float) -> None:
    found = measured(slab(height, disc, tilt_deg=tilt, noise=15.0)).height_mm
    assert found is not None
    assert (
        abs(found.value - height) < found.sd
    )  # thin dark endplates are not resolved: the edge moves outwards a little
    assert 0.5 <= found.sd < 0.8


@pytest.mark.parametrize("endplate", [0.6, 0.9, 1.2])
def test_endplates_of_another_thickness_stay_within_the_uncertainty(endplate: float) -> None:
    found = measured(slab(8.0, endplate_mm=endplate)).height_mm
    assert found is not None
    assert abs(found.value - 8.0) < 1.6 * found.sd


def test_a_voxel_laid_at_an_angle_measures_the_disc_and_not_itself() -> None:
    turn = np.deg2rad(15)
    axes = (
        (1.0, 0.0, 0.0),
        (0.0, float(np.cos(turn)), float(np.sin(turn))),
        (0.0, float(-np.sin(turn)), float(np.cos(turn))),
    )
    found = measured(slab(9.0), replace(VOXEL, axes=axes)).height_mm
    assert found is not None
    assert found.value == pytest.approx(9.0, abs=0.35)


def test_axes_in_any_order_and_sense_measure_alike() -> None:
    swapped = Voxel(VOXEL.centre_mm, ((0.0, 0.0, -1.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0)), (5.0, 18.0, 14.0))
    one, other = measured(slab(9.0, noise=10)), measured(slab(9.0, noise=10), swapped)
    assert other.height_mm is not None
    assert one.height_mm is not None
    assert other.height_mm.value == pytest.approx(one.height_mm.value, abs=0.01)
    assert other.nucleus_to_csf == pytest.approx(one.nucleus_to_csf)


@pytest.mark.parametrize("disc", [700.0, 300.0, 90.0])
def test_signal_ratio_of_a_slab(disc: float) -> None:
    found = measured(slab(9.0, disc, noise=15.0)).nucleus_to_csf
    assert found is not None
    assert abs(found.value - disc / FLUID) < 3 * found.sd + 0.01
    assert found.sd < 0.03


def test_without_fluid_there_is_no_ratio_but_a_height() -> None:
    found = measured(slab(9.0, fluid=SOFT))
    assert found.height_mm is not None
    assert found.nucleus_to_csf is None
    assert found.ratio_why == "No fluid stands out behind the disc."


def test_without_marrow_there_is_no_height() -> None:
    volume = slab(9.0)
    flat = replace(volume, pixels=np.where(volume.pixels == MARROW, 60.0, volume.pixels).astype(np.float32))
    found = measured(flat)
    assert found.height_mm is None
    assert "marrow" in found.height_why


@pytest.mark.parametrize(
    ("description", "yes"),
    [
        ("T2 TSE sagittal", True),
        ("t2_tse_sag_320", True),
        ("SAG T2 FRFSE", True),
        ("sT2W_TSE", True),
        ("T1 TSE sagittal", False),
        ("T2* GRE sag", False),
        ("t2_map_sag", False),
        ("T2 FLAIR", False),
        ("STIR sagittal", False),
        ("T2-T3 localizer", False),
        ("", False),
    ],
)
def test_only_t2_weighted_series_count(description: str, yes: bool) -> None:
    assert is_t2(slab(9.0, description=description)) == yes
    found = measured(slab(9.0, description=description))
    assert (found.height_mm is not None) == yes
    assert (found.nucleus_to_csf is not None) == yes
    if not yes:
        assert found.height_why == "No sagittal series that calls itself T2-weighted holds this voxel."


def test_images_of_another_frame_plane_or_place_are_not_used() -> None:
    volume = slab(9.0)
    far = replace(VOXEL, centre_mm=(0.0, 0.0, 300.0))
    for found in (
        measure_disc(VOXEL, "9.9", [volume]),
        measured(replace(volume, plane="axial")),
        measured(volume, far),
        measured(volume, None),
        measure_disc(VOXEL, FRAME, []),
    ):
        assert (found.height_mm, found.nucleus_to_csf) == (None, None)
        assert found.height_why.endswith(".")


def test_a_disc_at_the_end_of_the_images_is_not_guessed() -> None:
    volume = slab(9.0)
    cropped = replace(volume, pixels=volume.pixels[:, 45:], affine=volume.affine.copy())
    cropped.affine[:3, 3] += 45 * volume.affine[:3, 1]
    found = measured(cropped)
    assert found.height_mm is None
    assert found.height_why == "The images end before the vertebra above or below the disc."


# --- a real lumbar spine -------------------------------------------------------------------------------------------

REAL_MM = {161: (18, 91), 133: (18, 96), 102: (18, 102), 69: (18, 107), 35: (18, 113)}
"""By the row from the feet: slice and column from the back of five discs of spine/t2_lumbar.nii.gz, found by eye."""
BY_HAND_MM = {161: 9.0, 35: 8.8}
"""From marrow to marrow, read off the pixels of one column at half contrast; 1.8 mm of it are endplates."""


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Volume:
    path = shared_data / "spine" / "t2_lumbar.nii.gz"
    if not path.is_file():
        pytest.skip("the real lumbar series is not here")
    return read_studies([path])[0].volumes[0]


def real_place(row: int) -> tuple[float, float, float]:
    """LPS mm of a disc, from the file's own affine: 1 mm pixels, RAS, with this origin."""
    i, j = REAL_MM[row]
    return 12.1951866 - i, 150.937805 - j, -512.302551 + row


def test_real_discs_are_measured(real: Volume) -> None:
    for row in REAL_MM:
        found = measure_disc(replace(VOXEL, centre_mm=real_place(row)), real.frame_of_reference_uid, [real])
        assert found.height_mm is not None, found.height_why
        assert found.nucleus_to_csf is not None, found.ratio_why
        if row in BY_HAND_MM:
            assert found.height_mm.value == pytest.approx(BY_HAND_MM[row] - 1.8, abs=0.8)
        assert 5.5 < found.height_mm.value < 9.0
        assert 0.4 < found.nucleus_to_csf.value < 0.85  # bright nuclei, grey beside fluid


def test_real_discs_are_numbered(real: Volume) -> None:
    one = sample_study().acquisitions[0]
    voxels = [
        replace(one, label=f"Voxel {row}", label_source="order", voxel=replace(VOXEL, centre_mm=real_place(row)))
        for row in REAL_MM
    ]
    found = relabel(voxels, 4, "L5-S1")
    assert [label.label for label in found] == ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]
    assert {label.confidence for label in found} == {"high"}


# --- the simulated spine -------------------------------------------------------------------------------------------


def simulated(seed: int, grades: tuple[int, ...]) -> list[tuple[int, float, DiscMeasures]]:
    """Grade, true height and what was measured of every disc of a simulated spine."""
    spine = lumbar_spine(seed, grades)
    affine, shape, thickness = sagittal_grid(spine)
    affine = affine.copy()
    affine[:3, 3] += 5 * affine[:3, 2]
    image = t2_image(spine, affine, (5, *shape[1:]), slice_thickness_mm=thickness, seed=seed)
    volume = replace(slab(9.0), pixels=image.astype(np.float32), affine=affine)
    spaces = {space.label: space for space in spine.spaces}
    return [
        (disc.pfirrmann, disc.size_mm[2], measured(volume, place_voxel(disc, spaces[disc.label])))
        for disc in spine.discs
    ]


@pytest.fixture(scope="module")
def people() -> list[tuple[int, float, DiscMeasures]]:
    grades = [(2, 2, 3, 4, 3), (1, 1, 2, 5, 4), (5, 4, 3, 2, 1), (3, 3, 3, 3, 3)]
    return [disc for seed, each in enumerate(grades, start=20) for disc in simulated(seed, each)]


def test_heights_of_the_simulated_spine_are_within_their_uncertainty(
    people: list[tuple[int, float, DiscMeasures]],
) -> None:
    off = [(found.height_mm.value - true) / found.height_mm.sd for _, true, found in people if found.height_mm]
    assert len(off) >= 0.9 * len(people)
    assert np.mean(np.abs(off) < 2) >= 0.9
    assert abs(np.mean(off)) < 0.5


def test_the_nucleus_darkens_with_the_grade(people: list[tuple[int, float, DiscMeasures]]) -> None:
    by_grade = [
        [found.nucleus_to_csf.value for grade, _, found in people if grade == wanted and found.nucleus_to_csf]
        for wanted in (1, 2, 3, 4, 5)
    ]
    for better, worse in zip(by_grade, by_grade[1:], strict=False):
        assert min(better) > max(worse)
    # what the tissue was painted with, times the coil, which is 7 to 25 % weaker at the disc than at the canal
    for values, tissue in zip(by_grade, (0.95, 0.84, 0.46, 0.22, 0.08), strict=True):
        assert np.mean(values) == pytest.approx(0.85 * tissue, rel=0.25)
