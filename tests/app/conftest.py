"""A window on a simulated exam, for tests of what a reader does with mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6 import QtWidgets
from pytestqt.qtbot import QtBot

from app.main import apply_look
from tests.app.report.pki import Pki, served
from tests.app.report.soft_token import SoftToken, make_token
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


@pytest.fixture(scope="session")
def hospital() -> Iterator[Pki]:
    """A hospital's authorities, served on loopback; nobody changes them."""
    with served() as made:
        yield made


@pytest.fixture(scope="session")
def token(hospital: Pki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    """A software token; one for the whole run, because its library is loaded once."""
    return make_token(tmp_path_factory.mktemp("token"), hospital.signer(), hospital.middle)
