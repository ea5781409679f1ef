"""Rejection: transients spoilt on purpose, one fault at a time, and clean ones that must stay."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.align import Alignment, Scale, align_transients, corrected
from analysis.rejection import LEAST_KEPT, Spoilt, spoilt_transients
from analysis.units import time_axis_s

SCALE = Scale(127.74, 2500.0, 4.65)
COUNT, POINTS = 64, 2048
TIME = time_axis_s(POINTS, SCALE.spectral_width_hz)


def line(ppm: float, area: complex, fwhm_hz: float) -> np.ndarray:
    return area * np.exp((2j * np.pi * (ppm - SCALE.reference_ppm) * SCALE.f0_mhz - np.pi * fwhm_hz) * TIME)


METABOLITES = line(2.04, 3.0, 16.0) + line(3.2, 2.0, 5.0) + line(1.31, 2.0, 6.0)
DISC = line(4.65, 20.0, 9.0) + METABOLITES


def noisy(seed: int, fid: np.ndarray = DISC, count: int = COUNT, sd: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return fid + sd * (rng.standard_normal((count, POINTS)) + 1j * rng.standard_normal((count, POINTS)))


def judged(transients: np.ndarray) -> Spoilt:
    alignment = align_transients(transients, SCALE)
    found = spoilt_transients(corrected(transients, alignment, SCALE.spectral_width_hz), alignment, SCALE)
    assert found is not None
    return found


FAULTS = {
    "frequency": lambda fid: fid * np.exp(2j * np.pi * 25.0 * TIME),
    "phase": lambda fid: fid * np.exp(2.2j),
    "amplitude": lambda fid: 0.4 * fid,
    "line width": lambda fid: fid * np.exp(-np.pi * 12.0 * TIME),
    "lipid": lambda fid: fid + line(1.3, 12.0, 25.0),
    "metabolites": lambda fid: fid + line(2.9, 12.0j, 20.0),
    "water": lambda fid: fid + line(4.65, 40.0j, 12.0),
    "tail": lambda fid: fid + np.where(TIME > 0.7, 5.0, 0.0) * np.exp(900j * TIME),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_rejected_and_named(fault):
    transients = noisy(6)
    bad = [3, 30, 41]
    for index in bad:
        transients[index] = FAULTS[fault](transients[index])
    found = judged(transients)
    assert found.transients[bad].all()
    assert found.counts[fault] >= len(bad)
    assert found.transients.sum() <= len(bad) + 2
    assert found.spared == 0


def test_clean_transients_stay():
    """Fewer than one in fifty is lost over 640 transients with drift, jitter, and water that varies by a tenth."""
    lost = []
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        shift, phase = np.linspace(-3, 3, COUNT) + rng.normal(0, 0.5, COUNT), rng.normal(0, 0.15, COUNT)
        level = 1 + 0.1 * rng.standard_normal(COUNT)
        clean = (METABOLITES + level[:, None] * line(4.65, 20.0, 9.0)) * np.exp(
            2j * np.pi * np.outer(shift, TIME) + 1j * phase[:, None]
        )
        lost.append(judged(noisy(seed, clean)).transients.mean())
    assert np.mean(lost) < 0.02


@pytest.mark.parametrize("drift_hz", [25.0, -25.0])
def test_a_slow_drift_is_no_fault(drift_hz):
    steady = np.linspace(0, drift_hz, COUNT)
    drifting = DISC * np.exp(2j * np.pi * np.outer(steady, TIME) + 1j * np.linspace(0, 3, COUNT)[:, None])
    assert judged(noisy(8, drifting)).transients.mean() < 0.05


def test_no_more_than_half_are_rejected_and_the_least_spoilt_stay():
    """Beyond half, nobody knows which transients are the rule; what was spared is said."""
    transients = noisy(9)
    strength = np.linspace(1, 3, 13)[:, None]
    transients[0::4][:13] += strength * line(1.3, 12.0, 25.0)
    for first, fault in enumerate(("tail", "water"), start=1):
        transients[first::4][:13] = FAULTS[fault](transients[first::4][:13])
    found = judged(transients)
    assert found.transients.sum() == COUNT * (1 - LEAST_KEPT)
    assert found.spared > 3
    assert not found.transients[3::4].any()
    fat = found.transients[0::4][:13]
    assert strength[fat].mean() > strength[~fat].mean()


def test_few_transients_are_not_judged():
    wild = Alignment(np.array([0, 0, 0, 90.0, 0, 0, 0]), np.zeros(7))
    assert spoilt_transients(np.ones((7, POINTS), dtype=complex), wild, SCALE) is None


def test_equal_transients_are_all_kept():
    still = Alignment(np.zeros(16), np.zeros(16))
    assert not spoilt_transients(np.tile(DISC, (16, 1)), still, SCALE).transients.any()
    assert not spoilt_transients(np.zeros((16, POINTS), dtype=complex), still, SCALE).transients.any()
