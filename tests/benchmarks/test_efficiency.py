"""A short run of `efficiency`: far enough from the targets to hold for few spectra, near enough to notice a loss."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.brain_and_disc import brain_case, disc_case
from tests.benchmarks.efficiency import WELL_DETERMINED, measure

_BROAD = ("MM", "Lip")


@pytest.mark.parametrize("case", [brain_case(), disc_case()], ids=lambda case: case.name)
def test_a_matched_fit_is_near_the_bound_and_its_intervals_hold(case):
    tally = measure(case, 40, 1001)
    z, relative = np.array(tally.z_bound), np.median(np.array(tally.relative), axis=0)
    names = np.array(case.basis.names)
    sure = (relative <= WELL_DETERMINED) & ~np.char.startswith(names, _BROAD[0]) & ~np.char.startswith(names, _BROAD[1])
    assert sure.sum() >= 4
    assert np.sqrt(np.mean(z[:, sure].var(axis=0, ddof=1))) < 1.1
    assert np.abs(z[:, sure].mean(axis=0)).mean() < 0.3
    assert 0.85 < np.mean(np.abs(np.array(tally.z_fit)) < 1.645) < 0.96
    assert tally.lost == 0


@pytest.mark.parametrize("mismatch", ["line shape", "extra lipid", "tilted baseline"])
def test_intervals_of_a_disc_hold_where_the_model_is_wrong(mismatch):
    tally = measure(disc_case(), 25, 1001, mismatch, with_bound=False)
    assert np.mean([inside for name in tally.ratio_inside for inside in tally.ratio_inside[name]]) > 0.8
    assert tally.lost == 0
