"""What part of a slice a view shows: a pure map between mm in the slice plane and widget pixels. No Qt in here.

Plane coordinates are mm: the centre of pixel (column, row) lies at ``(column * column spacing, row * row spacing)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.geometry import pixel_spacing_mm
from analysis.types import FloatArray, Volume

Size = tuple[float, float]
_MARGIN = 1.02


@dataclass(frozen=True)
class Camera:
    """The plane point in the middle of the view, the scale, and whether the picture is mirrored."""

    centre_mm: tuple[float, float] = (0.0, 0.0)
    mm_per_px: float = 1.0
    flipped: tuple[bool, bool] = (False, False)
    """Mirrored left to right, and top to bottom."""

    @property
    def signs(self) -> tuple[float, float]:
        """The direction on the screen of the plane's two axes."""
        return (-1.0 if self.flipped[0] else 1.0), (-1.0 if self.flipped[1] else 1.0)

    def to_widget(self, plane_mm: FloatArray, size: Size) -> FloatArray:
        """Map plane points (n, 2) in mm to widget pixels, (n, 2)."""
        scale = np.array(self.signs) / self.mm_per_px
        return np.asarray((plane_mm - np.array(self.centre_mm)) * scale + np.array(size) / 2)

    def to_plane(self, x_px: float, y_px: float, size: Size) -> tuple[float, float]:
        """Map a widget pixel to its plane point in mm."""
        across, down = self.signs
        x = self.centre_mm[0] + (x_px - size[0] / 2) * self.mm_per_px * across
        y = self.centre_mm[1] + (y_px - size[1] / 2) * self.mm_per_px * down
        return x, y

    def zoomed(self, factor: float, at_px: tuple[float, float], size: Size) -> Camera:
        """Magnify; the plane point under a widget pixel stays there."""
        at = self.to_plane(*at_px, size)
        x, y = (point + (centre - point) / factor for point, centre in zip(at, self.centre_mm, strict=True))
        return replace(self, centre_mm=(x, y), mm_per_px=self.mm_per_px / factor)

    def panned(self, x_px: float, y_px: float) -> Camera:
        """Move the picture by widget pixels."""
        across, down = self.signs
        x, y = self.centre_mm
        return replace(self, centre_mm=(x - x_px * self.mm_per_px * across, y - y_px * self.mm_per_px * down))


def whole(frame: Volume, size: Size, flipped: tuple[bool, bool]) -> Camera:
    """Return the camera that shows a whole slice in a view of `size` pixels."""
    across, down = pixel_spacing_mm(frame)
    rows, columns = frame.pixels.shape[1:]
    scale = max(columns * across / max(size[0], 1), rows * down / max(size[1], 1)) * _MARGIN
    return Camera(((columns - 1) / 2 * across, (rows - 1) / 2 * down), scale, flipped)
