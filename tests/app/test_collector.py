"""Libraries leave the garbage collector's sight once; what a report or a study leaves behind is still collected."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.errors import NothingToRead
from app.collector import leave_libraries_alone
from app.main import real_services


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    calls: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: calls.append(1))
    leave_libraries_alone.cache_clear()
    yield calls
    leave_libraries_alone.cache_clear()


def test_reading_studies_freezes_once(frozen: list[int], tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(NothingToRead):
            real_services().read_studies([tmp_path], lambda *_: None, lambda: False)
    assert len(frozen) == 1


def test_each_part_of_the_program_freezes_once(frozen: list[int]) -> None:
    for _ in range(3):
        leave_libraries_alone("reading")
        leave_libraries_alone("reports")
    assert len(frozen) == 2
