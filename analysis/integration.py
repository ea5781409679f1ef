"""Areas under the spectrum over fixed windows, beside those of the model: a cross-check that needs no lines.

A window holds whatever lies in it, wings of other lines included, so its area is not an amplitude. What can be compared
is the data's area, baseline taken away, with the model's area over the same window: the two must agree within noise.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from analysis.errors import BadProtocol
from analysis.file_problem import problem_of
from analysis.sourced import Sourced, Strict
from analysis.types import BoolArray, Fit, FloatArray


class IntegrationWindow(Sourced):
    """Spans of chemical shift (low, high) in ppm, the fitted signals they are meant for, and what else lies there."""

    name: str
    ppm: tuple[tuple[float, float], ...]
    signals: tuple[str, ...]
    beside: str


class _WindowTable(Strict):
    windows: tuple[IntegrationWindow, ...]


def parse_windows(text: str) -> tuple[IntegrationWindow, ...]:
    """Read a table of windows.

    Raises
    ------
    BadProtocol
        If the text is not TOML, misses something, or holds a span whose lower end is not the lower one.
    """
    try:
        windows = _WindowTable.model_validate(tomllib.loads(text)).windows
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadProtocol(f"The integration windows cannot be read: {problem_of(error)}.") from error
    for window in windows:
        if not window.ppm or any(low >= high for low, high in window.ppm):
            raise BadProtocol(f"The integration window '{window.name}' has no span from a lower to a higher shift.")
    return windows


@dataclass(frozen=True)
class WindowArea:
    """One window's areas, in the signal's arbitrary unit times ppm.

    Attributes
    ----------
    data, sd : of the data minus the baseline, and its standard deviation from noise alone
    model : of all fitted signals
    own : of the window's own signals, None where the fit has none of them
    covered : share of the window that lies in the fit range, 0 to 1; the areas are of that part
    """

    window: IntegrationWindow
    data: float
    sd: float
    model: float
    own: float | None
    covered: float

    @property
    def sigmas(self) -> float | None:
        """Distance between data and model in standard deviations of the noise; None without noise."""
        return (self.data - self.model) / self.sd if self.sd > 0 else None


def window_areas(fit: Fit, windows: Sequence[IntegrationWindow]) -> tuple[WindowArea, ...]:
    """Return the areas of the windows that the fit range reaches.

    Notes
    -----
    Points of the real part of a spectrum that was filled to twice its length are independent over a narrow window, so
    the variance of a sum is the sum of the variances. The baseline's and the amplitudes' own errors are not included.
    """
    found = (_area(fit, window) for window in windows)
    return tuple(area for area in found if area is not None)


def _area(fit: Fit, window: IntegrationWindow) -> WindowArea | None:
    inside = inside_of(fit.ppm, window)
    if not inside.any():
        return None
    step = float(np.median(np.diff(fit.ppm)))
    own = [k for k, name in enumerate(fit.names) if name in window.signals]
    low, high = float(fit.ppm[0]), float(fit.ppm[-1])
    reached = sum(max(min(b, high) - max(a, low), 0.0) for a, b in window.ppm)
    return WindowArea(
        window=window,
        data=float((fit.data - fit.baseline)[inside].sum()) * step,
        sd=fit.noise_sd * step * math.sqrt(int(inside.sum())),
        model=float(fit.components[:, inside].sum()) * step,
        own=float(fit.components[own][:, inside].sum()) * step if own else None,
        covered=reached / sum(b - a for a, b in window.ppm),
    )


def inside_of(ppm: FloatArray, window: IntegrationWindow) -> BoolArray:
    """Return which points (m,) of an axis lie in a window."""
    return np.asarray(np.any([(ppm >= low) & (ppm <= high) for low, high in window.ppm], axis=0))
