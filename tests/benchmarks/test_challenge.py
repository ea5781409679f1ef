"""The challenge's spectra through `discern fit`: none is silent, and the usual ones lie where the peers put them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.challenge import SETS, Case, creatine_mm, job_of, run_all, without_water

USUAL = range(1, 24)
SPOILT = range(24, 29)
"""An artefact (24), lipid (25 to 27), both (28)."""


@pytest.fixture(scope="module")
def cases(shared_data) -> dict[int, Case]:
    return {case.number: case for case in run_all(shared_data)}


def test_every_spectrum_is_fitted_or_says_why(cases):
    assert tuple(cases) == SETS
    for case in cases.values():
        assert case.row.remarks if case.row.fit is None else np.all(np.isfinite(case.row.fit.amplitudes))


@pytest.mark.parametrize("number", SPOILT)
def test_what_the_basis_set_does_not_describe_is_said(cases, number):
    """Lipid is asked for by itself, because a flexible baseline leaves little misfit of the weakest (27)."""
    misfit, lipid = (
        any(words in remark for remark in cases[number].row.remarks)
        for words in ("does not describe this spectrum", "There is lipid")
    )
    assert lipid == (number != 24)
    assert misfit or lipid


@pytest.mark.parametrize("number", USUAL)
def test_the_usual_spectra_are_not_warned_of(cases, number):
    assert not [r for r in cases[number].row.remarks if "lipid" in r]


@pytest.mark.parametrize("group", ["tNAA", "tCr", "tCho"])
def test_the_usual_spectra_lie_within_the_peers_spread(cases, group):
    outside = [n for n in USUAL if cases[n].cells[group].outside]
    assert len(outside) <= 1, outside


def test_without_water_the_broad_lorentzian_lines_are_as_large_as_the_narrow_ones(cases, shared_data):
    """Sets 1 to 3 differ by their Lorentzian width, to 8 Hz; FSL-MRS finds 4 % less in the last, LCModel 17 % less."""
    job = job_of(shared_data)
    ours, lcmodel, fsl = np.array([without_water(shared_data, cases[n], job, "tNAA") for n in (1, 2, 3)]).T
    assert np.ptp(ours) < 0.03 * ours.mean()
    assert np.allclose(ours, fsl, rtol=0.05)
    assert lcmodel[2] < 0.85 * lcmodel[0]


def test_the_creatine_set_by_both_estimators(shared_data):
    """10.00 mM, by the organisers. Its water starts at 0.924 of what its README implies; total areas show it."""
    assert creatine_mm(shared_data, "lcmodel") == pytest.approx(9.81, abs=0.05)
    assert creatine_mm(shared_data, "total") == pytest.approx(10.003 / 0.9237, rel=0.003)
