"""Time to simulate a basis, and to read one that was simulated before; never a failure.

OPENBLAS_NUM_THREADS=1 .venv/bin/python -m pytest tests/benchmarks/test_simulation_speed.py --benchmark-enable
"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.basis import simulate_basis
from analysis.sequences import Sequence, SlicePulses
from analysis.spin_systems import SpinGroup, SpinSystem
from analysis.spins import simulate_fid
from analysis.types import Sampling
from app.basis_cache import BasisCache
from tests.benchmarks.simulated import shipped, spin_library

SAMPLING = Sampling(123.2, 2500.0, 2048, 4.65)
PRESS = Sequence("PRESS", 0.030)


def signals_of(name: str):
    return {s.name: s.of for s in shipped(name).rules.signals}


@pytest.mark.parametrize("name", ["disc", "brain"])
def test_simulate_a_basis(benchmark, name):
    basis = benchmark(simulate_basis, signals_of(name), spin_library(), PRESS, SAMPLING)
    assert basis.names == tuple(signals_of(name))


@pytest.mark.parametrize("name", ["disc", "brain"])
def test_read_a_basis_from_the_cache(benchmark, name, tmp_path):
    cache = BasisCache(tmp_path)
    made = cache(signals_of(name), spin_library(), PRESS, SAMPLING)
    found = benchmark(cache, signals_of(name), spin_library(), PRESS, SAMPLING)
    assert np.array_equal(found.fids, made.fids)


def test_simulate_eight_coupled_protons_without_symmetry(benchmark):
    group = SpinGroup(tuple(1.0 + 0.4 * np.arange(8)), tuple((k, k + 1, 6.0 + k) for k in range(7)))
    system = SpinSystem("", "", (group,), "", "")
    assert np.all(np.isfinite(benchmark(simulate_fid, system, PRESS, SAMPLING)))


@pytest.mark.parametrize("name", ["disc", "brain"])
def test_simulate_a_basis_with_slice_selective_pulses(benchmark, request, name):
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("benchmarks are not enabled; tests/analysis/test_shaped_sequence.py simulates such signals anyway")
    sequence = Sequence("PRESS", 0.030, pulses=SlicePulses(1250.0))
    arguments = (signals_of(name), spin_library(), sequence, SAMPLING)
    assert benchmark.pedantic(simulate_basis, arguments, rounds=3, iterations=1).names == tuple(signals_of(name))
