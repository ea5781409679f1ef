"""Water scaling against lines whose area is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import FitFailed
from analysis.types import Basis, Sampling
from analysis.water_scaling import WaterRules, singlet_area, visible_water_mm, water_area, water_scale
from app.fit_command import load_bare_rules

SAMPLING = Sampling(127.8, 4000.0, 4096, 4.65)
TIME = np.arange(SAMPLING.points) / SAMPLING.spectral_width_hz


def line(ppm: float, area: float, gauss_hz: float) -> np.ndarray:
    """A Gaussian line, which has no tails to lose: its integral is exact."""
    decay = (math.pi * gauss_hz * TIME) ** 2 / (4 * math.log(2))
    return area * np.exp(2j * np.pi * (ppm - 4.65) * SAMPLING.f0_mhz * TIME - decay)


def basis_of(scale: float = 1.0, name: str = "Cr") -> Basis:
    fid = scale * (line(3.027, 3.0, 3.0) + line(3.91, 2.0, 3.0))
    return Basis((name,), fid[None], SAMPLING, "PRESS", 0.03)


@pytest.fixture(scope="module")
def rules() -> WaterRules:
    return load_bare_rules().water


def test_areas_of_gaussian_lines_are_exact(rules):
    assert singlet_area(basis_of(), rules.singlets[0], 0.05, rules) == pytest.approx(3.0 / 2, rel=2e-3)
    assert water_area(line(4.65, 1e4, 6.0), SAMPLING, rules) == pytest.approx(1e4 / 2, rel=2e-3)


def test_an_offset_and_a_phase_of_the_water_do_not_matter(rules):
    plain = water_area(line(4.65, 1e4, 6.0), SAMPLING, rules)
    turned = line(4.70, 1e4, 6.0) * np.exp(1.1j)
    turned[0] *= 0.5
    # The phase is taken from the second point, which an offset of 6 Hz turns by 0.01 rad.
    assert water_area(turned, SAMPLING, rules) == pytest.approx(plain, rel=1e-3)


def test_visible_water_is_the_challenges(rules):
    """README of the fitting challenge 2016: 29697 mM at 30 ms."""
    assert visible_water_mm(rules, 0.030) == pytest.approx(29697, abs=1)


@pytest.mark.parametrize("scale", [1.0, 0.01, 50.0])
def test_concentration_does_not_depend_on_the_scale_of_the_basis(rules, scale):
    """8 mM creatine in 29697 mM of visible water: 3 protons at 8 exp(-TE/T2) against 2 at 29697."""
    amplitude = 8.0 * math.exp(-0.030 / 0.160) / scale
    water = line(4.65, 2 * 29697.0, 6.0)
    found = water_scale(basis_of(scale), 0.05, water, SAMPLING, 0.030, rules)
    assert amplitude * found.millimolar_per_unit == pytest.approx(8.0, rel=3e-3)
    assert "assumed" not in " ".join(found.sentences)


def lorentz(ppm: float, area: float, width_hz: float) -> np.ndarray:
    return area * np.exp(2j * np.pi * (ppm - 4.65) * SAMPLING.f0_mhz * TIME - math.pi * width_hz * TIME)


@pytest.mark.parametrize(("basis_hz", "water_hz"), [(1.0, 3.0), (2.0, 6.0), (3.0, 12.0)])
def test_total_areas_depend_on_no_line_width_and_windows_do(rules, basis_hz, water_hz):
    """The argument for total areas: the same tissue must not change with the basis set's lines or the shim."""
    basis = replace(basis_of(), fids=(lorentz(3.027, 3.0, basis_hz) + lorentz(3.91, 2.0, basis_hz))[None])
    water = lorentz(4.65, 2 * 29697.0, water_hz)
    amplitude = 8.0 * math.exp(-0.030 / 0.160)
    windows, total = (
        amplitude * water_scale(basis, None, water, SAMPLING, 0.030, rules.model_copy(update={"areas": areas}))
        .millimolar_per_unit
        for areas in ("lcmodel", "total")
    )  # fmt: skip
    assert total == pytest.approx(8.0, rel=2e-3)
    assert windows < 0.97 * total


def test_the_sentences_say_which_areas_and_what_the_other_would_give(rules):
    found = water_scale(basis_of(), 0.05, line(4.65, 1e4, 6.0), SAMPLING, 0.03, rules)
    assert "as LCModel does" in found.sentences[0]
    assert "total areas (amplitudes at t = 0) every number would be 1.00" in found.sentences[0]


def test_an_assumed_echo_time_is_said(rules):
    found = water_scale(basis_of(), None, line(4.65, 1e4, 6.0), SAMPLING, None, rules)
    assert "assumed" in " ".join(found.sentences)


def test_a_basis_without_a_reference_line_is_refused(rules):
    with pytest.raises(FitFailed, match="one of the signals Cr"):
        water_scale(basis_of(name="Lac"), None, line(4.65, 1e4, 6.0), SAMPLING, 0.03, rules)
