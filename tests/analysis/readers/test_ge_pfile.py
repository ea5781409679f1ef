"""GE P-files of revision 9, which spec2nii cannot open by itself, against the SAGE text headers beside them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnreadableFile
from analysis.readers import ge_pfile
from analysis.readers.ge_pfile import _check_header, _confirmed
from analysis.readers.mrs_voxel import make_voxel
from analysis.readers.records import InputFile, Signal
from analysis.readers.registry import read_file
from tests.analysis.readers.peaks import lines_ppm

NAMES = ["P1806", "P1847", "P1907"]


def path_of(shared_data: Path, name: str) -> Path:
    return shared_data / f"tarquin/ge/{name}_1.5T_030_2000.7"


def read(path: Path) -> Signal:
    """Without the child process, which one test is about."""
    (signal,) = ge_pfile.read(InputFile(path, str(path))).signals
    return signal


def test_it_is_read_in_a_child_process(shared_data):
    path = path_of(shared_data, "P1907")
    (signal,) = read_file(InputFile(path, str(path))).signals
    assert np.array_equal(signal.fids, read(path).fids)


def sage(path: Path) -> dict[str, str]:
    text = Path(f"{path}.shf").read_text(encoding="latin-1")
    return dict(re.findall(r"^(\w+)[ \t]+(\S+)[ \t]*$", text, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_the_parameters_are_those_of_the_sage_header(shared_data, name):
    path = path_of(shared_data, name)
    signal, header = read(path), sage(path)
    known = signal.parameters
    assert known.f0_mhz == pytest.approx(float(header["center_freq"]), abs=1e-6)
    assert known.te_s == pytest.approx(float(header["TE"]) / 1000)
    assert known.tr_s == pytest.approx(float(header["TR"]) / 1000)
    assert known.spectral_width_hz == pytest.approx(float(header["opuser0"]))
    assert known.averages == float(header["opuser4"])
    assert known.sequence == header["psd_name"]
    assert known.localisation == "PRESS"
    assert signal.fids.shape == (1, int(header["num_sig_frames"]), int(header["opuser1"]))
    assert signal.water.shape == (1, int(header["num_ref_frames"]), int(header["opuser1"]))
    assert not signal.averaged_only
    month, day, year = header["date_acquired"].split("/")
    assert signal.info.study_date == f"{year}{month}{day}"
    assert (signal.info.patient_id, signal.info.patient_sex) == (
        header["patient_id"],
        {"1": "M"}[header["patient_sex"]],
    )


def test_only_the_conjugate_has_its_lines_where_they_belong(shared_data):
    """A phantom at room temperature: its water at 4.87 ppm is the carrier, so all lies 0.22 ppm low."""
    signal = read(path_of(shared_data, "P1907"))
    known = signal.parameters
    water = np.abs(np.fft.fft(signal.water[0].mean(axis=0), 1 << 16))
    offset_hz = np.fft.fftfreq(1 << 16, 1 / known.spectral_width_hz)[water.argmax()]
    assert abs(offset_hz) < 5  # so that the water is the carrier in either sense
    where = (known.f0_mhz, known.spectral_width_hz, known.reference_ppm + 0.22, 1.6, 3.5, 5)
    lines = np.array(lines_ppm(signal.fids[0].mean(axis=0), *where))
    mirrored = np.array(lines_ppm(np.conj(signal.fids[0].mean(axis=0)), *where))
    right = max(np.abs(lines - singlet).min() for singlet in (2.01, 3.03))
    wrong = max(np.abs(mirrored - singlet).min() for singlet in (2.01, 3.03))
    assert right < 0.06 < wrong


@pytest.mark.parametrize("name", NAMES)
def test_the_voxel_is_the_prescribed_one(shared_data, name):
    """opuser11 to 13 are the centre in GE's RAS and opuser8 to 10 the edges; the slice of the header says so too."""
    path = path_of(shared_data, name)
    signal, header = read(path), sage(path)
    right, front, head = (float(header[f"opuser{n}"]) for n in (11, 12, 13))
    assert signal.voxel.centre_mm == pytest.approx((-right, -front, head), abs=1e-4)
    assert signal.voxel.size_mm == pytest.approx([float(header[f"opuser{n}"]) for n in (8, 9, 10)], abs=1e-3)
    assert np.abs(signal.voxel.axes) == pytest.approx(np.eye(3))


class Header:
    rhr_rh_frame_size, rhr_rh_point_size = 2048, 4
    rhr_rdb_hdr_off_data, rhr_rh_raw_pass_size = 61464, 409600
    rhr_xcsi = rhr_ycsi = rhr_zcsi = 1
    rhi_ctr_R, rhi_ctr_A, rhi_ctr_S = 1.0, 2.0, 3.0


def test_a_voxel_that_is_not_that_of_the_slice_is_refused():
    here = make_voxel(np.array([-1.0, -2.0, 3.0]), np.eye(3), np.full(3, 20.0))
    swapped = make_voxel(np.array([-2.0, -1.0, 3.0]), np.eye(3), np.full(3, 20.0))
    assert _confirmed(here, Header) == (here, None)
    voxel, why = _confirmed(swapped, Header)
    assert voxel is None
    assert "two different places" in why


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rhr_rh_raw_pass_size": 2**31 - 1}, "shorter than its header announces"),
        ({"rhr_rh_raw_pass_size": -5}, "shorter than its header announces"),
        ({"rhr_rh_frame_size": 0}, "number of data points"),
        ({"rhr_rh_point_size": 3}, "number of data points"),
        ({"rhr_ycsi": 16}, "imaging grid"),
    ],
)
def test_impossible_headers_are_refused_before_anything_is_made(changes, reason):
    header = type("Changed", (Header,), changes)
    with pytest.raises(UnreadableFile, match=reason):
        _check_header(header, 471064)


def test_a_shortened_file_is_refused(shared_data, tmp_path):
    path = tmp_path / "short.7"
    path.write_bytes(path_of(shared_data, "P1806").read_bytes()[:-100])
    with pytest.raises(UnreadableFile, match="cut short"):
        read(path)
