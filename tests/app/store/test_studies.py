"""Studies are referenced: what became of their files is reported, and copies are whole or not made."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from analysis.types import SourceFile
from app.store import CopyFailed, files_of
from tests.samples import sample_study
from tests.store_samples import T0, at, info, write_files


def troubles(store, study, **how):
    return [(os.path.basename(t.path), t.trouble) for t in store.missing_files(study, **how)]


def test_files_that_are_there_are_no_trouble(store, tmp_path):
    study = store.remember_study(info(), write_files(tmp_path / "exam"), str(tmp_path / "exam"), T0)
    assert troubles(store, study) == []
    assert troubles(store, study, by_content=True) == []


def test_when_a_study_was_first_opened_stays_known(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    store.remember_study(info(), files, str(tmp_path / "exam"), at(3600))
    assert store.first_seen(study) == T0


def test_a_missing_file_is_reported(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    os.unlink(files[1].path)
    assert troubles(store, study) == [("PROBE_PERSON.1.dcm", "missing")]
    assert store.count_missing([study]) == {study: 1}
    assert store.count_missing([study], lambda: True) == {}


def test_another_size_is_a_change(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    with open(files[0].path, "ab") as file:
        file.write(b"more")
    assert troubles(store, study) == [("PROBE_PERSON.0.dcm", "changed")]


def test_another_time_is_settled_by_the_content(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    os.utime(files[0].path, (1, 1))
    content = bytearray(Path(files[1].path).read_bytes())
    content[5] ^= 1
    Path(files[1].path).write_bytes(content)
    os.utime(files[1].path, (2, 2))
    assert troubles(store, study) == [("PROBE_PERSON.0.dcm", "touched"), ("PROBE_PERSON.1.dcm", "touched")]
    assert troubles(store, study, by_content=True) == [("PROBE_PERSON.1.dcm", "changed")]
    assert troubles(store, study) == [("PROBE_PERSON.1.dcm", "touched")], "the same content is not asked about again"


def test_reading_again_brings_the_headers_up_to_date(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(patient_name=None), files, "", T0)
    assert store.remember_study(info(), files, "", at(1)) == study
    row = store.worklist()[0]
    assert (row.patient_name, row.files) == ("Probe^Person1", 3)


def test_a_file_that_was_lost_is_not_forgotten_by_reading_the_rest(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, "", T0)
    store.save(study, "a", "g", T0, "reader")
    os.unlink(files[2].path)
    store.remember_study(info(), files[:2], "", at(1))
    assert troubles(store, study) == [("PROBE_PERSON.2.dcm", "missing")]


def test_a_changed_file_is_not_taken_for_the_one_that_was_read(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, "", T0)
    store.save(study, "a", "g", T0, "reader")
    Path(files[0].path).write_bytes(b"other")
    changed = SourceFile(files[0].path, hashlib.sha256(b"other").hexdigest(), files[0].role)
    store.remember_study(info(), (changed, *files[1:]), "", at(1))
    assert troubles(store, study) == [("PROBE_PERSON.0.dcm", "changed")]


def test_a_folder_that_was_moved_is_found_again(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    store.save(study, "a", "g", T0, "reader")
    shutil.move(tmp_path / "exam", tmp_path / "elsewhere")
    assert len(troubles(store, study)) == 3
    moved = tuple(SourceFile(f.path.replace("exam", "elsewhere"), f.sha256, f.role) for f in files)
    store.remember_study(info(), moved, str(tmp_path / "elsewhere"), at(1))
    assert troubles(store, study) == []
    assert store.worklist()[0].files == 3
    assert store.places(study) == (tmp_path / "elsewhere",)


def test_a_copy_needs_the_original_no_more(store, tmp_path, root):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    copy = store.copy_study(study)
    assert store.copy_study(study) == copy
    shutil.rmtree(tmp_path / "exam")
    assert troubles(store, study, by_content=True) == []
    assert store.places(study) == (copy,)
    assert copy.parent == root / "studies"
    assert sorted(path.name for path in copy.iterdir()) == ["00001.dcm", "00002.dcm", "00003.dcm"]
    row = store.worklist()[0]
    assert row.copied
    assert row.folder == str(copy)


def test_reading_the_copy_adds_no_files(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    copy = store.copy_study(study)
    read = tuple(SourceFile(str(copy / f"{n:05d}.dcm"), f.sha256, f.role) for n, f in enumerate(files, 1))
    store.remember_study(info(), read, str(copy), at(1))
    assert store.worklist()[0].files == 3
    assert troubles(store, study) == []


@pytest.mark.parametrize("what", ["missing", "changed"])
def test_a_copy_is_whole_or_not_made(store, tmp_path, root, what):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, "", T0)
    if what == "missing":
        os.unlink(files[2].path)
    else:
        Path(files[2].path).write_bytes(b"x")
    with pytest.raises(CopyFailed, match="so the study was not copied") as caught:
        store.copy_study(study)
    assert "PROBE" not in str(caught.value)
    assert list((root / "studies").iterdir()) == []
    assert not store.worklist()[0].copied


def test_files_inside_an_archive_are_found_and_copied(store, tmp_path):
    files = write_files(tmp_path / "exam")
    with zipfile.ZipFile(tmp_path / "exam.zip", "w") as archive:
        for file in files:
            archive.write(file.path, "series/" + os.path.basename(file.path))
    inside = [SourceFile(f"{tmp_path}/exam.zip/series/{os.path.basename(f.path)}", f.sha256, f.role) for f in files]
    shutil.rmtree(tmp_path / "exam")
    study = store.remember_study(info(), inside, "", T0)
    assert troubles(store, study) == []
    assert troubles(store, study, by_content=True) == []
    assert len(list(store.copy_study(study).iterdir())) == 3
    os.unlink(tmp_path / "exam.zip")
    assert troubles(store, study) == []


def test_the_places_of_single_files_are_the_files(store, tmp_path):
    files = write_files(tmp_path / "exam")
    study = store.remember_study(info(), files, "", T0)
    assert [str(path) for path in store.places(study)] == [file.path for file in files]


def test_a_folder_that_does_not_hold_every_file_is_not_opened_for_the_study(store, tmp_path):
    files = (*write_files(tmp_path / "exam" / "1"), *write_files(tmp_path / "exam" / "2"))
    study = store.remember_study(info(), files, str(tmp_path / "exam" / "1"), T0)
    assert [str(path) for path in store.places(study)] == [file.path for file in files]
    store.remember_study(info(), files, str(tmp_path / "exam"), T0)
    assert store.places(study) == (tmp_path / "exam",)


def test_what_was_read_from_an_archive_is_opened_from_the_archive(store, tmp_path):
    (tmp_path / "exam.zip").write_bytes(b"x")
    inside = [SourceFile(f"{tmp_path}/exam.zip/{number}.dcm", f"{number:064x}", "image") for number in range(3)]
    study = store.remember_study(info(), inside, "", T0)
    assert store.places(study) == (tmp_path / "exam.zip",)


def test_the_files_of_a_study_come_once_each():
    study = sample_study()
    found = files_of(study)
    assert len(set(found)) == len(found)
    assert {s for a in study.acquisitions for s in a.sources} <= set(found)


def test_nothing_of_the_patient_is_in_names_on_the_disk(store, tmp_path, root):
    study = store.remember_study(info(), write_files(tmp_path / "exam"), str(tmp_path / "exam"), T0)
    store.save(study, "a", "g", T0, "reader")
    store.copy_study(study)
    names = " ".join(str(path.relative_to(root)) for path in root.rglob("*")).lower()
    for word in ("probe", "person", "p001", "a0001", "1.2.3"):
        assert word not in names
