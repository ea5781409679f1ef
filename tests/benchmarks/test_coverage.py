"""Coverage of the stated intervals: minutes of work, so only where benchmarks are asked for.

.venv/bin/python -m pytest tests/benchmarks/test_coverage.py --benchmark-enable -s
"""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.coverage import RATIOS, Tally, measure
from tests.benchmarks.simulated import analysed, exam


@pytest.mark.slow
def test_ninety_percent_intervals_hold_the_truth(request):
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("benchmarks are not enabled")
    tally = measure(20)
    sys.stdout.write("\n" + "\n".join(tally.lines()) + "\n")
    for name in ("Lac/PG", "Ala/PG", "Prop/PG"):
        assert 0.83 <= tally.coverage(name) <= 0.98, name
    assert tally.classes[False]["higher"] <= 0.05 * sum(tally.classes[False].values())


def test_the_report_can_be_made():
    """One exam, without the voxel that was added to it."""
    tally = Tally()
    _, result = analysed(3)
    kept = tuple(voxel for voxel in result.voxels if voxel.fit is not None)
    tally.add(exam(3), type(result)(**{**vars(result), "voxels": kept}), 1.5)
    text = "\n".join(tally.lines())
    assert "1 exams, 1.50 s each" in text
    for name in (*RATIOS, "painful", "painless", "AUC"):
        assert name in text
