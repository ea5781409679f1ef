"""Simulated exams as the readers would hand them on, and the shipped protocols: shared by tests and benchmarks."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from analysis.basis import simulate_basis
from analysis.phantom import SAMPLING, TE_S, PhantomDisc, PhantomExam, simulate_exam
from analysis.protocol import Protocol, parse_protocol
from analysis.spin_library import SpinLibrary, parse_spin_library
from analysis.spins import Sequence
from analysis.types import Acquisition, AcquisitionParameters, Basis, Sampling, SourceFile, Study, StudyInfo, Voxel

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
PROTOCOLS = ("disc", "brain", "cord")
_SPACING_MM = 35.0


@functools.cache
def spin_library() -> SpinLibrary:
    """The shipped spin systems."""
    texts = [(RESOURCES / "spins" / name).read_text(encoding="utf-8") for name in ("metabolites.toml", "broad.toml")]
    return parse_spin_library(*texts)


def protocol_text(name: str) -> str:
    """A shipped protocol as TOML."""
    return (RESOURCES / "protocols" / f"{name}.toml").read_text(encoding="utf-8")


@functools.cache
def shipped(name: str) -> Protocol:
    """A shipped protocol."""
    return parse_protocol(protocol_text(name))


@functools.cache
def basis_of(name: str, te_s: float = TE_S, sampling: Sampling = SAMPLING) -> Basis:
    """The basis of a shipped protocol, PRESS."""
    signals = {s.name: s.of for s in shipped(name).rules.signals}
    return simulate_basis(signals, spin_library(), Sequence("PRESS", te_s), sampling)


@functools.cache
def exam(seed: int) -> PhantomExam:
    """A simulated exam of five discs."""
    return simulate_exam(spin_library(), seed)


def acquisition_of(disc: PhantomDisc, index: int) -> Acquisition:
    """One disc of a simulated exam as an acquisition of one coil; voxels stand above one another, head first."""
    f0, width, reference = SAMPLING.f0_mhz, SAMPLING.spectral_width_hz, SAMPLING.reference_ppm
    digest = hashlib.sha256(disc.fids.tobytes()).hexdigest()
    return Acquisition(
        label=disc.label,
        label_source="header",
        fids=disc.fids[None],
        water=disc.water[None],
        parameters=AcquisitionParameters(f0, width, reference, localisation="PRESS", te_s=TE_S, tr_s=1.5),
        voxel=Voxel((0.0, 0.0, -_SPACING_MM * index), ((1, 0, 0), (0, 1, 0), (0, 0, 1)), (20.0, 14.0, 6.0)),
        sources=(SourceFile(f"simulated/{disc.label}", digest, "metabolite"),),
    )


def study_of(phantom: PhantomExam) -> Study:
    """A simulated exam as a study."""
    info = StudyInfo(study_instance_uid=f"2.25.{phantom.seed + 1}", patient_id="SIMULATED", simulated=True)
    acquisitions = tuple(acquisition_of(disc, index) for index, disc in enumerate(phantom.discs))
    return Study(info, (), acquisitions)
