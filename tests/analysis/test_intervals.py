"""Profile and bootstrap intervals against the cases in which the answer is known, and the fit as a signal in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.biomarkers import weights
from analysis.errors import Cancelled
from analysis.fit import fit_spectrum
from analysis.fitted_signal import fitted_fid
from analysis.intervals import Asked, bootstrap_draws, bootstrap_interval, profile_interval
from analysis.types import FitSettings
from tests.benchmarks.brain_and_disc import disc_case, simulate

CASE = disc_case()
STIFF = FitSettings(baseline_ed_per_ppm=1.0)


@pytest.fixture(scope="module")
def truth():
    return simulate(CASE, 3, "smooth baseline")


@pytest.fixture(scope="module")
def fit(truth):
    return fit_spectrum(truth.spectrum, CASE.basis, CASE.protocol, STIFF)


def asked(fit, above: dict[str, float], below: dict[str, float] | None = None) -> Asked:
    return Asked(weights(fit, above), weights(fit, below) if below else None)


@pytest.mark.parametrize("name", ["PG", "Carb", "Cho", "Lac"])
def test_a_profile_is_the_normal_interval_where_the_amplitude_is_far_from_any_bound(truth, fit, name):
    index = fit.names.index(name)
    low, high = profile_interval(truth.spectrum, CASE.basis, CASE.protocol, fit, asked(fit, {name: 1.0}))
    sd = np.sqrt(fit.covariance[index, index])
    assert (high + low) / 2 == pytest.approx(fit.amplitudes[index], abs=0.5 * sd)
    assert (high - low) / 2 == pytest.approx(1.645 * sd, rel=0.15)


def test_a_wider_level_is_wider_and_a_profile_ends_at_the_bound():
    """Where there is no acetate, which cannot be negative."""
    case = replace(CASE, amplitudes={**CASE.amplitudes, "Ace": 0.0})
    spectrum = simulate(case, 3).spectrum
    fit = fit_spectrum(spectrum, case.basis, case.protocol, STIFF)
    assert case.protocol.rules.signals[fit.names.index("Ace")].nonnegative
    some, most = (
        profile_interval(spectrum, case.basis, case.protocol, fit, asked(fit, {"Ace": 1.0}), level=level)
        for level in (0.5, 0.99)
    )
    assert most[0] <= some[0] <= some[1] < most[1]
    assert most[0] == pytest.approx(0.0, abs=1e-6)


def test_a_ratio_with_an_uncertain_denominator_leans_to_the_high_side(truth, fit):
    question = asked(fit, {"Carb": 1.0}, {"PG": 1.0})
    low, high = profile_interval(truth.spectrum, CASE.basis, CASE.protocol, fit, question)
    value = question.value(fit.amplitudes)
    assert low < value < high
    assert high - value > value - low


def test_a_profile_can_be_stopped(truth, fit):
    with pytest.raises(Cancelled):
        profile_interval(
            truth.spectrum, CASE.basis, CASE.protocol, fit, asked(fit, {"PG": 1.0}), stop=lambda: True
        )  # fmt: skip


def test_the_fitted_signal_has_the_fitted_spectrum(truth, fit):
    """Fitted again without noise, it gives the same amplitudes and leaves nothing over."""
    clean = replace(truth.spectrum, fid=fitted_fid(fit, CASE.basis))
    again = fit_spectrum(clean, CASE.basis, CASE.protocol, STIFF, warm=fit)
    turned = again.data - fit.fit
    assert np.abs(turned).max() < 0.01 * np.abs(fit.fit).max()
    sd = np.sqrt(np.diag(fit.covariance))
    assert np.abs((again.amplitudes - fit.amplitudes) / sd).max() < 0.5


def test_the_bootstrap_repeats_with_its_seed_and_has_the_spread_of_the_covariance(truth, fit):
    draws = bootstrap_draws(truth.spectrum, CASE.basis, CASE.protocol, fit, draws=60, seed=4)
    again = bootstrap_draws(truth.spectrum, CASE.basis, CASE.protocol, fit, draws=2, seed=4)
    assert draws[:2] == pytest.approx(again)
    for name in ("PG", "Carb", "Lac", "Cho"):
        index = fit.names.index(name)
        assert draws[:, index].std(ddof=1) == pytest.approx(np.sqrt(fit.covariance[index, index]), rel=0.35)
    low, high = bootstrap_interval(draws, fit, asked(fit, {"PG": 1.0}))
    assert low < fit.amplitudes[fit.names.index("PG")] < high
