"""Three linked slice views: a large one, two small ones, with reference lines and one selected voxel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from analysis.reslice import reference_line_pixels
from analysis.types import Volume
from widgets import hanging
from widgets.hanging import Pane
from widgets.overlays import VoxelMark
from widgets.slice_view import SliceView

_PANE_NAMES = ("Large image", "Upper small image", "Lower small image")


class SliceGrid(QtWidgets.QWidget):
    """Shows the images of a study with its voxels; says which voxel was clicked."""

    voxel_clicked = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._volumes: tuple[Volume, ...] = ()
        self._marks: tuple[VoxelMark, ...] = ()
        self._selected = -1
        self._panes: list[Pane] = [Pane(None, "")] * 3
        self._chosen: dict[int, tuple[str, str, bool]] = {}
        self._choices: tuple[Pane, ...] = ()
        self._build()

    def _build(self) -> None:
        self.views = (SliceView(), SliceView(), SliceView())
        self.side = QtWidgets.QSplitter(QtCore.Qt.Orientation.Vertical)
        self.splitter = QtWidgets.QSplitter(QtCore.Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.views[0])
        self.splitter.addWidget(self.side)
        for view in self.views[1:]:
            self.side.addWidget(view)
        for splitter in (self.splitter, self.side):
            splitter.setHandleWidth(3)
            splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([500, 480])
        self.side.setSizes([300, 300])
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        for position, view in enumerate(self.views):
            self._connect(position, view)

    def _connect(self, position: int, view: SliceView) -> None:
        view.setAccessibleName(_PANE_NAMES[position])
        view.slice_changed.connect(lambda _: self._draw_reference_lines())
        view.voxel_clicked.connect(self.voxel_clicked)
        view.maximise_requested.connect(lambda: self.maximise(position))
        view.stack_requested.connect(lambda choice: self._choose(position, choice))
        view.stack_stepped.connect(lambda by: self._step_choice(position, by))

    @property
    def large(self) -> SliceView:
        """The pane that the keyboard starts in."""
        return self.views[0]

    def set_volumes(self, volumes: Sequence[Volume]) -> None:
        """Show another study's images, each pane as its planes suggest."""
        self._volumes, self._marks, self._selected = tuple(volumes), (), -1
        self._chosen.clear()
        for view in self.views:
            view.set_voxels(())
            view.set_stack(None)
            view.fit()
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
        self._hang()

    def set_projections(self, shown: bool) -> None:
        """Hint in every pane at voxels off the slice."""
        for view in self.views:
            view.set_projections(shown)

    def _mark(self) -> VoxelMark | None:
        return next((mark for mark in self._marks if mark.index == self._selected), None)

    def _hang(self) -> None:
        mark = self._mark()
        self._choices = hanging.choices(self._volumes, mark)
        wanted = hanging.hang(self._volumes, mark)
        for position, pane in enumerate(wanted):
            again = [c for c in self._choices if c.key == self._chosen.get(position)]
            self._show(position, again[0] if again else pane)
        self._draw_reference_lines()

    def _show(self, position: int, pane: Pane) -> None:
        view, mark = self.views[position], self._mark()
        stays = pane.key == self._panes[position].key and pane.stack is not None and not pane.stack.reformatted
        if not stays or view.stack is None:
            view.set_stack(pane.stack, pane.title, pane.empty)
        self._panes[position] = pane
        view.set_choices([choice.title for choice in self._choices])
        if pane.stack is None:
            return
        if mark is not None and view.related(mark):
            view.show_point(mark.voxel.centre_mm)
        elif not stays:
            view.set_slice(pane.stack.count // 2)

    def _choose(self, position: int, choice: int) -> None:
        pane = self._choices[choice]
        self._chosen[position] = pane.key
        self._show(position, pane)
        self._draw_reference_lines()

    def _step_choice(self, position: int, by: int) -> None:
        keys = [choice.key for choice in self._choices]
        if not keys:
            return
        here = self._panes[position].key
        at = keys.index(here) if here in keys else 0
        self._choose(position, (at + by) % len(keys))

    def _draw_reference_lines(self) -> None:
        for view in self.views:
            lines = []
            for other in self.views:
                if other is view or other.stack is None or view.stack is None:
                    continue
                line = reference_line_pixels(other.stack.frame, other.index, view.stack.frame, view.index)
                if len(line):
                    lines.append(line)
            view.set_reference_lines(lines)

    def maximise(self, position: int) -> None:
        """Let one pane fill the grid, or bring all of them back."""
        alone = [i for i, view in enumerate(self.views) if not view.isHidden()] == [position]
        for i, view in enumerate(self.views):
            view.setVisible(alone or i == position)
        self.side.setVisible(alone or position != 0)
        self.views[position].setFocus()

    @property
    def maximised(self) -> bool:
        """Whether one pane hides the others."""
        return any(view.isHidden() for view in self.views)
