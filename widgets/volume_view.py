"""The 3-D panel: slices, voxels and levels in one scene. Optional: nothing in a reading needs it.

VTK is imported and started when the panel is first shown; where it cannot render, one sentence stands instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.reslice import SliceStack
from analysis.types import Volume
from widgets import theme
from widgets.overlays import VoxelMark
from widgets.texts import noop, tr

if TYPE_CHECKING:
    from widgets.volume_scene import VolumeScene

ShownSlice = tuple[SliceStack, int, float, float]
"""A stack, the index of its slice, and its level and width."""
_DEGREES_PER_PX = 0.4
_KEY_DEGREES = 10.0
_TURNS = {
    QtCore.Qt.Key.Key_Left: (-_KEY_DEGREES, 0.0),
    QtCore.Qt.Key.Key_Right: (_KEY_DEGREES, 0.0),
    QtCore.Qt.Key.Key_Up: (0.0, -_KEY_DEGREES),
    QtCore.Qt.Key.Key_Down: (0.0, _KEY_DEGREES),
}
CANNOT = noop("The scene cannot be drawn, because this machine offers no OpenGL; the reading needs none of it.")
EMPTY = noop("There is nothing to draw: no image and no voxel of this study say where they lie.")


def make_scene() -> VolumeScene:
    """Import VTK and start a scene."""
    from widgets.volume_scene import VolumeScene

    return VolumeScene()


class VolumeView(QtWidgets.QWidget):
    """Shows the scene; a drag turns it, the wheel goes closer, Space looks from the front left again."""

    def __init__(self, parent: QtWidgets.QWidget | None = None, start: Callable[[], VolumeScene] = make_scene) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Discern: scene"))
        self.setMinimumSize(240, 200)
        self.resize(640, 560)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Scene of slices and voxels"))
        self._start = start
        self.scene: VolumeScene | None = None
        self.sentence = ""
        self._slices: tuple[ShownSlice, ...] = ()
        self._marks: tuple[VoxelMark, ...] = ()
        self._selected = -1
        self._picture = QtGui.QImage()
        self._stale = True
        self._last = QtCore.QPointF()

    # --- data in -------------------------------------------------------------------------------------------------

    def set_slices(self, slices: Sequence[ShownSlice]) -> None:
        """Set the slices on show, all of one frame of reference; the first one's is taken."""
        frames = [stack.frame.frame_of_reference_uid for stack, *_ in slices]
        self._slices = tuple(s for s, uid in zip(slices, frames, strict=True) if uid is not None and uid == frames[0])
        self._fill()

    def set_voxels(self, marks: Sequence[VoxelMark], selected: int) -> None:
        """Set the voxels and which of them is selected."""
        self._marks, self._selected = tuple(marks), selected
        self._fill()

    def placed(self) -> tuple[VoxelMark, ...]:
        """Return the voxels whose place among the slices can be told; all of one frame where there is no slice."""
        uids = [stack.frame.frame_of_reference_uid for stack, *_ in self._slices[:1]]
        uids += [mark.frame_of_reference_uid for mark in self._marks]
        uid = next((uid for uid in uids if uid is not None), None)
        return tuple(mark for mark in self._marks if uid is not None and mark.frame_of_reference_uid == uid)

    def _fill(self) -> None:
        placed = self.placed()
        if self.scene is not None:
            self.scene.set_slices([_grey(*shown) for shown in self._slices])
            self.scene.set_voxels(placed, self._selected)
        labels = ", ".join(mark.label for mark in placed) or tr("no voxel")
        self.setAccessibleDescription(tr("{slices} slices with {labels}.", slices=len(self._slices), labels=labels))
        self._redraw()

    def _redraw(self) -> None:
        self._stale = True
        self.update()

    # --- the scene -----------------------------------------------------------------------------------------------

    def _ready(self) -> bool:
        """Start the scene once; whatever goes wrong becomes a sentence, since nothing depends on the panel."""
        if self.scene is None and not self.sentence:
            try:
                self.scene = self._start()
            except Exception:  # noqa: BLE001 - drivers fail in ways of their own, and a reading must go on
                self.sentence = tr(CANNOT)
            else:
                self._fill()
        return self.scene is not None

    def close_scene(self) -> None:
        """Free the graphics; the scene starts again when the panel is shown again."""
        if self.scene is not None:
            self.scene.close()
            self.scene = None

    def turn(self, across_deg: float, down_deg: float) -> None:
        """Turn the scene."""
        if self.scene is not None:
            self.scene.turn(across_deg, down_deg)
            self._redraw()

    def zoom(self, factor: float) -> None:
        """Go closer or away."""
        if self.scene is not None:
            self.scene.zoom(factor)
            self._redraw()

    def reset(self) -> None:
        """Look at everything from the left front again."""
        if self.scene is not None:
            self.scene.look_from_left_front()
            self._redraw()

    # --- Qt ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), QtGui.QColor(theme.IMAGE_GROUND))
        ready = self._ready()
        if ready and (self._slices or self.placed()):
            if self._stale:
                self._render()
            painter.drawImage(0, 0, self._picture)
        else:
            painter.setFont(theme.font_of())
            painter.setPen(QtGui.QColor(theme.IMAGE_DIM))
            option = QtGui.QTextOption(QtCore.Qt.AlignmentFlag.AlignCenter)
            area = QtCore.QRectF(self.rect()).adjusted(16, 16, -16, -16)
            painter.drawText(area, self.sentence or tr(EMPTY), option)
        painter.end()

    def _render(self) -> None:
        assert self.scene is not None
        ratio = self.devicePixelRatioF()
        pixels = self.scene.image(round(self.width() * ratio), round(self.height() * ratio))
        rows, columns, _ = pixels.shape
        over_memory = QtGui.QImage(pixels.data, columns, rows, 3 * columns, QtGui.QImage.Format.Format_RGB888)
        self._picture = over_memory.copy()
        self._picture.setDevicePixelRatio(ratio)
        self._stale = False

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        self._last = event.position()

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        moved, self._last = event.position() - self._last, event.position()
        self.turn(moved.x() * _DEGREES_PER_PX, moved.y() * _DEGREES_PER_PX)

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        self.zoom(1.1 ** (event.angleDelta().y() / 120))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        key = QtCore.Qt.Key(event.key())
        if key in _TURNS:
            self.turn(*_TURNS[key])
        elif key in (QtCore.Qt.Key.Key_Plus, QtCore.Qt.Key.Key_Minus):
            self.zoom(1.1 if key == QtCore.Qt.Key.Key_Plus else 1 / 1.1)
        elif key == QtCore.Qt.Key.Key_Space:
            self.reset()
        else:
            event.ignore()

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        self.close_scene()
        super().closeEvent(event)


def _grey(stack: SliceStack, index: int, level: float, width: float) -> tuple[Volume, int, NDArray[np.uint8]]:
    low = level - width / 2
    scaled: Any = np.clip((stack.slice_pixels(index) - low) * (255 / max(width, 1e-6)), 0, 255)
    return stack.frame, index, scaled.astype(np.uint8)
