"""Simulated brain and disc spectra written out from the definition of the model, with or without what a model lacks.

The signals come from a shipped protocol's basis; everything that is done to them is written here without the fit's own
code: shifts, widths, phase, a random baseline, and the mismatches of `MISMATCHES`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.protocol import Protocol
from analysis.types import Basis, ComplexArray, FloatArray, Sampling, Spectrum
from analysis.units import spectrum_of, time_axis_s
from tests.benchmarks.simulated import basis_of, shipped

MISMATCHES = ("none", "smooth baseline", "line shape", "extra lipid", "tilted baseline")
_FAT = ((0.90, 0.151), (1.30, 1.0), (1.59, 0.101), (2.02, 0.143), (2.24, 0.101), (2.77, 0.025))
"""Lines of marrow fat (ppm, area over that of methylene), counted for chains of 17.5 carbons, 46 % mono- and 25 %
di-unsaturated (Ren et al., J Lipid Res 2008;49:2055, PMC2515528). The protocols have other widths and other shares."""
_FAT_HZ = 12.0
_SPREAD = 0.25
"""SD of the logarithm of each amplitude over draws."""


@dataclass(frozen=True)
class Case:
    """What is simulated: typical amplitudes (mM or multiples of PG), line widths of a protocol's groups, and noise."""

    name: str
    protocol: Protocol
    basis: Basis
    amplitudes: Mapping[str, float]
    lorentz_hz: Mapping[str, float]
    gauss_hz: float
    snr_signal: str
    snr: float
    apodisation_hz: float
    fat: float
    """Height of the fat line at 1.3 ppm, where there is extra lipid, over that of `snr_signal`."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """One spectrum and its truth: amplitudes, each signal's shift and Lorentzian width, Gaussian width, phase."""

    spectrum: Spectrum
    amplitudes: FloatArray
    shift_hz: FloatArray
    lorentz_hz: FloatArray
    gauss_hz: float
    phase_rad: float


def brain_case() -> Case:
    """Brain at 3 T, PRESS 30 ms, NAA at 40 times the noise of the spectrum as it is; healthy adult amplitudes in mM.

    Typical values after de Graaf, In Vivo NMR Spectroscopy (2019), table 2.1 (recalled, rounded).
    """
    amplitudes = {
        "Ala": 0.4, "Asc": 1.0, "Asp": 2.0, "Cr": 4.5, "PCr": 4.0, "GABA": 1.3, "Glc": 1.0, "Gln": 3.0, "Glu": 9.0,
        "GPC": 1.0, "PCh": 0.6, "GSH": 1.5, "Gly": 0.7, "mI": 6.0, "sI": 0.3, "Lac": 0.8, "NAA": 10.0, "NAAG": 1.5,
        "PE": 1.5, "Tau": 1.5, "MM09": 5.0, "MM12": 1.5, "MM14": 3.8, "MM17": 1.9, "MM20": 7.5,
        "Lip09": 0.3, "Lip13a": 0.5, "Lip13b": 0.5, "Lip20": 0.15,
    }  # fmt: skip
    sampling = Sampling(127.74, 2500.0, 2048, 4.65)
    basis = basis_of("brain", 0.030, sampling)
    return Case(
        "brain",
        shipped("brain"),
        basis,
        amplitudes,
        {"free": 3.0, "broad": 3.0, "lipid": 4.0},
        4.0,
        "NAA",
        40.0,
        0.0,
        0.3,
    )


def disc_case(snr: float = 12.0) -> Case:
    """Disc at 3 T, PRESS 35 ms; amplitudes are multiples of PG, PG at 12 times the noise after 1 Hz apodisation."""
    amplitudes = {
        "Lac": 0.9, "Ala": 0.4, "Prop": 0.3, "PG": 1.0, "Cho": 0.15, "Cr": 0.1, "Tau": 0.12, "mI": 0.2, "Gly": 0.2,
        "Ace": 0.05, "Carb": 0.75, "Coll": 0.25, "Lip09": 0.05, "Lip13": 0.2, "Lip20": 0.03,
    }  # fmt: skip
    widths = {"free": 5.0, "matrix": 16.0, "broad": 3.0, "lipid": 4.0}
    return Case("disc", shipped("disc"), basis_of("disc"), amplitudes, widths, 3.0, "PG", snr, 1.0, 1.0)


def simulate(case: Case, seed: int, mismatch: str = "none", phase_rad: float | None = None) -> Simulated:
    """Draw one spectrum. Shifts and widths are drawn from the protocol's priors, amplitudes around the typical ones."""
    rng = np.random.default_rng([seed, len(case.name)])
    rules, sampling = case.protocol.rules, case.basis.sampling
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    groups = {g.name: g for g in rules.width_groups}
    group_shift = {n: rng.normal(0, g.shift_sd_ppm or 0.0) for n, g in groups.items()}
    group_width = {n: case.lorentz_hz[n] * rng.uniform(0.85, 1.15) for n in groups}
    common_hz, gauss_hz = rng.uniform(-0.02, 0.02) * sampling.f0_mhz, case.gauss_hz * rng.uniform(0.85, 1.15)
    phase = rng.uniform(-math.pi, math.pi) if phase_rad is None else phase_rad
    amplitudes, shifts, widths = [], [], []
    for rule in rules.signals:
        amplitudes.append(case.amplitudes.get(rule.name, 0.0) * math.exp(rng.normal(0, _SPREAD)))
        own = rng.normal(0, rule.shift_sd_ppm or 0.0) + group_shift[rule.group]
        shifts.append(common_hz + own * sampling.f0_mhz)
        widths.append(max(group_width[rule.group] + rng.normal(0, rule.width_sd_hz or 0.0), 0.3))
    fids = _shaped(case.basis.fids, time, np.array(shifts), np.array(widths), gauss_hz)
    total = np.array(amplitudes) @ fids
    noise_sd = _noise_sd(case, fids)
    height = np.abs(spectrum_of(case.amplitudes[case.snr_signal] * fids[case.basis.names.index(case.snr_signal)])).max()
    fat_height = case.fat * height
    total = _spoilt(total, time, mismatch, rng, height, fat_height, sampling, common_hz)
    noise = noise_sd * (rng.standard_normal(len(time)) + 1j * rng.standard_normal(len(time)))
    nothing = np.zeros(1)
    spectrum = Spectrum(
        total * np.exp(1j * phase) + noise, sampling.f0_mhz, sampling.spectral_width_hz, sampling.reference_ppm,
        noise_sd, (), np.ones(1, dtype=bool), nothing, nothing,
    )  # fmt: skip
    return Simulated(spectrum, np.array(amplitudes), np.array(shifts), np.array(widths), gauss_hz, phase)


def _shaped(fids: ComplexArray, time: FloatArray, shift_hz: FloatArray, lorentz_hz: FloatArray, gauss_hz: float):
    spread = np.exp(-((np.pi * gauss_hz * time) ** 2) / (4 * np.log(2)))
    return fids * np.exp(np.outer(2j * np.pi * shift_hz - np.pi * lorentz_hz, time)) * spread


def _noise_sd(case: Case, fids: ComplexArray) -> float:
    """Noise of one point's real part that gives the case's SNR."""
    time = time_axis_s(fids.shape[1], case.basis.sampling.spectral_width_hz)
    window = np.exp(-np.pi * case.apodisation_hz * time)
    signal = case.amplitudes[case.snr_signal] * fids[case.basis.names.index(case.snr_signal)] * window
    return float(np.abs(spectrum_of(signal, 4 * len(signal))).max() / case.snr / math.sqrt(np.sum(window**2)))


def _spoilt(
    total: ComplexArray, time: FloatArray, mismatch: str, rng, height: float, fat: float, sampling: Sampling,
    shift_hz: float,
) -> ComplexArray:  # fmt: skip
    """Add what the model does not hold; `height` is that of the case's reference line, `fat` that of methylene."""
    if mismatch == "none":
        return total
    humps = _humps(time, rng, 0.05 * height, sampling)
    if mismatch == "line shape":
        # Two field regions in the voxel and an eddy current that decays within the echo.
        regions = 0.7 + 0.3 * np.exp(2j * np.pi * rng.uniform(3, 5) * np.sign(rng.normal()) * time)
        return (total + humps) * regions * np.exp(0.3j * np.exp(-time / 0.03))
    if mismatch == "extra lipid":
        extra = sum(
            share * fat * np.pi * _FAT_HZ / sampling.spectral_width_hz
            * np.exp(
                (2j * np.pi * ((ppm - sampling.reference_ppm) * sampling.f0_mhz + shift_hz) - np.pi * _FAT_HZ) * time
            )
            for ppm, share in _FAT
        )  # fmt: skip
        return total + humps + extra
    if mismatch == "tilted baseline":
        # The foot of a large water line: a fast-decaying signal at 4.7 ppm, out of phase with everything else.
        foot = 5 * height * np.pi * 60 / sampling.spectral_width_hz
        water = foot * np.exp((2j * np.pi * 0.05 * sampling.f0_mhz - np.pi * 60.0) * time + 0.6j)
        return total + 2 * humps + water
    return total + humps


def _humps(time: FloatArray, rng, height: float, sampling: Sampling) -> ComplexArray:
    """Three smooth humps 1 to 2 ppm wide: a baseline that the splines can follow."""
    total = np.zeros(len(time), dtype=complex)
    for _ in range(3):
        ppm, fwhm_hz = rng.uniform(0.8, 3.8), rng.uniform(1.0, 2.0) * sampling.f0_mhz
        turn = np.exp(2j * np.pi * (ppm - sampling.reference_ppm) * sampling.f0_mhz * time)
        hump = np.exp(-((np.pi * fwhm_hz * time) ** 2) / (4 * np.log(2))) * turn
        total += rng.normal(0, 1) * height * hump / np.abs(spectrum_of(hump)).max()
    return total
