"""One MR slice in mm, with window and level, scrolling, zoom, pan and what lies over it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.geometry import nearest_slice, pixel_spacing_mm, voxel_outline_pixels
from analysis.reslice import SliceStack, distance_mm, projected_outline_pixels
from analysis.types import FloatArray
from widgets.overlays import Outline, VoxelMark
from widgets.slice_mouse import SliceMouse
from widgets.slice_painter import paint_over

_HINT_MM = 25.0
"""A voxel whose centre lies farther from the slice than this is not hinted at."""
_KEY_STEPS = {QtCore.Qt.Key.Key_Up: -1, QtCore.Qt.Key.Key_Down: 1}
_KEY_STACKS = {QtCore.Qt.Key.Key_PageUp: -1, QtCore.Qt.Key.Key_PageDown: 1}


class SliceView(pg.GraphicsView):  # type: ignore[misc]
    """Shows one slice of a stack.

    Coordinates of the view box are mm in the slice plane: pixel (column, row) has its centre at
    ``(column * column spacing, row * row spacing)``, so pixel edges lie half a pixel off.
    """

    slice_changed = QtCore.Signal(int)
    voxel_clicked = QtCore.Signal(int)
    maximise_requested = QtCore.Signal()
    stack_requested = QtCore.Signal(int)
    """The reader chose another of the `set_choices` for this pane."""
    stack_stepped = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent, background="#000000")
        self.stack: SliceStack | None = None
        self.index = 0
        self.outlines: tuple[Outline, ...] = ()
        self.reference_lines: tuple[FloatArray, ...] = ()
        self._marks: tuple[VoxelMark, ...] = ()
        self.selected = -1
        self._window = (0.0, 1.0)
        self._windows: dict[str, tuple[float, float]] = {}
        self._choices: tuple[str, ...] = ()
        self.title, self.empty_text = "", ""
        self._projections = False
        self._zoomed = False
        self._build()

    def _build(self) -> None:
        self.box = pg.ViewBox(lockAspect=True, invertY=True, enableMouse=False, enableMenu=False)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.box.addItem(self.image)
        self.box.disableAutoRange()
        self.setCentralItem(self.box)
        self.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, True)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(140, 110)
        self.setAccessibleName("MR slice")
        self.box.sigRangeChanged.connect(lambda *_: self.viewport().update())
        self.mouse = SliceMouse(self)

    # --- what is shown -------------------------------------------------------------------------------------------

    def set_stack(self, stack: SliceStack | None, title: str = "", empty: str = "") -> None:
        """Show a stack, or an empty pane with a sentence; the zoom is kept where the reader has zoomed."""
        self.stack, self.title, self.empty_text = stack, title, empty
        self.image.setVisible(stack is not None)
        if stack is None:
            self.outlines, self.reference_lines = (), ()
            self._describe()
            self.viewport().update()
            return
        frame = stack.frame
        default = (frame.window_centre, frame.window_width)
        self._window = self._windows.get(frame.series_instance_uid, default)
        self.index = min(self.index, stack.count - 1)
        self._place_image()
        if not self._zoomed:
            self.fit()
        self._show_slice()

    def _place_image(self) -> None:
        assert self.stack is not None
        across, down = pixel_spacing_mm(self.stack.frame)
        transform = QtGui.QTransform()
        transform.scale(across, down)
        transform.translate(-0.5, -0.5)
        self.image.setTransform(transform)

    def _show_slice(self) -> None:
        assert self.stack is not None
        self.image.setImage(self.stack.slice_pixels(self.index), autoLevels=False, levels=self._levels())
        self._cut_voxels()
        self._describe()
        self.viewport().update()

    def set_slice(self, index: int) -> None:
        """Show a slice, clipped to the stack."""
        if self.stack is None:
            return
        index = min(max(index, 0), self.stack.count - 1)
        if index != self.index:
            self.index = index
            self._show_slice()
            self.slice_changed.emit(index)

    def scroll(self, by: int) -> None:
        """Step through the stack."""
        self.set_slice(self.index + by)

    def show_point(self, point_mm: Sequence[float]) -> None:
        """Go to the slice nearest to an LPS point; where the reader has zoomed, centre on it."""
        if self.stack is None:
            return
        self.set_slice(nearest_slice(self.stack.frame, np.asarray(point_mm)))
        if self._zoomed:
            offset = np.asarray(point_mm) - self.stack.frame.affine[:3, 3]
            spacing = pixel_spacing_mm(self.stack.frame)
            x, y = (float(offset @ self.stack.frame.affine[:3, i]) / spacing[i] for i in (0, 1))
            centre = self.box.viewRect().center()
            self.box.translateBy(x=x - centre.x(), y=y - centre.y())

    # --- window and zoom -----------------------------------------------------------------------------------------

    @property
    def window(self) -> tuple[float, float]:
        """The display window as (level, width)."""
        return self._window

    def set_window(self, level: float, width: float) -> None:
        """Set the display window; it is kept for every view of the same series in this pane."""
        self._window = (level, max(width, 1e-6))
        if self.stack is not None:
            self._windows[self.stack.frame.series_instance_uid] = self._window
        self.image.setLevels(self._levels())
        self.viewport().update()

    def _levels(self) -> tuple[float, float]:
        level, width = self._window
        return level - width / 2, level + width / 2

    def fit(self) -> None:
        """Show the whole slice."""
        self._zoomed = False
        if self.stack is not None:
            rows, columns = self.stack.frame.pixels.shape[1:]
            across, down = pixel_spacing_mm(self.stack.frame)
            rect = QtCore.QRectF(-across / 2, -down / 2, columns * across, rows * down)
            self.box.setRange(rect, padding=0.01)

    def zoom(self, factor: float, at: QtCore.QPointF) -> None:
        """Magnify around a widget point."""
        self._zoomed = True
        self.box.scaleBy((1 / factor, 1 / factor), center=self.box.mapSceneToView(at))

    def pan(self, by_px: QtCore.QPointF) -> None:
        """Move the picture with the mouse."""
        self._zoomed = True
        a, b = self.box.mapSceneToView(QtCore.QPointF(0, 0)), self.box.mapSceneToView(by_px)
        self.box.translateBy(x=a.x() - b.x(), y=a.y() - b.y())

    def reset(self) -> None:
        """Show the whole slice in the series' own window."""
        if self.stack is not None:
            self.set_window(self.stack.frame.window_centre, self.stack.frame.window_width)
            self.fit()

    # --- voxels --------------------------------------------------------------------------------------------------

    def set_voxels(self, marks: Sequence[VoxelMark]) -> None:
        """Set the voxels that may cut the slices."""
        self._marks = tuple(marks)
        self._cut_voxels()
        self.viewport().update()

    def set_selected(self, index: int) -> None:
        """Mark one voxel as the selected one."""
        self.selected = index
        self.viewport().update()

    def set_projections(self, shown: bool) -> None:
        """Hint with dotted lines at voxels that lie before or behind the slice."""
        self._projections = shown
        self._cut_voxels()
        self.viewport().update()

    def set_reference_lines(self, lines: Sequence[FloatArray]) -> None:
        """Set where other views' slices cut this one, each (2, 2) in (column, row)."""
        self.reference_lines = tuple(lines)
        self.viewport().update()

    def set_choices(self, titles: Sequence[str]) -> None:
        """Set the titles of what this pane could show instead, for its menu."""
        self._choices = tuple(titles)

    def related(self, mark: VoxelMark) -> bool:
        """Whether a voxel's place can be told on this stack: both name the same frame of reference."""
        uid = self.stack.frame.frame_of_reference_uid if self.stack else None
        return uid is not None and uid == mark.frame_of_reference_uid

    @property
    def unplaced(self) -> bool:
        """Whether there are voxels and none of them can be placed on this stack."""
        return bool(self._marks) and not any(self.related(mark) for mark in self._marks)

    def _cut_voxels(self) -> None:
        if self.stack is None:
            return
        found = []
        for mark in filter(self.related, self._marks):
            pixels = voxel_outline_pixels(mark.voxel, self.stack.frame, self.index)
            if len(pixels):
                found.append(Outline(mark, pixels))
            elif self._projections and distance_mm(mark.voxel, self.stack.frame, self.index) < _HINT_MM:
                found.append(Outline(mark, projected_outline_pixels(mark.voxel, self.stack.frame), projected=True))
        self.outlines = tuple(found)

    def to_widget(self, pixels: FloatArray) -> QtGui.QPolygonF:
        """Map (column, row) points, (n, 2), to widget pixels."""
        assert self.stack is not None
        across, down = pixel_spacing_mm(self.stack.frame)
        points = (QtCore.QPointF(float(c) * across, float(r) * down) for c, r in pixels)
        return QtGui.QPolygonF([self.box.mapViewToScene(point) for point in points])

    def voxel_at(self, at: QtCore.QPointF) -> int | None:
        """Return the voxel whose outline holds a widget point, the smallest where several do."""
        hits = []
        for outline in self.outlines:
            polygon = self.to_widget(outline.pixels)
            grown = polygon.boundingRect().adjusted(-4, -4, 4, 4)
            inside = polygon.containsPoint(at, QtCore.Qt.FillRule.WindingFill)
            if inside or grown.contains(at):
                hits.append((not inside, grown.width() * grown.height(), outline.mark.index))
        return min(hits)[2] if hits else None

    # --- painting ------------------------------------------------------------------------------------------------

    def drawForeground(self, painter: QtGui.QPainter, rect: QtCore.QRectF) -> None:
        super().drawForeground(painter, rect)
        painter.save()
        painter.resetTransform()
        paint_over(painter, self)
        painter.restore()

    def _describe(self) -> None:
        if self.stack is None:
            self.setAccessibleDescription(self.empty_text)
            return
        cut = ", ".join(outline.mark.label for outline in self.outlines) or "no voxel"
        self.setAccessibleDescription(f"{self.title}, slice {self.index + 1} of {self.stack.count}, shows {cut}.")

    # --- keys ----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        key = QtCore.Qt.Key(event.key())
        if key in _KEY_STEPS:
            self.scroll(_KEY_STEPS[key])
        elif key in _KEY_STACKS:
            self.stack_stepped.emit(_KEY_STACKS[key])
        elif key == QtCore.Qt.Key.Key_Home:
            self.set_slice(0)
        elif key == QtCore.Qt.Key.Key_End and self.stack is not None:
            self.set_slice(self.stack.count - 1)
        elif key == QtCore.Qt.Key.Key_Space:
            self.reset()
        elif key == QtCore.Qt.Key.Key_Return:
            self.maximise_requested.emit()
        else:
            event.ignore()

    def contextMenuEvent(self, event: QtGui.QContextMenuEvent) -> None:
        """The menu opens on a right click without a drag (see `SliceMouse`) or by the menu key."""
        if event.reason() == QtGui.QContextMenuEvent.Reason.Keyboard:
            self.show_menu(event.globalPos())

    def show_menu(self, at: QtCore.QPoint) -> None:
        """Offer other series for this pane, and the view's own actions."""
        menu = self.build_menu()
        menu.exec(at)
        menu.deleteLater()

    def build_menu(self) -> QtWidgets.QMenu:
        """Make the pane's menu."""
        menu = QtWidgets.QMenu(self)
        for position, title in enumerate(self._choices):
            menu.addAction(title, functools.partial(self.stack_requested.emit, position))
        menu.addSeparator()
        hint = menu.addAction("Show projections of voxels off this slice")
        hint.setCheckable(True)
        hint.setChecked(self._projections)
        hint.toggled.connect(self.set_projections)
        menu.addAction("Whole slice, default window\tSpace", self.reset)
        menu.addAction("Maximise or restore\tReturn", self.maximise_requested.emit)
        return menu
