"""Philips SPAR and SDAT: two files that make one signal, checked against spec2nii and against anatomy."""

from __future__ import annotations

import shutil
import struct
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import NothingToRead, UnreadableFile
from analysis.geometry import box_corners_mm
from analysis.readers import inspect_file, philips_sdat, read_signal, read_studies
from analysis.readers.guard import silent
from analysis.readers.records import InputFile
from analysis.readers.siblings import with_siblings
from tests.analysis.readers.peaks import lines_ppm

UNEDITED = "osprey/exampledata/sdat/UnEdited_with_MM_data/{0}/ses-01"


@pytest.fixture
def phantom(shared_data) -> Path:
    return shared_data / "tarquin/unit"


def acquisitions(*paths: Path):
    (study,) = read_studies(list(paths))
    return study.acquisitions


def press(shared_data: Path, subject: str) -> Path:
    (path,) = (shared_data / UNEDITED.format(subject) / f"mrs/{subject}_ses-01_press").glob("*.SPAR")
    return path


@pytest.mark.parametrize("subject", ["sub-01", "sub-02"])
def test_as_stored_naa_creatine_and_choline_lie_where_they_belong(shared_data, subject):
    found = read_signal(press(shared_data, subject))
    known, fid = found.parameters, found.fids[0, 0]
    where = (known.f0_mhz, known.spectral_width_hz, known.reference_ppm, 1.9, 3.4, 4)
    lines = np.array(lines_ppm(fid, *where))
    mirrored = np.array(lines_ppm(np.conj(fid), *where))
    for singlet in (2.01, 3.03):
        assert np.abs(lines - singlet).min() < 0.03
    assert max(np.abs(mirrored - singlet).min() for singlet in (2.01, 3.03)) > 0.1


@pytest.mark.parametrize("subject", ["sub-01", "sub-02"])
def test_the_voxel_lies_in_the_brain_behind_its_middle(shared_data, subject):
    """The anatomy in scanner space is brain only, so every corner must fall on a value above zero."""
    import nibabel

    voxel = read_signal(press(shared_data, subject)).voxel
    (path,) = (shared_data / UNEDITED.format(subject) / "anat").glob("*.nii.gz")
    image = nibabel.load(path)
    brain = np.asarray(image.dataobj) > 0
    ras = box_corners_mm(voxel) * 0.98 * [-1, -1, 1]
    inside = np.rint(nibabel.affines.apply_affine(np.linalg.inv(image.affine), ras)).astype(int)
    assert brain[tuple(inside.T)].all()
    middle = nibabel.affines.apply_affine(image.affine, np.argwhere(brain).mean(axis=0)) * [-1, -1, 1]
    assert voxel.centre_mm[1] > middle[1] + 10


def test_the_voxel_and_the_numbers_are_those_of_spec2nii(shared_data):
    """An independent converter, with its own arithmetic for VAX floats and its own rotations."""
    path = press(shared_data, "sub-02")
    with silent():
        from spec2nii.Philips import philips

        (image,), _ = philips.read_sdat_spar_pair(path.with_suffix(".SDAT"), path, tags=[])
    found = read_signal(path)
    assert np.allclose(np.conj(image.image[:].ravel()), found.fids.ravel(), rtol=1e-6)
    affine = np.diag([-1, -1, 1, 1]) @ image.image.voxToWorldMat
    assert affine[:3, 3] == pytest.approx(found.voxel.centre_mm, abs=1e-4)
    boxes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    assert np.abs(np.array(found.voxel.axes) @ boxes) == pytest.approx(np.eye(3), abs=1e-6)


def test_the_header_arrives(phantom):
    found = read_signal(phantom / "philips_spar_sdat_WS.SPAR")
    known = found.parameters
    assert (known.f0_mhz, known.spectral_width_hz, known.te_s, known.tr_s, known.averages) == (
        127.786142, 2000.0, 0.03, 2.0, 128,
    )  # fmt: skip
    assert found.voxel.centre_mm == pytest.approx((-24.3251133, -2.068002462, 37.62460327))
    assert (found.averaged_only, known.localisation, found.fids.shape) == (True, "PRESS", (1, 1, 1024))


def test_metabolites_and_water_of_a_folder_are_paired(phantom, tmp_path):
    for name in ("W", "WS"):
        for suffix in ("SPAR", "SDAT"):
            shutil.copy(phantom / f"philips_spar_sdat_{name}.{suffix}", tmp_path)
    (found,) = acquisitions(tmp_path)
    names = {(Path(source.path).name.rpartition("_")[2], source.role) for source in found.sources}
    assert names == {
        ("WS.SPAR", "metabolite"), ("WS.SDAT", "metabolite"), ("W.SPAR", "water"), ("W.SDAT", "water"),
    }  # fmt: skip
    assert all(len(source.sha256) == 64 for source in found.sources)
    assert np.abs(found.water[0, 0, 0]) > 50 * np.abs(found.fids[0, 0, 0])


def test_either_half_stands_for_both(phantom):
    header, data = phantom / "philips_spar_sdat_WS.SPAR", phantom / "philips_spar_sdat_WS.SDAT"
    assert np.array_equal(read_signal(header).fids, read_signal(data).fids)
    assert len(acquisitions(data)) == 1
    assert "read with their header, philips_spar_sdat_WS.SPAR" in inspect_file(data)[0]
    assert "1024 points" in inspect_file(header)[0]


def test_a_pair_in_a_zip_archive(phantom, tmp_path):
    with zipfile.ZipFile(tmp_path / "pair.zip", "w") as packed:
        for suffix in ("SPAR", "SDAT"):
            packed.write(phantom / f"philips_spar_sdat_WS.{suffix}", f"exam/x.{suffix}")
    (found,) = acquisitions(tmp_path / "pair.zip")
    assert found.fids.shape == (1, 1, 1024)


@pytest.mark.parametrize(("suffix", "missing"), [("SPAR", "SDAT"), ("SDAT", "SPAR")])
def test_a_lone_half_is_said(phantom, tmp_path, suffix, missing):
    shutil.copy(phantom / f"philips_spar_sdat_WS.{suffix}", tmp_path)
    with pytest.raises(NothingToRead, match=f"put the {missing} file of the same name beside it"):
        read_studies([tmp_path])


def test_data_of_another_length_are_refused(phantom, tmp_path):
    shutil.copy(phantom / "philips_spar_sdat_WS.SPAR", tmp_path / "x.SPAR")
    (tmp_path / "x.SDAT").write_bytes((phantom / "philips_spar_sdat_WS.SDAT").read_bytes()[:-8])
    with pytest.raises(UnreadableFile, match="1023 data points where the SPAR header announces 1024"):
        read_signal(tmp_path / "x.SPAR")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("samples : 2147483648", "number of data points"),
        ("rows : -1", "number of rows"),
        ("synthesizer_frequency : nan", "transmitter frequency"),
        ("sample_frequency : 1e999", "spectral width"),
        ("nucleus : 31P", "31P"),
        ('phase_encoding_enable : "yes"', "imaging grid"),
    ],
)
def test_impossible_headers_give_a_reason(phantom, tmp_path, line, reason):
    text = (phantom / "philips_spar_sdat_WS.SPAR").read_text()
    (tmp_path / "x.SPAR").write_text(f"{line}\n{text}")
    shutil.copy(phantom / "philips_spar_sdat_WS.SDAT", tmp_path / "x.SDAT")
    with pytest.raises(UnreadableFile, match=reason):
        read_signal(tmp_path / "x.SPAR")


def test_a_voxel_of_a_patient_who_lay_otherwise_is_warned_of(phantom, tmp_path):
    text = (phantom / "philips_spar_sdat_WS.SPAR").read_text()
    (tmp_path / "x.SPAR").write_text(text.replace('"head_first"', '"feet_first"'))
    shutil.copy(phantom / "philips_spar_sdat_WS.SDAT", tmp_path / "x.SDAT")
    assert any("head first and supine" in text for text in read_signal(tmp_path / "x.SPAR").warnings)


def test_a_folder_that_may_not_be_listed_does_no_harm(phantom, monkeypatch):
    def refuse(_folder: Path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UnreadableFile, match="put the SDAT file of the same name beside it"):
        read_signal(phantom / "philips_spar_sdat_WS.SPAR")


def test_thousands_of_files_of_one_stem_are_no_burden(tmp_path):
    """Names that are UIDs without a suffix share all but their last part."""
    files = [InputFile(tmp_path / f"1.2.840.{n}", f"x/1.2.840.{n}") for n in range(20_000)]
    start = time.process_time()
    found = with_siblings(files)
    assert time.process_time() - start < 3
    assert max(len(one.siblings) for one in found) == 16


def test_vax_floats():
    """Values of the VAX Architecture Reference Manual's format: 1, -1, 0, 3.5 and the smallest exponent."""
    words = [(0x4080, 0), (0xC080, 0), (0x0000, 0), (0x4160, 0), (0x0080, 0), (0x4049, 0x0FDB)]
    stored = b"".join(struct.pack("<HH", *word) for word in words)
    found = philips_sdat._numbers(stored)
    values = [found[0].real, found[0].imag, found[1].real, found[1].imag, found[2].real, found[2].imag]
    assert values == pytest.approx([1.0, -1.0, 0.0, 3.5, 2.0**-128, 0.7853981852531433], abs=0)
