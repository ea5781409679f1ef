"""Signs, references and transforms: lines must land where the convention says, with the area it says."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.units import (
    FWHM_PER_GAUSS_SD,
    WATER_PPM,
    conjugated,
    frequency_axis_hz,
    hz_of_ppm,
    ppm_axis,
    spectrum_of,
    time_axis_s,
)

F0_MHZ, WIDTH_HZ, POINTS, REFERENCE_PPM = 127.74, 2500.0, 2048, 4.65


def line(offset_hz: float, fwhm_hz: float, points: int = POINTS) -> np.ndarray:
    time = time_axis_s(points, WIDTH_HZ)
    return np.exp((2j * np.pi * offset_hz - np.pi * fwhm_hz) * time)


@pytest.mark.parametrize("offset_ppm", [1.0, -1.0, -3.34, 5.5])
def test_a_line_lands_at_reference_plus_its_offset(offset_ppm):
    spectrum = spectrum_of(line(offset_ppm * F0_MHZ, 5.0), 8 * POINTS)
    ppm = ppm_axis(8 * POINTS, WIDTH_HZ, F0_MHZ, REFERENCE_PPM)
    step = ppm[1] - ppm[0]
    assert ppm[np.argmax(np.abs(spectrum))] == pytest.approx(REFERENCE_PPM + offset_ppm, abs=step)


def test_axes_ascend_and_meet_at_the_reference():
    for points in (2048, 2047):
        frequency = frequency_axis_hz(points, WIDTH_HZ)
        ppm = ppm_axis(points, WIDTH_HZ, F0_MHZ, REFERENCE_PPM)
        assert np.all(np.diff(frequency) > 0)
        assert np.all(np.diff(ppm) > 0)
        assert ppm[np.argmin(np.abs(frequency))] == REFERENCE_PPM
        assert len(frequency) == points
        assert np.ptp(frequency) < WIDTH_HZ
    assert time_axis_s(5, 2500.0) == pytest.approx(np.array([0, 0.4e-3, 0.8e-3, 1.2e-3, 1.6e-3]))


def test_hz_of_ppm_agrees_with_the_axis():
    frequency = frequency_axis_hz(POINTS, WIDTH_HZ)
    ppm = ppm_axis(POINTS, WIDTH_HZ, F0_MHZ, REFERENCE_PPM)
    assert np.array([hz_of_ppm(p, F0_MHZ, REFERENCE_PPM) for p in ppm]) == pytest.approx(frequency, abs=1e-9)
    assert hz_of_ppm(2.01, 123.25, 4.65) == pytest.approx(-325.38)


def test_a_lorentzian_has_the_height_area_and_width_of_the_formula():
    """With the first point halved the sum is the trapezoidal integral: the real part is 1/(pi w) per Hz at its peak."""
    fwhm_hz, length = 6.0, 16 * POINTS
    spectrum = spectrum_of(line(100.0, fwhm_hz), length).real / WIDTH_HZ
    step_hz = WIDTH_HZ / length
    assert spectrum.max() == pytest.approx(1 / (np.pi * fwhm_hz), rel=1e-3)
    above = spectrum >= spectrum.max() / 2
    assert above.sum() * step_hz == pytest.approx(fwhm_hz, abs=2 * step_hz)
    # half of s(0): the other half of the first point belongs to the negative times that were not measured
    assert spectrum.sum() * step_hz == pytest.approx(0.5, rel=1e-9)


def test_halving_the_first_point_removes_the_offset_far_from_a_line():
    fid = line(-600.0, 5.0)
    far = slice(-POINTS // 8, None)
    halved = spectrum_of(fid).real[far]
    whole = np.fft.fftshift(np.fft.fft(fid)).real[far]
    assert np.abs(halved).max() < 0.02
    assert whole.mean() == pytest.approx(0.5, abs=0.02)


def test_zero_filling_keeps_the_points_it_adds_to():
    fid = line(37.0, 4.0)
    assert spectrum_of(fid, 2 * POINTS)[::2] == pytest.approx(spectrum_of(fid), abs=1e-9)


def test_the_argument_is_not_written_to_and_leading_axes_are_kept():
    fids = np.ones((3, 2, 16), dtype=np.complex64)
    before = fids.copy()
    spectra = spectrum_of(fids)
    assert spectra.shape == (3, 2, 16)
    assert np.array_equal(fids, before)
    assert spectra[2, 1] == pytest.approx(spectrum_of(fids[2, 1]))


def test_conjugation_mirrors_the_spectrum_about_the_reference():
    there = np.abs(spectrum_of(line(300.0, 5.0)))
    back = np.abs(spectrum_of(conjugated(line(300.0, 5.0))))
    frequency = frequency_axis_hz(POINTS, WIDTH_HZ)
    assert frequency[np.argmax(there)] == pytest.approx(-frequency[np.argmax(back)], abs=2 * WIDTH_HZ / POINTS)
    assert np.array_equal(conjugated(conjugated(line(300.0, 5.0))), line(300.0, 5.0))


def test_constants():
    assert WATER_PPM == 4.65
    x = np.linspace(-5, 5, 200_001)
    above = np.exp(-(x**2) / 2) >= 0.5
    assert np.ptp(x[above]) == pytest.approx(FWHM_PER_GAUSS_SD, abs=1e-4)
