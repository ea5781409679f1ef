"""The stiffness that the data choose, against the likelihood written out and against curves drawn with a known one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from analysis.baseline import Baseline, make_baseline
from analysis.stiffness import likeliest_baseline

PPM = np.linspace(0.5, 4.2, 400)
NOISE_SD = 0.5
RANGE = (2.01, 20.0)


def peaks(*ppm: float) -> np.ndarray:
    return np.array([np.exp(-(((PPM - p) / 0.03) ** 2)) for p in ppm]).T


def drawn(rng, baseline: Baseline, slope: float = 0.0) -> np.ndarray:
    """A curve from the distribution that the penalised spline stands for, on a straight line, and noise."""
    rough = baseline.roughness > 0
    sd = NOISE_SD / np.sqrt(baseline.weight * baseline.roughness[rough])
    curve = baseline.modes[:, rough] @ (sd * rng.standard_normal(rough.sum()))
    return curve + slope * PPM + NOISE_SD * rng.standard_normal(len(PPM))


@pytest.mark.parametrize("true", [4.0, 8.0])
def test_the_stiffness_of_a_drawn_curve_is_found_in_the_middle_of_draws(true):
    baseline = make_baseline(PPM, 2.0).with_effective_dimension(true)
    rng, signals = np.random.default_rng(1), peaks(1.3, 2.0, 3.2)
    found = []
    for _ in range(60):
        data = drawn(rng, baseline, 3.0) + signals @ [4.0, 9.0, 1.0]
        chosen = likeliest_baseline(baseline, signals, data, np.zeros((3, 3)), NOISE_SD**2, RANGE)
        found.append(chosen.effective_dimension)
    assert np.exp(np.mean(np.log(found))) == pytest.approx(true, rel=0.25)


def test_a_straight_line_gets_the_stiffest_baseline_and_a_wave_a_soft_one():
    rng, signals = np.random.default_rng(2), peaks(1.3, 2.0)
    noise, baseline = NOISE_SD * rng.standard_normal(len(PPM)), make_baseline(PPM, 2.0)
    line = likeliest_baseline(baseline, signals, 5 - 2 * PPM + noise, np.zeros((2, 2)), NOISE_SD**2, RANGE)
    wave = likeliest_baseline(baseline, signals, 20 * np.sin(4 * PPM) + noise, np.zeros((2, 2)), NOISE_SD**2, RANGE)
    assert line.effective_dimension < 3
    assert wave.effective_dimension > 8


def test_it_is_the_restricted_likelihood_of_a_mixed_model():
    """Twice the log density of the data after what no amplitude and no straight line can explain is projected out."""
    rng, signals = np.random.default_rng(3), peaks(1.0, 2.1, 3.0)
    baseline = make_baseline(PPM, 1.5)
    data = drawn(rng, baseline) + signals @ [1.0, 2.0, 3.0]
    fixed = np.column_stack([signals, np.ones(len(PPM)), PPM])
    left, _, _ = np.linalg.svd(fixed)
    contrasts = left[:, fixed.shape[1] :]

    def log_density(candidate: Baseline) -> float:
        rough = candidate.roughness > 0
        modes = candidate.modes[:, rough] / np.sqrt(candidate.weight * candidate.roughness[rough])
        shape = contrasts.T @ (np.eye(len(PPM)) + modes @ modes.T) @ contrasts
        seen = contrasts.T @ data
        variance = max(seen @ np.linalg.solve(shape, seen) / len(seen), NOISE_SD**2)
        return multivariate_normal(cov=variance * shape).logpdf(seen)

    tried = [baseline.with_effective_dimension(ed) for ed in np.geomspace(*RANGE, 16)]
    best = max(tried, key=log_density)
    found = likeliest_baseline(baseline, signals, data, np.zeros((3, 3)), NOISE_SD**2, RANGE)
    assert found.effective_dimension == pytest.approx(best.effective_dimension, rel=1e-3)
