"""Coil combination against the signal-to-noise ratio that theory allows (Roemer 1990)."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.coils import coil_weights, combination_step, combined
from analysis.errors import ProcessingFailed

COILS, POINTS = 8, 1024


def complex_normal(rng, *shape: int) -> np.ndarray:
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


@pytest.fixture(scope="module")
def array():
    """Sensitivities over a factor of ten, and noise that neighbouring coils share."""
    rng = np.random.default_rng(1)
    sensitivity = 10 ** rng.uniform(-1, 0, COILS) * np.exp(2j * np.pi * rng.random(COILS))
    mixing = np.eye(COILS) + 0.5 * np.eye(COILS, k=1) * np.exp(1j) + 0.2 * complex_normal(rng, COILS, COILS)
    return sensitivity, mixing, mixing @ mixing.conj().T


def signals(rng, array, transients: int, height: float, decay_per_point: float = 0.03) -> np.ndarray:
    sensitivity, mixing, _ = array
    shape = height * np.exp((-decay_per_point + 0.05j) * np.arange(POINTS))
    noise = np.einsum("cd,dtn->ctn", mixing, complex_normal(rng, COILS, transients, POINTS))
    return sensitivity[:, None, None] * shape + noise


def snr(weights: np.ndarray, array) -> float:
    sensitivity, _, covariance = array
    return float(abs(weights @ sensitivity) / np.sqrt((weights @ covariance @ weights.conj()).real))


def best_snr(sensitivity: np.ndarray, covariance: np.ndarray) -> float:
    return float(np.sqrt((sensitivity.conj() @ np.linalg.solve(covariance, sensitivity)).real))


def test_combination_reaches_the_theoretical_snr(array):
    rng = np.random.default_rng(2)
    weights = coil_weights(signals(rng, array, 4, 1000.0), signals(rng, array, 16, 10.0))
    best = best_snr(array[0], array[2])
    assert 0.99 * best < snr(weights, array) <= best * (1 + 1e-9)
    equal = array[0].conj()
    assert snr(equal, array) < 0.9 * best, "the case must be one in which correlation matters"


def test_with_few_samples_the_noise_is_taken_as_uncorrelated(array):
    """A covariance from fewer samples than can carry it would make weights of noise."""
    rng = np.random.default_rng(3)
    short = signals(rng, array, 1, 10.0)[:, :, :500]
    weights = coil_weights(signals(rng, array, 4, 1000.0), short)
    sensitivity, _, covariance = array
    expected = sensitivity.conj() / np.diag(covariance).real
    assert snr(weights, array) == pytest.approx(snr(expected, array), rel=0.03)


def test_the_reference_may_be_the_signal_itself(array):
    rng = np.random.default_rng(4)
    own = signals(rng, array, 32, 60.0)
    assert snr(coil_weights(own, own), array) > 0.97 * best_snr(array[0], array[2])


def test_combined_signals_start_upright_on_the_scale_of_the_array(array):
    rng = np.random.default_rng(5)
    weights = coil_weights(signals(rng, array, 4, 1000.0), signals(rng, array, 16, 10.0))
    combined = weights @ array[0]
    assert np.angle(combined) == pytest.approx(0.0, abs=0.03)
    assert abs(combined) == pytest.approx(np.linalg.norm(array[0]), rel=0.01)


def test_the_gain_of_a_coil_does_not_matter(array):
    """A coil with twice the gain has twice the signal and twice the noise."""
    rng = np.random.default_rng(6)
    water, own = signals(rng, array, 4, 1000.0), signals(rng, array, 16, 10.0)
    gain = np.array([1, 5, 1, 0.2, 1, 1, 3, 1])[:, None, None]
    first, other = coil_weights(water, own), coil_weights(gain * water, gain * own)
    one, two = np.tensordot(first, own, axes=1), np.tensordot(other, gain * own, axes=1)
    assert two / two[0, 0] == pytest.approx(one / one[0, 0], rel=1e-3, abs=1e-2)


def test_a_dead_coil_does_no_harm(array):
    rng = np.random.default_rng(7)
    water, own = signals(rng, array, 4, 1000.0), signals(rng, array, 16, 10.0)
    water[3], own[3] = 0.0, 0.0
    weights = coil_weights(water, own)
    assert np.all(np.isfinite(weights))
    rest = [k for k in range(COILS) if k != 3]
    sensitivity, _, covariance = array
    alone = snr(weights[rest], (sensitivity[rest], None, covariance[np.ix_(rest, rest)]))
    assert alone > 0.8 * best_snr(sensitivity[rest], covariance[np.ix_(rest, rest)])


def test_one_coil_is_left_alone():
    assert coil_weights(np.ones((1, 2, 64), dtype=complex), np.ones((1, 2, 64), dtype=complex)).tolist() == [1.0]
    step = combination_step(1, np.ones(1, dtype=complex), by_water=False)
    assert step.values == {"coils": 1}
    assert "nothing to do" in step.text


def test_the_history_tells_how_many_coils_count():
    step = combination_step(4, np.array([1, 1, 1e-6, 1e-6], dtype=complex), by_water=True)
    assert step.values["coils"] == 4
    assert step.values["effective_coils"] == pytest.approx(2.0)
    assert "water" in step.text
    assert "itself" in combination_step(4, np.ones(4, dtype=complex), by_water=False).text


@pytest.mark.parametrize("height", [1.0, 4.0, 16.0])
def test_a_weak_signal_without_water_is_combined_as_well(array, height):
    """64 transients, each below its noise at the lowest height; the mean of all shows the sensitivities."""
    ratios = []
    for seed in range(5):
        own = signals(np.random.default_rng(20 + seed), array, 64, height, 0.011)
        ratios.append(snr(coil_weights(own, own), array) / best_snr(array[0], array[2]))
    assert np.mean(ratios) > 0.99
    assert min(ratios) > 0.98


def test_without_whitening_the_weights_are_the_sensitivities(array):
    rng = np.random.default_rng(8)
    weights = coil_weights(signals(rng, array, 4, 1000.0), signals(rng, array, 16, 10.0), whiten=False)
    likeness = abs(weights @ array[0]) / np.linalg.norm(weights) / np.linalg.norm(array[0])
    assert likeness == pytest.approx(1.0, abs=1e-4)
    step = combination_step(COILS, weights, by_water=True, whitened=False)
    assert "sensitivity alone" in step.text


def test_single_precision_loses_nothing(array):
    rng = np.random.default_rng(9)
    water, own = signals(rng, array, 4, 1000.0), signals(rng, array, 16, 10.0)
    double = combined(coil_weights(water, own), own)
    small = [np.asfortranarray(one.astype(np.complex64)) for one in (water, own)]
    single = combined(coil_weights(*small), small[1])
    assert single.dtype == np.complex128
    assert np.abs(single - double).max() < 1e-5 * np.abs(double).max()


def test_coils_without_any_noise_are_combined(array):
    clean = array[0][:, None, None] * np.exp((-0.01 + 0.05j) * np.arange(POINTS)) * np.ones((1, 4, 1))
    weights = coil_weights(clean, clean)
    assert abs(weights @ array[0]) == pytest.approx(np.linalg.norm(array[0]), rel=1e-3)


@pytest.mark.parametrize("place", [0, 500, POINTS - 1])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_is_not_combined_in_silence(array, place, value):
    own = signals(np.random.default_rng(10), array, 4, 100.0)
    own[2, 1, place] = value
    if place == 500:
        assert not np.isfinite(combined(coil_weights(own, own), own)).all()
    else:
        with pytest.raises(ProcessingFailed, match="not numbers"):
            coil_weights(own, own)
