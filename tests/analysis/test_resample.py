"""Resampling a basis against FIDs whose value is known at every time."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import FitFailed
from analysis.resample import resampled
from analysis.types import Basis, Sampling

LINES = ((2.01, 3.0, 6.0), (3.03, 3.0, 9.0), (3.92, 2.0, 9.0), (1.31, 1.5 * np.exp(0.6j), 5.0), (4.1, -1.0, 12.0))
"""ppm, amplitude (one with a phase of its own, as J-coupled lines have), damping per s."""


def analytic(sampling: Sampling) -> np.ndarray:
    t = np.arange(sampling.points) / sampling.spectral_width_hz
    turn = 2j * np.pi * sampling.f0_mhz
    return sum(a * np.exp(turn * (ppm - sampling.reference_ppm) * t - d * t) for ppm, a, d in LINES)


def basis_of(sampling: Sampling, fid: np.ndarray | None = None) -> Basis:
    fids = (analytic(sampling) if fid is None else fid)[None]
    return Basis(("a",), fids, sampling, "PRESS", 0.03)


OWN = Sampling(127.8, 4000.0, 4096, 4.65)


@pytest.mark.parametrize(
    ("wanted", "tolerance"),
    [
        (OWN, 1e-12),
        (Sampling(127.8, 4000.0, 2048, 4.65), 1e-12),
        (Sampling(127.8, 4000.0, 6000, 4.65), 1e-2),
        (Sampling(127.8, 2000.0, 1024, 4.65), 3e-4),
        (Sampling(127.8, 3000.0, 2048, 4.65), 3e-4),
        (Sampling(127.8, 5000.0, 4096, 4.65), 3e-4),
        (Sampling(127.8, 4000.0, 2048, 4.70), 1e-12),
    ],
)
def test_resampling_agrees_with_the_analytic_fid(wanted, tolerance):
    found = resampled(basis_of(OWN), wanted)
    assert found.sampling == wanted
    np.testing.assert_allclose(found.fids[0], analytic(wanted), atol=tolerance * 10)


def test_shifts_in_ppm_stay_at_another_field_of_the_same_class():
    wanted = Sampling(123.2, 4000.0, 2048, 4.65)
    found = resampled(basis_of(OWN), wanted).fids[0]
    # Damping is stretched with the time axis: at most 4 % here.
    t = np.arange(2048) / 4000.0
    ratio = 123.2 / 127.8
    truth = sum(a * np.exp((2j * np.pi * 123.2 * (ppm - 4.65) - d * ratio) * t) for ppm, a, d in LINES)
    np.testing.assert_allclose(found, truth, atol=3e-3)


def test_the_first_point_keeps_its_half_weight():
    fid = analytic(OWN)
    halved = fid.copy()
    halved[0] *= 0.5
    found = resampled(basis_of(OWN, halved), Sampling(127.8, 3000.0, 2048, 4.65)).fids[0]
    truth = analytic(Sampling(127.8, 3000.0, 2048, 4.65))
    assert found[0] == pytest.approx(halved[0], abs=1e-9)
    np.testing.assert_allclose(found[1:], truth[1:], atol=3e-3)


def test_another_field_is_refused_with_both_numbers():
    with pytest.raises(FitFailed, match=r"127\.8 MHz.*63\.9 MHz"):
        resampled(basis_of(OWN), Sampling(63.9, 2000.0, 1024, 4.65))


def test_lines_that_would_fold_are_refused():
    with pytest.raises(FitFailed, match="spectral width"):
        resampled(basis_of(OWN), Sampling(127.8, 500.0, 512, 4.65))
