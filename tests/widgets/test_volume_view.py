from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6 import QtCore
from pytestqt.qtbot import QtBot

from analysis.reslice import SliceStack
from analysis.types import Study
from widgets.overlays import VoxelMark
from widgets.volume_view import CANNOT, VolumeView

Qt = QtCore.Qt


@pytest.fixture
def scene_view(qtbot: QtBot, study: Study, marks: list[VoxelMark]) -> Iterator[VolumeView]:
    view = VolumeView()
    qtbot.addWidget(view)
    view.resize(320, 280)
    view.set_slices([(SliceStack(volume), 2, 400.0, 800.0) for volume in study.volumes])
    view.set_voxels(marks, 3)
    yield view
    view.close_scene()


def picture(view: VolumeView) -> np.ndarray:  # type: ignore[type-arg]
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def test_nothing_of_vtk_starts_before_the_panel_is_shown(scene_view: VolumeView) -> None:
    assert scene_view.scene is None


def test_slices_voxels_and_labels_are_in_one_scene(scene_view: VolumeView, qtbot: QtBot) -> None:
    scene_view.show()
    qtbot.waitUntil(lambda: scene_view.scene is not None)
    assert scene_view.scene is not None
    assert scene_view.scene.counts == {"slices": 2, "voxels": 10}
    seen = picture(scene_view)
    assert len(np.unique(seen.reshape(-1, 3), axis=0)) > 50
    orange = (seen[:, :, 0] > 200) & (seen[:, :, 1] < 180) & (seen[:, :, 2] < 120)
    assert orange.sum() > 20


def test_drag_and_keys_turn_it_and_space_brings_it_back(scene_view: VolumeView, qtbot: QtBot) -> None:
    scene_view.show()
    first = picture(scene_view)
    qtbot.keyClick(scene_view, Qt.Key.Key_Right)
    turned = picture(scene_view)
    assert np.abs(turned - first).mean() > 1
    qtbot.keyClick(scene_view, Qt.Key.Key_Space)
    assert np.abs(picture(scene_view) - first).mean() < 0.5
    qtbot.mousePress(scene_view, Qt.MouseButton.LeftButton, pos=QtCore.QPoint(100, 100))
    qtbot.mouseMove(scene_view, QtCore.QPoint(160, 120))
    qtbot.mouseRelease(scene_view, Qt.MouseButton.LeftButton, pos=QtCore.QPoint(160, 120))
    assert np.abs(picture(scene_view) - first).mean() > 1


def test_without_opengl_there_is_a_sentence(qtbot: QtBot, marks: list[VoxelMark]) -> None:
    def fails() -> None:
        raise RuntimeError("no driver")

    view = VolumeView(start=fails)  # type: ignore[arg-type]
    qtbot.addWidget(view)
    view.set_voxels(marks, 0)
    view.show()
    assert not view.grab().isNull()
    assert view.sentence == CANNOT
    qtbot.keyClick(view, Qt.Key.Key_Left)


def test_voxels_of_another_frame_of_reference_stay_out(scene_view: VolumeView, marks: list[VoxelMark]) -> None:
    scene_view.set_voxels([*marks[:4], replace(marks[4], frame_of_reference_uid="2.25.9")], 0)
    assert [mark.label for mark in scene_view.placed()] == ["L1-L2", "L2-L3", "L3-L4", "L4-L5"]
