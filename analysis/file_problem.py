"""One sentence for what is wrong with a TOML file that was checked against a model."""

from __future__ import annotations

import tomllib

from pydantic import ValidationError

_LONGEST = 160


def problem_of(error: tomllib.TOMLDecodeError | ValidationError) -> str:
    """Say the first problem: where it stands and what is wrong, without a full stop."""
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"it is not TOML ({error})"
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    text = " ".join(str(first["msg"]).split())[:_LONGEST]
    if isinstance(first.get("input"), str | int | float):
        text += f" (it says {str(first['input'])[:40]!r})"
    more = error.error_count() - 1
    others = f", and {more} more" if more else ""
    return f"{place}: {text[:1].lower()}{text[1:]}{others}" if place else f"{text}{others}"
