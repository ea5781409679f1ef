"""What the tests of the store share: an embedded store of their own, and studies without files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import Store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The data folder of a user."""
    return tmp_path / "data"


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    """A store in that folder."""
    opened = Store.open(folder=root)
    yield opened
    opened.close()
