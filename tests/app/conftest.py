"""A window on a simulated exam, for tests of what a reader does with mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6 import QtWidgets
from pytestqt.qtbot import QtBot

from app.main import apply_look
from tests.reading_desk import Desk, desk_with, study_with_images


@pytest.fixture
def desk(qtbot: QtBot, qapp: QtWidgets.QApplication) -> Iterator[Desk]:
    """The window on five discs without images."""
    apply_look(qapp)
    desk = desk_with(qtbot)
    desk.open(qtbot)
    yield desk
    desk.close()


@pytest.fixture
def imaged_desk(qtbot: QtBot, qapp: QtWidgets.QApplication) -> Iterator[Desk]:
    """The window on the same discs with images of their spine."""
    apply_look(qapp)
    desk = desk_with(qtbot, study=study_with_images())
    desk.open(qtbot)
    yield desk
    desk.close()
