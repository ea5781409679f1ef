"""Platform quirks, set before Qt or VTK is imported; each only where the user has not set it."""

from __future__ import annotations

import os
import sys


def prepare() -> None:
    """Set environment variables that must stand before the first import of Qt, VTK or numpy."""
    if sys.platform.startswith("linux"):
        _prepare_linux()
    # pyqtgraph picks the first Qt it finds; there must be no choice.
    os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")


def _prepare_linux() -> None:
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        # VTK without a display: EGL prints errors, OSMesa does not.
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    elif os.environ.get("DISPLAY") and os.environ.get("WAYLAND_DISPLAY"):
        # VTK's Qt window hands a window id to X11 and crashes under native Wayland (pyvistaqt 445, 847, 852).
        os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
