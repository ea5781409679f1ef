"""``discern basis``: the simulated basis of a protocol as a file for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.errors import DiscernError
from analysis.sequences import Sequence, SequenceName, SlicePulses
from analysis.types import Basis, Sampling
from analysis.units import WATER_PPM, time_axis_s
from app.atomic_file import reason_of
from app.basis_cache import default_basis_cache
from app.basis_export import save_lcmodel_basis, save_nifti_basis
from app.resource_files import load_protocol, load_spin_library

_F0_MHZ = (10.0, 1500.0)
_WIDTH_HZ = (100.0, 100_000.0)
_POINTS = (64, 65_536)
_LONGEST_ECHO_S = 2.0
_BANDWIDTH_HZ = (300.0, 50_000.0)
_ADIABATIC_S = 0.0045
"""Length of the adiabatic pulses of sLASER; a design choice."""


@dataclass(frozen=True)
class BasisRequest:
    """What `discern basis` was asked for; `line_width_hz` damps every signal: LCModel needs lines of some width."""

    out: Path
    protocol_id: str
    sequence: SequenceName
    f0_mhz: float
    te_s: float
    te1_s: float | None = None
    tm_s: float = 0.0
    spectral_width_hz: float = 2000.0
    points: int = 2048
    reference_ppm: float = WATER_PPM
    line_width_hz: float = 1.0
    refocusing_hz: float | None = None
    """Bandwidth of slice-selective refocusing pulses; None simulates ideal pulses."""


def write_basis(request: BasisRequest) -> int:
    """Simulate a protocol's signals, write them, and return the exit status.

    Raises
    ------
    DiscernError : nothing could be done; one sentence
    """
    _check(request)
    save = _writer(request)
    rules = load_protocol(request.protocol_id).rules
    te1_s = rules.basis.te1_s if request.te1_s is None and request.sequence == "PRESS" else request.te1_s
    tm_s = request.tm_s if request.sequence == "STEAM" else 0.0
    sequence = Sequence(request.sequence, request.te_s, te1_s, tm_s, _pulses(request))
    sampling = Sampling(request.f0_mhz, request.spectral_width_hz, request.points, request.reference_ppm)
    basis = default_basis_cache()({s.name: s.of for s in rules.signals}, load_spin_library(), sequence, sampling)
    try:
        save(request.out, damped(basis, request.line_width_hz))
    except OSError as error:
        raise DiscernError(f"The basis set cannot be written to {request.out}: {reason_of(error)}.") from error
    sys.stdout.write(f"{request.out}: {len(basis.names)} signals, {basis.description}\n")
    return 0


def _pulses(request: BasisRequest) -> SlicePulses | None:
    if request.refocusing_hz is None:
        return None
    longest_s = _ADIABATIC_S if request.sequence == "sLASER" else SlicePulses.refocusing_s
    return SlicePulses(request.refocusing_hz, longest_s)


def damped(basis: Basis, line_width_hz: float) -> Basis:
    """Return a basis whose lines are Lorentzian by so much more (full width at half maximum)."""
    time = time_axis_s(basis.sampling.points, basis.sampling.spectral_width_hz)
    return replace(basis, fids=basis.fids * np.exp(-np.pi * line_width_hz * time))


def _writer(request: BasisRequest) -> Callable[[Path, Basis], None]:
    name = request.out.name.lower()
    if name.endswith(".basis"):
        fwhm_ppm = request.line_width_hz / request.f0_mhz
        return lambda path, basis: save_lcmodel_basis(path, basis, fwhm_ppm)
    if name.endswith((".nii", ".nii.gz")):
        return save_nifti_basis
    raise DiscernError(
        f"The kind of basis set to write is told from its name: call {request.out} .basis for LCModel, or .nii.gz."
    )


def _check(request: BasisRequest) -> None:
    """Refuse what cannot be simulated."""
    numbers = [
        ("transmitter frequency", request.f0_mhz, *_F0_MHZ, "MHz"),
        ("spectral width", request.spectral_width_hz, *_WIDTH_HZ, "Hz"),
        ("number of points", request.points, *_POINTS, ""),
        ("echo time", 1e3 * request.te_s, 0.0, 1e3 * _LONGEST_ECHO_S, "ms"),
        ("mixing time", 1e3 * request.tm_s, 0.0, 1e3 * _LONGEST_ECHO_S, "ms"),
        ("line width", request.line_width_hz, 0.0, 100.0, "Hz"),
    ]
    if request.refocusing_hz is not None:
        numbers.append(("bandwidth of the refocusing pulses", request.refocusing_hz, *_BANDWIDTH_HZ, "Hz"))
    for what, value, least, most, unit in numbers:
        if not least <= value <= most:
            raise DiscernError(f"The {what} must lie between {least:g} and {most:g} {unit}".rstrip() + ".")
    if request.sequence != "pulse-acquire" and request.te_s == 0:
        raise DiscernError(f"A {request.sequence} has an echo time; give it in ms with --te.")
    if request.te1_s is not None and request.sequence != "PRESS":
        raise DiscernError("Only PRESS has a first echo time; leave out --te1.")
    if request.te1_s is not None and not 0 < request.te1_s < request.te_s:
        raise DiscernError("The first echo time of PRESS must lie between 0 and the echo time.")
