"""What the tests of views share: the theme, and a made-up reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6 import QtWidgets

from analysis.types import ExamResult, Study
from app.main import apply_look
from tests.samples import sample_exam, sample_study
from widgets.overlays import VoxelMark


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The headless platform says these of every window with a least size, and of every menu; nothing follows."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints|support raise|grabbing the keyboard"))


@pytest.fixture(autouse=True)
def _look(qapp: QtWidgets.QApplication) -> None:
    apply_look(qapp)


@pytest.fixture
def study() -> Study:
    return sample_study()


@pytest.fixture
def exam(study: Study) -> ExamResult:
    return sample_exam(study)


@pytest.fixture
def marks(study: Study) -> list[VoxelMark]:
    return [
        VoxelMark(i, a.label, a.voxel, a.frame_of_reference_uid, "evaluable" if i != 2 else "failed")
        for i, a in enumerate(study.acquisitions)
        if a.voxel is not None
    ]
