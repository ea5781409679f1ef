"""The simulated lumbar study before it is written: one spine, the spectra of its discs, and the truth about both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.anatomy import DiscAnatomy, LumbarSpine, lumbar_spine
from analysis.anatomy_spine import DiscSpace
from analysis.phantom import PhantomDisc, PhantomExam, simulate_exam
from analysis.types import Voxel
from app.dicom.uids import stable_uid
from app.resource_files import load_spin_library
from app.version import version

TRUTH_SCHEMA = "discern-demo-truth/1"
EXPLANATION = (
    "Everything in this study is simulated: amplitudes are per molecule in an arbitrary unit, ratios are molar, and no "
    "number was measured in a person."
)
_WIDE_MM, _NARROW_MM = (20.0, 14.0), (18.0, 12.0)
_TALLEST_MM, _FLATTEST_MM = 6.0, 4.5
CLEARANCE_MM = 1.0
"""Between a voxel and the endplates: the marrow behind them is full of lipid."""


@dataclass(frozen=True, eq=False)
class DemoStudy:
    """A simulated study; `voxels` by the name of the disc."""

    exam: PhantomExam
    spine: LumbarSpine
    voxels: Mapping[str, Voxel]
    version: str

    def uid(self, *role: str | int) -> str:
        """Return the UID of one thing in this study; another version of Discern would write other bytes under it."""
        return stable_uid(self.exam.seed, self.version, *role)


def simulate_study(seed: int) -> DemoStudy:
    """Simulate spectra and spine of one person; a disc has the same Pfirrmann grade in both.

    Parameters
    ----------
    seed : 0 or more; the same seed gives the same study
    """
    exam = simulate_exam(load_spin_library(), seed)
    spine = lumbar_spine(seed, tuple(disc.pfirrmann for disc in exam.discs))
    spaces = {space.label: space for space in spine.spaces}
    voxels = {disc.label: place_voxel(disc, spaces[disc.label]) for disc in spine.discs}
    return DemoStudy(exam, spine, voxels, version())


def place_voxel(disc: DiscAnatomy, space: DiscSpace) -> Voxel:
    """Place a voxel in a nucleus: in its middle, parallel to the disc, `CLEARANCE_MM` or more clear of both endplates.

    A disc too low or too wedged for 20 x 14 x 4.5 mm gets a narrower voxel, 18 x 12 mm, as flat as the disc demands.
    """
    back_mm = float((np.asarray(disc.centre_mm) - np.asarray(space.frame.origin_mm)) @ np.asarray(disc.axes[1]))
    footprint_mm = _WIDE_MM
    if _free_height_mm(space, back_mm, footprint_mm) < _FLATTEST_MM:
        footprint_mm = _NARROW_MM
    free_mm = min(_TALLEST_MM, disc.nucleus_size_mm[2], _free_height_mm(space, back_mm, footprint_mm))
    left, back, head = disc.axes
    return Voxel(disc.centre_mm, (left, back, head), (*footprint_mm, float(np.floor(10 * free_mm) / 10)))


def _free_height_mm(space: DiscSpace, back_mm: float, footprint_mm: tuple[float, float]) -> float:
    """Height that a box of this width and depth may have; its corners come nearest to the endplates.

    The gap between the rims narrows to one side by the wedge and widens inwards by the two hollows, of which the
    shallower has 40 % of the depth.
    """
    left, back = footprint_mm[0] / 2, footprint_mm[1] / 2 + abs(back_mm)
    outwards = (2 * left / space.width_mm) ** 2 + (2 * back / space.depth_mm) ** 2
    hollow = 0.4 * (space.height_mm - space.rim_mm) * max(1 - outwards, 0.0)
    gap = space.rim_mm / 2 + hollow - back * np.tan(abs(space.wedge_rad) / 2)
    return float(2 * (gap - CLEARANCE_MM))


def truth(study: DemoStudy) -> dict[str, Any]:
    """Return what went into a study, for ``truth.json``: JSON values only, units in the keys."""
    return {
        "schema": TRUTH_SCHEMA,
        "simulated": True,
        "explanation": EXPLANATION,
        "seed": study.exam.seed,
        "software": {"name": "discern", "version": study.version},
        "study_instance_uid": study.uid("study"),
        "te_ms": round(study.exam.te_s * 1000, 6),
        "tr_ms": round(study.exam.tr_s * 1000, 6),
        "discs": [_disc_truth(disc, study.voxels[disc.label]) for disc in study.exam.discs],
    }


def _disc_truth(disc: PhantomDisc, voxel: Voxel) -> dict[str, Any]:
    return {
        "label": disc.label,
        "pfirrmann": disc.pfirrmann,
        "painful": disc.painful,
        "amplitudes": {name: float(value) for name, value in disc.amplitudes.items()},
        "ratios": {name: float(value) for name, value in disc.ratios.items()},
        "pg_snr": float(disc.pg_snr),
        "transients": len(disc.fids),
        "spoilt_transients": [int(index) for index in disc.spoilt],
        "water_t2_ms": float(disc.water_t2_s * 1000),
        "voxel": {
            "centre_mm": list(voxel.centre_mm),
            "size_mm": list(voxel.size_mm),
            "axes": [list(axis) for axis in voxel.axes],
        },
    }
