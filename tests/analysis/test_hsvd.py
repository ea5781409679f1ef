"""Hankel singular value decomposition on sums of exponentials that are known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.hsvd import Damped, decompose, phase_at_start, remove_band, tail_noise_sd
from analysis.units import spectrum_of, time_axis_s

WIDTH_HZ, POINTS, F0_MHZ = 2500.0, 2048, 127.74
TIME = time_axis_s(POINTS, WIDTH_HZ)
WATER_HZ = (-0.35 * F0_MHZ, 0.55 * F0_MHZ)


def line(hz: float, amplitude: complex, fwhm_hz: float) -> np.ndarray:
    return amplitude * np.exp((2j * np.pi * hz - np.pi * fwhm_hz) * TIME)


def ppm(value: float) -> float:
    return (value - 4.65) * F0_MHZ


METABOLITES = line(ppm(3.0), 3.0, 6.0) + line(ppm(2.04), 3.0, 16.0) + line(ppm(1.31), 2.0, 6.0)


def noise(seed: int, sd: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return sd * (rng.standard_normal(POINTS) + 1j * rng.standard_normal(POINTS))


def test_exponentials_are_found_exactly():
    true = [(-300.0, 2.0 * np.exp(0.5j), 8.0), (15.0, 10.0, 4.0), (22.0, 3.0j, 12.0), (400.0, 1.0, 30.0)]
    found = decompose(sum(line(*row) for row in true), WIDTH_HZ, components=4)
    order = np.argsort(found.frequency_hz)
    assert found.frequency_hz[order] == pytest.approx(np.array([t[0] for t in true]), abs=1e-4)
    assert found.damping_per_s[order] == pytest.approx(np.pi * np.array([t[2] for t in true]), rel=1e-4)
    assert found.amplitude[order] == pytest.approx(np.array([t[1] for t in true]), rel=1e-4)
    assert found.fid(POINTS, WIDTH_HZ) == pytest.approx(sum(line(*row) for row in true), abs=1e-4)


def test_a_component_is_an_exponential():
    damped = Damped(np.array([50.0]), np.array([10.0]), np.array([2.0 + 1j]))
    assert damped.fid(POINTS, WIDTH_HZ) == pytest.approx((2 + 1j) * np.exp((2j * np.pi * 50 - 10) * TIME))


@pytest.mark.parametrize("factor", [1.0, 30.0, 300.0])
def test_water_goes_and_a_line_at_3_ppm_stays(factor):
    """Water is not one Lorentzian: two lines near each other, with a phase of their own."""
    water = factor * (line(2.0, 8.0 * np.exp(0.7j), 7.0) + line(-9.0, 3.0 * np.exp(0.2j), 20.0))
    left, removed = remove_band(METABOLITES + water + noise(1, 0.02), WIDTH_HZ, WATER_HZ)
    assert left + removed == pytest.approx(METABOLITES + water + noise(1, 0.02))
    before, after = (np.abs(spectrum_of(fid, 4 * POINTS)) for fid in (water, left - METABOLITES))
    hz = np.fft.fftshift(np.fft.fftfreq(4 * POINTS, 1 / WIDTH_HZ))
    band = (hz > WATER_HZ[0]) & (hz < WATER_HZ[1])
    noise_height = np.abs(spectrum_of(noise(1, 0.02), 4 * POINTS))[band].max()
    assert after[band].max() < 0.01 * before[band].max() + noise_height
    at_three = np.abs(hz - ppm(3.0)) < 12
    true, kept = (spectrum_of(fid, 4 * POINTS).real[at_three] for fid in (METABOLITES, left))
    assert kept.sum() == pytest.approx(true.sum(), rel=0.01)
    assert kept.max() == pytest.approx(true.max(), rel=0.01)


def test_without_water_little_is_taken_away():
    left, removed = remove_band(METABOLITES + noise(2, 0.05), WIDTH_HZ, WATER_HZ)
    assert np.linalg.norm(removed) < 0.1 * np.linalg.norm(METABOLITES)
    assert spectrum_of(left)[: POINTS // 2] == pytest.approx(
        spectrum_of(METABOLITES + noise(2, 0.05))[: POINTS // 2], abs=0.05 * np.abs(spectrum_of(METABOLITES)).max()
    )


def test_a_growing_component_is_not_let_grow():
    """Noise makes poles outside the unit circle, which would explode beyond the points they were fitted to."""
    _, removed = remove_band(noise(3, 1.0), WIDTH_HZ, (-WIDTH_HZ / 2, WIDTH_HZ / 2))
    assert np.abs(removed[1024:]).max() < 5 * np.abs(removed[:1024]).max()
    assert np.all(decompose(noise(3, 1.0), WIDTH_HZ).damping_per_s >= 0)


def test_silence_stays_silent():
    left, removed = remove_band(np.zeros(POINTS, dtype=complex), WIDTH_HZ, WATER_HZ)
    assert not left.any()
    assert not removed.any()


def test_a_short_fid_is_enough():
    short = (METABOLITES + 10 * line(0.0, 8.0, 7.0))[:256]
    left, _ = remove_band(short, WIDTH_HZ, WATER_HZ)
    assert np.abs(left - METABOLITES[:256]).max() < 0.01 * np.abs(short).max()


# --- how well: bounds that hold over widths and shapes of the water ---------------------------------------------------

LINES = {
    "lactate methine": (4.11, 5.0, 3.0),
    "carbohydrates": (3.75, 3.0, 20.0),
    "creatine": (3.03, 3.0, 6.0),
    "N-acetyl": (2.04, 3.0, 16.0),
    "lactate methyl": (1.31, 2.0, 6.0),
}
"""Area, then width in Hz."""


def gaussian(hz: float, amplitude: complex, fwhm_hz: float) -> np.ndarray:
    return amplitude * np.exp(2j * np.pi * hz * TIME - (np.pi * fwhm_hz * TIME) ** 2 / (4 * np.log(2)))


WATERS = {
    "narrow": line(2.0, 0.7 * np.exp(0.7j), 4.0) + line(-6.0, 0.3 * np.exp(0.2j), 9.0),
    "usual": line(2.0, 0.7 * np.exp(0.7j), 8.0) + line(-9.0, 0.3 * np.exp(0.2j), 20.0),
    "wide": line(4.0, 0.7, 14.0) + line(-6.0, 0.3j, 30.0),
    "Gaussian": gaussian(1.0, 0.8, 10.0) + line(-8.0, 0.2, 9.0),
}


@pytest.mark.parametrize("shape", WATERS)
def test_water_of_two_lines_falls_by_40_db_and_no_metabolite_changes(shape):
    """Water 100 times a metabolite: in the band 40 dB down; from 4.1 ppm on amplitudes and phases as they were."""
    shapes = np.array([line(ppm(where), 1.0, width) for where, _, width in LINES.values()]).T
    metabolites = shapes @ np.array([area for _, area, _ in LINES.values()])
    water = 300 * WATERS[shape]
    hz = np.fft.fftshift(np.fft.fftfreq(4 * POINTS, 1 / WIDTH_HZ))
    band = (hz > WATER_HZ[0]) & (hz < WATER_HZ[1])
    worst_db, changes = [], []
    for seed in range(4):
        random = noise(seed, 0.03)
        left, _ = remove_band(metabolites + water + random, WIDTH_HZ, WATER_HZ)
        error = left - metabolites - random
        before, after = (np.abs(spectrum_of(fid, 4 * POINTS))[band].max() for fid in (water, error))
        worst_db.append(20 * np.log10(after / before))
        changes.append(np.linalg.lstsq(shapes, metabolites + error, rcond=None)[0])
    assert max(worst_db) < -40
    found = np.mean(changes, axis=0)
    areas = np.array([area for _, area, _ in LINES.values()])
    bound = np.array([0.05, 0.05, 0.01, 0.01, 0.01])
    assert np.all(np.abs(np.abs(found) / areas - 1) < bound)
    assert np.all(np.abs(np.angle(found)) < bound)


def test_the_lanczos_steps_find_the_poles_of_the_whole_decomposition():
    """Against the dense singular value decomposition of the Hankel matrix."""
    fid = METABOLITES + line(2.0, 30.0, 8.0) + line(-9.0, 10.0j, 20.0) + noise(4, 0.02)
    found = decompose(fid, WIDTH_HZ, components=5)
    head = fid[: round(0.41 * WIDTH_HZ)]
    window = int(3 / 8 * len(head))
    hankel = np.lib.stride_tricks.sliding_window_view(head, len(head) - window + 1)
    space = np.linalg.svd(hankel, full_matrices=False)[0][:, :5]
    poles = np.linalg.eigvals(np.linalg.lstsq(space[:-1], space[1:], rcond=None)[0])
    assert np.sort(found.frequency_hz) == pytest.approx(np.sort(np.angle(poles)) * WIDTH_HZ / (2 * np.pi), abs=1e-6)


def test_of_noise_alone_hardly_anything_is_removed():
    shares = []
    for seed in range(20):
        _, removed = remove_band(noise(seed, 1.0), WIDTH_HZ, WATER_HZ)
        shares.append(np.linalg.norm(removed) ** 2 / np.linalg.norm(noise(seed, 1.0)) ** 2)
    assert np.mean(np.array(shares) == 0) > 0.5
    assert max(shares) < 0.02


def test_several_signals_share_their_components():
    """Two halves and their mean: what is taken from the mean is the mean of what is taken from the halves."""
    halves = [METABOLITES + line(1.0, level, 8.0) + noise(seed, 0.05) for seed, level in ((5, 30.0), (6, 33.0j))]
    mean = np.mean(halves, axis=0)
    left, removed = remove_band(np.array([mean, *halves]), WIDTH_HZ, WATER_HZ)
    assert left[1:].mean(axis=0) == pytest.approx(left[0])
    assert left + removed == pytest.approx(np.array([mean, *halves]))
    for row in left:
        assert np.abs(row - METABOLITES)[:20].max() < 0.6


def test_the_noise_of_the_tail_is_measured_beside_lines_that_still_ring():
    found = [tail_noise_sd(noise(seed, 0.5) + line(30.0, 20.0, 1.0)) for seed in range(10)]
    assert np.mean(found) == pytest.approx(0.5, rel=0.04)


@pytest.mark.parametrize("phase_rad", [0.0, 1.0, -2.5])
def test_the_phase_at_the_start_is_that_of_the_lines(phase_rad):
    fid = METABOLITES * np.exp(1j * phase_rad) + line(0.0, 50.0j, 8.0) + noise(7, 0.05)
    found = phase_at_start(fid, WIDTH_HZ, (ppm(0.5), ppm(4.2)))
    assert np.angle(np.exp(1j * (found - phase_rad))) == pytest.approx(0.0, abs=0.05)
    assert phase_at_start(noise(8, 1.0), WIDTH_HZ, (ppm(0.5), ppm(4.2))) is None
