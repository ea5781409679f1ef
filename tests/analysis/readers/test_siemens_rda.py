"""Siemens RDA against the DICOM object of the same measurement, and damaged exports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnreadableFile
from analysis.readers.pairing import same_box
from analysis.readers.records import InputFile, Signal
from analysis.readers.registry import read_file
from tests.analysis.readers.peaks import lines_ppm

HEADER = {
    "PatientID": "T1", "PatientName": "Builder^Test", "StudyDate": "20260102", "SeriesDescription": "svs_se_30",
    "SequenceName": "*svs_se", "TR": "2000,5", "TE": "30.0", "TM": "0", "DwellTime": "500", "NumberOfAverages": "64.0",
    "MRFrequency": "123.25", "Nucleus": "1H", "VectorSize": "64", "CSIMatrixSize[0]": "1", "CSIMatrixSize[1]": "1",
    "CSIMatrixSize[2]": "1", "SliceThickness": "30.0", "PositionVector[0]": "-9.0", "PositionVector[1]": "-10.5",
    "PositionVector[2]": "3.0", "RowVector[0]": "1.0", "RowVector[1]": "0.0", "RowVector[2]": "0.0",
    "ColumnVector[0]": "0.0", "ColumnVector[1]": "1.0", "ColumnVector[2]": "0.0", "VOIPositionSag": "1.0",
    "VOIPositionCor": "2.0", "VOIPositionTra": "3.0", "VOINormalSag": "0.0", "VOINormalCor": "0.0",
    "VOINormalTra": "1.0", "PixelSpacingRow": "25.0", "PixelSpacingCol": "20.0",
}  # fmt: skip


def read(path: Path) -> Signal:
    (signal,) = read_file(InputFile(path, str(path))).signals
    return signal


def write(folder: Path, points: int = 64, **changes: str | None) -> Path:
    """An export with other header values; None leaves a line out."""
    lines = {**HEADER, **{key.replace("__", "[").replace("_", "]"): value for key, value in changes.items()}}
    text = "".join(f"{key}: {value}\r\n" for key, value in lines.items() if value is not None)
    content = b">>> Begin of header <<<\r\n" + text.encode() + b">>> End of header <<<\r\n"
    path = folder / "made.rda"
    path.write_bytes(content + np.exp(1j * np.arange(points)).astype("<c16").tobytes())
    return path


def test_it_says_the_same_as_the_dicom_object_of_the_same_measurement(siemens):
    ours, theirs = read(siemens / "SVS_30.rda"), read(siemens / "SVS_30.IMA")
    scale = np.vdot(theirs.fids, ours.fids) / np.vdot(theirs.fids, theirs.fids)
    assert abs(scale.imag) < 1e-6 * abs(scale)
    assert np.abs(ours.fids - scale * theirs.fids).max() < 1e-5 * np.abs(ours.fids).max()
    assert same_box(ours.voxel, theirs.voxel)
    assert np.subtract(ours.voxel.centre_mm, theirs.voxel.centre_mm) == pytest.approx(np.zeros(3), abs=1e-4)
    for name in ("f0_mhz", "te_s", "tr_s", "averages", "localisation", "sequence", "model"):
        assert getattr(ours.parameters, name) == getattr(theirs.parameters, name), name
    # The export rounds the dwell time to microseconds: 833 for 833.33.
    assert ours.parameters.spectral_width_hz == pytest.approx(theirs.parameters.spectral_width_hz, rel=1e-3)
    assert (ours.averaged_only, ours.suppressed) == (True, None)


def test_old_software_has_its_lines_where_they_belong(shared_data):
    """Symphony VA25, a phantom at room temperature: its water at 4.85 ppm is the carrier, so all lies 0.2 ppm low."""
    signal = read(shared_data / "tarquin/unit/siemens_rda_WS.rda")
    known = signal.parameters
    where = (known.f0_mhz, known.spectral_width_hz, known.reference_ppm + 0.22, 1.6, 3.4, 3)
    assert lines_ppm(signal.fids[0, 0], *where) == pytest.approx([2.01, 3.03, 3.21], abs=0.05)
    assert signal.voxel.centre_mm == (0.0, 0.0, 0.0)
    assert signal.voxel.size_mm == (20.0, 20.0, 20.0)


def test_everything_of_the_header_arrives(tmp_path):
    signal = read(write(tmp_path))
    known = signal.parameters
    assert (known.tr_s, known.te_s, known.tm_s, known.averages) == (2.0005, 0.03, None, 64)
    assert (known.f0_mhz, known.spectral_width_hz) == (123.25, 2000.0)
    assert signal.voxel.centre_mm == (1.0, 2.0, 3.0)
    assert signal.voxel.size_mm == (20.0, 25.0, 30.0)
    assert (signal.info.patient_id, signal.info.study_date) == ("T1", "20260102")
    assert np.allclose(signal.fids[0, 0], np.exp(-1j * np.arange(64)))


def test_two_places_for_one_voxel_are_refused(tmp_path):
    signal = read(write(tmp_path, VOIPositionSag="31.0"))
    assert signal.voxel is None
    assert any("two different places" in text for text in signal.warnings)


@pytest.mark.parametrize(
    ("points", "changes", "reason"),
    [
        (63, {}, "63 data points where its header announces 64"),
        (64, {"VectorSize": "2147483648"}, "no usable number of data points"),
        (64, {"VectorSize": None}, "no usable number of data points"),
        (64, {"MRFrequency": "nan"}, "transmitter frequency"),
        (64, {"DwellTime": "0"}, "spectral width"),
        (64, {"Nucleus": "31P"}, "31P"),
        (64, {"CSIMatrixSize__0_": "16"}, "imaging grid"),
    ],
)
def test_damaged_and_other_exports_give_a_reason(tmp_path, points, changes, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read(write(tmp_path, points, **changes))


def test_a_header_without_an_end_is_refused(tmp_path):
    path = tmp_path / "cut.rda"
    path.write_bytes(b">>> Begin of header <<<\r\nTE: 30\r\n")
    with pytest.raises(UnreadableFile, match="cut short"):
        read(path)
