from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.adjusting import found_by, in_force
from analysis.displayed import complex_band, overlay_on, smoothed, upright
from analysis.fit import fit_spectrum
from analysis.types import Fit, FitSettings, Spectrum
from analysis.units import FWHM_PER_GAUSS_SD, spectrum_of, time_axis_s
from tests.analysis.test_fit import BASIS, PROTOCOL, noise, plain, spectrum
from tests.samples import sample_exam, sample_study


@pytest.fixture(scope="module")
def measured() -> Spectrum:
    return spectrum(plain() * np.exp(0.4j) + noise(np.random.default_rng(1), 0.05), 0.05)


@pytest.fixture(scope="module")
def found(measured: Spectrum) -> Fit:
    return fit_spectrum(measured, BASIS, PROTOCOL)


def test_the_band_turned_upright_is_the_data_of_the_fit(measured: Spectrum, found: Fit) -> None:
    band = complex_band(measured, found.ppm)
    assert upright(band, found.ppm, measured, found.phase0_rad, found.phase1_s) == pytest.approx(found.data, abs=1e-9)


def test_what_a_fit_found_is_where_the_controls_stand(measured: Spectrum, found: Fit) -> None:
    where = found_by(found, measured.f0_mhz)
    assert where.phase0_rad == found.phase0_rad
    assert where.ppm_range == (found.ppm[0], found.ppm[-1])
    held = FitSettings(shift_ppm=where.shift_ppm, gauss_hz=where.gauss_hz, phase0_rad=where.phase0_rad)
    again = fit_spectrum(measured, BASIS, PROTOCOL, held)
    assert again.shift_hz == pytest.approx(found.shift_hz, abs=0.05)
    assert in_force(FitSettings(shift_ppm=0.1), where).shift_ppm == 0.1
    assert in_force(FitSettings(), where) == where


def test_smoothing_is_the_apodisation_it_says(measured: Spectrum, found: Fit) -> None:
    width_hz = 4.0
    time = time_axis_s(len(measured.fid), measured.spectral_width_hz)
    decay = np.exp(-0.5 * (2 * math.pi * width_hz / FWHM_PER_GAUSS_SD * time) ** 2)
    band = complex_band(replace(measured, fid=measured.fid * decay), found.ppm)
    exact = upright(band, found.ppm, measured, found.phase0_rad, found.phase1_s)
    shown = smoothed(found, measured.f0_mhz, width_hz)
    inside = slice(30, -30)
    assert shown.data[inside] == pytest.approx(exact[inside], abs=0.02 * float(np.abs(exact).max()))
    assert shown.residual == pytest.approx(shown.data - shown.fit)
    assert shown.noise_sd < found.noise_sd
    assert smoothed(found, measured.f0_mhz, 0.0) is found


def test_noise_of_a_smoothed_spectrum_is_what_the_band_says(measured: Spectrum, found: Fit) -> None:
    fid = noise(np.random.default_rng(2), 1.0)
    white = spectrum_of(fid, 2 * len(fid)).real[: found.ppm.size]
    before = replace(found, residual=white, data=white, fit=np.zeros_like(white), noise_sd=float(np.std(white)))
    after = smoothed(before, measured.f0_mhz, 5.0)
    assert float(np.std(after.data)) == pytest.approx(after.noise_sd, rel=0.25)


def test_another_disc_is_scaled_to_the_same_reference() -> None:
    exam = sample_exam(sample_study())
    mine, other = exam.voxels[3].fit, exam.voxels[0].fit
    assert mine is not None
    assert other is not None
    overlay = overlay_on(mine, other, "L1-L2", {"PG": 1.0}, "PG")
    row = mine.names.index("PG")
    assert overlay.factor == pytest.approx(mine.amplitudes[row] / other.amplitudes[row])
    assert overlay.how == "same PG"
    assert overlay.curve == pytest.approx(other.components.sum(axis=0) * overlay.factor)


def test_without_a_clear_reference_the_whole_area_sets_the_scale() -> None:
    exam = sample_exam(sample_study())
    mine, other = exam.voxels[3].fit, exam.voxels[0].fit
    assert mine is not None
    assert other is not None
    overlay = overlay_on(mine, other, "L1-L2", {"Nothing": 1.0}, "Nothing")
    assert overlay.how == "same total area"
    assert overlay.factor == pytest.approx(mine.components.sum() / other.components.sum())
