"""Raw data of Siemens and Philips: files made after the formats, with the geometry of a real protocol."""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.errors import NothingToRead, UnreadableFile
from analysis.readers import apart, philips_list, read_signal, read_studies, siemens_twix
from analysis.readers.pairing import same_box
from analysis.readers.records import InputFile, Signal
from analysis.readers.registry import read_file
from tests.analysis.readers.builders import METABOLITES, WATER, fid
from tests.analysis.readers.raw_builders import PROTOCOL, philips_raw, twix

FIDS = np.array([[(coil + 1) * (1 + n / 10) * fid(METABOLITES) for n in range(4)] for coil in range(2)])


def saved(path: Path, content: bytes) -> InputFile:
    path.write_bytes(content)
    return InputFile(path, str(path))


def in_process(file: InputFile) -> Signal:
    """Without the child process, which other tests are about."""
    (signal,) = siemens_twix.read(file).signals
    return signal


# --- Siemens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newer", [False, True], ids=["VB", "VD and later"])
def test_every_coil_and_transient_arrives_with_its_numbers(tmp_path, newer):
    signal = in_process(saved(tmp_path / "x.dat", twix(FIDS, PROTOCOL, newer=newer)))
    assert np.allclose(signal.fids, FIDS, rtol=1e-5)
    known = signal.parameters
    assert (known.f0_mhz, known.spectral_width_hz, known.te_s, known.tr_s) == (123.25, 2000.0, 0.03, 2.0)
    assert (known.sequence, known.localisation, signal.averaged_only) == ("svs_se", "PRESS", False)
    assert signal.voxel.centre_mm == pytest.approx((1, 2, 3))
    assert signal.voxel.size_mm == pytest.approx((20, 25, 30))
    assert any("No real file has confirmed" in text for text in signal.warnings)


def test_the_voxel_of_a_real_protocol_is_that_of_its_dicom_object(siemens, tmp_path):
    """The Skyra's DICOM object carries the protocol that its raw data would start with."""
    dataset = pydicom.dcmread(siemens / "SVS_30.IMA")
    series = dataset.private_block(0x0029, "SIEMENS CSA HEADER")[0x20].value
    text = series.decode("latin-1").rpartition("### ASCCONV BEGIN")[2].partition("### ASCCONV END")[0]
    protocol = dict(re.findall(r"^(\S+)[ \t]*=[ \t]*(\S+)[ \t]*$", text, re.MULTILINE))
    ours = in_process(saved(tmp_path / "x.dat", twix(FIDS, protocol)))
    theirs = read_signal(siemens / "SVS_30.IMA")
    assert same_box(ours.voxel, theirs.voxel)
    assert ours.voxel.centre_mm == pytest.approx(theirs.voxel.centre_mm, abs=1e-3)
    assert ours.parameters.te_s == pytest.approx(theirs.parameters.te_s)


@pytest.mark.parametrize("newer", [False, True], ids=["VB", "VD and later"])
def test_points_before_the_echo_are_left_out(tmp_path, newer):
    signal = in_process(saved(tmp_path / "x.dat", twix(FIDS, PROTOCOL, before_echo=6, newer=newer)))
    assert np.allclose(signal.fids, FIDS[..., 6:], rtol=1e-5)
    assert any("6 points before the echo" in text for text in signal.warnings)


def test_the_echo_time_of_several_intervals_is_their_sum(tmp_path):
    protocol = {**PROTOCOL, "alTE[0]": 12000, "alTE[1]": 16000}
    signal = in_process(saved(tmp_path / "x.dat", twix(FIDS, protocol, tSequenceString="svs_slaser")))
    assert (signal.parameters.localisation, signal.parameters.te_s) == ("sLASER", pytest.approx(0.028))


def test_grids_and_images_are_refused(tmp_path):
    grid = twix(FIDS, PROTOCOL, lFinalMatrixSizePhase=16, lFinalMatrixSizeRead=16)
    with pytest.raises(UnreadableFile, match="imaging grid"):
        in_process(saved(tmp_path / "grid.dat", grid))
    image = {key: value for key, value in PROTOCOL.items() if "DwellTime" not in key}
    with pytest.raises(UnreadableFile, match="not spectroscopy"):
        in_process(saved(tmp_path / "image.dat", twix(FIDS, image)))


# --- the child process -----------------------------------------------------------------------------------------------


def test_a_batch_is_read_in_one_child_that_ends_with_it(tmp_path):
    file = saved(tmp_path / "x.dat", twix(FIDS, PROTOCOL))
    with apart.one_batch():
        (first,) = read_file(file).signals
        children = [one.pid for one in multiprocessing.active_children()]
        (second,) = read_file(file).signals
        assert [one.pid for one in multiprocessing.active_children()] == children
        assert np.array_equal(first.fids, second.fids)
        assert len(children) == 1
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(("length", "flag"), [(1, 0x20), (0x1FFFF, 0x20), (1, 0)])
def test_readouts_that_run_in_a_circle_or_out_of_the_file_are_refused(tmp_path, length, flag):
    """A synchronisation header that claims a length of 1 sends the library in a circle."""
    content = bytearray(twix(FIDS, PROTOCOL))
    start = int.from_bytes(content[:4], "little")
    content[start : start + 4] = length.to_bytes(4, "little")
    content[start + 20] = flag
    if not flag:
        content[start + 28 : start + 32] = b"\xff\xff\xff\xff"
    with pytest.raises(UnreadableFile, match="do not follow one another"):
        in_process(saved(tmp_path / "circle.dat", bytes(content)))


@pytest.fixture
def hanging(tmp_path) -> InputFile:
    """A pipe that nobody writes to: opening it never ends."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "hanging.dat")
    return InputFile(tmp_path / "hanging.dat", "hanging.dat")


def test_a_reader_that_hangs_is_stopped_and_the_next_file_is_read(tmp_path, hanging):
    good = saved(tmp_path / "good.dat", twix(FIDS, PROTOCOL))
    with apart.one_batch():
        assert apart.read_apart("Siemens raw data (TWIX)", good).signals
        with pytest.raises(UnreadableFile, match="took too long"):
            apart.read_apart("Siemens raw data (TWIX)", hanging, seconds=2.0)
        assert apart.read_apart("Siemens raw data (TWIX)", good).signals


def test_a_reader_that_dies_gives_a_reason_and_is_replaced(tmp_path, hanging):
    good = saved(tmp_path / "good.dat", twix(FIDS, PROTOCOL))
    with apart.one_batch():
        assert apart.read_apart("Siemens raw data (TWIX)", good).signals
        (child,) = multiprocessing.active_children()
        killer = threading.Timer(0.3, child.kill)
        killer.start()
        with pytest.raises(UnreadableFile, match="stopped without a word"):
            apart.read_apart("Siemens raw data (TWIX)", hanging, seconds=60)
        killer.join()
        assert apart.read_apart("Siemens raw data (TWIX)", good).signals


def test_huge_claims_meet_the_limit_of_memory(tmp_path):
    """A line counter of 65535 makes the library want an array of many GiB."""
    content = bytearray(twix(FIDS, PROTOCOL))
    start = int.from_bytes(content[:4], "little")
    for at in (32, 36, 40, 42):  # line, slice, partition and echo counters of the first header
        content[start + at : start + at + 2] = b"\xff\xff"
    with pytest.raises(UnreadableFile, match=r"memory|damaged|too long"):
        read_file(saved(tmp_path / "huge.dat", bytes(content)))


# --- Philips ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def spar(shared_data) -> str:
    return (shared_data / "tarquin/unit/philips_spar_sdat_WS.SPAR").read_text()


@pytest.fixture
def water() -> np.ndarray:
    return np.array([[fid(WATER), fid(WATER)], [2 * fid(WATER), 2 * fid(WATER)]])


def test_list_data_and_spar_make_one_signal(tmp_path, spar, water):
    (study,) = read_studies([philips_raw(tmp_path, FIDS, water, spar).parent])
    (found,) = study.acquisitions
    assert np.allclose(found.fids, FIDS, rtol=1e-5)
    assert np.allclose(found.water, water, rtol=1e-5)
    assert found.parameters.te_s == 0.03
    assert found.voxel.size_mm == pytest.approx((20, 20, 20))
    assert {Path(one.path).suffix for one in found.sources} == {".list", ".data", ".SPAR"}
    assert study.skipped == ()


@pytest.mark.parametrize("suffix", [".data", ".SPAR"])
def test_a_lone_half_of_raw_data_is_said(tmp_path, spar, water, suffix):
    path = philips_raw(tmp_path, FIDS, water, spar)
    path.with_suffix(suffix).unlink()
    with pytest.raises(NothingToRead, match="of the same name beside it"):
        read_studies([tmp_path])


def test_data_shorter_than_their_index_are_refused(tmp_path, spar, water):
    path = philips_raw(tmp_path, FIDS, water, spar)
    data = path.with_suffix(".data")
    data.write_bytes(data.read_bytes()[:-8])
    with pytest.raises(UnreadableFile, match="shorter than the index announces"):
        read_signal(path)


def test_the_real_index_is_understood(shared_data):
    """Its 272 averages lie in two conditions (extra attribute 1), as `number_of_extra_attribute_1_values : 2` says."""
    path = shared_data / "mrs_mri_libs/Examples/data/sub2_MRS.list"
    vectors = philips_list._index(InputFile(path, str(path)))
    assert {one.size for one in vectors} == {4096 * 8}
    assert {one.condition[2] for one in vectors} == {0, 1}
    assert len({one.order[1] for one in vectors if one.mix == 0}) == 272
    with pytest.raises(UnreadableFile, match="put the DATA file"):
        read_file(InputFile(path, str(path)))
