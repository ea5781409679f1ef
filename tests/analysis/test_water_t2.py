"""T2 of water from several echoes."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import FitFailed
from analysis.types import Measured
from analysis.water_t2 import water_t2

TE_S = (0.03, 0.06, 0.12, 0.2)


def areas(t2_s: float, rsd: float = 0.0, seed: int = 0, te_s=TE_S) -> list[Measured]:
    rng = np.random.default_rng(seed)
    values = 5e4 * np.exp(-np.array(te_s) / t2_s) * (1 + rsd * rng.standard_normal(len(te_s)))
    return [Measured(float(v), float(v * max(rsd, 1e-4))) for v in values]


@pytest.mark.parametrize("t2_s", [0.045, 0.1, 0.21])
def test_an_exponential_gives_its_t2(t2_s):
    assert water_t2(TE_S, areas(t2_s)).value == pytest.approx(t2_s)
    assert water_t2(TE_S[:2], areas(t2_s, te_s=TE_S[:2])).value == pytest.approx(t2_s)


def test_the_sd_is_the_scatter():
    found = [water_t2(TE_S, areas(0.09, 0.01, seed)) for seed in range(400)]
    scatter = np.std([f.value for f in found])
    assert scatter == pytest.approx(np.median([f.sd for f in found]), rel=0.25)


@pytest.mark.parametrize(
    ("te_s", "values"),
    [((0.03,), (1.0,)), ((0.03, 0.03), (1.0, 1.0)), ((0.03, 0.06), (1.0, 2.0)), ((0.03, 0.06), (1.0, 0.0))],
)
def test_what_gives_no_t2_says_so(te_s, values):
    with pytest.raises(FitFailed):
        water_t2(te_s, [Measured(v, 0.01) for v in values])
