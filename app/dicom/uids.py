"""UIDs that are the same on every run: name-based UUIDs under the 2.25 root (PS3.5 section B.2)."""

from __future__ import annotations

import uuid

from pydicom.uid import UID

_NAMESPACE = uuid.UUID("e5b0b2f4-5c0e-4c19-9d0b-0d6a7d7b6f51")


def _named(name: str) -> UID:
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, name).int}")


IMPLEMENTATION_CLASS_UID = _named("implementation")
"""Names Discern as the writer in the file meta information."""


def stable_uid(seed: int, *role: str | int) -> UID:
    """Return the UID of one thing in a simulated study.

    Parameters
    ----------
    seed : of the study
    role : what the UID is for, for example ``("image", "SAG_T2", 3)``; put the software version into it where another
        version would write other bytes, because one UID must never name two contents
    """
    return _named("\x1f".join([str(seed), *(f"{type(part).__name__}:{part}" for part in role)]))


def derived_uid(origin: str, *role: str | int) -> UID:
    """Return the UID of one thing that is made from something else.

    Parameters
    ----------
    origin : names what it is made from: the hash of a signed report, or a study's UID
    role : as for `stable_uid`
    """
    return _named("\x1f".join(["derived", origin, *(f"{type(part).__name__}:{part}" for part in role)]))
