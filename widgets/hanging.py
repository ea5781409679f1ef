"""Which slices go into which pane: acquired planes first, missing ones reformatted. No Qt in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.geometry import slice_normal, to_pixels
from analysis.reslice import BODY_PLANES, BodyPlane, SliceStack, body_axes, holds, reformat, volume_axes
from analysis.types import FloatArray, Volume
from widgets.layouts import LAYOUTS, Layout
from widgets.overlays import VoxelMark
from widgets.texts import tr

_EXTENT_STEP_MM = 20.0
_LEAST_SLICES = 4
"""Fewer slices than this are not worth a reformat."""
_SCOUT_WORDS = ("loc", "scout", "survey", "aahead", "aaspine")


@dataclass(frozen=True, eq=False)
class Pane:
    """What one pane shows: a stack with its title, or None with the sentence that says why it is empty."""

    stack: SliceStack | None
    title: str
    empty: str = ""

    @property
    def key(self) -> tuple[str, str, bool]:
        """Tells whether another pane shows the same thing, also after another voxel was selected."""
        if self.stack is None:
            return "", self.empty, False
        return self.stack.frame.series_instance_uid, self.title, self.stack.reformatted


def nearest_plane(volume: Volume) -> BodyPlane:
    """Return the body plane that a volume's slices are closest to, also where they are oblique."""
    normal = np.abs(slice_normal(volume))
    planes: tuple[BodyPlane, ...] = ("sagittal", "coronal", "axial")
    return planes[int(np.argmax(normal))]


def related(volume: Volume, mark: VoxelMark) -> bool:
    """Whether a voxel's place can be told in a volume."""
    uid = volume.frame_of_reference_uid
    return uid is not None and uid == mark.frame_of_reference_uid


def hang(volumes: Sequence[Volume], mark: VoxelMark | None, layout: Layout = LAYOUTS[0]) -> tuple[Pane, Pane, Pane]:
    """Choose the large pane and the two small ones.

    Parameters
    ----------
    mark : the selected voxel, or None; what holds it goes first
    layout : says which plane goes where, and whether acquired planes go before reformatted ones
    """
    if not volumes:
        nothing = Pane(None, "", tr("This study holds no images that can be shown."))
        return nothing, Pane(None, ""), Pane(None, "")
    planes = {plane: acquired(volumes, plane, mark) for plane in layout.planes}
    order = sorted(layout.planes, key=lambda plane: layout.acquired_first and planes[plane] is None)
    source = _source(volumes, mark)
    panes = [_acquired_pane(planes[plane]) or _reformatted_pane(source, plane, mark) for plane in order]
    return panes[0], panes[1], panes[2]


def hang_prior(volumes: Sequence[Volume], mark: VoxelMark | None, like: Pane) -> Pane:
    """Choose what the pane of a prior study shows: the plane of another pane, acquired, else any series.

    Parameters
    ----------
    mark : the prior's own voxel of the selected disc, or None
    like : the pane that the prior is compared with
    """
    if like.stack is not None:
        found = acquired(volumes, nearest_plane(like.stack.frame), mark)
        if found is None:
            found = acquired(volumes, nearest_plane(like.stack.frame), None)
        if found is not None:
            return _acquired_pane(found) or Pane(None, "")
    best = min(volumes, key=lambda volume: _rank(volume, None), default=None)
    return _acquired_pane(best) or Pane(None, "", tr("The prior study holds no images that can be shown."))


def choices(volumes: Sequence[Volume], mark: VoxelMark | None) -> tuple[Pane, ...]:
    """Return everything that a pane could show: every series, and every plane reformatted."""
    acquired_panes = [pane for pane in (_acquired_pane(volume) for volume in volumes) if pane is not None]
    source = _source(volumes, mark)
    made = [_reformatted_pane(source, plane, mark) for plane in BODY_PLANES]
    return (*acquired_panes, *(pane for pane in made if pane.stack is not None))


def acquired(volumes: Sequence[Volume], plane: BodyPlane, mark: VoxelMark | None) -> Volume | None:
    """Return the best acquired series of a plane: it holds the voxel and lies closest about it; scouts come last."""
    fitting = [volume for volume in volumes if nearest_plane(volume) == plane]
    if mark is not None and any(related(v, mark) for v in volumes):
        fitting = [v for v in fitting if related(v, mark) and holds(v, mark.voxel.centre_mm)]
    return min(fitting, key=lambda volume: _rank(volume, mark), default=None)


def _rank(volume: Volume, mark: VoxelMark | None) -> tuple[bool, float, int]:
    scout = any(word in volume.description.lower() for word in _SCOUT_WORDS)
    slices = volume.pixels.shape[0]
    away = 0.0
    if mark is not None and related(volume, mark):
        position = float(to_pixels(volume, np.asarray(mark.voxel.centre_mm))[0, 2])
        away = round(abs(position - (slices - 1) / 2) / slices, 1)
    return scout, away, -int(volume.pixels.size)


def _acquired_pane(volume: Volume | None) -> Pane | None:
    if volume is None:
        return None
    return Pane(
        SliceStack(volume), volume.description or tr("Series {number}", number=volume.series_number or "").strip()
    )


def _reformatted_pane(source: Volume | None, plane: BodyPlane, mark: VoxelMark | None) -> Pane:
    if source is None:
        return Pane(
            None,
            "",
            tr("No {plane} slices: no series that holds the voxel has enough slices to make them.", plane=plane),
        )
    axes, through = _axes_and_point(source, mark)
    title = tr("{plane} of {description}", plane=plane.capitalize(), description=source.description)
    return Pane(reformat(source, plane, axes, through), title)


def _axes_and_point(source: Volume, mark: VoxelMark | None) -> tuple[FloatArray, FloatArray]:
    if mark is not None and related(source, mark):
        return body_axes(mark.voxel.axes), np.asarray(mark.voxel.centre_mm)
    slices, rows, columns = source.pixels.shape
    middle = source.affine @ np.array([(columns - 1) / 2, (rows - 1) / 2, (slices - 1) / 2, 1.0])
    return volume_axes(source), np.asarray(middle[:3])


def _source(volumes: Sequence[Volume], mark: VoxelMark | None) -> Volume | None:
    """Return the series to reformat: among those that hold the voxel, the thickest block, then the finest."""
    fitting = [volume for volume in volumes if volume.pixels.shape[0] >= _LEAST_SLICES]
    if mark is not None and any(related(v, mark) for v in volumes):
        fitting = [v for v in fitting if related(v, mark) and holds(v, mark.voxel.centre_mm)]
    return min(fitting, key=_coarseness, default=None)


def _coarseness(volume: Volume) -> tuple[float, float, int]:
    spacing = np.linalg.norm(volume.affine[:3, :3], axis=0)
    extent = float((spacing * volume.pixels.shape[::-1]).min())
    return -round(extent / _EXTENT_STEP_MM), float(spacing.max()), -int(volume.pixels.size)
