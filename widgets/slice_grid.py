"""Linked slice views: a large one, two small ones and a prior's, with one voxel, one cursor and reference lines."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from PySide6 import QtCore, QtWidgets

from analysis.displacement import LINES, LineName
from analysis.reslice import SliceStack
from analysis.types import Volume
from widgets import grid_state, hanging, slice_marks
from widgets.grid_state import GridState
from widgets.hanging import Pane
from widgets.layouts import FOR_PROTOCOL, Layout, layout, next_layout
from widgets.outline_drawing import OutlineDrawing
from widgets.overlays import VoxelMark
from widgets.slice_links import Point, Shown, lines_on, linked
from widgets.slice_panes import SlicePanes
from widgets.slice_view import SliceView


class SliceGrid(SlicePanes):
    """Shows the images of a study with its voxels; says which voxel was clicked."""

    voxel_clicked = QtCore.Signal(int)
    cursor_moved = QtCore.Signal(object)
    """The linked cursor stands at an LPS point (x, y, z) in mm, or None: it is hidden."""
    layout_changed = QtCore.Signal(str)
    lines_changed = QtCore.Signal(tuple)
    """The names of the lines whose displaced volumes are drawn."""
    projections_changed = QtCore.Signal(bool)
    reference_lines_changed = QtCore.Signal(bool)
    bands_changed = QtCore.Signal(bool)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._volumes: tuple[Volume, ...] = ()
        self._marks: tuple[VoxelMark, ...] = ()
        self._selected = -1
        self._shown: list[Pane] = [Pane(None, "")] * 3
        self._chosen: dict[int, tuple[str, str, bool]] = {}
        self._choices: tuple[Pane, ...] = ()
        self._state = GridState()
        self._cursor: tuple[Point, str] | None = None
        self._hung_for: object = None
        """The place that the panes were brought to, by voxel, frame of reference and label."""
        self._prior: tuple[tuple[Volume, ...], tuple[VoxelMark, ...]] = ((), ())
        for position, view in enumerate(self.all_views):
            self._connect(position, view)
        self.drawing = OutlineDrawing(self.views, self)
        self.arrange(self.layout_used)

    def _connect(self, position: int, view: SliceView) -> None:
        view.slice_changed.connect(lambda _: self._draw_reference_lines())
        view.maximise_requested.connect(lambda: self.maximise(position))
        view.layout_stepped.connect(self.step_layout)
        view.cursor_moved.connect(functools.partial(self._on_cursor, view))
        view.cursor_toggled.connect(lambda: self._on_cursor_toggled(view))
        view.line_toggled.connect(self._on_line)
        view.projections_toggled.connect(self.set_projections)
        view.references_toggled.connect(self.set_reference_lines)
        view.bands_toggled.connect(self.set_bands)
        if view is self.prior:
            return
        view.voxel_clicked.connect(self.voxel_clicked)
        view.stack_requested.connect(lambda choice: self._choose(position, choice))
        view.stack_stepped.connect(lambda by: self._step_choice(position, by))

    # --- data in -------------------------------------------------------------------------------------------------

    def set_volumes(self, volumes: Sequence[Volume]) -> None:
        """Show another study's images, each pane as its planes suggest."""
        self._volumes, self._marks, self._selected = tuple(volumes), (), -1
        self._chosen.clear()
        self._cursor = self._hung_for = None
        for view in self.views:
            view.set_voxels(())
            view.set_stack(None)
            view.set_cursor_point(None)
            view.fit()
        self.set_prior((), ())
        self._hang()

    def set_voxels(self, marks: Sequence[VoxelMark]) -> None:
        """Set the voxels to draw."""
        self._marks = tuple(marks)
        for view in self.views:
            view.set_voxels(self._marks)

    def set_selected(self, index: int) -> None:
        """Select a voxel and go to it in every pane."""
        self._selected = index
        for view in self.views:
            view.set_selected(index)
        mark = self._mark()
        place = (mark.voxel, mark.frame_of_reference_uid, mark.label) if mark is not None else None
        if place != self._hung_for:  # other results for the same place leave the images where the reader left them
            self._hung_for = place
            self._hang()

    def set_prior(self, volumes: Sequence[Volume], marks: Sequence[VoxelMark], title: str = "") -> None:
        """Give the images and voxels of a prior study.

        Parameters
        ----------
        title : what the corner of its pane says, with the date, for example ``prior 2025-03-01``
        """
        self._prior = tuple(volumes), tuple(marks)
        self.prior.set_tag(title)
        self.prior.set_voxels(self._prior[1])
        self._hang_prior()
        self.arrange(self.layout_used)

    # --- what lies over the slices -------------------------------------------------------------------------------

    def set_projections(self, shown: bool) -> None:
        """Hint in every pane at voxels off the slice."""
        self._state = self._state.but(projections=shown)
        for view in self.all_views:
            view.set_projections(shown)
        self.projections_changed.emit(shown)

    def set_reference_lines(self, shown: bool) -> None:
        """Show in every pane where the others' slices cut it."""
        self._state = self._state.but(reference_lines=shown)
        self._draw_reference_lines()
        self.reference_lines_changed.emit(shown)

    def set_bands(self, shown: bool) -> None:
        """Show in every pane the saturation bands of the selected voxel's acquisition."""
        self._state = self._state.but(bands=shown)
        for view in self.all_views:
            view.set_bands(shown)
        self.bands_changed.emit(shown)

    def set_lines(self, names: Sequence[str]) -> None:
        """Choose the lines whose displaced volumes are drawn about the selected voxel; unknown names do nothing."""
        known: tuple[LineName, ...] = tuple(line.name for line in LINES if line.name in names)
        self._state = self._state.but(lines=known)
        for view in self.all_views:
            view.set_lines(known)
        self.lines_changed.emit(known)

    def _on_line(self, name: str, shown: bool) -> None:
        rest = [line for line in self._state.lines if line != name]
        self.set_lines([*rest, name] if shown else rest)

    # --- hanging -------------------------------------------------------------------------------------------------

    @property
    def layout_used(self) -> Layout:
        """The layout in use."""
        return layout(self._state.layout)

    def set_protocol(self, protocol_id: str) -> None:
        """Take the layout for a kind of exam: the reader's last choice for it, else its own."""
        chosen = self._state.layout_of.get(protocol_id, FOR_PROTOCOL.get(protocol_id, self._state.layout))
        self._state = self._state.but(protocol=protocol_id)
        if chosen != self._state.layout:
            self._take_layout(layout(chosen))

    def choose_layout(self, layout_id: str) -> None:
        """Take a layout because the reader asked for it; it is remembered for this kind of exam."""
        chosen = layout(layout_id)
        remembered = {**self._state.layout_of, self._state.protocol: chosen.id} if self._state.protocol else None
        self._state = self._state.but(layout_of=remembered or self._state.layout_of)
        self._take_layout(chosen)

    def step_layout(self, by: int) -> None:
        """Take the next or the previous layout."""
        self.choose_layout(next_layout(self._state.layout, by).id)

    def _take_layout(self, chosen: Layout) -> None:
        self._state = self._state.but(layout=chosen.id)
        self._chosen.clear()
        self.arrange(chosen)
        self._hang()
        self.layout_changed.emit(chosen.id)

    def _mark(self) -> VoxelMark | None:
        return slice_marks.named(self._marks, self._selected)

    def _hang(self) -> None:
        mark = self._mark()
        self._choices = hanging.choices(self._volumes, mark)
        wanted = hanging.hang(self._volumes, mark, self.layout_used)
        for position, pane in enumerate(wanted):
            again = [c for c in self._choices if c.key == self._chosen.get(position)]
            self._show(position, again[0] if again else pane)
        self._hang_prior()
        self._draw_reference_lines()

    def _show(self, position: int, pane: Pane) -> None:
        view, mark = self.views[position], self._mark()
        stays = pane.key == self._shown[position].key and pane.stack is not None and not pane.stack.reformatted
        if not stays or view.stack is None:
            view.set_stack(pane.stack, pane.title, pane.empty)
        self._shown[position] = pane
        view.set_choices([choice.title for choice in self._choices])
        self._place_cursor(view)
        if pane.stack is None:
            return
        if mark is not None and view.related(mark):
            view.show_point(mark.voxel.centre_mm)
        elif not stays:
            view.set_slice(pane.stack.count // 2)

    def _hang_prior(self) -> None:
        volumes, marks = self._prior
        here = self._mark()
        mark = next((mark for mark in marks if here is not None and mark.label == here.label), None)
        pane = hanging.hang_prior(volumes, mark, self._shown[0]) if volumes else Pane(None, "")
        self.prior.set_stack(pane.stack, pane.title, pane.empty)
        self.prior.set_selected(mark.index if mark is not None else -1)
        if mark is not None and self.prior.related(mark):
            self.prior.show_point(mark.voxel.centre_mm)
        elif pane.stack is not None:
            self.prior.set_slice(pane.stack.count // 2)

    def _choose(self, position: int, choice: int) -> None:
        pane = self._choices[choice]
        self._chosen[position] = pane.key
        self._show(position, pane)
        self._draw_reference_lines()

    def _step_choice(self, position: int, by: int) -> None:
        keys = [choice.key for choice in self._choices]
        if not keys:
            return
        here = self._shown[position].key
        at = keys.index(here) if here in keys else 0
        self._choose(position, (at + by) % len(keys))

    # --- links ---------------------------------------------------------------------------------------------------

    def _draw_reference_lines(self) -> None:
        shown = self._state.reference_lines
        where: dict[SliceView, Shown] = {
            view: (view.stack, view.index) for view in self.all_views if view.isVisibleTo(self)
        }
        for view in where:
            others = [where[other] for other in where if other is not view]
            view.set_reference_lines(lines_on(where[view], others) if shown else (), shown=shown)

    def maximise(self, position: int) -> None:
        """Let one pane fill the grid, or bring all of them back."""
        super().maximise(position)
        self._draw_reference_lines()

    @property
    def cursor_mm(self) -> Point | None:
        """The linked cursor's LPS point in mm; None while it is hidden."""
        return self._cursor[0] if self._cursor is not None else None

    def set_cursor_point(self, point_mm: Point | None, frame_of_reference_uid: str | None) -> None:
        """Put the linked cursor at an LPS point of a frame of reference, and every view of that frame on its slice."""
        known = point_mm is not None and frame_of_reference_uid is not None
        self._cursor = (point_mm, frame_of_reference_uid) if known else None  # type: ignore[assignment]
        for view in self.all_views:
            self._place_cursor(view)
        self.cursor_moved.emit(self.cursor_mm)

    def _place_cursor(self, view: SliceView) -> None:
        uid = view.stack.frame.frame_of_reference_uid if view.stack is not None else None
        here = self._cursor is not None and uid == self._cursor[1]
        view.set_cursor_point(self._cursor[0] if here and self._cursor is not None else None)

    def _on_cursor(self, source: SliceView, point_mm: Point) -> None:
        if source.stack is None:
            return
        self.set_cursor_point(point_mm, source.stack.frame.frame_of_reference_uid)
        for view in self.all_views:
            if view is not source and view.isVisible() and linked(view.stack, source.stack):
                view.follow_point(point_mm)

    def _on_cursor_toggled(self, source: SliceView) -> None:
        if self._cursor is not None:
            self.set_cursor_point(None, None)
            return
        mark = self._mark()
        if mark is not None and source.related(mark):
            self._on_cursor(source, mark.voxel.centre_mm)
            source.follow_point(mark.voxel.centre_mm)
        else:
            source.nudge_cursor(0.0, 0.0)

    def shown_slices(self) -> list[tuple[SliceStack, int, float, float]]:
        """Return what the three views show, each its stack, slice, level and width, for a scene of them."""
        return [(view.stack, view.index, *view.level_and_width) for view in self.views if view.stack is not None]

    # --- state ---------------------------------------------------------------------------------------------------

    def save_state(self) -> dict[str, object]:
        """Return how the reader likes the images shown, as plain values; nothing of any patient."""
        return grid_state.to_plain(self._state.but(sizes=self.sizes()))

    def restore_state(self, plain: Mapping[str, object]) -> None:
        """Take back what `save_state` returned; what is damaged or unknown is left at its default."""
        self._state = grid_state.from_plain(plain)
        self.set_projections(self._state.projections)
        self.set_reference_lines(self._state.reference_lines)
        self.set_lines(self._state.lines)
        self.set_bands(self._state.bands)
        self._take_layout(self.layout_used)
        self.set_sizes(self._state.sizes)
