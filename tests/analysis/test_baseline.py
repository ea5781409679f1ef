"""The penalised spline baseline against its definition, written out with dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from analysis.baseline import b_splines, make_baseline

PPM = np.linspace(0.5, 4.2, 700)
SPAN = PPM[-1] - PPM[0]


@pytest.fixture(scope="module", params=[1.0, 2.0, 5.0])
def baseline(request):
    return make_baseline(PPM, request.param)


def smoother(weight: float) -> np.ndarray:
    """B (B'B + weight D'D)^-1 B' with second differences D."""
    b = b_splines(PPM)
    d = np.diff(np.eye(b.shape[1]), 2, axis=0)
    return b @ np.linalg.solve(b.T @ b + weight * d.T @ d, b.T)


def explicit(baseline) -> np.ndarray:
    """The smoother whose trace is the baseline's effective dimension, found by root search of its own."""
    found = brentq(lambda log: np.trace(smoother(10**log)) - baseline.effective_dimension, -8, 14, xtol=1e-10)
    return smoother(10**found)


def test_the_trace_is_the_effective_dimension_that_was_asked_for():
    for per_ppm in (0.8, 1.0, 2.0, 5.0):
        made = make_baseline(PPM, per_ppm)
        matrix = np.array([made.of(unit) for unit in np.eye(len(PPM))]).T
        assert np.trace(matrix) == pytest.approx(per_ppm * SPAN, rel=1e-3)
        assert made.effective_dimension == pytest.approx(per_ppm * SPAN, rel=1e-3)


@pytest.mark.parametrize("per_ppm", [0.0, 0.3])
def test_a_straight_line_is_the_stiffest(per_ppm):
    made = make_baseline(PPM, per_ppm)
    assert made.effective_dimension == pytest.approx(2.01, abs=0.005)
    noise = np.random.default_rng(1).standard_normal(len(PPM))
    bent = made.of(noise)
    assert bent == pytest.approx(np.polyval(np.polyfit(PPM, noise, 1), PPM), abs=0.02)


def test_it_cannot_be_asked_for_more_than_its_splines():
    made = make_baseline(PPM, 100.0)
    assert made.effective_dimension < made.modes.shape[1]
    assert made.effective_dimension > made.modes.shape[1] - 1


def test_a_straight_line_is_reproduced(baseline):
    line = 3.0 - 40.0 * PPM
    assert baseline.of(line) == pytest.approx(line, abs=1e-5)
    assert baseline.inner(line[:, None], line[:, None])[0, 0] == pytest.approx(0.0, abs=1e-6 * (line @ line))


def test_splines_sum_to_one():
    assert b_splines(PPM).sum(axis=1) == pytest.approx(np.ones(len(PPM)))
    assert b_splines(PPM).min() >= 0


def test_inner_is_the_explicit_penalised_projection(baseline):
    rng = np.random.default_rng(2)
    left, right = rng.standard_normal((len(PPM), 3)), rng.standard_normal((len(PPM), 2))
    expected = left.T @ (np.eye(len(PPM)) - explicit(baseline)) @ right
    assert baseline.inner(left, right) == pytest.approx(expected, abs=1e-4 * np.abs(expected).max())


def test_of_is_the_penalised_least_squares_fit(baseline):
    rng = np.random.default_rng(3)
    values = np.sin(2 * PPM) + 0.1 * rng.standard_normal(len(PPM))
    assert baseline.of(values) == pytest.approx(explicit(baseline) @ values, abs=1e-5)


def test_more_freedom_follows_a_hump_more_closely():
    hump = np.exp(-(((PPM - 2.3) / 0.4) ** 2))
    left_over = [np.linalg.norm(hump - make_baseline(PPM, ed).of(hump)) for ed in (0.7, 1.0, 2.0, 4.0, 7.0)]
    assert np.all(np.diff(left_over) < 0)
