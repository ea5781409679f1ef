"""The simulated signal of each metabolite for one sequence, echo time and field."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.errors import BadProtocol
from analysis.spin_library import BroadSignal, SpinLibrary
from analysis.spins import Sequence as PulseSequence
from analysis.spins import simulate_fid
from analysis.types import Basis, ComplexArray, Sampling
from analysis.units import hz_of_ppm, time_axis_s

Mixture = Mapping[str, float]
"""Library keys and their weights: what one fitted signal is made of."""


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
    sequence : the excitation, ideal pulses

    Raises
    ------
    BadProtocol
        If a signal names a spin system that the library does not hold.
    """
    fids = [_mixture_fid(mixture, library, sequence, sampling) for mixture in signals.values()]
    return Basis(
        names=tuple(signals),
        fids=np.asarray(fids),
        sampling=sampling,
        sequence=sequence.name,
        te_s=sequence.te_s,
        description=f"simulated, ideal pulses, {sequence.describe()}",
    )


def _mixture_fid(
    mixture: Mixture, library: SpinLibrary, sequence: PulseSequence, sampling: Sampling
) -> ComplexArray:
    total = np.zeros(sampling.points, dtype=complex)
    for key, weight in mixture.items():
        if key in library.systems:
            total += weight * simulate_fid(library.systems[key], sequence, sampling)
        elif key in library.broad:
            total += weight * broad_fid(library.broad[key], sampling)
        else:
            raise BadProtocol(f"The protocol uses the signal '{key}', which resources/spins does not define.")
    return total


def pick(basis: Basis, names: Sequence[str]) -> Basis:
    """Return a basis of some of the signals, in the order of `names`."""
    index = [basis.names.index(name) for name in names]
    return replace(basis, names=tuple(names), fids=basis.fids[index])
