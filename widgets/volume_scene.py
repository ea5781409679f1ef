"""Slices, voxels and their labels as one VTK scene in LPS mm, rendered into memory. No Qt in here.

VTK draws into a buffer that Qt then shows, instead of into a Qt window: VTK's own Qt window crashes under Wayland and
misjudges mixed screens (guides/workstation.md, 3.8), and a buffer works without any display at all.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

import numpy as np
import vtkmodules.vtkRenderingFreeType
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (both register what VTK renders with)
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkBillboardTextActor3D,
    vtkImageActor,
    vtkPolyDataMapper,
    vtkProp,
    vtkRenderer,
    vtkRenderWindow,
    vtkWindowToImageFilter,
)

from analysis.geometry import box_corners_mm
from analysis.types import FloatArray, Volume
from widgets import overlays, theme
from widgets.overlays import VoxelMark

_EDGES = tuple((a, b) for a in range(8) for b in range(a + 1, 8) if (a ^ b) in (1, 2, 4))
_FONT_POINTS = 15
_OSMESA = ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so", "osmesa.dll", "libOSMesa.dylib")


class NoOpenGL(Exception):
    """This machine cannot render a scene."""


def _loads(*names: str) -> bool:
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _make_window() -> vtkRenderWindow:
    """Return VTK's window; where OSMesa is asked for but missing VTK would crash, so EGL takes its place."""
    if os.environ.get("VTK_DEFAULT_OPENGL_WINDOW") != "vtkOSOpenGLRenderWindow" or _loads(*_OSMESA):
        return vtkRenderWindow()
    kind = getattr(vtkmodules.vtkRenderingOpenGL2, "vtkEGLRenderWindow", None)
    if kind is None or not _loads("libEGL.so.1"):
        raise NoOpenGL("Neither OSMesa nor EGL is installed.")
    return kind()


class VolumeScene:
    """Draws into memory: `image` gives the pixels.

    Raises
    ------
    NoOpenGL
        where neither a graphics card nor a software renderer can be used.
    """

    def __init__(self) -> None:
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(0.05, 0.06, 0.07)
        self._window = _make_window()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        if not self._window.SupportsOpenGL():
            raise NoOpenGL("This machine offers no OpenGL.")
        self._window.SetNumberOfLayers(2)
        self._window.AddRenderer(self._renderer)
        self._above = vtkRenderer()
        """Voxels and labels, which no slice may hide."""
        self._above.SetLayer(1)
        self._above.SetActiveCamera(self._renderer.GetActiveCamera())
        self._window.AddRenderer(self._above)
        self._props: dict[str, list[vtkProp]] = {"slices": [], "voxels": []}
        self._seen = False

    def close(self) -> None:
        """Free what the graphics hold."""
        for renderer in (self._renderer, self._above):
            renderer.RemoveAllViewProps()
        self._window.Finalize()

    @property
    def counts(self) -> dict[str, int]:
        """How many things of each kind are in the scene."""
        return {kind: len(props) for kind, props in self._props.items()}

    # --- what is in it -------------------------------------------------------------------------------------------

    def set_slices(self, slices: Sequence[tuple[Volume, int, NDArray[np.uint8]]]) -> None:
        """Set the slices: each its geometry, its index, and its grey picture (rows, columns)."""
        self._replace("slices", [_slice_actor(frame, index, grey) for frame, index, grey in slices])

    def set_voxels(self, marks: Sequence[VoxelMark], selected: int) -> None:
        """Set the voxels, each a wire box with its label."""
        props: list[vtkProp] = []
        for mark in marks:
            chosen = mark.index == selected
            colour = _rgb(overlays.voxel_colour(mark.state, chosen))
            props += [_box_actor(mark, colour, wide=chosen), _label_actor(mark, colour)]
        self._replace("voxels", props)

    def _replace(self, kind: str, props: list[vtkProp]) -> None:
        renderer = self._above if kind == "voxels" else self._renderer
        for prop in self._props[kind]:
            renderer.RemoveViewProp(prop)
        self._props[kind] = props
        for prop in props:
            renderer.AddViewProp(prop)
        if props and not self._seen:
            self.look_from_left_front()

    # --- how it is looked at -------------------------------------------------------------------------------------

    def look_from_left_front(self) -> None:
        """Look at everything from the patient's left, a little from the front and above, the head upwards."""
        camera = self._renderer.GetActiveCamera()
        camera.SetFocalPoint(0, 0, 0)
        camera.SetPosition(1.0, -0.8, 0.35)
        camera.SetViewUp(0, 0, 1)
        (self._renderer if self._props["slices"] else self._above).ResetCamera()
        camera.Zoom(1.3)
        self._seen = True

    def turn(self, across_deg: float, down_deg: float) -> None:
        """Turn the scene under the mouse."""
        camera = self._renderer.GetActiveCamera()
        camera.Azimuth(-across_deg)
        camera.Elevation(down_deg)
        camera.OrthogonalizeViewUp()

    def zoom(self, factor: float) -> None:
        """Go closer (above 1) or away."""
        self._renderer.GetActiveCamera().Dolly(factor)

    def _bounds(self) -> tuple[float, ...]:
        """Return the box that holds both layers: low and high of x, y and z in mm."""
        boxes = [renderer.ComputeVisiblePropBounds() for renderer in (self._renderer, self._above)]
        real = [box for box in boxes if box[0] <= box[1]] or [(-1.0, 1.0) * 3]
        return tuple(pick(box[i] for box in real) for i, pick in enumerate((min, max) * 3))

    def image(self, width: int, height: int) -> NDArray[np.uint8]:
        """Render, and return the picture, (height, width, 3) RGB from the top down."""
        self._window.SetSize(max(width, 16), max(height, 16))
        self._renderer.ResetCameraClippingRange(*self._bounds())
        grabber = vtkWindowToImageFilter()
        grabber.SetInput(self._window)
        grabber.ReadFrontBufferOff()
        grabber.Update()
        picture = grabber.GetOutput()
        columns, rows, _ = picture.GetDimensions()
        from_below = vtk_to_numpy(picture.GetPointData().GetScalars()).reshape(rows, columns, 3)
        return np.ascontiguousarray(from_below[::-1], dtype=np.uint8)


def _rgb(name: str) -> tuple[float, float, float]:
    red, green, blue = (int(name[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _slice_actor(frame: Volume, index: int, grey: NDArray[np.uint8]) -> vtkImageActor:
    rows, columns = grey.shape
    data = vtkImageData()
    data.SetDimensions(columns, rows, 1)
    data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(grey).ravel(), deep=True))
    actor = vtkImageActor()
    actor.GetMapper().SetInputData(data)
    matrix, affine = vtkMatrix4x4(), frame.affine.copy()
    affine[:3, 3] += affine[:3, 2] * index
    for row in range(4):
        for column in range(4):
            matrix.SetElement(row, column, float(affine[row, column]))
    actor.SetUserMatrix(matrix)
    return actor


def _box_actor(mark: VoxelMark, colour: tuple[float, float, float], *, wide: bool) -> vtkActor:
    points, lines = vtkPoints(), vtkCellArray()
    for corner in box_corners_mm(mark.voxel):
        points.InsertNextPoint(*(float(value) for value in corner))
    for a, b in _EDGES:
        lines.InsertNextCell(2)
        lines.InsertCellPoint(a)
        lines.InsertCellPoint(b)
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetLines(lines)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*colour)
    actor.GetProperty().SetLineWidth(3.0 if wide else 1.5)
    actor.GetProperty().SetLighting(False)
    return actor


def _label_actor(mark: VoxelMark, colour: tuple[float, float, float]) -> vtkBillboardTextActor3D:
    label = vtkBillboardTextActor3D()
    label.SetInput(mark.label)
    at: FloatArray = box_corners_mm(mark.voxel).max(axis=0)
    label.SetPosition(*(float(value) for value in at))
    text = label.GetTextProperty()
    text.SetColor(*colour)
    text.SetFontSize(_FONT_POINTS)
    text.SetBold(True)
    text.SetBackgroundColor(*_rgb(theme.HALO))
    text.SetBackgroundOpacity(0.6)
    return label
