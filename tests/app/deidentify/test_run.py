"""Copies of whole studies: read as before, linked as before, and in no file anything that named the patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.errors import DiscernError
from analysis.readers import read_signal, read_studies
from app.deidentify.pseudonyms import Pseudonyms
from app.deidentify.run import copy_without_patient, deidentify
from app.dicom.write_spectroscopy import write_spectroscopy
from tests.analysis.readers.builders import METABOLITES, WATER, fid, mr_slice, save, spectroscopy
from tests.app.dicom.objects import STUDY, signal
from tests.app.dicom.validators import complaints

PSEUDONYMS = Pseudonyms(b"k" * 32)
COSINES = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]
REAL = {
    "Siemens CSA": "suspect/tests/test_data/siemens/SVS_30.IMA",
    "Siemens XA": "suspect/tests/test_data/siemens/SVS_XA60.dcm",
    "Philips": "suspect/tests/test_data/dicom/No_Name/**/*.dcm",
}


def _study(folder: Path) -> Path:
    for number in range(3):
        dataset = mr_slice(number + 1, np.array([4.0 * number, 0, 0]), COSINES)
        dataset.PatientName, dataset.InstitutionName = "Zebedee^Quentin", "Saint Elsewhere"
        save(dataset, folder / "Zebedee" / f"{number}.dcm")
    save(spectroscopy(8, fid(METABOLITES), PatientName="Zebedee^Quentin"), folder / "Zebedee" / "mrs.dcm")
    water = spectroscopy(9, fid(WATER), PatientName="Zebedee^Quentin", SpectrallySelectedSuppression="NONE")
    save(water, folder / "Zebedee" / "water.dcm")
    (folder / "Zebedee" / "letter.txt").write_text("Dear Mr Zebedee")
    return folder


def test_a_study_reads_as_before_and_names_nobody(tmp_path: Path) -> None:
    source, out = _study(tmp_path / "in"), tmp_path / "out"
    assert deidentify([source], out, PSEUDONYMS) == 0
    (before,), (after,) = read_studies([source]), read_studies([out])
    assert [v.pixels.shape for v in after.volumes] == [v.pixels.shape for v in before.volumes]
    assert np.array_equal(after.volumes[0].affine, before.volumes[0].affine)
    assert np.array_equal(after.acquisitions[0].fids, before.acquisitions[0].fids)
    assert after.acquisitions[0].water is not None
    assert after.acquisitions[0].voxel == before.acquisitions[0].voxel
    for path in out.rglob("*"):
        assert "zebedee" not in path.name.lower()
        if path.is_file():
            data = path.read_bytes().lower()
            words = (b"zebedee", b"quentin", b"elsewhere", b"20260102", before.info.study_instance_uid.encode())
            assert not [word for word in words if word in data]


def test_a_picture_with_burnt_in_text_is_left_out(tmp_path: Path) -> None:
    dataset = mr_slice(1, np.zeros(3), COSINES, BurnedInAnnotation="YES")
    save(dataset, tmp_path / "in" / "a.dcm")
    copied = copy_without_patient([tmp_path / "in"], tmp_path / "out", PSEUDONYMS)
    assert copied.written == []
    assert "burnt-in text" in copied.skipped[0].reason


def test_a_copy_in_which_a_name_is_found_is_deleted(tmp_path: Path) -> None:
    dataset = mr_slice(1, np.zeros(3), COSINES, PatientName="GRADIENTECHO", SequenceName="GRADIENTECHO")
    save(dataset, tmp_path / "in" / "a.dcm")
    copied = copy_without_patient([tmp_path / "in"], tmp_path / "out", PSEUDONYMS)
    assert "was deleted" in copied.skipped[0].reason
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.dcm").write_text("old")
    with pytest.raises(DiscernError, match="not an empty folder"):
        deidentify([_study(tmp_path / "in")], tmp_path / "out", PSEUDONYMS)


@pytest.mark.parametrize("kind", REAL)
def test_real_spectra_keep_signal_and_place(kind: str, shared_data: Path, tmp_path: Path) -> None:
    sources = sorted(shared_data.glob(REAL[kind]))
    if not sources:
        pytest.skip(f"no {kind} file in the collection")
    before = read_signal(sources[0])
    copied = copy_without_patient(sources[:1], tmp_path / "out", PSEUDONYMS)
    assert copied.skipped == []
    (after,) = [a for study in read_studies([tmp_path / "out"]) for a in study.acquisitions]
    assert after.voxel is not None
    assert before.voxel is not None
    assert np.allclose(after.voxel.centre_mm, before.voxel.centre_mm, atol=1e-3)
    assert np.allclose(after.voxel.size_mm, before.voxel.size_mm, atol=1e-3)
    assert np.allclose(after.fids, before.fids, rtol=1e-5)
    original = pydicom.dcmread(sources[0], force=True)
    uids = {str(original.StudyInstanceUID), str(original.SOPInstanceUID), str(original.SeriesInstanceUID)}
    names = {part for part in str(original.get("PatientName", "")).split("^") if len(part) > 3}
    for path in copied.written:
        data = path.read_bytes()
        assert not [text for text in uids | names if text.encode() in data]
        assert not [e for e in pydicom.dcmread(path).iterall() if e.tag.is_private]


def test_copies_of_what_discern_writes_are_valid(tmp_path: Path) -> None:
    write_spectroscopy(tmp_path / "in" / "mrs.dcm", STUDY, signal())
    copied = copy_without_patient([tmp_path / "in"], tmp_path / "out", PSEUDONYMS)
    wanted_for_media = "needed to build DICOMDIR"
    assert [line for line in complaints(copied.written[0]) if wanted_for_media not in line] == []
