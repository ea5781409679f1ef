from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.report.errors import NotVerifiable
from app.report.results_schema import parse_results, results_schema, schema_error

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def document(results: bytes) -> dict[str, Any]:
    return copy.deepcopy(json.loads(results))


def test_the_schema_is_a_schema_and_our_results_follow_it(document: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(results_schema())
    assert schema_error(document) is None


WRONG: dict[str, Change] = {
    "another version": lambda d: d.update(schema="discern-results/2"),
    "a missing part": lambda d: d.pop("exam"),
    "an unknown key": lambda d: d.update(extra=1),
    "a missing study key": lambda d: d["study"].pop("patient_id"),
    "an unknown class": lambda d: d["voxels"][0]["evidence"].update({"class": "painful"}),
    "a class without numbers": lambda d: d["voxels"][0]["evidence"].update(
        lr={"median": None, "low90": None, "high90": None}
    ),
    "a negative likelihood ratio": lambda d: d["voxels"][0]["evidence"]["lr"].update(median=-1),
    "a score above 10": lambda d: d["voxels"][0]["evidence"]["score"].update(high90=10.5),
    "a probability above 1": lambda d: d["voxels"][0]["evidence"]["probability"][0].update(median=1.5),
    "an unknown verdict": lambda d: d["voxels"][0]["quality"]["gates"][0].update(verdict="good"),
    "a number as text": lambda d: d["voxels"][0]["metabolites"]["Lac"].update(amplitude="1.0"),
    "a ratio without interval": lambda d: d["voxels"][0]["ratios"]["Lac/PG"].pop("low90"),
    "a ratio without a slash": lambda d: d["voxels"][0]["ratios"].update(Lac=d["voxels"][0]["ratios"]["Lac/PG"]),
    "a hash that is none": lambda d: d["voxels"][0]["files"][0].update(sha256="00"),
    "a role of another kind": lambda d: d["voxels"][0]["files"][0].update(role="image"),
    "a flat voxel": lambda d: d["voxels"][0]["voxel"].update(size_mm=[20.0, 0.0, 5.0]),
    "two axes": lambda d: d["voxels"][0]["voxel"].update(axes=[[1, 0, 0], [0, 1, 0]]),
    "not evaluable without a reason": lambda d: d["voxels"][0]["quality"].update(evaluable=False, reasons=[]),
    "a count that is no whole number": lambda d: d["exam"].update(evaluable=2.5),
    "a skipped file without a reason": lambda d: d["skipped"].append({"path": "a"}),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_the_schema_rejects(document: dict[str, Any], change: Change) -> None:
    change(document)
    message = schema_error(document)
    assert message is not None
    assert message.startswith("The results do not follow the schema discern-results/1 at $")


def test_unknown_numbers_are_null(document: dict[str, Any]) -> None:
    document["voxels"][0]["voxel"] = None
    document["voxels"][0]["evidence"] = None
    document["voxels"][0]["acquisition"].update(te_ms=None, averages=None, manufacturer=None)
    document["voxels"][0]["ratios"]["Lac/PG"] = dict.fromkeys(("value", "sd", "low90", "high90"))
    document["exam"].update(contrast_p=None, withheld="Too few discs.")
    assert schema_error(document) is None


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b'{"schema": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000, b"[]", b"1e999"]
)
def test_what_is_not_proper_json_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(NotVerifiable) as refused:
        parse_results(data)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)
