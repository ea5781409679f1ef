"""A table of numbers that says where it comes from: what every rule of a protocol file is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Status = Literal["read", "derived", "unverified", "design choice"]


class Strict(BaseModel):
    """A table whose keys are all known, and which is never written to."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(Strict):
    """Anything in a protocol that must say where it comes from."""

    source: str
    status: Status
