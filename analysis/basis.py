"""The simulated signal of each metabolite for one sequence, echo time and field."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.errors import BadProtocol
from analysis.sequences import Sequence as PulseSequence
from analysis.shaped_sequence import shaped
from analysis.spin_library import BroadSignal, SpinLibrary
from analysis.spins import Prepare, ideal, prepared_fid
from analysis.types import Basis, ComplexArray, Sampling
from analysis.units import hz_of_ppm, time_axis_s

Mixture = Mapping[str, float]
"""Library keys and their weights: what one fitted signal is made of."""

Simulate = Callable[[Mapping[str, Mixture], SpinLibrary, PulseSequence, Sampling], Basis]
"""What `simulate_basis` does; another function may keep what it has simulated."""

SIMULATOR_VERSION = 1
"""Part of every `basis_key`: raise it whenever the same tables give other numbers."""


def broad_fid(signal: BroadSignal, sampling: Sampling) -> ComplexArray:
    """Return the FID of a sum of Gaussian lines, (points,) complex; it starts at the sum of the areas."""
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    fid = np.zeros(sampling.points, dtype=complex)
    for line in signal.lines:
        decay = math.pi * line.fwhm_ppm * sampling.f0_mhz * time
        turn = 2j * np.pi * hz_of_ppm(line.ppm, sampling.f0_mhz, sampling.reference_ppm) * time
        fid += line.area * np.exp(turn - decay**2 / (4 * math.log(2)))
    return fid


def simulate_basis(
    signals: Mapping[str, Mixture], library: SpinLibrary, sequence: PulseSequence, sampling: Sampling
) -> Basis:
    """Simulate a basis, undamped but for the intrinsic width of broad signals.

    Parameters
    ----------
    signals : name of each fitted signal and what it is made of
    sequence : the excitation, with ideal pulses unless it says otherwise

    Raises
    ------
    BadProtocol
        If a signal names a spin system that the library does not hold, or the pulses cannot be simulated.
    """
    _check_known(signals, library)
    pulses = sequence.pulses
    prepare = shaped(sequence, sampling.f0_mhz, sampling.reference_ppm) if pulses is not None else ideal(sequence)
    fids = [_mixture_fid(mixture, library, prepare, sampling) for mixture in signals.values()]
    return described_basis(tuple(signals), np.asarray(fids), sequence, sampling)


def described_basis(names: tuple[str, ...], fids: ComplexArray, sequence: PulseSequence, sampling: Sampling) -> Basis:
    """Return simulated FIDs, (signals, points) complex, as a basis that says how it was made."""
    pulses = sequence.pulses
    return Basis(
        names=names,
        fids=fids,
        sampling=sampling,
        sequence=sequence.name,
        te_s=sequence.te_s,
        description=f"simulated {sequence.describe()}, {'ideal pulses' if pulses is None else pulses.describe()}",
    )


def basis_key(signals: Mapping[str, Mixture], library: SpinLibrary, sequence: PulseSequence, sampling: Sampling) -> str:
    """Return the SHA-256 of everything that a simulated basis depends on, as 64 hexadecimal digits.

    Notes and sources of the spin tables are left out: they change no number.

    Raises
    ------
    BadProtocol
        If a signal names a spin system that the library does not hold.
    """
    _check_known(signals, library)
    keys = sorted({key for mixture in signals.values() for key in mixture})
    content = {
        "simulator": SIMULATOR_VERSION,
        "signals": [[name, sorted(mixture.items())] for name, mixture in signals.items()],
        "systems": {
            k: [dataclasses.asdict(g) for g in library.systems[k].groups] for k in keys if k in library.systems
        },
        "broad": {k: [dataclasses.asdict(line) for line in library.broad[k].lines] for k in keys if k in library.broad},
        "sequence": dataclasses.asdict(sequence),
        "sampling": dataclasses.asdict(sampling),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=float).encode()).hexdigest()


def _check_known(signals: Mapping[str, Mixture], library: SpinLibrary) -> None:
    for key in (key for mixture in signals.values() for key in mixture):
        if key not in library:
            raise BadProtocol(f"The protocol uses the signal '{key}', which resources/spins does not define.")


def _mixture_fid(mixture: Mixture, library: SpinLibrary, prepare: Prepare, sampling: Sampling) -> ComplexArray:
    total = np.zeros(sampling.points, dtype=complex)
    for key, weight in mixture.items():
        if key in library.systems:
            total += weight * prepared_fid(library.systems[key], prepare, sampling)
        else:
            total += weight * broad_fid(library.broad[key], sampling)
    return total


def pick(basis: Basis, names: Sequence[str]) -> Basis:
    """Return a basis of some of the signals, in the order of `names`."""
    index = [basis.names.index(name) for name in names]
    return replace(basis, names=tuple(names), fids=basis.fids[index])
