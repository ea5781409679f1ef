"""What came of fetching a study, whichever way it was fetched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fetched:
    """What came of a retrieve: `stored` objects are new or were here already, `failed` ones are not here."""

    stored: int
    failed: int
