"""Time of each arrow; every one runs once in the ordinary tests, and is timed with ``--benchmark-enable``.

OPENBLAS_NUM_THREADS=1 .venv/bin/python -m pytest tests/benchmarks/test_speed.py --benchmark-enable
"""

from __future__ import annotations

import itertools

import pytest

from analysis.fit import fit_spectrum
from analysis.phantom import simulate_exam
from analysis.pipeline import analyse
from analysis.preprocess import process
from analysis.types import FitSettings, ProcessSettings
from tests.benchmarks.brain_and_disc import brain_case, simulate
from tests.benchmarks.simulated import acquisition_of, basis_of, exam, shipped, spin_library, study_of


def test_process_a_voxel(benchmark):
    spectrum = benchmark(process, acquisition_of(exam(1).discs[0], 0), ProcessSettings())
    assert spectrum.kept.any()


@pytest.fixture(scope="module")
def brain():
    """26 signals, 2048 points, as for the table of the engine's issue."""
    case = brain_case()
    return case, simulate(case, 1, "smooth baseline").spectrum


def test_fit_a_brain_from_nothing(benchmark, brain):
    case, spectrum = brain
    assert benchmark(fit_spectrum, spectrum, case.basis, case.protocol).converged


def test_fit_a_brain_again(benchmark, brain):
    case, spectrum = brain
    whole = fit_spectrum(spectrum, case.basis, case.protocol)
    assert benchmark(fit_spectrum, spectrum, case.basis, case.protocol, warm=whole).converged


def test_drag_the_phase_of_a_brain(benchmark, brain):
    """Every step of the drag starts from the fit of the step before."""
    case, spectrum = brain
    whole = fit_spectrum(spectrum, case.basis, case.protocol)
    steps = itertools.count(1)

    def one_step():
        settings = FitSettings(phase0_rad=whole.phase0_rad + 0.002 * next(steps))
        return fit_spectrum(spectrum, case.basis, case.protocol, settings, warm=whole)

    assert benchmark(one_step).settings.phase0_rad is not None


@pytest.fixture(scope="module")
def spectrum():
    return process(acquisition_of(exam(1).discs[0], 0), ProcessSettings())


def test_fit_from_nothing(benchmark, spectrum):
    assert benchmark(fit_spectrum, spectrum, basis_of("disc"), shipped("disc")).converged


def test_fit_again_after_an_edit(benchmark, spectrum):
    """What a reader waits for after moving a slider."""
    whole = fit_spectrum(spectrum, basis_of("disc"), shipped("disc"))
    assert benchmark(fit_spectrum, spectrum, basis_of("disc"), shipped("disc"), warm=whole).converged


def test_simulate_an_exam(benchmark):
    assert len(benchmark(simulate_exam, spin_library(), 1).discs) == 5


def test_analyse_an_exam(benchmark, request):
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("benchmarks are not enabled; tests/analysis/test_pipeline.py analyses an exam anyway")
    study = study_of(exam(1))
    result = benchmark.pedantic(analyse, (study, shipped("disc"), spin_library()), rounds=3, iterations=1)
    assert result.evaluable >= 3
