"""One MR slice and what lies over it: voxels, displaced volumes, reference lines, the linked cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from PySide6 import QtCore, QtWidgets

from analysis.displacement import LineName
from analysis.geometry import to_pixels
from analysis.nucleus import Contour, contour_pixels
from analysis.types import FloatArray
from widgets import overlays, slice_marks
from widgets.nucleus_overlay import NucleusCut, nucleus_cuts
from widgets.outline_pen import OutlinePen
from widgets.overlays import Outline, VoxelMark
from widgets.saturation_overlay import band_cuts, band_text
from widgets.shifted import ShiftedOutline, shifted_outlines
from widgets.slice_canvas import SliceCanvas
from widgets.texts import tr
from widgets.window_presets import PresetId, preset_window

_CORNER_PX = 7.0


class AnnotatedSlice(SliceCanvas):
    """Knows what a slice shows; how it is painted, and what mouse and keys do, is told by `SliceView`."""

    voxel_clicked = QtCore.Signal(int)
    maximise_requested = QtCore.Signal()
    stack_requested = QtCore.Signal(int)
    """The reader chose another of the `set_choices` for this pane."""
    stack_stepped = QtCore.Signal(int)
    layout_stepped = QtCore.Signal(int)
    cursor_moved = QtCore.Signal(tuple)
    """The reader pointed at an LPS point (x, y, z) in mm."""
    cursor_toggled = QtCore.Signal()
    line_toggled = QtCore.Signal(str, bool)
    projections_toggled = QtCore.Signal(bool)
    references_toggled = QtCore.Signal(bool)
    drawing_toggled = QtCore.Signal()
    bands_toggled = QtCore.Signal(bool)
    outline_changed = QtCore.Signal(object)
    """The reader pulled at the outline of the selected voxel's nucleus; the new `Contour`."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.selected = -1
        self.outlines: tuple[Outline, ...] = ()
        self.shifted: tuple[ShiftedOutline, ...] = ()
        self.nuclei: tuple[NucleusCut, ...] = ()
        self.bands: tuple[FloatArray, ...] = ()
        self.bands_shown = False
        self.pen = OutlinePen(self)
        self.pen.changed.connect(self.update)
        self.reference_lines: tuple[FloatArray, ...] = ()
        self.lines: tuple[LineName, ...] = ()
        self.choices: tuple[str, ...] = ()
        self.cursor_mm: tuple[float, float, float] | None = None
        self.tag = ""
        self.projections, self.references_shown = False, True
        self._marks: tuple[VoxelMark, ...] = ()
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("MR slice"))

    def _on_slice(self) -> None:
        """Cut the voxels by the slice that is shown, and say and draw what is there now."""
        self._cut()
        self.pen.keep_to((self._series, self.index))
        shown = ", ".join(outline.mark.label for outline in self.outlines if not outline.projected) or tr("no voxel")
        text = self.empty_text
        if self.stack is not None:
            text = tr(
                "{title}, slice {number} of {count}, shows {shown}.",
                title=self.title,
                number=self.index + 1,
                count=self.stack.count,
                shown=shown,
            )
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
        self.update()

    # --- what is shown -------------------------------------------------------------------------------------------

    def set_tag(self, tag: str) -> None:
        """Set what the corner warns of, for example that this is a prior study."""
        self.tag = tag
        self.update()

    # --- window --------------------------------------------------------------------------------------------------

    def apply_preset(self, preset: PresetId) -> None:
        """Set the window to a preset."""
        if self.stack is None or self._pixels is None:
            return
        mark = slice_marks.named(self._marks, self.selected)
        source = self.stack.source or self.stack.frame
        voxel = mark.voxel if mark is not None and self.related(mark) else None
        self.set_window(*preset_window(preset, source, self._pixels.slice(self.index), voxel))

    # --- what lies over it ---------------------------------------------------------------------------------------

    def set_voxels(self, marks: Sequence[VoxelMark]) -> None:
        """Set the voxels that may cut the slices."""
        self._marks = tuple(marks)
        self._on_slice()

    @property
    def crowded(self) -> bool:
        """Whether there are so many voxels, as in a spectroscopic imaging grid, that only the selected one is named."""
        return len(self._marks) > overlays.MOST_NAMED

    def set_selected(self, index: int) -> None:
        """Mark one voxel as the selected one."""
        self.selected = index
        self._on_slice()

    def set_projections(self, shown: bool) -> None:
        """Hint with dotted lines at voxels that lie before or behind the slice."""
        self.projections = shown
        self._on_slice()

    def set_lines(self, lines: Iterable[LineName]) -> None:
        """Set the lines whose displaced volumes are drawn about the selected voxel."""
        self.lines = tuple(lines)
        self._on_slice()

    def set_bands(self, shown: bool) -> None:
        """Show the saturation bands of the selected voxel's acquisition."""
        self.bands_shown = shown
        self._on_slice()

    @property
    def bands_text(self) -> str:
        """What is known of these bands, where they are shown."""
        mark = slice_marks.named(self._marks, self.selected)
        return band_text(mark) if self.bands_shown and mark is not None and self.related(mark) else ""

    def set_reference_lines(self, lines: Sequence[FloatArray], *, shown: bool = True) -> None:
        """Set where other views' slices cut this one, each (2, 2) in (column, row)."""
        self.reference_lines, self.references_shown = tuple(lines), shown
        self.update()

    def set_cursor_point(self, point_mm: tuple[float, float, float] | None) -> None:
        """Set the LPS point of the linked cursor, or hide it."""
        if point_mm != self.cursor_mm:
            self.cursor_mm = point_mm
            self.update()

    def set_choices(self, titles: Sequence[str]) -> None:
        """Set the titles of what this pane could show instead, for its menu."""
        self.choices = tuple(titles)

    def related(self, mark: VoxelMark) -> bool:
        """Whether a voxel's place can be told on this stack."""
        return slice_marks.related(mark, self.stack.frame if self.stack else None)

    @property
    def unplaced(self) -> bool:
        """Whether there are voxels and none of them can be placed on this stack."""
        return bool(self._marks) and not any(self.related(mark) for mark in self._marks)

    def _cut(self) -> None:
        if self.stack is None:
            self.outlines, self.shifted, self.nuclei, self.bands, self.reference_lines = (), (), (), (), ()
            return
        frame = self.stack.frame
        self.outlines = slice_marks.cut(self._marks, frame, self.index, projections=self.projections)
        mark = slice_marks.named(self._marks, self.selected)
        near = mark if mark is not None and self.related(mark) else None
        self.shifted = shifted_outlines(near, self.lines, frame, self.index)
        self.bands = band_cuts(near, frame, self.index) if self.bands_shown else ()
        self.nuclei = nucleus_cuts(filter(self.related, self._marks), frame, self.index)

    # --- places --------------------------------------------------------------------------------------------------

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

    # --- drawing -------------------------------------------------------------------------------------------------

    @property
    def can_draw(self) -> bool:
        """Whether the selected voxel has a place here, so that its nucleus can be outlined."""
        mark = slice_marks.named(self._marks, self.selected)
        return self.stack is not None and mark is not None and self.related(mark)

    def corner_at(self, at: QtCore.QPointF) -> tuple[Contour, int] | None:
        """Return the outline of the selected voxel, and which of its corners, lies under a widget point."""
        for cut in self.nuclei:
            if cut.whole and not cut.offered and cut.voxel == self.selected:
                away = [(point - at).manhattanLength() for point in self.to_widget(cut.pixels).toList()]
                nearest = min(range(len(away)), key=away.__getitem__)
                if away[nearest] <= _CORNER_PX:
                    return cut.contour, nearest
        return None

    def show_pulled(self, before: Contour, after: Contour) -> None:
        """Show an outline as it would be, while the reader pulls at it."""
        assert self.stack is not None
        pixels, whole = contour_pixels(after, self.stack.frame, self.index)
        changed = [
            replace(cut, contour=after, pixels=pixels, whole=whole) if cut.contour is before else cut
            for cut in self.nuclei
        ]
        self.nuclei = tuple(changed)
        self.update()

    def draw_to(self, at: QtCore.QPointF) -> None:
        """Draw the outline on to a widget point."""
        point = self.to_patient(at)
        if point is not None:
            self.pen.add(point, (self._series, self.index))

    # --- the linked cursor ---------------------------------------------------------------------------------------

    def point_at(self, at: QtCore.QPointF) -> None:
        """Ask for the linked cursor at a widget point."""
        point = self.to_patient(at)
        if point is not None:
            self.cursor_moved.emit(point)

    def nudge_cursor(self, x_mm: float, y_mm: float) -> None:
        """Ask for the linked cursor a step across and down the screen; at first in the middle of the view."""
        if self.stack is None:
            return
        at = QtCore.QRectF(self.rect()).center()
        if self.cursor_mm is not None:
            (x, y), size = self._plane_mm(self.cursor_mm), self.extent
            at = QtCore.QPointF(*self.camera.to_widget(np.array([[x, y]]), size)[0].tolist())
            at += QtCore.QPointF(x_mm, y_mm) / self.camera.mm_per_px
        self.point_at(at)

    def cursor_off_mm(self) -> float:
        """Return how far the linked cursor lies off the slice beyond half the distance between slices; 0 on it."""
        if self.stack is None or self.cursor_mm is None:
            return 0.0
        frame = self.stack.frame
        off = abs(float(to_pixels(frame, np.asarray(self.cursor_mm))[0, 2]) - self.index)
        return max(off - 0.5, 0.0) * float(np.linalg.norm(frame.affine[:3, 2]))
