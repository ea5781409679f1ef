"""Alignment against known shifts and phases and their Cramer-Rao bound; rejection of transients spoilt on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.align import Alignment, Scale, align_transients, corrected, drift_hz, spoilt_transients
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
    assert apart.max() < 0.005 * np.abs(DISC).max()
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


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_can_be_aligned_to_itself(count):
    found = align_transients(np.ones((count, POINTS), dtype=complex), SCALE)
    assert found.shift_hz.tolist() == [0.0] * count
    assert found.phase_rad.tolist() == [0.0] * count


def judged(transients: np.ndarray):
    alignment = align_transients(transients, SCALE)
    return spoilt_transients(corrected(transients, alignment, SCALE.spectral_width_hz), alignment, SCALE)


def test_a_burst_of_fat_is_rejected_and_named():
    rng = np.random.default_rng(5)
    transients = DISC + noise(rng)
    bursts = [3, 17, 40]
    transients[bursts] += line(1.3, 12.0, 25.0)
    spoilt, named = judged(transients)
    assert set(bursts) <= set(np.flatnonzero(spoilt))
    assert any(text.startswith("lipid") and int(text.split()[1]) >= 3 for text in named)
    assert spoilt.sum() <= len(bursts) + 4


@pytest.mark.parametrize(
    ("what", "spoil"),
    [
        ("frequency", lambda fid: fid * np.exp(2j * np.pi * 25.0 * TIME)),
        ("water", lambda fid: fid + line(4.65, 40.0, 12.0) * 1j),
        ("tail", lambda fid: fid + np.where(TIME > 0.7, 5.0, 0.0) * np.exp(1j * 900 * TIME)),
    ],
)
def test_other_faults_are_rejected_and_named(what, spoil):
    rng = np.random.default_rng(6)
    transients = DISC + noise(rng)
    transients[30] = spoil(transients[30])
    spoilt, named = judged(transients)
    assert spoilt[30]
    assert any(text.startswith(what) for text in named)


def test_few_good_transients_are_lost():
    rejected = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        rejected.append(judged(turned(DISC, *jitter(rng, 1.0)) + noise(rng))[0].mean())
    assert np.mean(rejected) < 0.03


def test_a_slow_drift_is_no_fault():
    rng = np.random.default_rng(8)
    spoilt, _ = judged(turned(DISC, np.linspace(0, 25, COUNT), np.zeros(COUNT)) + noise(rng))
    assert spoilt.mean() < 0.05


def test_few_transients_are_not_judged():
    spoilt, named = spoilt_transients(
        np.ones((7, POINTS), dtype=complex), Alignment(np.array([0, 0, 0, 90.0, 0, 0, 0]), np.zeros(7)), SCALE
    )
    assert not spoilt.any()
    assert named == ("too few transients to judge",)


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
