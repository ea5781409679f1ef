"""Hankel singular value decomposition on sums of exponentials that are known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.hsvd import Damped, decompose, remove_band
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
