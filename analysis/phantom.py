"""Simulated disc spectra with known truth: lines, lipid, water, eddy currents, drift, spoilt transients, noise.

The amplitudes are invented; only their order (a painful disc: lactate x 3.2, alanine x 2.5, propionate x 2,
proteoglycan x 0.7) follows the case of the domain dossier, section 9.3. Water T2 by Pfirrmann grade: section 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.basis import simulate_basis
from analysis.sequences import Sequence
from analysis.spin_library import SpinLibrary
from analysis.types import Basis, ComplexArray, FloatArray, Sampling
from analysis.units import spectrum_of, time_axis_s

LEVELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
SAMPLING = Sampling(f0_mhz=127.74, spectral_width_hz=2500.0, points=2048, reference_ppm=4.65)
TE_S, TR_S, TRANSIENTS, WATER_TRANSIENTS = 0.030, 1.5, 64, 8
PG_SNR = 12.0
SNR_APODISATION_HZ = 1.0
_T2_S = {1: 0.210, 2: 0.129, 3: 0.084, 4: 0.051, 5: 0.045}
_PG_BY_GRADE = {1: 1.25, 2: 1.0, 3: 0.85, 4: 0.65, 5: 0.45}
_PAINFUL = {"Lac": 3.2, "Ala": 2.5, "Prop": 2.0, "PG": 0.7}
_HEALTHY = {
    "Lac": 0.45, "Ala": 0.18, "Prop": 0.12, "Cho": 0.10, "Cr": 0.05, "Tau": 0.08, "mI": 0.15, "Gly": 0.15,
    "Ace": 0.02, "Carb": 0.75, "Coll": 0.25, "Lip09": 0.053, "Lip13": 0.20, "Lip20": 0.03,
}  # fmt: skip
_SIGNALS: Mapping[str, Mapping[str, float]] = {
    "Lac": {"Lac": 1.0}, "Ala": {"Ala": 1.0}, "Prop": {"Prop": 1.0}, "PG": {"PG": 1.0},
    "Cho": {"GPC": 0.5, "PCh": 0.5}, "Cr": {"Cr": 1.0}, "Tau": {"Tau": 1.0}, "mI": {"mI": 1.0}, "Gly": {"Gly": 1.0},
    "Ace": {"Ace": 1.0}, "Carb": {"Carb": 1.0}, "Coll": {"Coll": 1.0}, "Lip09": {"Lip09": 1.0},
    "Lip13": {"Lip13a": 0.5, "Lip13b": 0.5, "Lip16": 0.1}, "Lip20": {"Lip20": 1.0},
}  # fmt: skip
_RATIOS = ("Lac", "Ala", "Prop", "Carb", "Coll", "Cho")
_WATER_AMPLITUDE = 8400.0
"""Before its T2: 0.78 g/ml of water at TR 1.5 s (T1 1.15 s) beside 5 mM of lactate of amplitude 0.4."""


@dataclass(frozen=True, eq=False)
class PhantomDisc:
    """One simulated disc.

    Attributes
    ----------
    fids, water : (transients, points) complex, suppressed and unsuppressed
    amplitudes : truth per molecule, arbitrary unit; `ratios` : truth, molar
    pg_snr : PG peak height after 1 Hz apodisation over the noise of the real part, in the mean of all transients
    spoilt : transients that were spoilt on purpose
    """

    label: str
    pfirrmann: int
    painful: bool
    fids: ComplexArray
    water: ComplexArray
    amplitudes: Mapping[str, float]
    ratios: Mapping[str, float]
    pg_snr: float
    spoilt: tuple[int, ...]
    water_t2_s: float


@dataclass(frozen=True, eq=False)
class PhantomExam:
    """A simulated exam of five discs."""

    seed: int
    sampling: Sampling
    te_s: float
    tr_s: float
    discs: tuple[PhantomDisc, ...]


def simulate_exam(library: SpinLibrary, seed: int, *, pg_snr: float = PG_SNR) -> PhantomExam:
    """Simulate five lumbar discs, one or two of them painful.

    Parameters
    ----------
    seed : the same seed gives the same exam
    pg_snr : signal-to-noise ratio of PG in every disc
    """
    rng = np.random.default_rng([seed, 20260105])
    basis = simulate_basis(_SIGNALS, library, Sequence("PRESS", TE_S), SAMPLING)
    painful = set(rng.choice([2, 3, 4], size=1 + int(rng.random() < 0.35), replace=False).tolist())
    discs = []
    for index, label in enumerate(LEVELS):
        hurts = index in painful
        grade = int(rng.integers(3, 5)) if hurts else int(rng.choice([2, 2, 3, 4], p=[0.35, 0.25, 0.25, 0.15]))
        amplitudes = _amplitudes(rng, grade, hurts)
        discs.append(_disc(rng, basis, label, grade, hurts, amplitudes, pg_snr))
    return PhantomExam(seed, SAMPLING, TE_S, TR_S, tuple(discs))


def _amplitudes(rng: np.random.Generator, grade: int, painful: bool) -> dict[str, float]:
    """Draw a disc's chemistry: log-normal spread of 20 % about the invented means."""
    means = {**_HEALTHY, "PG": _PG_BY_GRADE[grade]}
    spread = {name: mean * math.exp(0.2 * rng.standard_normal()) for name, mean in means.items()}
    factors = _PAINFUL if painful else {}
    return {name: spread[name] * factors.get(name, 1.0) for name in _SIGNALS}


def _disc(
    rng: np.random.Generator,
    basis: Basis,
    label: str,
    grade: int,
    painful: bool,
    amplitudes: Mapping[str, float],
    pg_snr: float,
) -> PhantomDisc:
    fid, pg = _clean_fid(rng, basis, amplitudes)
    noise = _noise_for(pg, pg_snr) * math.sqrt(TRANSIENTS)
    eddy = _eddy_phase(rng)
    fids, spoilt = _transients(rng, fid * np.exp(1j * eddy), noise, _height(pg))
    t2 = _T2_S[grade] * math.exp(0.1 * rng.standard_normal())
    water = _water(rng, t2, noise) * np.exp(1j * eddy)
    ratios = {f"{name}/PG": amplitudes[name] / amplitudes["PG"] for name in _RATIOS}
    ratios["LAAL/PG"] = ratios["Lac/PG"] + ratios["Ala/PG"]
    return PhantomDisc(label, grade, painful, fids, water, dict(amplitudes), ratios, pg_snr, spoilt, t2)


def _clean_fid(
    rng: np.random.Generator, basis: Basis, amplitudes: Mapping[str, float]
) -> tuple[ComplexArray, ComplexArray]:
    """Return the noise-free FID of all signals, and that of PG alone; widths and shifts vary from signal to signal."""
    time = _time()
    gauss_hz = rng.uniform(2.0, 5.0)
    base_hz = rng.uniform(3.0, 6.0)
    total = np.zeros(len(time), dtype=complex)
    pg = total
    for name, signal in zip(basis.names, basis.fids, strict=True):
        lorentz_hz = rng.uniform(12.0, 20.0) if name == "PG" else base_hz * math.exp(0.1 * rng.standard_normal())
        shift_hz = 0.003 * SAMPLING.f0_mhz * rng.standard_normal()
        decay = (2j * np.pi * shift_hz - math.pi * lorentz_hz) * time - (math.pi * gauss_hz * time) ** 2 / (
            4 * math.log(2)
        )
        part = amplitudes[name] * signal * np.exp(decay)
        total = total + part
        pg = part if name == "PG" else pg
    return total + _hump(rng), pg


def _time() -> FloatArray:
    return time_axis_s(SAMPLING.points, SAMPLING.spectral_width_hz)


def _hump(rng: np.random.Generator) -> ComplexArray:
    """Return broad signals that no basis describes: the baseline."""
    time = _time()
    hump = np.zeros(len(time), dtype=complex)
    for ppm in (1.2, 3.0):
        offset = (ppm + 0.2 * rng.standard_normal() - SAMPLING.reference_ppm) * SAMPLING.f0_mhz
        hump += rng.uniform(0.3, 1.5) * np.exp(2j * np.pi * offset * time - (math.pi * 200 * time) ** 2 / 2.8)
    return hump


def _noise_for(pg: ComplexArray, snr: float) -> float:
    """Return the noise of one point's real part that gives PG the wanted signal-to-noise ratio."""
    window = np.exp(-math.pi * SNR_APODISATION_HZ * _time())
    return _height(pg * window) / snr / math.sqrt(float(np.sum(window**2)))


def _height(fid: ComplexArray) -> float:
    return float(np.abs(spectrum_of(fid, 2 * len(fid))).max())


def _eddy_phase(rng: np.random.Generator) -> FloatArray:
    time = _time()
    return np.asarray(rng.uniform(-0.5, 0.5) + rng.uniform(0.3, 1.2) * (1 - np.exp(-time / rng.uniform(0.01, 0.05))))


def _complex_noise(rng: np.random.Generator, shape: tuple[int, ...], sd: float) -> ComplexArray:
    return np.asarray(sd * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)), dtype=complex)


def _transients(
    rng: np.random.Generator, fid: ComplexArray, noise: float, pg_height: float
) -> tuple[ComplexArray, tuple[int, ...]]:
    """Repeat a FID with drift, phase jitter, residual water and noise, and spoil a few repeats by a burst of fat."""
    time = _time()
    steps = np.arange(TRANSIENTS)
    drift_hz = rng.uniform(-3, 3) * steps / TRANSIENTS + np.cumsum(0.08 * rng.standard_normal(TRANSIENTS))
    phase = 0.12 * rng.standard_normal(TRANSIENTS)
    water = np.exp((2j * np.pi * rng.uniform(-2, 2) - math.pi * 9.0) * time)
    water = water * rng.uniform(3.0, 4.5) * pg_height / _height(water)
    water = water * np.exp(1j * rng.uniform(-math.pi, math.pi))
    level = 1 + 0.1 * rng.standard_normal(TRANSIENTS)
    turn = np.exp(2j * np.pi * np.outer(drift_hz, time) + 1j * phase[:, None])
    fids = (fid + level[:, None] * water) * turn
    spoilt = tuple(sorted(rng.choice(TRANSIENTS, size=int(rng.integers(1, 5)), replace=False).tolist()))
    offset = (1.3 - SAMPLING.reference_ppm) * SAMPLING.f0_mhz
    for index in spoilt:
        burst = rng.uniform(8, 20) * np.exp((2j * np.pi * offset - math.pi * 25) * time)
        fids[index] = fids[index] * np.exp(2j * np.pi * rng.uniform(8, 20) * time) + burst
    return np.asarray(fids + _complex_noise(rng, fids.shape, noise)), spoilt


def _water(rng: np.random.Generator, t2_s: float, noise: float) -> ComplexArray:
    """Return unsuppressed water, weighted by its T2 at the echo time."""
    time = _time()
    amplitude = _WATER_AMPLITUDE * math.exp(-TE_S / t2_s) * rng.uniform(0.9, 1.1)
    width_hz = rng.uniform(7.0, 11.0)
    fid = amplitude * np.exp((2j * np.pi * rng.uniform(-4, 4) - math.pi * width_hz) * time)
    return np.asarray(fid + _complex_noise(rng, (WATER_TRANSIENTS, len(time)), noise))
