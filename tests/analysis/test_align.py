"""Alignment against known shifts and phases and their Cramer-Rao bound."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.align import Scale, align_transients, corrected, drift_hz
from analysis.units import time_axis_s

SCALE = Scale(127.74, 2500.0, 4.65)
COUNT, POINTS = 64, 2048
TIME = time_axis_s(POINTS, SCALE.spectral_width_hz)
NOISE = 1.0


def line(ppm: float, area: float, fwhm_hz: float) -> np.ndarray:
    return area * np.exp((2j * np.pi * (ppm - SCALE.reference_ppm) * SCALE.f0_mhz - np.pi * fwhm_hz) * TIME)


DISC = line(4.65, 20.0, 9.0) + line(2.04, 3.0, 16.0) + line(3.2, 2.0, 5.0) + line(1.31, 2.0, 6.0)


def turned(fid: np.ndarray, shift_hz: np.ndarray, phase_rad: np.ndarray) -> np.ndarray:
    return fid * np.exp(2j * np.pi * np.outer(shift_hz, TIME) + 1j * phase_rad[:, None])


def noise(rng, count: int = COUNT) -> np.ndarray:
    return NOISE * (rng.standard_normal((count, POINTS)) + 1j * rng.standard_normal((count, POINTS)))


def jitter(rng, spread_hz: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(0, spread_hz, COUNT) + np.linspace(-4, 4, COUNT), rng.normal(0, 0.3, COUNT)


def bound(template: np.ndarray, seconds: float) -> tuple[float, float]:
    """Cramer-Rao bounds of the shift in Hz and the phase in rad of a known FID, from its first `seconds`."""
    used = slice(round(seconds * SCALE.spectral_width_hz))
    power, t = np.abs(template[used]) ** 2 / NOISE**2, 2 * np.pi * TIME[used]
    information = np.array([[np.sum(power * t * t), np.sum(power * t)], [np.sum(power * t), np.sum(power)]])
    return tuple(np.sqrt(np.diag(np.linalg.inv(information))))


def test_known_shifts_and_phases_are_found_as_well_as_noise_allows():
    rng = np.random.default_rng(1)
    shift, phase = jitter(rng)
    found = align_transients(turned(DISC, shift, phase) + noise(rng), SCALE)
    shift_bound, phase_bound = bound(DISC, 0.2)
    # the correction undoes the shift; its own origin is the median transient
    shift_error = -found.shift_hz - shift
    phase_error = np.angle(np.exp(1j * (-found.phase_rad - phase)))
    assert np.std(shift_error) < 1.25 * shift_bound
    assert np.std(phase_error) < 1.25 * phase_bound
    assert np.median(found.shift_hz) == pytest.approx(0.0, abs=1e-9)
    assert np.angle(np.mean(np.exp(1j * found.phase_rad))) == pytest.approx(0.0, abs=1e-9)


def test_corrected_transients_lie_on_one_another():
    rng = np.random.default_rng(2)
    shift, phase = jitter(rng)
    raw = turned(DISC, shift, phase)
    aligned = corrected(raw, align_transients(raw, SCALE), SCALE.spectral_width_hz)
    apart = np.abs(aligned - aligned.mean(axis=0)).max(axis=0)
    assert apart.max() < 0.01 * np.abs(DISC).max()
    assert np.abs(raw.mean(axis=0))[200:400].sum() < 0.8 * np.abs(aligned.mean(axis=0))[200:400].sum()


@pytest.mark.parametrize("jump_hz", [-35.0, 35.0])
def test_a_large_jump_is_followed(jump_hz):
    rng = np.random.default_rng(3)
    shift = np.where(np.arange(COUNT) < 20, jump_hz, 0.0)
    found = align_transients(turned(DISC, shift, np.zeros(COUNT)) + noise(rng), SCALE)
    assert -found.shift_hz == pytest.approx(shift, abs=0.8)


def test_fat_that_moves_is_not_aligned_instead_of_the_disc():
    rng = np.random.default_rng(4)
    fat = turned(line(1.3, 60.0, 25.0), rng.normal(0, 8.0, COUNT), rng.normal(0, 1.0, COUNT))
    found = align_transients(DISC + fat + noise(rng), SCALE)
    assert np.std(found.shift_hz) < 0.5
    assert np.std(found.phase_rad) < 0.15


@pytest.mark.parametrize("strength", [0.15, 0.3])
def test_weak_transients_are_aligned_nearly_as_well_as_noise_allows(strength):
    """Residual water of twice to four times the noise at the start, lines of PG and choline below it."""
    ratios = []
    for seed in range(6):
        rng = np.random.default_rng(40 + seed)
        shift, phase = jitter(rng, 1.0)
        found = align_transients(turned(strength * DISC, shift, phase) + noise(rng), SCALE)
        ratios.append([np.std(-found.shift_hz - shift), np.std(np.angle(np.exp(1j * (-found.phase_rad - phase))))])
    assert np.mean(ratios, axis=0) == pytest.approx(bound(strength * DISC, 0.2), rel=0.35)


@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_water_that_turns_against_the_metabolites_does_not_carry_them_along(spread):
    """Water's frequency and phase jump by themselves; the metabolites are strong enough to be asked alone."""
    rng = np.random.default_rng(50)
    shift, phase = jitter(rng, 1.0)
    metabolites = line(2.04, 6.0, 16.0) + line(3.2, 4.0, 5.0) + line(3.03, 6.0, 5.0)
    water = turned(line(4.65, 20.0, 9.0), rng.normal(0, 2 * spread, COUNT), rng.normal(0, spread, COUNT))
    everything = (metabolites + water) * turned(np.ones(POINTS), shift, phase)
    found = align_transients(everything + noise(rng), SCALE)
    assert not found.with_water
    assert np.std(-found.shift_hz - shift) < 2 * bound(metabolites, 0.2)[0]
    assert np.std(np.angle(np.exp(1j * (-found.phase_rad - phase)))) < 2.5 * bound(metabolites, 0.2)[1]


def test_spoilt_transients_do_not_become_the_reference():
    """A third are spoilt by much stronger signals than the disc's: the others are aligned as if alone."""
    rng = np.random.default_rng(60)
    shift, phase = jitter(rng, 1.0)
    transients = turned(DISC, shift, phase) + noise(rng)
    spoilt = np.arange(COUNT) % 3 == 0
    transients[spoilt] += line(3.6, 150.0j, 12.0) + line(1.3, 300.0, 30.0)
    found = align_transients(transients, SCALE)
    assert np.std((-found.shift_hz - shift)[~spoilt]) < 2 * bound(DISC, 0.2)[0]
    assert np.std(np.angle(np.exp(1j * (-found.phase_rad - phase)))[~spoilt]) < 2 * bound(DISC, 0.2)[1]


def test_transients_too_weak_to_be_aligned_one_by_one_follow_their_drift_together():
    rng = np.random.default_rng(70)
    drift, turn = np.linspace(-5, 5, COUNT), np.linspace(-0.4, 0.4, COUNT)
    found = align_transients(turned(0.045 * DISC, drift, turn) + noise(rng), SCALE)
    assert found.together > 1
    assert np.std(-found.shift_hz - drift) < 0.7 * np.std(drift)


def test_noise_is_left_as_it_is():
    for seed in range(5):
        found = align_transients(noise(np.random.default_rng(80 + seed)), SCALE)
        assert found.together == 0
        assert not found.shift_hz.any()


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_can_be_aligned_to_itself(count):
    found = align_transients(np.ones((count, POINTS), dtype=complex), SCALE)
    assert found.shift_hz.tolist() == [0.0] * count
    assert found.phase_rad.tolist() == [0.0] * count


@pytest.mark.parametrize("count", [16, 32, 64, 128])
def test_a_steady_drift_is_measured_from_end_to_end(count):
    assert drift_hz(np.linspace(0, 12, count)) == pytest.approx(12.0, rel=0.1)


def test_drift_is_the_range_of_the_smoothed_shift():
    jumps = np.zeros(64)
    jumps[[5, 30]] = 40.0
    assert drift_hz(jumps) == 0.0
    assert drift_hz(np.array([])) == 0.0
    assert drift_hz(np.array([1.0, 4.0])) == 3.0
    rng = np.random.default_rng(9)
    assert drift_hz(rng.normal(0, 1.0, 128)) < 2.0
