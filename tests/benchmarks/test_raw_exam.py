"""A raw exam of a few coils from file to results; where benchmarks are asked for, the whole one with time and memory.

.venv/bin/python -m pytest tests/benchmarks/test_raw_exam.py --benchmark-enable -s
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from analysis.pipeline import analyse
from analysis.readers import read_studies
from tests.benchmarks.raw_exam import write_raw_exam
from tests.benchmarks.simulated import shipped, spin_library


def test_a_raw_exam_gives_what_was_simulated(tmp_path):
    phantom = write_raw_exam(tmp_path, 3, coils=3, repeats=1)
    (study,) = read_studies([tmp_path])
    assert [one.label for one in study.acquisitions] == [disc.label for disc in phantom.discs]
    for one in study.acquisitions:
        assert one.fids.shape == (3, 64, 2048)
        assert one.fids.dtype == np.complex64
        assert one.water is not None
    result = analyse(study, shipped("disc"), spin_library())
    assert result.evaluable >= 4
    for voxel, disc in zip(result.voxels, phantom.discs, strict=True):
        assert voxel.spectrum.history[0].values["coils"] == 3
        assert not voxel.spectrum.kept[list(disc.spoilt)].any()
        ratio = voxel.ratios["LAAL/PG"]
        assert abs(ratio.value - disc.ratios["LAAL/PG"]) < 4 * ratio.sd


@pytest.mark.slow
def test_time_and_memory_of_a_raw_exam(request, tmp_path):
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("benchmarks are not enabled")
    from tests.benchmarks.exam_speed import measure

    sys.stdout.write("\n" + "\n".join(measure(tmp_path)) + "\n")
