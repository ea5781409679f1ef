from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from app.report.compare import Compared, compare_results, compared_values


@pytest.fixture
def document(results: bytes) -> dict[str, Any]:
    return dict(json.loads(results))


def test_the_same_results_do_not_differ(document: dict[str, Any]) -> None:
    assert compare_results(document, copy.deepcopy(document)) == ()


def test_places_versions_and_sentences_may_differ(document: dict[str, Any]) -> None:
    other = copy.deepcopy(document)
    other["software"]["version"] = "9.9"
    other["voxels"][0]["files"][0]["path"] = "elsewhere.dcm"
    other["warnings"] = ["Something was said."]
    other["skipped"] = []
    assert compare_results(document, other) == ()


def test_a_changed_number_is_named_with_its_voxel(document: dict[str, Any]) -> None:
    other = copy.deepcopy(document)
    other["voxels"][3]["ratios"]["Lac/PG"]["value"] = 1.71
    assert compare_results(document, other) == ("L4-L5 ratios Lac/PG value: 1.94366 in the report, 1.71 now",)


def test_rounding_is_no_difference_and_a_thousandth_is(document: dict[str, Any]) -> None:
    rounded, changed = copy.deepcopy(document), copy.deepcopy(document)
    rounded["voxels"][0]["quality"]["snr"] *= 1 + 2e-5
    changed["voxels"][0]["quality"]["snr"] *= 1.001
    assert compare_results(document, rounded) == ()
    assert len(compare_results(document, changed)) == 1


def test_a_ratio_near_zero_is_compared_on_the_scale_of_its_interval() -> None:
    old = {"voxels": [{"label": "A", "ratios": {"x/y": {"value": 1e-9, "sd": 0.1, "low90": -0.2, "high90": 0.2}}}]}
    new = copy.deepcopy(old)
    new["voxels"][0]["ratios"]["x/y"]["value"] = 0.0  # type: ignore[index]
    assert compare_results(old, new) == ()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("exam", "withheld"), "Too few.", "exam withheld: unknown in the report, Too few. now"),
        (("exam", "evaluable"), 3, "exam evaluable: 4 in the report, 3 now"),
        (("voxels",), [], "voxels: 5 in the report, 0 now"),
        (("study", "patient_id"), None, "study patient_id: H00003 in the report, unknown now"),
    ],
)
def test_other_differences_are_named(document: dict[str, Any], path: tuple[str, ...], value: object, said: str) -> None:
    other = copy.deepcopy(document)
    place = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert said in compare_results(document, other)


def test_every_number_is_listed_with_its_counterpart(document: dict[str, Any]) -> None:
    other = copy.deepcopy(document)
    other["voxels"][3]["ratios"]["Lac/PG"]["value"] = 1.71
    found = compared_values(document, other)
    places = [item.place for item in found]
    assert len(set(places)) == len(places)
    wrong = [item for item in found if not item.agrees]
    assert wrong == [Compared("L4-L5 ratios Lac/PG value", "1.94366", "1.71", agrees=False, number=True)]
    ratios = sum(len(ratio) for voxel in document["voxels"] for ratio in voxel["ratios"].values())
    assert len([item for item in found if " ratios " in item.place]) == ratios
