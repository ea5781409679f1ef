"""How close a fit comes to the Cramer-Rao bound, and how often its intervals hold the truth.

    .venv/bin/python -m tests.benchmarks.efficiency [SPECTRA] [FIRST_SEED]

The bound is computed here from the truth of each spectrum by the derivatives of the model's definition: amplitudes,
phase, shift and widths with the priors that they were drawn from, and the baseline that the fit used. A signal counts
as well determined where its bound is at most 20 % of its amplitude (Kreis, Magn Reson Med 2016;75:15). Nothing that it
prints is about people.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from dataclasses import dataclass, field

import numpy as np

from analysis.baseline import make_baseline
from analysis.biomarkers import molar_ratios, weights
from analysis.fit import fit_spectrum
from analysis.multiverse import fit_variations, with_variants
from analysis.types import Fit, FloatArray
from analysis.units import ppm_axis, spectrum_of, time_axis_s
from tests.benchmarks.brain_and_disc import MISMATCHES, Case, Simulated, _shaped, brain_case, disc_case, simulate

WELL_DETERMINED = 0.20


def bound(case: Case, truth: Simulated, baseline_ed_per_ppm: float) -> FloatArray:
    """Return the Cramer-Rao bound (k,) of the amplitudes' standard deviations at the truth."""
    rules, sampling = case.protocol.rules, case.basis.sampling
    length = 2 * sampling.points
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    axis = ppm_axis(length, sampling.spectral_width_hz, sampling.f0_mhz, sampling.reference_ppm)
    inside = (axis >= rules.fit.ppm_range[0]) & (axis <= rules.fit.ppm_range[1])

    def real(fids):
        return spectrum_of(fids, length)[..., inside].real

    def shaped(shift, width, gauss):
        return _shaped(case.basis.fids, time, shift, width, gauss)

    k = len(truth.amplitudes)
    signals = shaped(truth.shift_hz, truth.lorentz_hz, truth.gauss_hz)
    total = truth.amplitudes @ signals
    columns, precision = list(real(signals)), [0.0] * k

    def add(change, prior_sd):
        columns.append(real(change))
        precision.append(prior_sd**-2.0)

    f0 = sampling.f0_mhz
    add(1j * total, np.inf if not truth.spectrum.phase_known else rules.fit.water_phase_sd_rad)
    add(2j * np.pi * time * total, np.inf)
    wider = shaped(truth.shift_hz, truth.lorentz_hz, truth.gauss_hz + 1e-3)
    add((truth.amplitudes @ wider - total) / 1e-3, rules.fit.gauss_sd_hz)
    for group in rules.width_groups:
        members = np.array([rule.group == group.name for rule in rules.signals])
        part = (truth.amplitudes * members) @ signals
        if group.sd_hz > 0:
            add(-np.pi * time * part, group.sd_hz)
        if group.shift_sd_ppm > 0:
            add(2j * np.pi * time * part, group.shift_sd_ppm * f0)
    for index, rule in enumerate(rules.signals):
        part = truth.amplitudes[index] * signals[index]
        if rule.shift_sd_ppm > 0:
            add(2j * np.pi * time * part, rule.shift_sd_ppm * f0)
        if rule.width_sd_hz > 0:
            add(-np.pi * time * part, rule.width_sd_hz)
    matrix = np.array(columns).T
    smooth = make_baseline(axis[inside], baseline_ed_per_ppm)
    variance = truth.spectrum.noise_sd**2 * sampling.points
    information = smooth.inner(matrix, matrix) / variance + np.diag(precision)
    scale = np.sqrt(np.diag(information))
    scale[scale == 0] = 1
    inverse = np.linalg.inv(information / np.outer(scale, scale) + 1e-10 * np.eye(len(scale)))
    return np.sqrt(np.diag(inverse))[:k] / scale[:k]


@dataclass
class Tally:
    """Errors over draws."""

    z_bound: list[FloatArray] = field(default_factory=list)
    z_fit: list[FloatArray] = field(default_factory=list)
    relative: list[FloatArray] = field(default_factory=list)
    ratio_inside: dict[str, list[bool]] = field(default_factory=dict)
    ratio_z: dict[str, list[float]] = field(default_factory=dict)
    misfit: list[float] = field(default_factory=list)
    stiffness: list[float] = field(default_factory=list)
    skewed: int = 0
    lost: int = 0

    def add(self, case: Case, truth: Simulated, fit: Fit, with_bound: bool) -> None:
        """Count one fit."""
        error = fit.amplitudes - truth.amplitudes
        self.z_fit.append(error / np.sqrt(np.diag(fit.covariance)))
        self.misfit.append(fit.misfit)
        self.stiffness.append(fit.baseline_ed_per_ppm)
        self.skewed += fit.skewness != 0
        self.lost += abs(float(np.median(fit.shift_hz - truth.shift_hz))) > 4.0
        if with_bound:
            limit = bound(case, truth, fit.baseline_ed_per_ppm)
            self.z_bound.append(error / limit)
            self.relative.append(limit / np.maximum(truth.amplitudes, 1e-12))
        rules = {rule.name: rule.of for rule in case.protocol.rules.biomarkers}
        variants = fit_variations(truth.spectrum, case.basis, case.protocol, fit.settings, fit)
        for name, found in molar_ratios(with_variants(fit, variants), case.protocol).items():
            above, below = (float(weights(fit, rules[n]) @ truth.amplitudes) for n in name.split("/"))
            if found.value is not None and above > 0:
                true = above / below
                self.ratio_inside.setdefault(name, []).append(found.low90 <= true <= found.high90)
                self.ratio_z.setdefault(name, []).append((found.value - true) / found.sd)


def measure(case: Case, spectra: int, first_seed: int, mismatch: str = "none", *, with_bound: bool = True) -> Tally:
    """Simulate and fit spectra one after another."""
    tally = Tally()
    for seed in range(first_seed, first_seed + spectra):
        truth = simulate(case, seed, mismatch)
        tally.add(case, truth, fit_spectrum(truth.spectrum, case.basis, case.protocol), with_bound)
    return tally


def efficiency_lines(case: Case, tally: Tally) -> list[str]:
    """Return the table against the bound."""
    z, relative = np.array(tally.z_bound), np.median(np.array(tally.relative), axis=0)
    own = np.array(tally.z_fit)
    text = [f"{case.name}: {len(z)} spectra; error over bound, and over the fit's own SD (mean, SD)"]
    for index, name in enumerate(case.basis.names):
        if relative[index] < 10:
            mark = "*" if relative[index] <= WELL_DETERMINED else " "
            text.append(
                f"{mark} {name:6}{100 * relative[index]:8.1f} %{z[:, index].mean():8.2f}{z[:, index].std(ddof=1):7.2f}"
                f"{own[:, index].mean():9.2f}{own[:, index].std(ddof=1):7.2f}"
            )
    return text


def coverage_lines(case: Case, mismatch: str, tally: Tally) -> list[str]:
    """Return the coverage of the ratios' intervals and of the signals' plain 90 % intervals."""
    own = np.abs(np.array(tally.z_fit)) < 1.645
    text = [
        f"{case.name}, mismatch {mismatch}: misfit {np.median(tally.misfit):.2f}, baseline "
        f"{np.median(tally.stiffness):.2f} ED/ppm, skewed {tally.skewed}, lost {tally.lost}, all signals "
        f"{100 * own.mean():.1f} %"
    ]
    for name, inside in tally.ratio_inside.items():
        z = np.array(tally.ratio_z[name])
        text.append(f"  {name:10}{100 * np.mean(inside):6.1f} %   z {z.mean():6.2f} +- {z.std(ddof=1):.2f}")
    return text


def main(arguments: list[str]) -> None:
    """Print efficiency of the matched model and coverage under each mismatch."""
    spectra = int(arguments[0]) if arguments else 100
    first_seed = int(arguments[1]) if len(arguments) > 1 else 1
    for case in (brain_case(), disc_case()):
        for mismatch in MISMATCHES:
            tally = measure(case, spectra, first_seed, mismatch, with_bound=mismatch == "none")
            if mismatch == "none":
                sys.stdout.write("\n".join(efficiency_lines(case, tally)) + "\n")
            sys.stdout.write("\n".join(coverage_lines(case, mismatch, tally)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
