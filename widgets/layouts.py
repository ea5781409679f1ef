"""How the panes are laid out for each kind of exam: plain data. No Qt in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.reslice import BodyPlane
from widgets.texts import noop

LayoutId = Literal["lumbar", "cord", "brain", "row"]


@dataclass(frozen=True)
class Layout:
    """Which plane goes into which pane, and how much room each gets.

    Attributes
    ----------
    planes : of the large pane (or the first of a row), the upper and the lower small pane
    acquired_first : a plane that was acquired goes before one that would have to be reformatted
    row : all panes side by side, equally wide
    large : share of the width that the large pane gets
    upper : share of the height of the small panes that the upper one gets
    """

    id: LayoutId
    title: str
    planes: tuple[BodyPlane, BodyPlane, BodyPlane]
    acquired_first: bool = True
    row: bool = False
    large: float = 0.5
    upper: float = 0.5


LAYOUTS: tuple[Layout, ...] = (
    Layout("lumbar", noop("Lumbar: large sagittal"), ("sagittal", "axial", "coronal")),
    Layout("cord", noop("Cord: sagittal and large axial"), ("sagittal", "axial", "coronal"), large=0.42, upper=0.62),
    Layout("brain", noop("Brain: large axial"), ("axial", "sagittal", "coronal"), acquired_first=False, large=0.56),
    Layout("row", noop("Side by side"), ("sagittal", "axial", "coronal"), acquired_first=False, row=True, large=1 / 3),
)
FOR_PROTOCOL: dict[str, LayoutId] = {"disc": "lumbar", "cord": "cord", "brain": "brain"}
"""The layout that a protocol starts with."""


def layout(layout_id: str) -> Layout:
    """Return a layout by its id; the first one for an id that is not known."""
    return next((candidate for candidate in LAYOUTS if candidate.id == layout_id), LAYOUTS[0])


def next_layout(layout_id: str, by: int) -> Layout:
    """Return the layout some places further on, round and round."""
    ids = [candidate.id for candidate in LAYOUTS]
    return LAYOUTS[(ids.index(layout(layout_id).id) + by) % len(LAYOUTS)]
