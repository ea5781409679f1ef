from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.fit import fit_spectrum
from analysis.halves import halves_of
from analysis.preprocess import process
from analysis.transients import band_spectra, display_phase_rad, transients_of
from analysis.types import Acquisition, ProcessSettings, Spectrum
from tests.analysis.test_fit import BASIS, PROTOCOL, noise, plain, spectrum
from tests.analysis.test_preprocess import COUNT, simple

AUTOMATIC = ProcessSettings()


@pytest.fixture(scope="module")
def spoilt() -> Acquisition:
    """Repeats of which the fifth has hardly any signal."""
    good = simple(count=COUNT)
    fids = good.fids.copy()
    fids[:, 5] *= 0.2
    return replace(good, fids=fids)


def test_the_rule_says_of_each_transient_what_it_minds(spoilt: Acquisition) -> None:
    found = transients_of(spoilt, AUTOMATIC)
    made = process(spoilt, AUTOMATIC)
    assert np.array_equal(found.kept, made.kept)
    assert not found.kept[5]
    assert "amplitude" in found.reasons[5]
    assert all(not reason for reason, kept in zip(found.reasons, found.kept, strict=True) if kept)
    assert found.shift_hz == pytest.approx(made.transient_shift_hz)
    assert found.phase_rad == pytest.approx(made.transient_phase_rad)


def test_a_readers_choice_changes_nothing_here(spoilt: Acquisition) -> None:
    chosen = ProcessSettings(keep_transients=(True,) * COUNT)
    assert not transients_of(spoilt, chosen).kept[5]
    assert transients_of(spoilt, replace(AUTOMATIC, reject=False)).kept.all()


def test_the_mean_of_the_spectra_stands_upright_as_the_fit_shows_it(spoilt: Acquisition) -> None:
    settings = replace(AUTOMATIC, remove_water=False)
    made = process(spoilt, settings)
    found = transients_of(spoilt, settings)
    ppm, rows = band_spectra(found, (0.5, 4.0), display_phase_rad(made, None))
    assert rows.shape == (COUNT, ppm.size)
    mean = rows[found.kept].mean(axis=0)
    assert abs(ppm[np.argmax(mean)] - 3.03) < 0.03
    assert mean.max() > 2 * abs(mean.min())


@pytest.fixture(scope="module")
def halved() -> Spectrum:
    rng = np.random.default_rng(4)
    odd, even = (plain() + noise(rng, 0.05 * 2**0.5) for _ in range(2))
    return replace(spectrum((odd + even) / 2, 0.05), odd=odd, even=even)


def test_what_repeats_cancels_and_the_rest_is_noise(halved: Spectrum) -> None:
    fit = fit_spectrum(halved, BASIS, PROTOCOL)
    halves = halves_of(halved, fit)
    assert halves is not None
    assert (halves.odd + halves.even) / 2 == pytest.approx(fit.data)
    assert halves.difference == pytest.approx((halves.odd - halves.even) / 2)
    assert halves.misfit == pytest.approx(1.0, abs=0.2)


def test_what_does_not_repeat_shows(halved: Spectrum) -> None:
    fit = fit_spectrum(halved, BASIS, PROTOCOL)
    halves = halves_of(replace(halved, odd=1.5 * plain()), fit)
    assert halves is not None
    assert halves.misfit > 5


def test_without_halves_there_is_nothing_to_compare(halved: Spectrum) -> None:
    fit = fit_spectrum(halved, BASIS, PROTOCOL)
    assert halves_of(replace(halved, odd=None, even=None), fit) is None
