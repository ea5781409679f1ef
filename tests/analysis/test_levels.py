"""Levels along the spine, held against the simulated spine's own names and against places set by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.anatomy import lumbar_spine
from analysis.levels import ImpossibleLevels, disc_levels, levels_of, lumbar_count_of, relabel
from analysis.types import Acquisition, Voxel
from tests.samples import sample_study

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
ONE = sample_study().acquisitions[0]


def at(*centres: tuple[float, float, float] | None, label: str = "Voxel", source: str = "order") -> list[Acquisition]:
    """Voxels at places, without a name of their own."""
    return [
        replace(
            ONE,
            label=f"{label} {i + 1}",
            label_source=source,
            voxel=None if centre is None else Voxel(centre, AXES, (20.0, 14.0, 5.0)),
        )
        for i, centre in enumerate(centres)
    ]


def column(*heights: float) -> list[Acquisition]:
    return at(*((0.0, 0.0, float(z)) for z in heights))


def names(labels: tuple[object, ...]) -> list[str]:
    return [one.label for one in labels]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("grades", [(2, 2, 3, 4, 3), (1, 1, 1, 1, 1), (5, 5, 5, 5, 5), (1, 5, 1, 5, 1)])
def test_every_disc_of_a_simulated_spine_follows_from_any_one(seed: int, grades: tuple[int, ...]) -> None:
    discs = lumbar_spine(seed, grades).discs
    voxels = at(*(disc.centre_mm for disc in discs))
    for index, disc in enumerate(discs):
        found = relabel(voxels, index, disc.label)
        assert names(found) == [d.label for d in discs]
        assert [one.source for one in found] == ["reader" if i == index else "geometry" for i in range(5)]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("left_out", [(1,), (1, 3), (1, 2), (1, 2, 3), (2,), (3,), (2, 3)])
def test_a_gap_skips_levels_in_a_simulated_spine(seed: int, left_out: tuple[int, ...]) -> None:
    discs = [disc for i, disc in enumerate(lumbar_spine(seed).discs) if i not in left_out]
    voxels = at(*(disc.centre_mm for disc in discs))
    for index, disc in enumerate(discs):
        assert names(relabel(voxels, index, disc.label)) == [d.label for d in discs]


@pytest.mark.parametrize("seed", range(4))
def test_the_numbering_holds_from_the_chest_to_the_sacrum(seed: int) -> None:
    spaces = [space for space in lumbar_spine(seed, (2, 5, 3, 4, 1)).spaces if space.label in disc_levels()]
    voxels = at(*(space.frame.origin_mm for space in spaces))
    labels = [space.label for space in spaces]
    assert (labels[0], labels[-1]) == ("T9-T10", "S1-S2")
    for index, label in enumerate(labels):
        assert names(relabel(voxels, index, label)) == labels


def test_a_correction_moves_the_whole_numbering() -> None:
    voxels = sample_study().acquisitions
    assert names(relabel(voxels, 3, "L5-S1")) == ["L2-L3", "L3-L4", "L4-L5", "L5-S1", "S1-S2"]
    assert names(relabel(voxels, 4, "L4-L5")) == ["T12-L1", "L1-L2", "L2-L3", "L3-L4", "L4-L5"]


def test_transitional_anatomy() -> None:
    five = column(144, 108, 72, 36, 0)
    assert names(relabel(five, 4, "L6-S1", 6)) == ["L2-L3", "L3-L4", "L4-L5", "L5-L6", "L6-S1"]
    assert names(relabel(five, 4, "L4-S1", 4)) == ["T12-L1", "L1-L2", "L2-L3", "L3-L4", "L4-S1"]
    assert names(relabel(five, 4, "S1-S2")) == ["L2-L3", "L3-L4", "L4-L5", "L5-S1", "S1-S2"]
    assert disc_levels(6)[-4:] == ("L4-L5", "L5-L6", "L6-S1", "S1-S2")
    assert disc_levels()[0] == "C2-C3"
    assert (lumbar_count_of(["L6-S1"]), lumbar_count_of(["L4-S1 (2)"]), lumbar_count_of(["L4-L5"])) == (6, 4, 5)


def test_the_order_of_the_files_does_not_matter() -> None:
    assert names(relabel(column(0, 72, 36), 0, "L5-S1")) == ["L5-S1", "L3-L4", "L4-L5"]


def test_voxels_of_one_disc_share_its_name_with_a_number() -> None:
    side_by_side = at((-12.0, 0.0, 0.0), (12.0, 0.0, 1.0), (0.0, 0.0, 36.0))
    assert names(relabel(side_by_side, 1, "L4-L5")) == ["L4-L5 (2)", "L4-L5", "L3-L4"]


def test_confidence_falls_with_an_odd_gap_and_stays_low_beyond_it() -> None:
    found = relabel(column(160, 124, 70, 36, 0), 4, "L5-S1")
    assert [one.confidence for one in found][3:] == ["high", "high"]
    assert found[1].confidence == "low"  # 54 mm is one disc and a half
    assert found[0].confidence == "low"
    assert "54 mm" in found[1].why


def test_a_voxel_without_a_place_or_in_another_frame_keeps_its_name() -> None:
    voxels = at((0.0, 0.0, 36.0), None, (0.0, 0.0, 0.0))
    voxels[0] = replace(voxels[0], frame_of_reference_uid="1.2.3")
    assert names(relabel(voxels, 2, "L4-L5")) == ["Voxel 1", "Voxel 2", "L4-L5"]
    assert names(relabel(voxels, 1, "L4-L5")) == ["Voxel 1", "L4-L5", "Voxel 3"]


@pytest.mark.parametrize(
    ("label", "count", "said"),
    [
        ("L5-L6", 5, "L5-L6 is not a disc of a spine with 5 lumbar vertebrae."),
        ("L4", 5, "L4 is not a disc of a spine with 5 lumbar vertebrae."),
        ("L5-S1", 4, "L5-S1 is not a disc of a spine with 4 lumbar vertebrae."),
        ("L4-L5", 7, "A spine has 4, 5 or 6 lumbar vertebrae, not 7."),
        ("S1-S2", 5, "There would be a voxel below S1-S2, where this spine has no further disc."),
    ],
)
def test_impossible_labels_are_refused_in_a_sentence(label: str, count: int, said: str) -> None:
    with pytest.raises(ImpossibleLevels) as refused:
        relabel(column(72, 36, 0), 1, label, count)
    assert str(refused.value) == said


def test_headers_that_agree_with_the_places_are_sure() -> None:
    assert {one.confidence for one in levels_of(sample_study().acquisitions)} == {"high"}


def test_a_header_that_contradicts_the_others_is_doubted() -> None:
    voxels = list(sample_study().acquisitions)
    voxels[1] = replace(voxels[1], label="L3-L4")
    found = levels_of(voxels)
    assert found[1].label == "L3-L4"
    assert found[1].confidence == "low"
    assert "L2-L3" in found[1].why


def test_a_voxel_without_a_name_takes_its_place_between_the_named() -> None:
    voxels = list(sample_study().acquisitions)
    voxels[2] = replace(voxels[2], label="Voxel 1", label_source="order")
    found = levels_of(voxels)
    assert (found[2].label, found[2].source, found[2].confidence) == ("L3-L4", "geometry", "high")


def test_without_any_header_nothing_is_guessed() -> None:
    found = levels_of(column(72, 36, 0))
    assert names(found) == ["Voxel 1", "Voxel 2", "Voxel 3"]
    assert {one.confidence for one in found} == {"low"}


def test_one_header_alone_is_not_called_sure() -> None:
    found = levels_of([replace(column(0)[0], label="L4-L5", label_source="header")])
    assert found[0].confidence == "moderate"


@given(
    anchor=st.integers(0, 6),
    level=st.integers(0, 22),
    scale=st.floats(0.8, 1.2),
    skip=st.lists(st.integers(1, 3), max_size=6),
)
def test_levels_keep_the_order_of_the_places(anchor: int, level: int, scale: float, skip: list[int]) -> None:
    heights = [0.0]
    for discs in skip:
        heights.append(heights[-1] - 36.0 * scale * discs)
    levels = disc_levels()
    index = min(anchor, len(heights) - 1)
    try:
        found = names(relabel(column(*heights), index, levels[level]))
    except ImpossibleLevels:
        return
    ranks = [levels.index(label.split(" (")[0]) for label in found]
    assert ranks == sorted(ranks)
    assert found[index] == levels[level]
