"""Reading and checking results.json against its published schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from app.report.errors import NotVerifiable
from app.resource_files import resource_path

SCHEMA_FILE = "discern-results-1.schema.json"


@cache
def results_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``discern-results/1``."""
    schema: dict[str, Any] = json.loads(resource_path("schema", SCHEMA_FILE).read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(results_schema())


def parse_results(data: bytes) -> dict[str, Any]:
    """Read results.json and check it against the schema.

    Raises
    ------
    NotVerifiable
        If it is not UTF-8 JSON, holds NaN, infinity or a key twice, or does not follow the schema.
    """
    try:
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotVerifiable(f"The results are not proper JSON: {_brief(error)}.") from error
    wrong = schema_error(document)
    if wrong:
        raise NotVerifiable(wrong)
    parsed: dict[str, Any] = document
    return parsed


def schema_error(document: object) -> str | None:
    """Return a sentence that says where a document departs from the schema first, or None where it follows it."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(document))
    if error is None:
        return None
    return f"The results do not follow the schema discern-results/1 at {error.json_path}: {_brief(error.message)}."


def _brief(reason: object) -> str:
    text = " ".join(str(reason).split())
    return text if len(text) <= 160 else text[:159] + "…"


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that JSON knows")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
