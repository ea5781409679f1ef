"""A basis is the sum of what it is said to be made of."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.basis import broad_fid, pick, simulate_basis
from analysis.errors import BadProtocol
from analysis.spin_library import BroadLine, BroadSignal
from analysis.spins import Sequence, simulate_fid
from analysis.types import Sampling
from analysis.units import ppm_axis, spectrum_of
from tests.benchmarks.simulated import spin_library

SAMPLING = Sampling(127.74, 2500.0, 1024, 4.65)
PRESS = Sequence("PRESS", 0.030)


@pytest.fixture(scope="module")
def basis():
    signals = {"tCr": {"Cr": 0.5, "PCr": 0.5}, "Lac": {"Lac": 1.0}, "Fat": {"Lip13a": 0.5, "Lip13b": 0.5}}
    return simulate_basis(signals, spin_library(), PRESS, SAMPLING)


def test_a_broad_line_has_the_position_width_and_area_that_it_states():
    signal = BroadSignal("X", "X", (BroadLine(1.28, 0.15, 2.0), BroadLine(3.0, 0.10, 1.0)), "", "")
    fid = broad_fid(signal, SAMPLING)
    assert fid[0] == pytest.approx(3.0)
    points = 16 * SAMPLING.points
    ppm = ppm_axis(points, SAMPLING.spectral_width_hz, SAMPLING.f0_mhz, SAMPLING.reference_ppm)
    real = spectrum_of(fid, points).real
    for line in signal.lines:
        near = np.abs(ppm - line.ppm) < 0.4
        upright = real[near]
        assert ppm[near][upright.argmax()] == pytest.approx(line.ppm, abs=1e-3)
        half = ppm[near][upright >= upright.max() / 2]
        assert np.ptp(half) == pytest.approx(line.fwhm_ppm, rel=0.01)
        assert upright.sum() / points == pytest.approx(line.area / 2, rel=1e-3)


def test_a_mixture_is_the_weighted_sum_of_its_parts(basis):
    systems, broad = spin_library().systems, spin_library().broad
    cr, pcr = (simulate_fid(systems[key], PRESS, SAMPLING) for key in ("Cr", "PCr"))
    assert basis.fids[0] == pytest.approx((cr + pcr) / 2)
    assert basis.fids[0][0] == pytest.approx(5.0)
    wide, narrow = (broad_fid(broad[key], SAMPLING) for key in ("Lip13a", "Lip13b"))
    assert basis.fids[2] == pytest.approx((wide + narrow) / 2)


def test_a_basis_says_what_it_is(basis):
    assert basis.names == ("tCr", "Lac", "Fat")
    assert basis.fids.shape == (3, SAMPLING.points)
    assert basis.sampling == SAMPLING
    assert (basis.sequence, basis.te_s) == ("PRESS", 0.030)
    assert "PRESS TE 30 ms" in basis.description


def test_pick_reorders(basis):
    some = pick(basis, ["Fat", "tCr"])
    assert some.names == ("Fat", "tCr")
    assert np.array_equal(some.fids, basis.fids[[2, 0]])
    assert some.sampling == basis.sampling


def test_an_unknown_signal_is_named():
    with pytest.raises(BadProtocol, match="'Unobtainium'"):
        simulate_basis({"X": {"Unobtainium": 1.0}}, spin_library(), PRESS, SAMPLING)
