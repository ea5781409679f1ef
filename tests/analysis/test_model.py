"""The forward model: analytic derivatives against differences, and lines against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.band import ZERO_FILL
from analysis.model import (
    GAUSS,
    PHASE0,
    PHASE1,
    SHIFT,
    SKEW,
    ForwardModel,
    make_parameters,
    signal_lorentz_hz,
    signal_shift_hz,
)
from analysis.protocol import FitRules, SignalRule, WidthGroup
from analysis.quality import voigt_fwhm_hz
from analysis.types import Basis, FitSettings, Sampling
from analysis.units import spectrum_of, time_axis_s
from tests.benchmarks.simulated import basis_of, shipped

SAID = {"source": "this test", "status": "design choice"}
SAMPLING = Sampling(127.74, 2500.0, 2048, 4.65)
RULES = FitRules(
    water_phase_sd_rad=0.1,
    ppm_range=(0.5, 4.2), baseline_ed_per_ppm=(1.0, 4.0), gauss_mean_hz=3.0, gauss_sd_hz=2.0, shift_range_ppm=0.15,
    phase1_sd_s=2e-4, **SAID,
)  # fmt: skip
GROUPS = (
    WidthGroup(name="one", mean_hz=5.0, sd_hz=3.0, **SAID),
    WidthGroup(name="two", mean_hz=16.0, sd_hz=7.0, shift_sd_ppm=0.01, **SAID),
)
SIGNALS = (
    SignalRule(name="a", of={"x": 1.0}, group="one", shift_sd_ppm=0.004, width_sd_hz=0.6, **SAID),
    SignalRule(name="b", of={"x": 1.0}, group="two", shift_sd_ppm=0.0, **SAID),
    SignalRule(name="c", of={"x": 1.0}, group="one", shift_sd_ppm=0.0, **SAID),
)


def singlets(*ppm: float) -> Basis:
    time = time_axis_s(SAMPLING.points, SAMPLING.spectral_width_hz)
    fids = [np.exp(2j * np.pi * (p - SAMPLING.reference_ppm) * SAMPLING.f0_mhz * time) for p in ppm]
    return Basis(tuple("abc"[: len(ppm)]), np.array(fids), SAMPLING, "PRESS", 0.03)


def parameters(settings: FitSettings | None = None, signals=SIGNALS):
    return make_parameters(signals, GROUPS, RULES, settings or FitSettings(), SAMPLING.f0_mhz)


def test_the_vector_is_laid_out_once_for_each_free_number():
    p = parameters()
    assert p.count == 5 + 2 + 1 + 1 + 1
    used = [*p.group_width, *p.group_shift, *p.signal_shift, *p.signal_width]
    assert sorted(index for index in used if index >= 0) == list(range(5, p.count))
    assert p.signal_group == (0, 1, 0)
    assert p.group_shift[0] == p.signal_shift[1] == p.signal_shift[2] == p.signal_width[1] == -1
    assert p.sd[PHASE0] == np.inf
    assert p.sd[SHIFT] == pytest.approx(0.15 * 127.74)
    assert p.sd[p.signal_shift[0]] == pytest.approx(0.004 * 127.74)
    assert (p.mean[p.group_width[1]], p.sd[p.group_width[1]]) == (16.0, 7.0)


def test_a_reader_fixes_phase_and_shift():
    p = parameters(FitSettings(phase0_rad=1.2, shift_ppm=-0.03))
    assert (p.mean[PHASE0], p.mean[SHIFT]) == (1.2, pytest.approx(-0.03 * 127.74))
    assert max(p.sd[PHASE0], p.sd[SHIFT]) < 1e-5


def test_shifts_and_widths_add_up_and_widths_stay_positive():
    p = parameters()
    theta = np.zeros(p.count)
    theta[SHIFT] = 2.0
    theta[p.group_shift[1]], theta[p.signal_shift[0]] = 0.5, -0.25
    theta[p.group_width[0]], theta[p.group_width[1]], theta[p.signal_width[0]] = 4.0, 12.0, -6.0
    assert signal_shift_hz(p, theta) == pytest.approx(np.array([1.75, 2.5, 2.0]))
    assert signal_lorentz_hz(p, theta) == pytest.approx(np.array([0.0, 12.0, 4.0]))


def random_theta(p, rng) -> np.ndarray:
    theta = np.zeros(p.count)
    theta[PHASE0], theta[PHASE1] = rng.uniform(-np.pi, np.pi), rng.normal(0, 2e-4)
    theta[SHIFT], theta[GAUSS], theta[SKEW] = rng.normal(0, 5), rng.uniform(1, 6), rng.normal(0, 0.5)
    for index in p.group_width:
        theta[index] = rng.uniform(3, 20)
    for index in (*p.group_shift, *p.signal_shift, *p.signal_width):
        if index >= 0:
            theta[index] = rng.normal(0, 0.5)
    return theta


def assert_jacobian_matches(model: ForwardModel, theta: np.ndarray, amplitudes: np.ndarray, data: np.ndarray) -> None:
    def residual(at: np.ndarray) -> np.ndarray:
        return (data * model.rotation(at)).real - model.spectra(model.shaped(at)).real @ amplitudes

    found = model.jacobian(theta, model.shaped(theta), amplitudes, data * model.rotation(theta))
    assert found.shape == (len(model.ppm), model.parameters.count)
    for index in range(model.parameters.count):
        step = 1e-7 if index == PHASE1 else 1e-4
        up, down = theta.copy(), theta.copy()
        up[index] += step
        down[index] -= step
        difference = (residual(up) - residual(down)) / (2 * step)
        assert found[:, index] == pytest.approx(difference, abs=2e-5 * np.abs(difference).max()), index


@pytest.mark.parametrize("seed", range(4))
def test_the_jacobian_is_that_of_central_differences(seed):
    rng = np.random.default_rng(seed)
    model = ForwardModel(singlets(1.3, 2.04, 3.2), "abc", (0.5, 4.2), parameters())
    amplitudes = rng.uniform(-1, 3, 3)
    data = rng.standard_normal(len(model.ppm)) * 50 + 50j * rng.standard_normal(len(model.ppm))
    assert_jacobian_matches(model, random_theta(model.parameters, rng), amplitudes, data)


@pytest.mark.parametrize("name", ["disc", "brain"])
def test_the_jacobian_of_a_shipped_protocol(name):
    rng, rules = np.random.default_rng(9), shipped(name).rules
    p = make_parameters(rules.signals, rules.width_groups, rules.fit, FitSettings(), SAMPLING.f0_mhz)
    model = ForwardModel(basis_of(name), [s.name for s in rules.signals], rules.fit.ppm_range, p)
    amplitudes = rng.uniform(0, 3, len(rules.signals))
    theta = random_theta(p, rng)
    data = model.spectra(model.shaped(theta)) @ amplitudes.astype(complex)
    assert_jacobian_matches(model, theta, amplitudes, data + rng.standard_normal(len(data)))


@pytest.mark.parametrize(("lorentz_hz", "gauss_hz"), [(5.0, 0.05), (0.0, 6.0), (4.0, 3.0), (16.0, 8.0), (2.0, 9.0)])
def test_a_line_is_a_voigt_line_with_the_width_of_olivero(lorentz_hz, gauss_hz):
    p = parameters(signals=SIGNALS[2:])
    # a step of 0.6 Hz is too coarse to measure a width on: the same model on a signal filled to 32 times its length
    sampling = Sampling(SAMPLING.f0_mhz, SAMPLING.spectral_width_hz, 16 * SAMPLING.points, SAMPLING.reference_ppm)
    time = time_axis_s(sampling.points, sampling.spectral_width_hz)
    fid = np.exp(2j * np.pi * (2.0 - sampling.reference_ppm) * sampling.f0_mhz * time)
    model = ForwardModel(Basis(("c",), fid[None], sampling, "PRESS", 0.03), ["c"], (0.5, 4.2), p)
    theta = np.zeros(p.count)
    theta[SHIFT], theta[GAUSS], theta[p.group_width[0]] = 10.0, gauss_hz, lorentz_hz
    real = model.spectra(model.shaped(theta))[:, 0].real
    hz = (model.ppm - sampling.reference_ppm) * sampling.f0_mhz
    top = int(real.argmax())
    half = real[top] / 2
    right = np.interp(-half, -real[top:], hz[top:])
    left = np.interp(half, real[: top + 1], hz[: top + 1])
    assert right - left == pytest.approx(voigt_fwhm_hz(lorentz_hz, gauss_hz), rel=1e-3, abs=0.02)
    assert (right + left) / 2 == pytest.approx((2.0 - 4.65) * 127.74 + 10.0, abs=0.01)
    area = real.sum() * (hz[1] - hz[0]) / sampling.spectral_width_hz
    assert area == pytest.approx(0.5, rel=0.03)  # the rest is in the tails


def test_the_window_is_the_ppm_range():
    model = ForwardModel(singlets(1.3, 2.04, 3.2), "abc", (1.0, 3.0), parameters())
    step = model.ppm[1] - model.ppm[0]
    assert 1.0 <= model.ppm[0] < 1.0 + step
    assert 3.0 - step < model.ppm[-1] <= 3.0
    assert step == pytest.approx(2500 / (ZERO_FILL * 2048) / 127.74)


def test_rotation_turns_phased_data_upright():
    p = parameters()
    model = ForwardModel(singlets(1.3, 2.04, 3.2), "abc", (0.5, 4.2), p)
    theta = random_theta(p, np.random.default_rng(4))
    upright = model.spectra(model.shaped(theta)) @ np.ones(3)
    turned = upright * np.exp(1j * (theta[PHASE0] + 2 * np.pi * model.offset_hz * theta[PHASE1]))
    assert turned * model.rotation(theta) == pytest.approx(upright)
    fid = singlets(1.3, 2.04, 3.2).fids[0] * np.exp(1j * 0.7)
    zero = np.zeros(p.count)
    zero[PHASE0] = 0.7
    assert model.data(fid) * model.rotation(zero) == pytest.approx(
        model.spectra(model.shaped(zero))[:, 0], abs=1e-4 * 2048
    )


def test_data_and_signals_treat_the_first_point_alike():
    basis = singlets(1.3, 2.04, 3.2)
    model = ForwardModel(basis, "abc", (0.5, 4.2), parameters())
    still = model.spectra(model.shaped(np.zeros(model.parameters.count)))
    assert model.data(basis.fids[1]) == pytest.approx(still[:, 1], abs=1e-4 * 2048)


def whole(basis: Basis, model: ForwardModel, theta: np.ndarray) -> np.ndarray:
    """The spectra from the definition of the model, over all points of the signals: (m, k)."""
    p, time = model.parameters, time_axis_s(SAMPLING.points, SAMPLING.spectral_width_hz)
    shift, width = signal_shift_hz(p, theta), signal_lorentz_hz(p, theta)
    spread = np.pi * theta[GAUSS] * time / np.sqrt(2 * np.log(2))
    fids = basis.fids * np.exp(np.outer(2j * np.pi * shift - np.pi * width, time))
    fids *= np.exp(-(spread**2) / 2 - 1j * theta[SKEW] * spread**3 / 6)
    return spectrum_of(fids, ZERO_FILL * SAMPLING.points)[:, model.window].T


@pytest.mark.parametrize("name", ["disc", "brain"])
@pytest.mark.parametrize("seed", range(4))
def test_signals_cut_to_the_band_agree_with_the_whole_signals(name, seed):
    """Lines from nearly as narrow as the basis to far broader than any usable spectrum."""
    rules, basis = shipped(name).rules, basis_of(name)
    p = make_parameters(rules.signals, rules.width_groups, rules.fit, FitSettings(), SAMPLING.f0_mhz)
    model = ForwardModel(basis, basis.names, rules.fit.ppm_range, p)
    theta = random_theta(p, np.random.default_rng(seed))
    theta[GAUSS] *= (0.1, 1, 1, 3)[seed]
    for index in p.group_width:
        theta[index] *= (0.2, 1, 1, 2)[seed]
    exact, found = whole(basis, model, theta), model.spectra(model.shaped(theta))
    assert np.abs(found - exact).max(axis=0) / np.abs(exact).max(axis=0) == pytest.approx(0, abs=2e-4)


def test_a_skewed_line_leans_to_the_low_side_and_keeps_its_area():
    p = parameters(signals=SIGNALS[2:])
    model = ForwardModel(singlets(2.0, 2.0, 2.0), "c", (0.5, 4.2), p)
    theta = np.zeros(p.count)
    theta[GAUSS] = 10.0
    even = model.spectra(model.shaped(theta))[:, 0].real
    theta[SKEW] = 0.5
    leaning = model.spectra(model.shaped(theta))[:, 0].real
    hz = model.offset_hz - (2.0 - 4.65) * SAMPLING.f0_mhz
    assert hz[leaning.argmax()] == pytest.approx(-0.25 * 10.0 / 2.3548, abs=0.4)  # mode = mean - skewness sd / 2
    assert leaning.sum() == pytest.approx(even.sum(), rel=1e-3)
    third = np.sum(leaning * hz**3) / leaning.sum()
    assert third == pytest.approx(0.5 * (10.0 / 2.3548) ** 3, rel=0.1)
