"""Slice-selective sequences against brute force, their ideal limit, theory, and published vendor basis sets."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm

from analysis.errors import BadProtocol
from analysis.readers.lcmodel_basis import read_basis
from analysis.rf_pulses import refocusing_pulse
from analysis.sequences import Sequence, SlicePulses
from analysis.shaped_sequence import propagators, shaped
from analysis.spin_operators import coupling_hamiltonian, operators
from analysis.spin_systems import SpinGroup, SpinSystem, composites
from analysis.spins import group_lines, ideal, prepared_fid
from analysis.types import Sampling
from analysis.units import ppm_axis, spectrum_of, time_axis_s
from tests.benchmarks.simulated import spin_library

F0_MHZ, REFERENCE_PPM = 127.73, 4.65
SAMPLING = Sampling(F0_MHZ, 2500.0, 1024, REFERENCE_PPM)
CLINICAL = SlicePulses(refocusing_hz=1250.0)
ADIABATIC = SlicePulses(refocusing_hz=5000.0, refocusing_s=0.0045)
SHARP = SlicePulses(refocusing_hz=6000.0, refocusing_s=0.008, excitation_hz=20000.0, excitation_s=0.002)


def fid(key: str, sequence: Sequence) -> np.ndarray:
    prepare = ideal(sequence) if sequence.pulses is None else shaped(sequence, F0_MHZ, REFERENCE_PPM)
    return prepared_fid(spin_library().systems[key], prepare, SAMPLING)


# --- the propagators ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["Lac", "Asp", "Glu"])
def test_a_propagator_is_that_of_the_whole_hamiltonian_step_by_step(key):
    system = composites(spin_library().systems[key].groups[0])[0]
    offset_hz = np.array([300.0, -260.0, -290.0, 40.0, -35.0])[: len(system.spins)]
    pulse, place_hz = refocusing_pulse(1250.0, 0.0052), np.array([-500.0, 90.0, 700.0])
    ops = operators(system.spins)
    f_y = (ops.f_plus - ops.f_plus.T) / 2j
    found = propagators(pulse, system, offset_hz, place_hz)
    for place, u in zip(place_hz, found, strict=True):
        still = np.diag((offset_hz + place) @ ops.i_z) + coupling_hamiltonian(system.spins, system.j_hz)
        expected = np.eye(len(u))
        for b1 in pulse.b1_hz:
            expected = expm(-2j * np.pi * pulse.step_s * (still + b1.real * ops.f_x + b1.imag * f_y)) @ expected
        assert np.abs(u - expected).max() < 1e-3
        assert u @ u.conj().T == pytest.approx(np.eye(len(u)), abs=1e-9)


# --- signals -----------------------------------------------------------------------------------------------------

SHAPED = [
    Sequence("PRESS", 0.030, te1_s=0.011, pulses=CLINICAL),
    Sequence("spin echo", 0.040, pulses=CLINICAL),
    Sequence("sLASER", 0.040, pulses=ADIABATIC),
]


@pytest.mark.parametrize("sequence", SHAPED, ids=lambda s: s.name)
def test_an_uncoupled_proton_gives_one_upright_wherever_it_resonates(sequence):
    """Its voxel is displaced, not smaller."""
    prepare = shaped(sequence, F0_MHZ, REFERENCE_PPM)
    for ppm in (0.9, 2.7, 3.2, 5.2):
        _, amplitude = group_lines(SpinGroup((ppm,), count=3), prepare, F0_MHZ, REFERENCE_PPM)
        assert amplitude == pytest.approx(np.array([3.0]), abs=0.01)


@pytest.mark.parametrize("key", ["Lac", "Glu"])
def test_pulses_of_growing_bandwidth_become_ideal(key):
    """What is lost at the edges of a slice and by displacement falls as 1 / bandwidth, and extrapolates to nothing.

    One per cent is left, because a pulse of finite length has ripples inside its slice.
    """
    plain = fid(key, Sequence("PRESS", 0.030, te1_s=0.011))
    wide, wider = (
        fid(key, Sequence("PRESS", 0.030, te1_s=0.011, pulses=SlicePulses(hz, 0.0005, hz, 0.0005)))
        for hz in (15e3, 30e3)
    )
    apart = [np.abs(found - plain).max() / np.abs(plain).max() for found in (wide, wider, 2 * wider - wide)]
    assert 0.04 < apart[0] < 0.10
    assert apart[1] < 0.6 * apart[0]
    assert apart[2] < 0.012


def methyl(sequence: Sequence, displacement: float) -> float:
    """In-phase signal of the methyl group of an AX3 system whose CH lies this share of a slice away, per proton."""
    apart_ppm = displacement * SHARP.refocusing_hz / F0_MHZ
    group = SpinGroup((1.3 + apart_ppm, 1.3, 1.3, 1.3), tuple((0, k, 6.9) for k in (1, 2, 3)))
    frequency, amplitude = group_lines(group, shaped(sequence, F0_MHZ, 1.3), F0_MHZ, 1.3)
    return float(amplitude[np.abs(frequency) < 100].real.sum()) / 3


@pytest.mark.parametrize("te1_share", [0.5, 0.3])
@pytest.mark.parametrize("displacement", [0.1, 0.2, 0.4])
def test_a_displaced_neighbour_takes_signal_as_theory_says(displacement, te1_share):
    """The chemical-shift displacement anomaly of lactate at TE = 1/J (Yablonskiy et al., Magn Reson Med 1998;39:169).

    With slices of hard edges, the neighbour is refocused with the methyl group by a pulse in 1 - d of its slice. Both
    refocused, the coupling evolves for TE; neither, not at all; the first or the second alone, for TE1 or TE2.
    """
    te, d = 1 / 6.9, displacement
    te1 = te1_share * te
    cosine = [math.cos(math.pi * 6.9 * t) for t in (te, 0.0, te1, te - te1)]
    expected = (1 - d) ** 2 * cosine[0] + d**2 * cosine[1] + d * (1 - d) * (cosine[2] + cosine[3])
    found = methyl(Sequence("PRESS", te, te1_s=te1, pulses=SHARP), displacement)
    assert found == pytest.approx(expected, abs=0.06)
    if te1_share == 0.5:
        assert expected == pytest.approx(-(1 - 2 * d))


def test_lactate_at_144_ms_loses_most_of_its_signal_with_a_narrow_bandwidth_and_little_with_adiabatic_pulses():
    narrow, wide, adiabatic = (
        fid("Lac", Sequence("PRESS", 0.144, pulses=CLINICAL)),
        fid("Lac", Sequence("PRESS", 0.144, pulses=SlicePulses(4000.0, 0.0052))),
        fid("Lac", Sequence("sLASER", 0.144, pulses=ADIABATIC)),
    )
    whole = fid("Lac", Sequence("PRESS", 0.144))[0].real
    assert whole < -3.9
    assert narrow[0].real / whole < 0.5
    assert 0.65 < wide[0].real / whole < 0.85
    assert adiabatic[0].real / whole > 0.75


# --- what cannot be simulated ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sequence",
    [
        Sequence("STEAM", 0.020, tm_s=0.01, pulses=CLINICAL),
        Sequence("pulse-acquire", 0.0, pulses=CLINICAL),
        Sequence("PRESS", 0.012, pulses=CLINICAL),
        Sequence("PRESS", 0.030, te1_s=0.026, pulses=CLINICAL),
        Sequence("PRESS", 0.030),
    ],
    ids=lambda s: s.describe(),
)
def test_pulses_that_do_not_fit_are_refused_with_a_sentence(sequence):
    with pytest.raises(BadProtocol, match="cannot be simulated with slice-selective pulses"):
        shaped(sequence, F0_MHZ, REFERENCE_PPM)


# --- independent basis sets --------------------------------------------------------------------------------------

VENDORS = {"siemens": (1250.0, 0.017), "philips": (900.0, 0.014), "ge": (1250.0, 0.015)}
"""Refocusing bandwidth and TE1 that agree best with the published PRESS 35 basis of each manufacturer."""
PUBLISHED = {
    "Lac": ("Lac", 0.998), "NAA": ("NAA", 0.998), "Glu": ("Glu", 0.998), "Gln": ("Gln", 0.996), "Ins": ("mI", 0.998),
    "Tau": ("Tau", 0.999), "GSH": ("GSH", 0.997), "GABA": ("GABA", 0.993),
}  # fmt: skip


def correlation(system: SpinSystem, sequence: Sequence, published: np.ndarray, sampling: Sampling) -> float:
    """Best correlation of real spectra, 0.3 to 4.2 ppm; the published basis stands some Hz lower, and is broader."""
    time, points = time_axis_s(sampling.points, sampling.spectral_width_hz), 2 * sampling.points
    ppm = ppm_axis(points, sampling.spectral_width_hz, sampling.f0_mhz, sampling.reference_ppm)
    window = (ppm > 0.3) & (ppm < 4.2)
    reference = spectrum_of(published * np.exp(-4 * np.pi * time), points).real[window]
    prepare = ideal(sequence) if sequence.pulses is None else shaped(sequence, sampling.f0_mhz, sampling.reference_ppm)
    ours = prepared_fid(system, prepare, sampling)
    return max(
        float(
            np.corrcoef(spectrum_of(ours * np.exp((2j * hz - 5.5) * np.pi * time), points).real[window], reference)[
                0, 1
            ]
        )
        for hz in (-4.25, -4.0, -3.75, -3.5, -3.25)
    )


@pytest.mark.parametrize("vendor", VENDORS)
def test_slice_selective_press_is_that_of_published_vendor_bases(shared_data: Path, vendor):
    """Simulated by others with the manufacturers' own pulses over a grid of places (Osprey, PRESS 35)."""
    (path,) = (shared_data / "osprey/fit/basissets/3T" / vendor / "unedited/press/35").glob("*.BASIS")
    basis = read_basis(path).basis
    sampling = Sampling(basis.sampling.f0_mhz, basis.sampling.spectral_width_hz, 1024, 4.65)
    bandwidth_hz, te1_s = VENDORS[vendor]
    selective = Sequence("PRESS", 0.035, te1_s, pulses=SlicePulses(bandwidth_hz))
    systems = spin_library().systems
    for name, (key, least) in PUBLISHED.items():
        published = basis.fids[basis.names.index(name), :1024]
        assert correlation(systems[key], selective, published, sampling) > least, name
    lactate = basis.fids[basis.names.index("Lac"), :1024]
    assert correlation(systems["Lac"], Sequence("PRESS", 0.035, te1_s), lactate, sampling) < 0.96
