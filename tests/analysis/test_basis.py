"""A basis is the sum of what it is said to be made of."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.basis import SIMULATOR_VERSION, broad_fid, pick, simulate_basis
from analysis.errors import BadProtocol
from analysis.sequences import Sequence, SlicePulses
from analysis.spin_library import BroadLine, BroadSignal, SpinLibrary
from analysis.spin_systems import Hetero, SpinGroup, SpinSystem
from analysis.spins import simulate_fid
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


def test_the_simulator_version_is_raised_when_the_same_tables_give_other_numbers():
    """Bases on disk are trusted by their key: when this fails for a good reason, raise `SIMULATOR_VERSION` as well."""
    sampling = Sampling(123.2, 2000.0, 64, 4.65)
    pair = SpinGroup((4.1, 2.6, 2.6, 1.3), ((0, 1, 3.0), (0, 2, 9.0), (1, 2, -15.0), (1, 3, 6.0)), hetero=())
    other = SpinGroup((3.6, 3.6), ((0, 1, -14.0),), hetero=(Hetero(1.0, (0.5, 2.5)),))
    system = SpinSystem("X", "", (pair, other), "", "")
    library = SpinLibrary({"X": system}, {"B": BroadSignal("B", "", (BroadLine(1.3, 0.2, 2.0),), "", "")})
    sequences = {
        Sequence("PRESS", 0.030, te1_s=0.011): (
            5.006369 + 0.001456j,
            -1.411542 - 1.928248j,
            3.025327 - 0.797544j,
            2.000000 + 0.000000j,
            1.123487 - 1.154984j,
            0.234262 - 0.001001j,
        ),
        Sequence("STEAM", 0.020, tm_s=0.010): (
            5.738533 - 0.000002j,
            -1.898869 - 1.635719j,
            3.922569 - 0.845810j,
            2.000000 + 0.000000j,
            1.123487 - 1.154984j,
            0.234262 - 0.001001j,
        ),
        Sequence("PRESS", 0.030, pulses=SlicePulses(1250.0)): (
            5.386452 + 0.005393j,
            -1.659587 - 1.750976j,
            3.575241 - 0.827972j,
            2.000000 + 0.000000j,
            1.123487 - 1.154984j,
            0.234262 - 0.001001j,
        ),
        Sequence("sLASER", 0.040, pulses=SlicePulses(5000.0, 0.0045)): (
            4.416729 + 0.001561j,
            -1.051364 - 2.018364j,
            2.500123 - 0.786282j,
            2.000000 + 0.000000j,
            1.123487 - 1.154984j,
            0.234262 - 0.001001j,
        ),
    }
    assert SIMULATOR_VERSION == 1
    for sequence, recorded in sequences.items():
        fids = simulate_basis({"X": {"X": 1.0}, "B": {"B": 1.0}}, library, sequence, sampling).fids
        assert fids[:, [0, 20, 63]].ravel() == pytest.approx(np.array(recorded), abs=2e-6), sequence.describe()
