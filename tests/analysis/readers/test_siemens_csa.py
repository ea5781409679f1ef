"""Siemens private spectroscopy against the text export (RDA) of the same measurement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.errors import UnreadableFile
from analysis.readers.records import InputFile
from analysis.readers.registry import read_file
from analysis.readers.siemens_csa import echo_time_s
from tests.analysis.readers.builders import save
from tests.analysis.readers.peaks import lines_ppm


@pytest.fixture(scope="module")
def rda(siemens) -> tuple[dict[str, str], np.ndarray]:
    """The header lines and the signal of the scanner's own text export."""
    content = (siemens / "SVS_30.rda").read_bytes()
    head, data = content.split(b">>> End of header <<<\r\n", 1)
    lines = (line.split(": ", 1) for line in head.decode("latin-1").splitlines() if ": " in line)
    numbers = np.frombuffer(data[: 1024 * 16], "<f8")
    return {name: value.strip() for name, value in lines}, numbers[0::2] + 1j * numbers[1::2]


@pytest.fixture(scope="module")
def signal(siemens):
    path = siemens / "SVS_30.IMA"
    (found,) = read_file(InputFile(path, str(path))).signals
    return found


def vector(header: dict[str, str], name: str) -> np.ndarray:
    return np.array([float(header[f"{name}[{n}]"]) for n in range(3)])


def test_only_the_conjugate_has_naa_creatine_and_choline_where_they_belong(signal):
    """2.01, 3.03 and 3.21 ppm (Govindaraju et al., NMR Biomed 2000;13:129)."""
    known = signal.parameters
    where = (known.f0_mhz, known.spectral_width_hz, known.reference_ppm, 1.6, 3.4, 3)
    assert lines_ppm(signal.fids[0, 0], *where) == pytest.approx([2.01, 3.03, 3.21], abs=0.05)
    mirrored = lines_ppm(np.conj(signal.fids[0, 0]), *where)
    assert np.abs(np.subtract(mirrored, [2.01, 3.03, 3.21])).max() > 0.2


def test_the_signal_is_the_conjugate_of_the_scanners_own_export(signal, rda):
    """The two exports are scaled differently, and the RDA keeps more digits."""
    ours, theirs = signal.fids[0, 0], np.conj(rda[1])
    scale = np.vdot(theirs, ours) / np.vdot(theirs, theirs)
    assert abs(scale.imag) < 1e-6 * abs(scale)
    assert np.abs(ours - scale * theirs).max() < 1e-5 * np.abs(ours).max()


def test_the_parameters_are_those_of_the_export(signal, rda):
    header, known = rda[0], signal.parameters
    assert known.f0_mhz == pytest.approx(float(header["MRFrequency"]))
    assert known.te_s == pytest.approx(float(header["TE"]) / 1000)
    assert known.tr_s == pytest.approx(float(header["TR"]) / 1000)
    assert known.averages == float(header["NumberOfAverages"])
    assert 1e6 / known.spectral_width_hz == pytest.approx(float(header["DwellTime"]), abs=0.5)  # rounded to 1 us
    assert signal.fids.shape == (1, 1, int(header["VectorSize"]))
    assert known.sequence == header["SequenceName"]
    assert (known.localisation, known.tm_s, signal.averaged_only) == ("PRESS", None, True)
    assert (signal.description or signal.protocol) == header["ProtocolName"]


def test_the_voxel_lies_where_the_export_puts_it(signal, rda):
    header, voxel = rda[0], signal.voxel
    assert voxel is not None
    centre = np.array([float(header[f"VOIPosition{axis}"]) for axis in ("Sag", "Cor", "Tra")])
    assert voxel.centre_mm == pytest.approx(centre, abs=1e-5)
    row, column = vector(header, "RowVector"), vector(header, "ColumnVector")
    normal = np.array([float(header[f"VOINormal{axis}"]) for axis in ("Sag", "Cor", "Tra")])
    assert np.abs(np.array(voxel.axes) @ np.array([row, column, normal]).T) == pytest.approx(np.eye(3), abs=1e-4)
    # The position vector is the corner of the 20 x 40 mm field: half of 20 mm along rows, half of 40 along columns.
    corner = vector(header, "PositionVector")
    assert corner == pytest.approx(centre - 10 * row - 20 * column, abs=1e-3)
    assert voxel.size_mm == pytest.approx((20, 40, 20), abs=1e-6)


def test_it_shares_the_frame_of_reference_of_the_images(signal, siemens):
    image = pydicom.dcmread(siemens / "mri/T1.0001.IMA", stop_before_pixels=True)
    assert signal.frame_of_reference_uid == image.FrameOfReferenceUID


@pytest.fixture
def old(shared_data) -> pydicom.Dataset:
    """Symphony with software 4VA25: a phantom at room temperature."""
    return pydicom.dcmread(shared_data / "tarquin/unit/siemens_ima_WS.ima", force=True)


def read_old(dataset: pydicom.Dataset, path: Path):
    dataset.save_as(path)
    (found,) = read_file(InputFile(path, str(path))).signals
    return found


def test_old_software_has_its_lines_and_its_voxel_where_they_belong(old, tmp_path):
    """Its water is the carrier and warmer bodies' is assumed, so all lies 0.13 ppm low; the RDA has the same voxel."""
    found = read_old(old, tmp_path / "va.ima")
    known = found.parameters
    where = (known.f0_mhz, known.spectral_width_hz, known.reference_ppm + 0.13, 1.6, 3.4, 3)
    assert lines_ppm(found.fids[0, 0], *where) == pytest.approx([2.01, 3.03, 3.21], abs=0.06)
    assert (known.te_s, known.tr_s, known.averages, known.spectral_width_hz) == (0.03, 1.5, 128, 2000.0)
    assert (known.f0_mhz, known.localisation) == (63.683831, "PRESS")
    assert found.voxel.centre_mm == (0.0, 0.0, 0.0)
    assert found.voxel.size_mm == (20.0, 20.0, 20.0)
    assert (found.averaged_only, found.suppressed) == (True, True)


def test_old_software_whose_places_differ_gives_no_voxel(old, tmp_path):
    series = old.private_block(0x0029, "SIEMENS CSA HEADER")[0x20]
    line = b"sSpecPara.sVoI.sNormal.dTra              = 1"
    assert line in series.value
    series.value = series.value.replace(line, b"sSpecPara.sVoI.sPosition.dTra            = 9")
    found = read_old(old, tmp_path / "va.ima")
    assert found.voxel is None
    assert any("different places" in text for text in found.warnings)


def test_old_software_cut_short_is_refused(old, tmp_path):
    old[0x7FE1, 0x1010].value = old[0x7FE1, 0x1010].value[:8000]
    with pytest.raises(UnreadableFile, match="1000 data points where its header announces 2048"):
        read_old(old, tmp_path / "va.ima")


def test_a_private_object_without_spectroscopy_is_refused(siemens, tmp_path):
    dataset = pydicom.dcmread(siemens / "SVS_30.IMA")
    dataset[0x0029, 0x1008].value = "PHOENIX ZIP"
    path = save(dataset, tmp_path / "other.IMA")
    with pytest.raises(UnreadableFile, match="no spectroscopy"):
        read_file(InputFile(path, str(path)))


def test_a_shortened_signal_is_refused(siemens, tmp_path):
    dataset = pydicom.dcmread(siemens / "SVS_30.IMA")
    dataset[0x7FE1, 0x1010].value = dataset[0x7FE1, 0x1010].value[:4096]
    path = save(dataset, tmp_path / "short.IMA")
    with pytest.raises(UnreadableFile, match="512 data points where its header announces 1024"):
        read_file(InputFile(path, str(path)))


@pytest.mark.parametrize(
    ("header", "total", "localisation", "expected", "warned"),
    [
        (0.0417, 4.2, "sLASER", 0.0417, False),  # VB17: the protocol's list is filled with unused values
        (0.012, 0.028, "sLASER", 0.028, True),  # the header holds the first interval only
        (0.030, 0.060, "PRESS", 0.030, True),
        (0.030, 0.030, "PRESS", 0.030, False),
        (None, 0.030, None, 0.030, False),
        (None, 0.0, None, None, False),
    ],
)
def test_echo_time_of_contradicting_headers(header, total, localisation, expected, warned):
    te_s, note = echo_time_s(header, total, localisation)
    assert te_s == expected
    assert (note is not None) == warned
