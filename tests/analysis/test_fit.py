"""The fit against known amplitudes: exact without noise, calibrated with it, and obedient to its settings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from scipy.stats import truncnorm

from analysis.errors import Cancelled, DiscernError, FitFailed
from analysis.fit import fit_spectrum
from analysis.fit_problem import noise_sd_of_fid
from analysis.least_squares import bounded_least_squares
from analysis.posterior import nonnegative_posterior, truncated_moments
from analysis.types import FitSettings, Sampling, Spectrum
from analysis.units import spectrum_of, time_axis_s
from tests.benchmarks.simulated import basis_of, shipped

SAMPLING = Sampling(127.74, 2500.0, 1024, 4.65)
PROTOCOL = shipped("disc")
RULES = PROTOCOL.rules
BASIS = basis_of("disc", sampling=SAMPLING)
TIME = time_axis_s(SAMPLING.points, SAMPLING.spectral_width_hz)
AMPLITUDES = {
    "Lac": 0.9, "Ala": 0.4, "Prop": 0.3, "PG": 1.0, "Cho": 0.15, "Cr": 0.1, "Tau": 0.12, "mI": 0.2, "Gly": 0.2,
    "Ace": 0.05, "Carb": 0.75, "Coll": 0.25, "Lip09": 0.05, "Lip13": 0.2, "Lip20": 0.03,
}  # fmt: skip
WIDTHS_HZ = {"free": 5.0, "matrix": 16.0, "broad": 3.0, "lipid": 4.0}
PG_SNR = 12.0


def truth(names) -> np.ndarray:
    return np.array([AMPLITUDES[name] for name in names])


def signals(amplitudes, shifts_hz, lorentz_hz, gauss_hz: float) -> np.ndarray:
    """Each signal's FID, written out from the definition of the model: (k, n)."""
    rows = []
    for rule, fid in zip(RULES.signals, BASIS.fids, strict=True):
        turn = np.exp((2j * np.pi * shifts_hz[rule.name] - np.pi * lorentz_hz[rule.name]) * TIME)
        rows.append(amplitudes[rule.name] * fid * turn * np.exp(-((np.pi * gauss_hz * TIME) ** 2) / (4 * np.log(2))))
    return np.array(rows)


def plain(shift_hz: float = 0.0, phase_rad: float = 0.0, amplitudes=AMPLITUDES, gauss_hz: float = 3.0) -> np.ndarray:
    shifts = {rule.name: shift_hz for rule in RULES.signals}
    widths = {rule.name: WIDTHS_HZ[rule.group] for rule in RULES.signals}
    return signals(amplitudes, shifts, widths, gauss_hz).sum(axis=0) * np.exp(1j * phase_rad)


def spectrum(fid: np.ndarray, noise_sd: float) -> Spectrum:
    return Spectrum(
        fid=fid, f0_mhz=SAMPLING.f0_mhz, spectral_width_hz=SAMPLING.spectral_width_hz,
        reference_ppm=SAMPLING.reference_ppm, noise_sd=noise_sd, history=(), kept=np.ones(1, dtype=bool),
        transient_shift_hz=np.zeros(1), transient_phase_rad=np.zeros(1),
    )  # fmt: skip


def noise(rng, sd: float) -> np.ndarray:
    return sd * (rng.standard_normal(SAMPLING.points) + 1j * rng.standard_normal(SAMPLING.points))


def noise_for_snr(pg_fid: np.ndarray, snr: float) -> float:
    """Noise of one point's real part that gives this height over noise, both after 1 Hz apodisation."""
    window = np.exp(-np.pi * TIME)
    return np.abs(spectrum_of(pg_fid * window, 4 * SAMPLING.points)).max() / snr / math.sqrt(np.sum(window**2))


# --- the bounded linear problem ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_bounded_least_squares_agrees_with_scipy(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 9))
    a, b = rng.standard_normal((30, k)) * 10 ** rng.uniform(-2, 2, k), rng.standard_normal(30)
    bounded = rng.random(k) < [0.5, 0.0, 1.0][seed % 3]
    lower = np.where(bounded, 0.0, -np.inf)
    expected = lsq_linear(a, b, (lower, np.inf), method="bvls", tol=1e-14).x
    found = bounded_least_squares(a.T @ a, a.T @ b, bounded)
    size = 1 / np.linalg.norm(a, axis=0)
    assert found / size == pytest.approx(expected / size, abs=1e-6)
    assert np.all(found[bounded] >= 0)


# --- recovery without noise --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase_deg", "shift_ppm"), [(0, 0.0), (70, 0.11), (135, -0.06), (180, 0.03), (250, -0.12), (359, 0.08)]
)
def test_known_amplitudes_phase_and_shift_are_recovered(phase_deg, shift_ppm):
    shift_hz = shift_ppm * SAMPLING.f0_mhz
    fit = fit_spectrum(spectrum(plain(shift_hz, math.radians(phase_deg)), 1e-3), BASIS, PROTOCOL)
    assert fit.amplitudes == pytest.approx(truth(fit.names), rel=0.01)
    assert math.remainder(fit.phase0_rad - math.radians(phase_deg), 2 * math.pi) == pytest.approx(0, abs=1e-3)
    assert fit.shift_hz == pytest.approx(np.full(len(fit.names), shift_hz), abs=0.02)
    assert fit.lorentz_hz == pytest.approx(np.array([WIDTHS_HZ[s.group] for s in RULES.signals]), abs=0.05)
    assert fit.gauss_hz == pytest.approx(np.full(len(fit.names), 3.0), abs=0.05)
    assert fit.converged
    assert fit.warnings == ()


@pytest.mark.parametrize("te_s", [0.035, 0.080, 0.144])
def test_the_echo_time_does_not_matter_with_the_basis_of_that_echo_time(te_s):
    """At 80 ms the methyl doublets are nearly gone, at 144 ms they are upside down."""
    other = basis_of("disc", te_s, SAMPLING)
    shape = np.exp(-((np.pi * 3.0 * TIME) ** 2) / (4 * np.log(2)))
    fid = sum(
        AMPLITUDES[rule.name] * signal * np.exp(-np.pi * WIDTHS_HZ[rule.group] * TIME) * shape
        for rule, signal in zip(RULES.signals, other.fids, strict=True)
    )
    right = fit_spectrum(spectrum(fid, 1e-3), other, PROTOCOL)
    wrong = fit_spectrum(spectrum(fid, 1e-3), BASIS, PROTOCOL)
    assert right.amplitudes == pytest.approx(truth(right.names), rel=0.01)
    assert wrong.misfit > 10 * right.misfit


def test_a_fit_is_made_of_its_parts():
    rng = np.random.default_rng(1)
    fit = fit_spectrum(spectrum(plain() + noise(rng, 0.02), 0.02), BASIS, PROTOCOL)
    assert fit.names == tuple(s.name for s in RULES.signals)
    assert np.all(np.diff(fit.ppm) > 0)
    assert RULES.fit.ppm_range[0] <= fit.ppm[0] < fit.ppm[-1] <= RULES.fit.ppm_range[1]
    assert fit.components.shape == (len(fit.names), len(fit.ppm))
    assert fit.components.sum(axis=0) + fit.baseline == pytest.approx(fit.fit)
    assert fit.data - fit.fit == pytest.approx(fit.residual)
    assert fit.covariance == pytest.approx(fit.covariance.T)
    assert np.linalg.eigvalsh(fit.covariance).min() > 0
    assert fit.noise_sd == pytest.approx(0.02 * math.sqrt(SAMPLING.points))
    assert fit.misfit == pytest.approx(1.0, abs=0.15)
    assert fit.settings == FitSettings()


def test_amplitudes_scale_with_the_signal():
    fid = plain() + noise(np.random.default_rng(2), 0.1)
    first, larger = (fit_spectrum(spectrum(c * fid, 0.1 * c), BASIS, PROTOCOL) for c in (1, 50))
    assert larger.amplitudes / 50 == pytest.approx(first.amplitudes, rel=1e-6)
    assert larger.covariance / 2500 == pytest.approx(first.covariance, rel=1e-4, abs=1e-6 * first.covariance.max())


def test_amplitudes_do_not_depend_on_the_phase():
    fid = plain() + noise(np.random.default_rng(2), 0.1)
    stiff = FitSettings(baseline_ed_per_ppm=1.0)
    first, turned = (fit_spectrum(spectrum(np.exp(1j * p) * fid, 0.1), BASIS, PROTOCOL, stiff) for p in (0, 2.2))
    sd = np.sqrt(np.diag(first.covariance))
    assert (turned.amplitudes - first.amplitudes) / sd == pytest.approx(np.zeros(len(sd)), abs=0.02)
    assert turned.covariance == pytest.approx(first.covariance, rel=0.02, abs=1e-3 * first.covariance.max())
    # another phase starts elsewhere, and may end at another of the stiffnesses that are as likely
    first, turned = (fit_spectrum(spectrum(np.exp(1j * p) * fid, 0.1), BASIS, PROTOCOL) for p in (0, 2.2))
    assert (turned.amplitudes - first.amplitudes) / sd == pytest.approx(np.zeros(len(sd)), abs=0.1)


def test_the_same_spectrum_gives_the_same_bytes():
    fid = plain() + noise(np.random.default_rng(3), 0.1)
    first, again = (fit_spectrum(spectrum(fid, 0.1), BASIS, PROTOCOL) for _ in range(2))
    assert first.amplitudes.tobytes() == again.amplitudes.tobytes()
    assert first.covariance.tobytes() == again.covariance.tobytes()


# --- uncertainty -------------------------------------------------------------------------------------------------


def drawn_signals(rng) -> tuple[dict[str, float], np.ndarray, float, float, dict[str, float]]:
    """A spectrum's nuisance parameters from the protocol's own priors, and amplitudes spread by 20 %."""
    amplitudes = {name: value * math.exp(0.2 * rng.standard_normal()) for name, value in AMPLITUDES.items()}
    drawn = np.clip(rng.standard_normal(len(RULES.width_groups)), -1.5, 1.5)
    width = {g.name: max(1.0, g.mean_hz + g.sd_hz * z) for g, z in zip(RULES.width_groups, drawn, strict=True)}
    moved = {g.name: rng.normal(0, g.shift_sd_ppm) for g in RULES.width_groups}
    shift_hz, gauss_hz = rng.normal(0, 4.0), max(0.5, rng.normal(RULES.fit.gauss_mean_hz, RULES.fit.gauss_sd_hz))
    lorentz = {s.name: max(0.0, width[s.group] + rng.normal(0, s.width_sd_hz)) for s in RULES.signals}
    shifts = {
        s.name: shift_hz + SAMPLING.f0_mhz * (moved[s.group] + rng.normal(0, s.shift_sd_ppm)) for s in RULES.signals
    }
    return amplitudes, signals(amplitudes, shifts, lorentz, gauss_hz), shift_hz, gauss_hz, width


def smooth_baseline(rng) -> np.ndarray:
    """Humps 2 ppm wide anywhere in the fit range, up or down, of about the area of Carb."""
    places = (rng.uniform(0.3, 4.4, 4) - SAMPLING.reference_ppm) * SAMPLING.f0_mhz
    areas = rng.normal(0, 7.0, 4)
    return sum(a * np.exp(2j * np.pi * f * TIME - (480 * TIME) ** 2) for a, f in zip(areas, places, strict=True))


@pytest.fixture(scope="module")
def z_scores() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """(found - true) / SD of each signal over 100 spectra that the model describes, at the dossier's PG SNR of 12.

    Each search starts at the drawn phase, shift and widths: starting from nothing is tested above, and slower.
    """
    rng = np.random.default_rng(1)
    template = fit_spectrum(spectrum(plain(), 0.1), BASIS, PROTOCOL)
    rows, misfits = [], []
    for _ in range(100):
        amplitudes, parts, shift_hz, gauss_hz, width = drawn_signals(rng)
        sd = noise_for_snr(parts[BASIS.names.index("PG")], PG_SNR)
        phase = rng.uniform(-math.pi, math.pi)
        fid = (parts.sum(axis=0) + smooth_baseline(rng)) * np.exp(1j * phase) + noise(rng, sd)
        count = len(template.names)
        start = replace(
            template, phase0_rad=phase, shift_hz=np.full(count, shift_hz), gauss_hz=np.full(count, gauss_hz),
            lorentz_hz=np.array([width[s.group] for s in RULES.signals]), theta=None,
        )  # fmt: skip
        fit = fit_spectrum(spectrum(fid, sd), BASIS, PROTOCOL, warm=start)
        true = np.array([amplitudes[name] for name in fit.names])
        rows.append((fit.amplitudes - true) / np.sqrt(np.diag(fit.covariance)))
        misfits.append(fit.misfit)
    return dict(zip(template.names, np.array(rows).T, strict=True)), np.array(misfits)


@pytest.mark.parametrize("name", ["PG", "Lac", "Carb"])
def test_errors_are_as_large_as_they_are_said_to_be(z_scores, name):
    z = z_scores[0][name]
    assert abs(z.mean()) < 0.4
    assert 0.8 < z.std(ddof=1) < 1.25


def test_no_signal_is_far_off_or_much_surer_than_it_may_be(z_scores):
    for name, z in z_scores[0].items():
        assert abs(z.mean()) < 0.75, name
        assert z.std(ddof=1) < 1.3, name
        assert np.abs(z).max() < 4.0, name


def test_a_model_that_describes_the_data_leaves_noise(z_scores):
    assert z_scores[1].mean() == pytest.approx(1.0, abs=0.05)


def test_covariance_scales_with_the_square_of_the_noise():
    """Where the data are far surer than the priors, with the same baseline."""
    stiff = FitSettings(baseline_ed_per_ppm=2.0)
    first, second = (fit_spectrum(spectrum(plain(), sd), BASIS, PROTOCOL, stiff) for sd in (1e-4, 2e-4))
    assert np.diag(second.covariance) / np.diag(first.covariance) == pytest.approx(np.full(15, 4.0), rel=0.05)


def test_a_misfit_widens_the_covariance():
    """A line that no signal explains must not leave the errors as small as noise alone would make them."""
    rng = np.random.default_rng(5)
    clean = plain() + noise(rng, 0.05)
    alien = 0.5 * np.exp((2j * np.pi * (2.6 - SAMPLING.reference_ppm) * SAMPLING.f0_mhz - np.pi * 5) * TIME)
    settings = FitSettings(phase0_rad=0.0, shift_ppm=0.0)
    good = fit_spectrum(spectrum(clean, 0.05), BASIS, PROTOCOL, settings)
    bad = fit_spectrum(spectrum(clean + alien, 0.05), BASIS, PROTOCOL, settings)
    assert bad.misfit > 1.5 * good.misfit
    k = good.names.index("PG")
    assert bad.covariance[k, k] > 1.3 * good.covariance[k, k]


def test_bounded_signals_stay_positive_and_say_what_the_bound_hid():
    rng = np.random.default_rng(6)
    none = {**AMPLITUDES, "Gly": 0.0, "Tau": 0.0, "Cr": 0.0, "mI": 0.0, "Ace": 0.0}
    fit = fit_spectrum(spectrum(plain(amplitudes=none) + noise(rng, 0.2), 0.2), BASIS, PROTOCOL)
    bounded = np.array([s.nonnegative for s in RULES.signals])
    hidden = bounded & (fit.unbounded < 0)
    assert fit.amplitudes[bounded].min() >= 0
    assert hidden.any()
    sd = np.sqrt(np.diag(fit.covariance))
    assert np.all(fit.amplitudes[hidden] < 3 * sd[hidden])
    sure = fit_spectrum(spectrum(plain(), 1e-3), BASIS, PROTOCOL)
    assert sure.unbounded == pytest.approx(sure.amplitudes, rel=1e-4)


# --- amplitudes that cannot be negative --------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [-30.0, -4.0, -1.0, 0.0, 0.5, 3.0, 20.0])
def test_a_cut_off_normal_has_the_moments_of_scipy(alpha):
    sd = 0.3
    mean, variance = truncated_moments(alpha * sd, sd**2)
    expected = truncnorm(-alpha, np.inf, loc=alpha * sd, scale=sd)
    assert mean == pytest.approx(expected.mean(), rel=1e-5)
    assert variance == pytest.approx(expected.var(), rel=1e-3)


def test_a_joint_posterior_is_that_of_rejection_sampling():
    mean = np.array([0.1, -0.4, 1.5, 0.2])
    sd, correlation = np.array([0.5, 0.6, 0.7, 0.4]), np.full((4, 4), -0.3) + 1.3 * np.eye(4)
    covariance = correlation * np.outer(sd, sd)
    bounded = np.array([True, True, False, True])
    found, spread = nonnegative_posterior(mean, covariance, bounded)
    draws = np.random.default_rng(1).multivariate_normal(mean, covariance, 400_000)
    kept = draws[np.all(draws[:, bounded] > 0, axis=1)]
    assert found == pytest.approx(kept.mean(axis=0), abs=0.015)
    assert spread == pytest.approx(np.cov(kept.T), abs=0.012)
    assert found[bounded].min() > 0


def test_far_from_the_bound_nothing_changes():
    mean, covariance = np.array([5.0, 3.0]), np.array([[0.04, 0.01], [0.01, 0.09]])
    found, spread = nonnegative_posterior(mean, covariance, np.ones(2, dtype=bool))
    assert found == pytest.approx(mean, abs=1e-6)
    assert spread == pytest.approx(covariance, abs=1e-6)
    free, same = nonnegative_posterior(-mean, covariance, np.zeros(2, dtype=bool))
    assert np.array_equal(free, -mean)
    assert np.array_equal(same, covariance)


# --- baseline ----------------------------------------------------------------------------------------------------


def test_a_broad_hump_goes_to_the_baseline():
    hump = 1.0 * np.exp(2j * np.pi * (2.9 - SAMPLING.reference_ppm) * SAMPLING.f0_mhz * TIME - (250 * TIME) ** 2)
    fit = fit_spectrum(spectrum(plain() + hump, 0.05), BASIS, PROTOCOL)
    for name in ("Lac", "Ala", "PG", "Cho"):
        assert fit.amplitudes[fit.names.index(name)] == pytest.approx(AMPLITUDES[name], rel=0.1), name
    window = spectrum_of(hump, 2 * SAMPLING.points).real
    axis = SAMPLING.reference_ppm + np.fft.fftshift(np.fft.fftfreq(2 * SAMPLING.points, 1 / 2500.0)) / SAMPLING.f0_mhz
    assert np.corrcoef(fit.baseline, np.interp(fit.ppm, axis, window))[0, 1] > 0.8


# --- settings ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def noisy() -> Spectrum:
    return spectrum(plain(shift_hz=3.0, phase_rad=0.6) + noise(np.random.default_rng(8), 0.1), 0.1)


@pytest.fixture(scope="module")
def automatic(noisy):
    return fit_spectrum(noisy, BASIS, PROTOCOL)


def test_a_reader_fixes_phase_and_shift(noisy):
    settings = FitSettings(phase0_rad=0.8, shift_ppm=0.02)
    fit = fit_spectrum(noisy, BASIS, PROTOCOL, settings)
    assert fit.phase0_rad == pytest.approx(0.8, abs=1e-4)
    alone = [k for k, s in enumerate(RULES.signals) if s.name == "Carb"]
    assert fit.shift_hz[alone] == pytest.approx(np.array([0.02 * SAMPLING.f0_mhz]), abs=1e-3)
    assert fit.settings == settings


@pytest.mark.parametrize("width_hz", [0.0, 2.0, 9.0])
def test_a_reader_fixes_the_gaussian_width(noisy, automatic, width_hz):
    settings = FitSettings(gauss_hz=width_hz)
    cold, warm = (fit_spectrum(noisy, BASIS, PROTOCOL, settings, warm=start) for start in (None, automatic))
    for fit in (cold, warm):
        assert fit.gauss_hz == pytest.approx(np.full(len(fit.names), max(width_hz, 0.05)), abs=1e-3)
        assert fit.converged
    assert warm.amplitudes == pytest.approx(cold.amplitudes, abs=0.05)


def test_a_warm_fit_starts_where_the_reader_holds_the_phase(noisy, automatic):
    held = FitSettings(phase0_rad=automatic.phase0_rad + 1.0)
    warm = fit_spectrum(noisy, BASIS, PROTOCOL, held, warm=automatic)
    assert warm.phase0_rad == pytest.approx(automatic.phase0_rad + 1.0, abs=1e-4)


def test_a_fixed_phase_of_more_than_half_a_turn_is_the_same_as_its_remainder(noisy):
    near, far = (fit_spectrum(noisy, BASIS, PROTOCOL, FitSettings(phase0_rad=p)) for p in (0.6, 0.6 + 2 * math.pi))
    assert far.amplitudes == pytest.approx(near.amplitudes, abs=1e-3)
    assert far.phase0_rad == pytest.approx(near.phase0_rad, abs=1e-4)


def test_the_fit_range_is_the_readers(noisy):
    fit = fit_spectrum(noisy, BASIS, PROTOCOL, FitSettings(ppm_range=(1.0, 3.4)))
    assert 1.0 <= fit.ppm[0] < 1.01
    assert 3.39 < fit.ppm[-1] <= 3.4
    assert fit.amplitudes[fit.names.index("PG")] == pytest.approx(1.0, abs=0.3)


def test_a_signal_left_out_is_gone(noisy, automatic):
    fit = fit_spectrum(noisy, BASIS, PROTOCOL, FitSettings(left_out=("Coll", "Ace")))
    assert fit.names == tuple(n for n in automatic.names if n not in ("Coll", "Ace"))
    assert fit.components.shape[0] == len(fit.names) == len(fit.shift_hz) == len(fit.covariance)


def test_the_baseline_is_as_stiff_as_the_reader_says(noisy):
    straight, bendy = (fit_spectrum(noisy, BASIS, PROTOCOL, FitSettings(baseline_ed_per_ppm=ed)) for ed in (0.5, 6.0))
    line = np.polyval(np.polyfit(straight.ppm, straight.baseline, 1), straight.ppm)
    assert straight.baseline == pytest.approx(line, abs=0.02 * np.abs(straight.baseline).max() + 1e-9)
    assert np.std(np.diff(bendy.baseline, 2)) > 10 * np.std(np.diff(straight.baseline, 2))


def test_a_baseline_of_zero_freedom_is_a_straight_line_and_not_the_protocols(noisy):
    fit = fit_spectrum(noisy, BASIS, PROTOCOL, FitSettings(baseline_ed_per_ppm=0.0))
    line = np.polyval(np.polyfit(fit.ppm, fit.baseline, 1), fit.ppm)
    assert np.abs(fit.baseline - line).max() < 0.02 * np.abs(fit.baseline).max()


def test_a_warm_start_ends_where_the_cold_one_did(noisy, automatic):
    warm = fit_spectrum(noisy, BASIS, PROTOCOL, warm=automatic)
    sd = np.sqrt(np.diag(automatic.covariance))
    assert (warm.amplitudes - automatic.amplitudes) / sd == pytest.approx(np.zeros(len(sd)), abs=0.1)
    assert warm.phase0_rad == pytest.approx(automatic.phase0_rad, abs=0.01)
    assert warm.misfit == pytest.approx(automatic.misfit, rel=1e-3)


# --- refusals ----------------------------------------------------------------------------------------------------


def test_a_stop_cancels_at_once_and_in_the_middle(noisy):
    with pytest.raises(Cancelled):
        fit_spectrum(noisy, BASIS, PROTOCOL, stop=lambda: True)
    asked = iter([False] * 5)
    with pytest.raises(Cancelled):
        fit_spectrum(noisy, BASIS, PROTOCOL, stop=lambda: next(asked, True))


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_an_empty_signal_is_refused_with_a_sentence(value):
    fid = np.full(SAMPLING.points, value, dtype=complex)
    with pytest.raises(FitFailed, match=r"^[A-Z].*\.$"):
        fit_spectrum(spectrum(fid, 0.1), BASIS, PROTOCOL)


@pytest.mark.parametrize(
    "settings",
    [
        FitSettings(left_out=tuple(AMPLITUDES)),
        FitSettings(ppm_range=(20.0, 30.0)),
        FitSettings(ppm_range=(4.2, 0.5)),
        FitSettings(ppm_range=(2.0, 2.01)),
    ],
    ids=["everything left out", "outside the spectrum", "upside down", "a few points"],
)
def test_settings_that_leave_nothing_to_fit_are_refused_with_a_sentence(noisy, settings):
    with pytest.raises(DiscernError, match=r"^[A-Z].*\.$"):
        fit_spectrum(noisy, BASIS, PROTOCOL, settings)


def test_a_signal_without_any_noise_can_be_fitted():
    """A noise-free file (a basis signal, a simulation) has a noise of zero, or nearly so."""
    fit = fit_spectrum(spectrum(plain(), 0.0), BASIS, PROTOCOL)
    assert fit.amplitudes == pytest.approx(truth(fit.names), rel=0.01)
    assert np.all(np.isfinite(fit.covariance))


def test_noise_of_the_spectrum_is_that_of_its_points():
    """The real part of each point of an n-point transform of white noise has n times the variance."""
    rng = np.random.default_rng(11)
    sampled = spectrum(noise(rng, 0.3), 0.3)
    points = spectrum_of(sampled.fid, 2 * SAMPLING.points).real
    assert noise_sd_of_fid(sampled) == pytest.approx(points.std(), rel=0.06)
