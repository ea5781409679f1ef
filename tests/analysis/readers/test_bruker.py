"""Bruker ParaVision measurements, made after what spec2nii knows of them: three files of one folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import NothingToRead, UnreadableFile
from analysis.readers import inspect_file, read_signal, read_studies
from tests.analysis.readers.builders import METABOLITES, fid
from tests.analysis.readers.raw_builders import bruker

FIDS = np.array([1e5 * (n + 1) * fid(METABOLITES) for n in range(3)])


@pytest.mark.parametrize("padded", [False, True])
def test_a_measurement_is_three_files_and_one_signal(tmp_path, padded):
    bruker(tmp_path / "exam" / "5", FIDS, padded)
    (study,) = read_studies([tmp_path])
    (found,) = study.acquisitions
    assert np.allclose(found.fids[0], FIDS, atol=1)
    known = found.parameters
    assert (known.f0_mhz, known.spectral_width_hz, known.te_s, known.tr_s, known.reference_ppm) == (
        300.3, 2000.0, 0.016, 2.5, 4.7,
    )  # fmt: skip
    assert (known.sequence, known.localisation, found.voxel) == ("Bruker:PRESS", "PRESS", None)
    assert {Path(one.path).name for one in found.sources} == {"method", "acqp", "fid"}
    assert study.skipped == ()
    assert any("No real file has confirmed" in text for text in found.warnings)


def test_points_before_the_echo_are_left_out(tmp_path):
    found = read_signal(bruker(tmp_path, FIDS, PVM_DigShift=68))
    assert np.allclose(found.fids[0], FIDS[:, 68:], atol=1)


def test_any_part_stands_for_the_whole(tmp_path):
    bruker(tmp_path, FIDS)
    assert np.array_equal(read_signal(tmp_path / "fid").fids, read_signal(tmp_path / "method").fids)
    assert "read with their header, method" in inspect_file(tmp_path / "acqp")[0]


@pytest.mark.parametrize("missing", ["method", "acqp", "fid"])
def test_a_missing_part_is_said(tmp_path, missing):
    bruker(tmp_path, FIDS)
    (tmp_path / missing).unlink()
    with pytest.raises(NothingToRead, match="beside it"):
        read_studies([tmp_path])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ACQ_size": "( 1 )\n2147483648"}, "number of data points"),
        ({"ACQ_size": "( 1 )\n1024"}, "where its header announces"),
        ({"NR": -3}, "where its header announces"),
        ({"ACQ_dim_desc": "( 3 )\nSpectroscopic Spatial Spatial"}, "imaging grid"),
        ({"BYTORDA": "middle"}, "no known kind of numbers"),
        ({"BF1": "nan"}, "transmitter frequency"),
        ({"PVM_SpecSWH": "none"}, "not spectroscopy"),
        ({"NUCLEUS": "( 8 )\n<31P>"}, "31P"),
        ({"PVM_DigShift": 1000}, "points before the echo"),
    ],
)
def test_impossible_and_other_measurements_give_a_reason(tmp_path, changes, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read_signal(bruker(tmp_path, FIDS, **changes))
