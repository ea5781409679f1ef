"""How long one step of a drag takes in the spectrum and its panel, painted by software.

Run as ``xvfb-run -a python tests/benchmarks/spectrum_redraw.py [components] [points] [steps]``; prints the median, the
95th percentile and the largest time in ms of each kind of step, event loop and painting included.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6 import QtCore, QtWidgets

from analysis.displayed import overlay_on
from analysis.types import Fit, FitSettings, ProcessSettings, VoxelResult
from app.main import apply_look
from tests.samples import F0_MHZ, sample_exam, sample_study
from widgets.fit_panel import FitPanel
from widgets.spectrum_view import SpectrumView

SIZE = (1000, 900)
LIMIT_MS = 50.0


@dataclass(frozen=True)
class Times:
    """Times of one kind of step in ms."""

    name: str
    median: float
    p95: float
    worst: float


def invented_fit(components: int, points: int, seed: int) -> Fit:
    """Return a fit of many Lorentzians with noise; every number is invented."""
    rng = np.random.default_rng(seed)
    base = sample_exam(sample_study()).voxels[3].fit
    assert base is not None
    ppm = np.linspace(0.2, 4.2, points)
    centres, heights = rng.uniform(0.5, 4.0, components), rng.uniform(0.2, 3.0, components)
    curves = heights[:, None] * 0.02**2 / ((ppm - centres[:, None]) ** 2 + 0.02**2)
    baseline = 0.3 + 0.1 * np.cos(ppm)
    fitted = curves.sum(axis=0) + baseline
    residual = rng.normal(0, 0.05, points)
    return replace(
        base,
        names=tuple(f"S{i}" for i in range(components)),
        amplitudes=heights,
        covariance=np.diag(heights * 0.01),
        ppm=ppm,
        data=fitted + residual,
        fit=fitted,
        baseline=baseline,
        residual=residual,
        components=curves,
        noise_sd=0.05,
        shift_hz=np.zeros(components),
        gauss_hz=np.full(components, 3.0),
    )


def measured(app: QtWidgets.QApplication, name: str, steps: int, step: Callable[[int], None]) -> Times:
    """Time steps with everything that follows from them on the screen; the first two are not counted."""
    taken = []
    for i in range(steps + 2):
        began = time.perf_counter()
        step(i)
        app.processEvents(QtCore.QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        taken.append(1e3 * (time.perf_counter() - began))
    counted = np.array(taken[2:])
    return Times(name, float(np.median(counted)), float(np.percentile(counted, 95)), float(counted.max()))


def run(components: int = 26, points: int = 2048, steps: int = 60) -> list[Times]:
    """Measure every kind of step."""
    app = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    assert isinstance(app, QtWidgets.QApplication)
    apply_look(app)
    sample = sample_exam(sample_study()).voxels[3]
    fits = [invented_fit(components, points, seed) for seed in range(4)]
    results: list[VoxelResult] = [replace(sample, fit=fit) for fit in fits]
    view, panel = SpectrumView(), FitPanel()
    window = QtWidgets.QSplitter(QtCore.Qt.Orientation.Vertical)
    window.addWidget(view)
    window.addWidget(panel)
    window.resize(*SIZE)
    window.show()

    def refit(i: int) -> None:
        result = results[i % len(results)]
        view.show_voxel(result.acquisition, result, "")
        settings = FitSettings(phase0_rad=0.01 * i)
        panel.set_voxel(settings, ProcessSettings(), result.fit, True, f0_mhz=F0_MHZ, voxel="L4-L5")

    def turn(i: int) -> None:
        view.plot._on_phase(0.01 * i)

    times = [measured(app, "a refit arrives: spectrum and panel", steps, refit)]
    times.append(measured(app, "phase turned: data and residual", steps, turn))
    overlays = [overlay_on(fits[0], fit, f"disc {i}", {"S0": 1.0}, "S0") for i, fit in enumerate(fits)]
    view.set_overlays(overlays)
    view.set_automatic(fits[1])
    times.append(measured(app, "a refit under 4 voxels and the automatic fit", steps, refit))
    view.plot.set_apodisation_hz(4.0)
    times.append(measured(app, "the same, smoothed for the eye", steps, refit))
    window.close()
    window.deleteLater()
    app.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    return times


def main() -> None:
    """Print the times."""
    components, points, steps = (int(a) for a in (*sys.argv[1:4], *("26", "2048", "60")[len(sys.argv) - 1 :]))
    platform = os.environ["QT_QPA_PLATFORM"]
    print(f"{components} components, {points} points, {steps} steps, {SIZE[0]} x {SIZE[1]} px, {platform}")  # noqa: T201
    for row in run(components, points, steps):
        print(f"{row.name:46s} median {row.median:5.1f}  p95 {row.p95:5.1f}  worst {row.worst:5.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
