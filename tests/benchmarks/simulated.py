"""Simulated exams as the readers would hand them on, and the shipped protocols: shared by tests and benchmarks."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from analysis.basis import simulate_basis
from analysis.phantom import SAMPLING, TE_S, PhantomDisc, PhantomExam, simulate_exam
from analysis.pipeline import analyse
from analysis.protocol import Protocol, parse_protocol
from analysis.sequences import Sequence as PulseSequence
from analysis.spin_library import SpinLibrary, parse_spin_library
from analysis.types import (
    Acquisition,
    AcquisitionParameters,
    Basis,
    ExamResult,
    Fit,
    FitSettings,
    Sampling,
    SourceFile,
    Study,
    StudyInfo,
    Voxel,
)

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
PROTOCOLS = ("disc", "brain", "cord")
SILENT = "T12-L1"
"""The voxel of `analysed` that holds no signal."""
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
    return simulate_basis(signals, spin_library(), PulseSequence("PRESS", te_s), sampling)


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


@functools.cache
def analysed(seed: int) -> tuple[Study, ExamResult]:
    """A simulated exam with one voxel in which nothing was measured, and what the disc protocol finds in it."""
    study = study_of(exam(seed))
    first, *rest = study.acquisitions
    silent = replace(first, label=SILENT, fids=np.zeros_like(first.fids), water=None)
    study = replace(study, acquisitions=(first, silent, *rest))
    return study, analyse(study, shipped("disc"), spin_library())


def fit_of(names: Sequence[str], amplitudes: ArrayLike, covariance: ArrayLike) -> Fit:
    """A fit that found these amplitudes; there is no spectrum in it."""
    k, none, found = len(names), np.zeros(0), np.asarray(amplitudes, dtype=float)
    return Fit(
        names=tuple(names), amplitudes=found, covariance=np.asarray(covariance, dtype=float), unbounded=found,
        phase0_rad=0.0, phase1_s=0.0, shift_hz=np.zeros(k), lorentz_hz=np.full(k, 5.0), gauss_hz=np.full(k, 3.0),
        ppm=none, data=none, fit=none, baseline=none, residual=none, components=np.zeros((k, 0)), noise_sd=1.0,
        misfit=1.0, iterations=1, converged=True, settings=FitSettings(),
    )  # fmt: skip
