"""The simulated exam is what it says it is: its truth, its noise, and its faults."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.fit import fit_spectrum
from analysis.phantom import LEVELS, PG_SNR, SAMPLING, TE_S, TRANSIENTS, WATER_TRANSIENTS, simulate_exam
from analysis.preprocess import process
from analysis.types import ProcessSettings
from analysis.units import spectrum_of, time_axis_s
from tests.benchmarks.simulated import acquisition_of, basis_of, exam, shipped, spin_library

TIME = time_axis_s(SAMPLING.points, SAMPLING.spectral_width_hz)


def test_an_exam_has_five_lumbar_discs_with_signals_and_water():
    found = exam(1)
    assert tuple(disc.label for disc in found.discs) == LEVELS
    assert (found.seed, found.sampling, found.te_s) == (1, SAMPLING, TE_S)
    for disc in found.discs:
        assert disc.fids.shape == (TRANSIENTS, SAMPLING.points)
        assert disc.water.shape == (WATER_TRANSIENTS, SAMPLING.points)
        assert np.iscomplexobj(disc.fids)
        assert disc.pg_snr == PG_SNR
        assert disc.pfirrmann in (1, 2, 3, 4, 5)


def test_a_seed_is_an_exam():
    again = simulate_exam(spin_library(), 1)
    for first, second in zip(exam(1).discs, again.discs, strict=True):
        assert first.fids.tobytes() == second.fids.tobytes()
        assert first.water.tobytes() == second.water.tobytes()
        assert first.amplitudes == second.amplitudes
    assert exam(2).discs[0].fids.tobytes() != exam(1).discs[0].fids.tobytes()


def test_ratios_are_those_of_the_amplitudes():
    for disc in exam(2).discs:
        for name, value in disc.ratios.items():
            above = name.split("/")[0]
            top = disc.amplitudes["Lac"] + disc.amplitudes["Ala"] if above == "LAAL" else disc.amplitudes[above]
            assert value == pytest.approx(top / disc.amplitudes["PG"]), name


def test_one_or_two_of_the_lower_discs_hurt_and_those_are_more_acid():
    painful, painless = [], []
    for seed in range(1, 9):
        hurts = [disc.painful for disc in exam(seed).discs]
        assert 1 <= sum(hurts) <= 2
        assert not any(hurts[:2])
        for disc in exam(seed).discs:
            (painful if disc.painful else painless).append(math.log(disc.ratios["LAAL/PG"]))
    assert np.mean(painful) - np.mean(painless) > math.log(3)


@pytest.fixture(scope="module")
def quiet():
    """Hardly any noise, so that lines can be measured."""
    return simulate_exam(spin_library(), 4, pg_snr=300.0)


def test_the_stated_snr_of_pg_is_the_measured_one(quiet):
    """Noise from the end of the raw transients; height of the fitted PG line, apodised here by 1 Hz."""
    window = np.exp(-np.pi * TIME)
    for disc in (quiet.discs[0], quiet.discs[3]):
        good = np.delete(disc.fids, disc.spoilt, axis=0)
        noise = good[:, -400:].std() / math.sqrt(2) / math.sqrt(TRANSIENTS)
        spectrum = process(acquisition_of(disc, 0), ProcessSettings())
        fit = fit_spectrum(spectrum, basis_of("disc"), shipped("disc"))
        k = fit.names.index("PG")
        decay = np.pi * fit.lorentz_hz[k] * TIME + (np.pi * fit.gauss_hz[k] * TIME) ** 2 / (4 * np.log(2))
        height = np.abs(spectrum_of(3 * fit.amplitudes[k] * np.exp(-decay) * window, 8 * SAMPLING.points)).max()
        assert height / (noise * math.sqrt(np.sum(window**2))) == pytest.approx(300.0, rel=0.1)
        assert fit.amplitudes[k] == pytest.approx(disc.amplitudes["PG"], rel=0.1)


def test_the_noise_falls_as_the_snr_rises(quiet):
    loud = exam(4)
    for one, other in zip(loud.discs, quiet.discs, strict=True):
        assert one.fids[:, -200:].std() / other.fids[:, -200:].std() == pytest.approx(300.0 / PG_SNR, rel=0.05)


def test_spoilt_transients_are_rejected_and_few_others():
    spoilt = found = others = kept = 0
    for seed in (1, 2, 3):
        for disc in exam(seed).discs[::2]:
            rejected = set(np.flatnonzero(~process(acquisition_of(disc, 0), ProcessSettings()).kept))
            assert 1 <= len(disc.spoilt) <= 4
            spoilt, found = spoilt + len(disc.spoilt), found + len(rejected & set(disc.spoilt))
            others, kept = others + len(rejected - set(disc.spoilt)), kept + TRANSIENTS - len(disc.spoilt)
    assert found >= 0.9 * spoilt
    assert others <= 0.03 * kept


def test_water_is_where_it_belongs_and_weaker_in_degenerate_discs():
    heights: dict[int, list[float]] = {}
    for seed in range(1, 9):
        for disc in exam(seed).discs:
            mean = disc.water.mean(axis=0)
            peak = np.abs(spectrum_of(mean, 4 * SAMPLING.points))
            axis = np.fft.fftshift(np.fft.fftfreq(4 * SAMPLING.points, 1 / SAMPLING.spectral_width_hz))
            assert abs(axis[peak.argmax()]) < 15.0
            heights.setdefault(disc.pfirrmann, []).append(abs(mean[1]))
            assert abs(mean[1]) == pytest.approx(8400.0 * math.exp(-TE_S / disc.water_t2_s), rel=0.15)
    assert np.mean(heights[2]) > np.mean(heights[4])
