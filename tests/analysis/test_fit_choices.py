"""What the data choose by themselves: stiffness, line shape, how far a ratio prior is believed, and where to start."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.fit import fit_spectrum
from analysis.multiverse import akaike_weights, between_fit_covariance, fit_variations, with_variants
from analysis.types import FitSettings
from analysis.units import time_axis_s
from tests.benchmarks.brain_and_disc import brain_case, disc_case, simulate
from tests.benchmarks.simulated import fit_of

BRAIN, DISC = brain_case(), disc_case()


def fitted(case, truth, settings=None, **more):
    return fit_spectrum(truth.spectrum, case.basis, case.protocol, settings, **more)


def amplitude(fit, name: str) -> tuple[float, float]:
    index = fit.names.index(name)
    return fit.amplitudes[index], math.sqrt(fit.covariance[index, index])


def test_the_baseline_is_straight_where_there_is_none_and_bends_where_there_is_one():
    flat, bent = (
        [fitted(BRAIN, simulate(BRAIN, seed, mismatch)).baseline_ed_per_ppm for seed in range(5)]
        for mismatch in ("none", "tilted baseline")
    )
    assert np.median(flat) < 1.1
    assert np.median(bent) > 2 * np.median(flat)


def test_a_symmetric_line_keeps_its_shape_and_a_skewed_one_is_followed():
    """Field values with a long tail to the high side, drawn from a gamma distribution: skewness 2 / sqrt(4) = 1."""
    plain = simulate(BRAIN, 4, "none", phase_rad=0.0)
    assert fitted(BRAIN, plain).skewness == 0.0
    time = time_axis_s(BRAIN.basis.sampling.points, BRAIN.basis.sampling.spectral_width_hz)
    scale_hz = 1.5
    skewed = np.exp(-2j * np.pi * 4 * scale_hz * time) / (1 - 2j * np.pi * scale_hz * time) ** 4
    noise_free = replace(BRAIN, snr=1e6)
    clean = simulate(noise_free, 4, "none", phase_rad=0.0).spectrum
    noise = plain.spectrum.fid - clean.fid
    spectrum = replace(plain.spectrum, fid=clean.fid * skewed + noise)
    free = fit_spectrum(spectrum, BRAIN.basis, BRAIN.protocol)
    rules = BRAIN.protocol.rules
    even = replace(
        BRAIN.protocol, rules=rules.model_copy(update={"fit": rules.fit.model_copy(update={"skew_sd": 0.0})})
    )
    held = fit_spectrum(spectrum, BRAIN.basis, even)
    assert held.skewness == 0.0
    assert 0.2 < free.skewness < 1.5
    assert free.misfit < held.misfit


def test_a_ratio_prior_gives_way_to_data_that_clearly_disagree():
    """Taurine at six times what the prior expects, as in some tumours, against a prior of Gaussian strength."""
    case = replace(BRAIN, amplitudes={**BRAIN.amplitudes, "Tau": 12.0})
    errors = []
    for seed in range(6):
        truth = simulate(case, seed)
        found, sd = amplitude(fitted(case, truth), "Tau")
        errors.append((found - truth.amplitudes[case.basis.names.index("Tau")]) / sd)
    assert abs(np.mean(errors)) < 1.0


@pytest.mark.parametrize("seed", range(5))
def test_phase_and_shift_are_found_without_any_brain_metabolite_at_the_lowest_snr(seed):
    """A disc at PG SNR 5, with any phase, up to 0.1 ppm off resonance."""
    truth = simulate(disc_case(snr=5.0), 100 + seed)
    sampling = DISC.basis.sampling
    off_hz = np.random.default_rng(seed).uniform(-0.1, 0.1) * sampling.f0_mhz
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    moved = replace(truth.spectrum, fid=truth.spectrum.fid * np.exp(2j * np.pi * off_hz * time))
    fit = fit_spectrum(moved, DISC.basis, DISC.protocol)
    assert math.remainder(fit.phase0_rad - truth.phase_rad, 2 * math.pi) == pytest.approx(0, abs=math.radians(20))
    assert np.median(fit.shift_hz - truth.shift_hz) == pytest.approx(off_hz, abs=2.0)


def test_a_warm_start_keeps_what_was_chosen():
    truth = simulate(BRAIN, 5, "line shape")
    cold = fitted(BRAIN, truth)
    warm = fitted(BRAIN, truth, warm=cold)
    assert warm.iterations < cold.iterations
    assert warm.baseline_ed_per_ppm == pytest.approx(cold.baseline_ed_per_ppm, rel=1e-6)
    assert warm.skewness == pytest.approx(cold.skewness, abs=0.02)


# --- equally defensible fits -------------------------------------------------------------------------------------


def test_variants_are_stiffer_and_softer_than_what_the_data_chose():
    truth = simulate(DISC, 1, "tilted baseline")
    fit = fitted(DISC, truth)
    variants = fit_variations(truth.spectrum, DISC.basis, DISC.protocol, FitSettings(), fit)
    rules = DISC.protocol.rules.multiverse
    found = sorted({round(v.baseline_ed_per_ppm, 2) for v in variants if v.names == fit.names})
    wanted = [round(fit.baseline_ed_per_ppm * s, 2) for s in sorted(rules.baseline_scales) if s != 1.0]
    assert found == pytest.approx(wanted, rel=0.05)
    assert any("Coll" not in v.names for v in variants)


def test_akaike_weights_are_those_of_the_textbook():
    """Two parameters more lower chi-squared by 10: the criteria are 106 + 10 and 96 + 14."""
    base = replace(fit_of(["A"], [1.0], [[1.0]]), data=np.zeros(111), misfit=1.0)
    poor = replace(base, misfit=106 / 106, effective_parameters=5.0)
    rich = replace(base, misfit=96 / 104, effective_parameters=7.0)
    weights = akaike_weights([poor, rich])
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] / weights[1] == pytest.approx(math.exp(-6 / 2))


def test_what_the_choice_of_fit_adds_is_the_weighted_spread_around_the_fit():
    base = replace(fit_of(["PG", "Lac"], [1.0, 0.5], 0.01 * np.eye(2)), data=np.zeros(50), effective_parameters=4.0)
    other = replace(fit_of(["PG", "Lac"], [1.2, 0.4], np.eye(2)), data=np.zeros(50), effective_parameters=4.0)
    apart = np.array([0.2, -0.1])
    assert with_variants(base, [other]).covariance == pytest.approx(0.01 * np.eye(2) + np.outer(apart, apart) / 2)
    assert between_fit_covariance(base, [other], DISC.protocol, ("PG", "Lac")) == pytest.approx(
        np.outer(apart, apart) / 2
    )
    assert np.array_equal(with_variants(base, []).covariance, base.covariance)


def test_a_signal_left_out_says_nothing_about_itself():
    base = replace(fit_of(["PG", "Coll"], [1.0, 0.5], 0.01 * np.eye(2)), data=np.zeros(50))
    without = replace(fit_of(["PG"], [1.2], [[1.0]]), data=np.zeros(50))
    assert with_variants(base, [without]).covariance == pytest.approx(0.01 * np.eye(2) + np.diag([0.02, 0.0]))


# --- a phase that the water reference has set --------------------------------------------------------------------


def test_a_wrong_phase_of_the_water_reference_is_given_up_with_a_sentence():
    truth = simulate(BRAIN, 6, phase_rad=2.0)
    told = replace(truth.spectrum, phase_known=True)
    fit = fit_spectrum(told, BRAIN.basis, BRAIN.protocol)
    assert fit.phase_freed
    assert fit.phase0_rad == pytest.approx(2.0, abs=0.1)
    assert any("water reference has another phase" in warning for warning in fit.warnings)
    again = fit_spectrum(told, BRAIN.basis, BRAIN.protocol, warm=fit)
    assert again.phase_freed
    assert again.phase0_rad == pytest.approx(fit.phase0_rad, abs=0.01)


def test_a_right_phase_of_the_water_reference_is_kept():
    truth = simulate(BRAIN, 6, phase_rad=0.03)
    fit = fit_spectrum(replace(truth.spectrum, phase_known=True), BRAIN.basis, BRAIN.protocol)
    assert not fit.phase_freed
    assert fit.warnings == ()
