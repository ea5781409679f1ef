"""The panes themselves: where the slice views sit in a layout, which one is maximised, and their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6 import QtCore, QtWidgets

from widgets.layouts import Layout
from widgets.slice_keys import slice_keys
from widgets.slice_view import SliceView
from widgets.texts import noop, tr

_NAMES = (noop("Large image"), noop("Upper small image"), noop("Lower small image"), noop("Prior image"))
_WHOLE = 1200
_HANDLE_PX = 3
_LARGE_BESIDE_PRIOR = 0.35
"""Share of the width that the large pane and the prior beside it get each, at most."""


class SlicePanes(QtWidgets.QWidget):
    """Three views and a prior's in two splitters; knows nothing of what they show."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = slice_keys()
        self.views = (SliceView(self.keys), SliceView(self.keys), SliceView(self.keys))
        self.prior = SliceView(self.keys)
        self.splitter = QtWidgets.QSplitter(QtCore.Qt.Orientation.Horizontal)
        self.side = QtWidgets.QSplitter(QtCore.Qt.Orientation.Vertical)
        self._build()

    def _build(self) -> None:
        for widget in (self.views[0], self.prior, self.side):
            self.splitter.addWidget(widget)
        for view in self.views[1:]:
            self.side.addWidget(view)
        for splitter in (self.splitter, self.side):
            splitter.setHandleWidth(_HANDLE_PX)
            splitter.setChildrenCollapsible(False)
        for name, view in zip(_NAMES, self.all_views, strict=True):
            view.setAccessibleName(tr(name))
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.splitter)

    @property
    def all_views(self) -> tuple[SliceView, ...]:
        """The three views of the study, and the prior's."""
        return (*self.views, self.prior)

    @property
    def large(self) -> SliceView:
        """The pane that the keyboard starts in."""
        return self.views[0]

    def arrange(self, layout: Layout) -> None:
        """Give every pane its place and its room; a prior's pane shows where it holds a stack."""
        horizontal, vertical = QtCore.Qt.Orientation.Horizontal, QtCore.Qt.Orientation.Vertical
        self.side.setOrientation(horizontal if layout.row else vertical)
        for view in self.views:
            view.show()
        self.side.show()
        with_prior = self.prior.stack is not None
        self.prior.setVisible(with_prior)
        large = min(layout.large, _LARGE_BESIDE_PRIOR) if with_prior else layout.large
        rest = (1 - 2 * large if with_prior else 1 - large) * _WHOLE
        self.splitter.setSizes([round(large * _WHOLE), round(large * _WHOLE) if with_prior else 0, round(rest)])
        self.side.setSizes([round(layout.upper * _WHOLE), round((1 - layout.upper) * _WHOLE)])

    def maximise(self, position: int) -> None:
        """Let one pane fill the grid, or bring all of them back."""
        alone = [i for i, view in enumerate(self.all_views) if not view.isHidden()] == [position]
        for i, view in enumerate(self.views):
            view.setVisible(alone or i == position)
        self.side.setVisible(alone or position in (1, 2))
        self.prior.setVisible((alone and self.prior.stack is not None) or position == len(self.views))
        self.all_views[position].setFocus()

    @property
    def maximised(self) -> bool:
        """Whether one pane hides the others."""
        return any(view.isHidden() for view in self.views)

    def restore_all(self) -> None:
        """Bring all panes back."""
        if self.maximised:
            self.maximise(next(i for i, view in enumerate(self.all_views) if not view.isHidden()))

    def sizes(self) -> dict[str, tuple[int, ...]]:
        """Return the room of every pane in pixels, while none is maximised."""
        if self.maximised:
            return {}
        return {"panes": tuple(self.splitter.sizes()), "side": tuple(self.side.sizes())}

    def set_sizes(self, sizes: Mapping[str, Sequence[int]]) -> None:
        """Give every pane its room back."""
        for name, splitter in (("panes", self.splitter), ("side", self.side)):
            wanted = list(sizes.get(name, ()))
            if len(wanted) == splitter.count() and sum(wanted) > 0:
                splitter.setSizes(wanted)
