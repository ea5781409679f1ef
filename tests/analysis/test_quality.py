"""Quality figures from lines whose width, height and noise are known, and gates at their limits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import voigt_profile

from analysis import quality
from analysis.biomarkers import molar_ratios
from analysis.fit import fit_spectrum
from analysis.protocol import GateRule
from analysis.types import Acquisition, AcquisitionParameters, Sampling, Spectrum
from analysis.units import FWHM_PER_GAUSS_SD, spectrum_of, time_axis_s
from tests.benchmarks.simulated import basis_of, fit_of, shipped

PROTOCOL = shipped("disc")
NAMES = tuple(s.name for s in PROTOCOL.rules.signals)
SAID = {"source": "this test", "status": "design choice"}
SAMPLING = Sampling(127.74, 2500.0, 2048, 4.65)
TIME = time_axis_s(SAMPLING.points, SAMPLING.spectral_width_hz)


@pytest.mark.parametrize("lorentz", [0.0, 0.5, 4.0, 16.0])
@pytest.mark.parametrize("gauss", [0.01, 3.0, 10.0])
def test_the_voigt_width_is_that_of_the_profile(lorentz, gauss):
    x = np.linspace(-60, 60, 240_001)
    profile = voigt_profile(x, gauss / FWHM_PER_GAUSS_SD, lorentz / 2)
    above = x[profile >= profile.max() / 2]
    assert quality.voigt_fwhm_hz(lorentz, gauss) == pytest.approx(np.ptp(above), rel=1e-3, abs=1.1e-3)


# --- gates -------------------------------------------------------------------------------------------------------


def rule(better: str, passes: float, fails: float, required: bool = False) -> GateRule:
    limits = {"pass": passes, "fail": fails}
    return GateRule(
        name="Line width", quantity="fwhm_hz", unit="Hz", better=better, text="why", required=required, **limits, **SAID
    )


@pytest.mark.parametrize(
    ("better", "passes", "fails", "values"),
    [
        ("high", 10.0, 5.0, {10.0: "pass", 11.0: "pass", 9.99: "warn", 5.0: "warn", 4.99: "fail", -1.0: "fail"}),
        ("low", 15.0, 25.0, {15.0: "pass", 0.0: "pass", 15.01: "warn", 25.0: "warn", 25.01: "fail", 1e9: "fail"}),
    ],
)
def test_a_gate_turns_at_its_limits(better, passes, fails, values):
    for value, verdict in values.items():
        assert quality.judge(rule(better, passes, fails), value).verdict == verdict, value


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_was_not_measured_is_unknown(value):
    assert quality.judge(rule("low", 15.0, 25.0), value).verdict == "unknown"


def test_a_gate_states_its_limits_in_words():
    gate = quality.judge(rule("low", 15.0, 25.0), 18.0)
    assert (gate.name, gate.unit, gate.text) == ("Line width", "Hz", "why")
    for word in ("15", "25", "Hz", "<=", ">"):
        assert word in gate.limit


# --- figures of a simulated spectrum -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simulated():
    """PG of 14 Hz Lorentzian and 4 Hz Gaussian width, lactate, and lipid, with a little noise."""
    basis = basis_of("disc", sampling=SAMPLING)
    amplitudes = {"PG": 1.0, "Lac": 0.5, "Ala": 0.25, "Lip09": 0.12, "Lip13": 0.4, "Lip20": 0.08, "Carb": 0.7}
    parts = {}
    for name, fid in zip(basis.names, basis.fids, strict=True):
        lorentz = {"PG": 14.0, "Carb": 3.0}.get(name, 5.0)
        decay = np.exp(-np.pi * lorentz * TIME - (np.pi * 4.0 * TIME) ** 2 / (4 * np.log(2)))
        parts[name] = amplitudes.get(name, 0.0) * fid * decay
    noise_sd, rng = 0.02, np.random.default_rng(1)
    noise = noise_sd * (rng.standard_normal(len(TIME)) + 1j * rng.standard_normal(len(TIME)))
    spectrum = Spectrum(
        fid=sum(parts.values()) + noise, f0_mhz=127.74, spectral_width_hz=2500.0, reference_ppm=4.65, noise_sd=noise_sd,
        history=(), kept=np.array([True] * 60 + [False] * 4), transient_shift_hz=np.linspace(-3, 3, 64),
        transient_phase_rad=np.zeros(64), water_fwhm_hz=12.5, residual_water_height=100.0,
    )  # fmt: skip
    return parts, spectrum, fit_spectrum(spectrum, basis, PROTOCOL)


def measured_snr(parts, spectrum, apodisation_hz: float) -> float:
    """Height of the noise-free line over the noise of an apodised spectrum, both measured on spectra."""
    window = np.exp(-np.pi * apodisation_hz * TIME)
    height = spectrum_of(parts["PG"] * window, 8 * len(TIME)).real.max()
    rng = np.random.default_rng(2)
    noise = spectrum.noise_sd * (rng.standard_normal((40, len(TIME))) + 1j * rng.standard_normal((40, len(TIME))))
    return height / spectrum_of(noise * window).real.std()


@pytest.mark.parametrize("apodisation_hz", [1.0, 3.0])
def test_snr_is_height_over_noise_after_the_same_apodisation(simulated, apodisation_hz):
    parts, spectrum, fit = simulated
    found = quality.snr(spectrum, fit, "PG", apodisation_hz)
    assert found == pytest.approx(measured_snr(parts, spectrum, apodisation_hz), rel=0.04)


def test_snr_and_height_are_unknown_without_the_signal_or_noise(simulated):
    _, spectrum, fit = simulated
    assert quality.snr(spectrum, fit, "NAA", 1.0) is None
    assert quality.peak_height(fit, "NAA", 0.0) is None
    assert quality.snr(replace(spectrum, noise_sd=0.0), fit, "PG", 1.0) is None


def test_figures_are_those_of_the_simulation(simulated):
    parts, spectrum, fit = simulated
    acquisition = acquired()
    found = quality.measure(acquisition, spectrum, fit, PROTOCOL, None)
    assert found.fwhm_hz == pytest.approx(quality.voigt_fwhm_hz(14.0, 4.0), rel=0.06)
    assert found.water_fwhm_hz == 12.5
    assert found.kept_fraction == pytest.approx(60 / 64)
    assert found.drift_hz == pytest.approx(6.0 * 59 / 63, rel=0.15)
    assert found.lipid_index == pytest.approx((0.12 + 0.08) / 1.0, abs=0.04)
    height = spectrum_of(parts["PG"], 8 * len(TIME)).real.max()
    assert found.residual_water == pytest.approx(100.0 / height, rel=0.05)
    assert {g.name for g in found.gates} == {g.name for g in PROTOCOL.rules.gates}
    assert found.evaluable
    assert found.reasons == ()


def acquired(averaged_only: bool = False) -> Acquisition:
    return Acquisition(
        label="L4-L5", label_source="order", fids=np.zeros((1, 64, 8), dtype=complex), water=None,
        parameters=AcquisitionParameters(127.74, 2500.0, 4.65), voxel=None, sources=(), averaged_only=averaged_only,
    )  # fmt: skip


def test_an_average_says_nothing_about_transients(simulated):
    _, spectrum, fit = simulated
    found = quality.measure(acquired(averaged_only=True), spectrum, fit, PROTOCOL, None)
    assert found.kept_fraction is None
    assert found.drift_hz is None
    assert {g.name: g.verdict for g in found.gates}["Transients kept"] == "unknown"
    assert found.evaluable


def test_a_failed_gate_makes_a_voxel_not_evaluable_and_says_why(simulated):
    _, spectrum, fit = simulated
    noisy = replace(spectrum, noise_sd=500 * spectrum.noise_sd, water_fwhm_hz=31.0)
    found = quality.measure(acquired(), noisy, fit, PROTOCOL, None)
    assert not found.evaluable
    assert any(reason.startswith("PG SNR") for reason in found.reasons)
    assert any(reason.startswith("Water FWHM 31 Hz > 25 Hz") for reason in found.reasons)


@pytest.mark.parametrize("name", [gate.name for gate in PROTOCOL.rules.gates])
def test_every_gate_of_the_protocol_can_abstain(simulated, name):
    """With limits that nothing meets, one gate at a time."""
    _, spectrum, fit = simulated
    gates = []
    for gate in PROTOCOL.rules.gates:
        never = 1e12 if gate.better == "high" else -1e12
        gates.append(gate.model_copy(update={"pass_limit": never, "fail_limit": never}) if gate.name == name else gate)
    strict = replace(PROTOCOL, rules=PROTOCOL.rules.model_copy(update={"gates": tuple(gates)}))
    found = quality.measure(acquired(), spectrum, fit, strict, (fit, fit))
    assert {g.name: g.verdict for g in found.gates}[name] == "fail"
    assert not found.evaluable
    assert [reason for reason in found.reasons if reason.startswith(name)] == list(found.reasons)


def test_without_proteoglycan_a_disc_is_not_evaluable_and_its_ratios_are_not_infinite(simulated):
    parts, spectrum, _ = simulated
    fit = fit_spectrum(replace(spectrum, fid=spectrum.fid - parts["PG"]), basis_of("disc", sampling=SAMPLING), PROTOCOL)
    found = quality.measure(acquired(), spectrum, fit, PROTOCOL, None)
    assert not found.evaluable
    assert any(reason.startswith("PG") for reason in found.reasons)
    for name, one in molar_ratios(fit, PROTOCOL).items():
        assert one.value is None or math.isfinite(one.high90), name


def test_a_required_figure_that_is_unknown_makes_a_voxel_not_evaluable(simulated):
    _, spectrum, _ = simulated
    without = tuple(n for n in NAMES if n != "PG")
    fit = fit_of(without, np.ones(len(without)), 0.01 * np.eye(len(without)))
    found = quality.measure(acquired(), spectrum, replace(fit, components=np.ones((len(without), 5))), PROTOCOL, None)
    assert not found.evaluable
    assert "PG SNR is unknown" in found.reasons
    assert found.lipid_index is None


def test_a_voxel_that_failed_has_every_gate_and_one_reason():
    found = quality.failed("The signal is empty.", PROTOCOL)
    assert not found.evaluable
    assert found.reasons == ("The signal is empty.",)
    assert [g.verdict for g in found.gates] == ["unknown"] * len(PROTOCOL.rules.gates)
    assert found.snr is None


# --- halves ------------------------------------------------------------------------------------------------------


def half(laal: float, pg: float, sd: float):
    amplitudes = np.full(len(NAMES), 0.1)
    amplitudes[NAMES.index("Lac")], amplitudes[NAMES.index("Ala")] = laal - 0.1, 0.1
    amplitudes[NAMES.index("PG")] = pg
    return fit_of(NAMES, amplitudes, sd**2 * np.eye(len(NAMES)))


def test_halves_are_compared_in_standard_deviations_of_the_log_ratio():
    sd = 0.02
    found = quality.halves_sigma(half(0.6, 1.0, sd), half(0.5, 1.0, sd), PROTOCOL)
    variance = sum(2 * (sd / laal) ** 2 + sd**2 for laal in (0.6, 0.5))
    assert found == pytest.approx(math.log(0.6 / 0.5) / math.sqrt(variance))
    assert quality.halves_sigma(half(0.5, 1.0, sd), half(0.5, 1.0, sd), PROTOCOL) == 0.0
    assert quality.halves_sigma(half(0.6, 1.2, sd), half(0.5, 1.0, sd), PROTOCOL) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("laal", [0.0, -0.2])
def test_halves_without_a_positive_ratio_cannot_be_compared(laal):
    assert quality.halves_sigma(half(laal, 1.0, 0.02), half(0.5, 1.0, 0.02), PROTOCOL) is None


# --- lactate and the lipid beneath it ------------------------------------------------------------------------------


def with_correlation(fit, correlation, lactate_sds):
    """A fit in which lactate and lipid have a correlation, and lactate stands so many SDs above zero."""
    lactate, lipid = fit.names.index("Lac"), fit.names.index("Lip13")
    covariance, amplitudes = fit.covariance.copy(), fit.amplitudes.copy()
    shared = correlation * math.sqrt(covariance[lactate, lactate] * covariance[lipid, lipid])
    covariance[lactate, lipid] = covariance[lipid, lactate] = shared
    amplitudes[lactate] = lactate_sds * math.sqrt(covariance[lactate, lactate])
    return replace(fit, covariance=covariance, amplitudes=amplitudes)


@pytest.mark.parametrize(
    ("correlation", "sds", "verdict"),
    [(-0.94, 5.0, "pass"), (-0.96, 5.0, "fail"), (-0.96, 1.9, "unknown"), (-0.96, 2.1, "fail"), (0.5, 5.0, "pass")],
)
def test_lactate_that_trades_with_lipid_is_not_read(simulated, correlation, sds, verdict):
    _, spectrum, fit = simulated
    found = quality.measure(acquired(), spectrum, with_correlation(fit, correlation, sds), PROTOCOL, None)
    gate = next(gate for gate in found.gates if gate.name == "Lactate-lipid trade-off")
    assert gate.verdict == verdict
    assert gate.value == (None if verdict == "unknown" else pytest.approx(-correlation))
    assert any(reason.startswith("Lactate-lipid") for reason in found.reasons) == (verdict == "fail")


def test_without_lipid_in_the_fit_the_trade_off_is_unknown(simulated):
    _, _, fit = simulated
    assert quality.lactate_lipid_tradeoff(replace(fit, names=tuple("x" + n for n in fit.names)), PROTOCOL) is None
    assert quality.lactate_lipid_tradeoff(fit, shipped("brain")) is None
