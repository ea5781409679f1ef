"""Total areas: of a water FID, and of one line of a basis signal."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import FitFailed
from analysis.line_area import amplitude_at_start, singlet_amplitude
from analysis.types import Sampling

SAMPLING = Sampling(127.8, 4000.0, 4096, 4.65)
TIME = np.arange(SAMPLING.points) / SAMPLING.spectral_width_hz


def line(ppm: float, area: float, lorentz_hz: float, gauss_hz: float = 0.0) -> np.ndarray:
    decay = np.pi * lorentz_hz * TIME + (np.pi * gauss_hz * TIME) ** 2 / (4 * np.log(2))
    return area * np.exp(2j * np.pi * (ppm - SAMPLING.reference_ppm) * SAMPLING.f0_mhz * TIME - decay)


@pytest.mark.parametrize(("lorentz_hz", "gauss_hz"), [(3.0, 0.0), (12.0, 0.0), (3.0, 9.0), (1.0, 20.0)])
def test_the_start_of_a_voigt_line_whatever_its_width_and_phase(lorentz_hz, gauss_hz):
    water = line(4.70, 5e4, lorentz_hz, gauss_hz) * np.exp(0.7j)
    water[0] *= 0.5
    assert amplitude_at_start(water, SAMPLING).value == pytest.approx(5e4, rel=1e-6)


def test_its_sd_is_the_scatter():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(300):
        noise = rng.standard_normal(len(TIME)) + 1j * rng.standard_normal(len(TIME))
        found.append(amplitude_at_start(line(4.65, 1000.0, 6.0) + 5 * noise, SAMPLING))
    assert np.std([f.value for f in found]) == pytest.approx(np.median([f.sd for f in found]), rel=0.2)


@pytest.mark.parametrize("water", [np.zeros(512, dtype=complex), np.ones(5, dtype=complex)])
def test_no_water_has_no_start(water):
    with pytest.raises(FitFailed):
        amplitude_at_start(water, SAMPLING)


@pytest.mark.parametrize(("lorentz_hz", "gauss_hz"), [(0.5, 0.0), (2.0, 0.0), (4.0, 0.0), (1.0, 3.0)])
def test_a_line_beside_others_by_its_whole_area(lorentz_hz, gauss_hz):
    fid = line(3.03, 3.0, lorentz_hz, gauss_hz) + line(3.91, 2.0, lorentz_hz, gauss_hz) + line(0.0, 0.1, lorentz_hz)
    fid[0] *= 0.5
    assert singlet_amplitude(fid, SAMPLING, 3.03, 0.08) == pytest.approx(3.0, rel=2e-3)


def test_a_signal_that_was_filled_with_zeros_has_the_same_area():
    """LCModel stores basis signals so; a 2 Hz line is cut at 4 % of its start."""
    fid = line(3.03, 3.0, 2.0)
    fid[len(fid) // 2 :] = 0
    assert singlet_amplitude(fid, SAMPLING, 3.03, 0.08) == pytest.approx(3.0, rel=2e-3)


def test_an_empty_signal_has_no_line():
    with pytest.raises(FitFailed, match="reference line"):
        singlet_amplitude(np.zeros(SAMPLING.points, dtype=complex), SAMPLING, 3.03, 0.08)
