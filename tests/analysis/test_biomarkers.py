"""Sums and ratios of amplitudes with their uncertainty, against Fieller's theorem and the delta method."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.biomarkers import biomarker_weights, metabolite_amplitudes, molar_ratios, ratio, weights
from analysis.types import Fit
from tests.benchmarks.simulated import fit_of, shipped

PROTOCOL = shipped("disc")
NAMES = tuple(s.name for s in PROTOCOL.rules.signals)
Z90 = 1.6448536


def pair(top: float, bottom: float, sd_top: float, sd_bottom: float, correlation: float = 0.0):
    shared = correlation * sd_top * sd_bottom
    fit = fit_of(("A", "B"), (top, bottom), [[sd_top**2, shared], [shared, sd_bottom**2]])
    return ratio(fit, np.array([1.0, 0.0]), np.array([0.0, 1.0]))


def fieller(top, bottom, sd_top, sd_bottom, correlation) -> tuple[float, float]:
    """Fieller's 90 % limits of a ratio of correlated normal means."""
    v11, v22, v12 = sd_top**2, sd_bottom**2, correlation * sd_top * sd_bottom
    a = bottom**2 - Z90**2 * v22
    b = top * bottom - Z90**2 * v12
    c = top**2 - Z90**2 * v11
    root = math.sqrt(b * b - a * c)
    return (b - root) / a, (b + root) / a


@given(st.floats(0.3, 3.0), st.floats(0.5, 2.0), st.floats(0.01, 0.04), st.floats(0.01, 0.04), st.floats(-0.8, 0.8))
@settings(max_examples=25)
def test_for_small_errors_the_interval_is_fiellers_and_the_sd_that_of_the_delta_method(top, bottom, a, b, correlation):
    sd_top, sd_bottom = a * top, b * bottom
    found = pair(top, bottom, sd_top, sd_bottom, correlation)
    relative = math.sqrt(a * a + b * b - 2 * correlation * a * b)
    assert found.value == pytest.approx(top / bottom)
    assert found.sd == pytest.approx(found.value * relative, rel=1e-6)
    low, high = fieller(top, bottom, sd_top, sd_bottom, correlation)
    tolerance = 0.04 * found.sd * Z90
    assert found.low90 == pytest.approx(low, abs=tolerance)
    assert found.high90 == pytest.approx(high, abs=tolerance)


@pytest.mark.parametrize("relative", [0.15, 0.25])
def test_the_interval_of_an_uncertain_denominator_is_skew_as_fieller_says(relative):
    found = pair(1.0, 1.0, 0.1, relative)
    low, high = fieller(1.0, 1.0, 0.1, relative, 0.0)
    assert found.high90 - found.value > 1.15 * (found.value - found.low90)
    assert found.low90 == pytest.approx(low, abs=0.02)
    assert found.high90 == pytest.approx(high, abs=0.05)


def test_a_zero_numerator_starts_at_zero_and_still_has_an_upper_end():
    found = pair(0.0, 1.0, 0.1, 0.05)
    assert (found.value, found.low90) == (0.0, 0.0)
    assert found.high90 == pytest.approx(Z90 * 0.1, rel=0.04)
    assert found.sd == pytest.approx(0.1)


def test_a_negative_numerator_is_shown_as_zero_and_keeps_its_coverage():
    found = pair(-0.1, 1.0, 0.1, 0.02)
    assert (found.value, found.low90) == (0.0, 0.0)
    assert found.high90 == pytest.approx(-0.1 + Z90 * 0.1, abs=0.01)


@pytest.mark.parametrize("bottom", [-1.0, 0.0, 0.09])
def test_without_a_clearly_positive_denominator_the_ratio_is_unknown(bottom):
    found = pair(1.0, bottom, 0.1, 0.1)
    assert (found.value, found.sd, found.low90, found.high90) == (None, None, None, None)


@given(st.floats(-1, 3), st.floats(0.2, 2), st.floats(0.01, 0.5), st.floats(0.001, 0.09))
@settings(max_examples=40)
def test_an_interval_is_never_negative_nor_upside_down(top, bottom, sd_top, sd_bottom):
    found = pair(top, bottom, sd_top, sd_bottom)
    assert 0 <= found.low90 <= found.high90
    assert math.isfinite(found.high90)
    assert found.sd >= 0


def test_a_ratio_does_not_depend_on_the_unit_of_amplitudes():
    first, other = pair(0.7, 1.1, 0.2, 0.1, 0.3), pair(700.0, 1100.0, 200.0, 100.0, 0.3)
    for name in ("value", "sd", "low90", "high90"):
        assert getattr(other, name) == pytest.approx(getattr(first, name), rel=1e-9)


@pytest.fixture(scope="module")
def fit() -> Fit:
    rng = np.random.default_rng(4)
    root = rng.standard_normal((len(NAMES), len(NAMES))) * 0.02
    return fit_of(NAMES, rng.uniform(0.2, 1.5, len(NAMES)), root @ root.T)


def test_laal_is_lactate_and_alanine_with_their_covariance(fit):
    lac, ala = NAMES.index("Lac"), NAMES.index("Ala")
    found = metabolite_amplitudes(fit, PROTOCOL)
    c = fit.covariance
    assert found["LAAL"].amplitude == pytest.approx(fit.amplitudes[lac] + fit.amplitudes[ala])
    assert found["LAAL"].sd ** 2 == pytest.approx(c[lac, lac] + c[ala, ala] + 2 * c[lac, ala])
    assert molar_ratios(fit, PROTOCOL)["LAAL/PG"].value == pytest.approx(
        molar_ratios(fit, PROTOCOL)["Lac/PG"].value + molar_ratios(fit, PROTOCOL)["Ala/PG"].value
    )


def test_every_biomarker_comes_first_and_no_signal_is_missing(fit):
    found = list(metabolite_amplitudes(fit, PROTOCOL))
    named = [b.name for b in PROTOCOL.rules.biomarkers]
    assert found[: len(named)] == named
    assert set(NAMES) <= set(found)
    assert len(found) == len(set(found))


def test_every_ratio_of_the_protocol_is_there_in_its_order(fit):
    assert tuple(molar_ratios(fit, PROTOCOL)) == PROTOCOL.ratios


def test_a_signal_left_out_counts_nothing_and_its_ratios_are_unknown():
    rest = tuple(n for n in NAMES if n not in ("PG", "Ala"))
    fit = fit_of(rest, np.ones(len(rest)), 0.01 * np.eye(len(rest)))
    assert weights(fit, {"Lac": 1.0, "Ala": 1.0}).sum() == 1.0
    assert biomarker_weights(fit, PROTOCOL)["PG"].sum() == 0.0
    found = metabolite_amplitudes(fit, PROTOCOL)
    assert found["PG"].amplitude == 0.0
    assert found["LAAL"].amplitude == 1.0
    assert all(r.value is None for r in molar_ratios(fit, PROTOCOL).values())
