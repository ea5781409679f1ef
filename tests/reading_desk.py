"""The real window with the real analysis behind it, on a simulated exam: for tests of what a reader does."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from analysis.anatomy import axial_grids, sagittal_grid, t2_image
from analysis.types import Study, Volume
from app.demo_study import simulate_study
from app.jobs import JobRunner
from app.main import real_services
from app.services import Services
from app.session import ReadingSession
from app.store import Store
from app.workstation import Workstation
from tests.benchmarks.simulated import exam, study_of
from widgets.main_window import MainWindow

FRAME_UID = "2.25.7"
_SEED = 1


@dataclass
class Desk:
    """A window with the real analysis behind it."""

    window: MainWindow
    session: ReadingSession
    jobs: JobRunner
    station: Workstation

    def open(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.station.settled, timeout=20_000):
            self.station.open_paths([Path("simulated")])

    def settle(self, qtbot: QtBot) -> None:
        """Wait until the results are those of the reading."""
        qtbot.waitUntil(lambda: self.station.live.current and not self.session.in_gesture, timeout=10_000)

    def close(self) -> None:
        self.station.keeping.shut_down()
        self.jobs.shut_down()
        self.window.close()


@functools.cache
def plain_study() -> Study:
    """Five discs without images."""
    return study_of(exam(_SEED))


@functools.cache
def study_with_images() -> Study:
    """The same discs in their places in a simulated spine, with a sagittal and an axial T2 series."""
    demo, study = simulate_study(_SEED), plain_study()
    acquisitions = tuple(
        replace(a, voxel=demo.voxels[a.label], frame_of_reference_uid=FRAME_UID) for a in study.acquisitions
    )
    affine, shape, thickness = sagittal_grid(demo.spine)
    affine = affine.copy()
    affine[:3, 3] += 5 * affine[:3, 2]
    planes = [("sagittal", "T2 TSE sagittal", affine, (5, *shape[1:]), thickness)]
    for name, flat, size, thick in axial_grids(demo.spine):
        planes.append(("axial", f"T2 TSE axial {name}", flat, size, thick))
    volumes = tuple(_volume(demo.spine, number, *plane) for number, plane in enumerate(planes))
    return replace(study, volumes=volumes, acquisitions=acquisitions)


def _volume(spine, number, plane, description, affine, shape, thickness) -> Volume:  # type: ignore[no-untyped-def]
    image = t2_image(spine, affine, shape, slice_thickness_mm=thickness, seed=_SEED).astype(np.float32)
    uid = f"2.25.8{number}"
    return Volume(image, affine, thickness, description, uid, number, FRAME_UID, 600.0, 1200.0, plane)


def services(study: Study) -> Services:
    return replace(real_services(), read_studies=lambda *_: (study,), first_look=None)


def desk_with(qtbot: QtBot, store: Store | None = None, study: Study | None = None) -> Desk:
    window, session, jobs = MainWindow(("disc", "brain")), ReadingSession(), JobRunner()
    station = Workstation(window, session, jobs, replace(services(study or plain_study()), store=store))
    qtbot.addWidget(window)
    window.resize(1600, 950)
    window.show()
    return Desk(window, session, jobs, station)
