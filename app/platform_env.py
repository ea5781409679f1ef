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


def has_display() -> bool:
    """Whether a window could be seen, or the user chose where Qt draws."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _prepare_linux() -> None:
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        # VTK without a display: EGL prints errors, OSMesa does not.
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    elif os.environ.get("DISPLAY") and os.environ.get("WAYLAND_DISPLAY"):
        # VTK's Qt window hands a window id to X11 and crashes under native Wayland (pyvistaqt 445, 847, 852).
        os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
