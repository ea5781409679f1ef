"""What is opened and what is not: folders, archives, indexes, permissions, and hostile files."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.config import IGNORE
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from analysis.errors import Cancelled, NothingToRead
from analysis.readers import archive, dicom_header, files, inspect_file, read_studies
from tests.analysis.readers.builders import (
    METABOLITES,
    empty_object,
    fid,
    item,
    mr_slice,
    save,
    save_nifti_mrs,
    spectroscopy,
)

SAGITTAL = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with one spectrum and two slices, in sub-folders."""
    folder = tmp_path / "study"
    save(spectroscopy(1, fid(METABOLITES)), folder / "mrs" / "spectrum.dcm")
    for number, x in ((2, 0.0), (3, 4.0)):
        save(mr_slice(number, np.array([x, 0, 0]), SAGITTAL), folder / "mri" / f"IM{number}")
    return folder


def reason(path: Path) -> str:
    """The one sentence that a path which cannot be read gives."""
    with pytest.raises(NothingToRead) as error:
        read_studies([path])
    text = str(error.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def holds_everything(paths: list[Path]) -> None:
    (found,) = read_studies(paths)
    assert (len(found.volumes), len(found.acquisitions), found.skipped) == (1, 1, ())
    assert len(found.volumes[0].pixels) == 2


# --- bad input, one clear line each ----------------------------------------------------------------------------------


def test_no_path_at_all():
    with pytest.raises(NothingToRead, match="There is nothing to read"):
        read_studies([])


def test_an_empty_folder(tmp_path):
    assert "is empty" in reason(tmp_path)


def test_a_path_that_does_not_exist(tmp_path):
    assert "there is no such file" in reason(tmp_path / "nowhere")


def test_a_text_file_named_dcm(tmp_path):
    path = tmp_path / "image.dcm"
    path.write_text("this is not an image\n")
    assert "plain text" in reason(path)


def test_an_empty_file(tmp_path):
    path = tmp_path / "image.dcm"
    path.touch()
    assert "empty" in reason(path)


def test_a_folder_of_documents_only(tmp_path):
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "viewer.exe").write_bytes(b"MZ\0\0")
    assert "holds no image or spectrum" in reason(tmp_path)


def forbid(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a folder, as the system does to anyone but root."""
    scandir = os.scandir

    def refuse(path="."):
        if not isinstance(path, int) and Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


def test_a_folder_without_permission(study, monkeypatch):
    forbid(study, monkeypatch)
    assert "no permission to read this folder" in reason(study)


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may read everything")
def test_a_real_folder_without_permission(study):
    study.chmod(0)
    try:
        assert "no permission to read this folder" in reason(study)
    finally:
        study.chmod(0o700)


def test_a_file_without_permission_is_named_and_the_others_are_read(study, monkeypatch):
    opened = Path.open

    def refuse(path, *args, **kwargs):
        if path.name == "IM2":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    (found,) = read_studies([study])
    assert [(Path(one.path).name, "no permission" in one.reason) for one in found.skipped] == [("IM2", True)]


def test_a_folder_without_permission_inside_a_study_is_named(study, monkeypatch):
    forbid(study / "mrs", monkeypatch)
    (found,) = read_studies([study])
    assert [one.path for one in found.skipped] == [str(study / "mrs")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.dcm")
    assert "pipe" in reason(tmp_path / "pipe.dcm")


def test_a_file_beyond_the_size_limit(study, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE_BYTES", 100)
    assert "larger than" in reason(study / "mri" / "IM2")


# --- what is found ---------------------------------------------------------------------------------------------------


def test_folders_and_single_files_mixed(study):
    holds_everything([study])
    holds_everything([study / "mri", study / "mrs" / "spectrum.dcm"])
    holds_everything([study, study / "mri" / "IM2", study])  # named twice, read once


def test_documents_are_passed_over_and_unknown_files_are_named(study):
    (study / "truth.json").write_text("{}")
    (study / "autorun.inf").write_text("[autorun]")
    (study / "IM9").write_bytes(b"\x01\x02\x00garbage")
    (study / "note.dcm").write_text("a text")
    (study / "old.dpt").write_text("Dangerplot_version\t1.0\n")
    (found,) = read_studies([study])
    reasons = {Path(one.path).name: one.reason for one in found.skipped}
    assert set(reasons) == {"IM9", "note.dcm", "old.dpt"}
    assert reasons["old.dpt"].startswith(
        "Tarquin data (DPT): this version does not read it yet; convert it to NIfTI-MRS"
    )


def test_a_document_that_was_named_itself_is_answered(study):
    (study / "truth.json").write_text("{}")
    (found,) = read_studies([study / "mri", study / "truth.json"])
    assert "plain text" in found.skipped[0].reason


def test_links_to_folders_are_not_followed(study, tmp_path):
    loop = study / "loop"
    try:
        loop.symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    holds_everything([study])


def test_progress_grows_to_one(study):
    seen: list[float] = []
    read_studies([study], progress=lambda fraction, text: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize("calls", [0, 1, 3, 6])
def test_stopping_is_quick_and_said(calls, study):
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > calls

    with pytest.raises(Cancelled, match="nothing was changed"):
        read_studies([study], stop=stop)
    assert len(asked) == calls + 1


def test_hashes_are_those_of_the_files(study):
    import hashlib

    (found,) = read_studies([study])
    for source in (*found.volumes[0].sources, *found.acquisitions[0].sources):
        assert source.sha256 == hashlib.sha256(Path(source.path).read_bytes()).hexdigest()
    assert {source.role for source in found.volumes[0].sources} == {"image"}
    assert [source.role for source in found.acquisitions[0].sources] == ["metabolite"]


# --- zip -------------------------------------------------------------------------------------------------------------


def zipped(study: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(study.rglob("*")):
            packed.write(path, path.relative_to(study))
    return target


def test_a_zip_archive_is_read_like_its_folder(study, tmp_path):
    path = zipped(study, tmp_path / "study.zip")
    holds_everything([path])
    (found,) = read_studies([path])
    assert found.acquisitions[0].sources[0].path == f"{path}/mrs/spectrum.dcm"
    assert found.info == read_studies([study])[0].info


def test_a_zip_archive_inside_a_folder_is_read(study, tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    zipped(study, folder / "study.zip")
    holds_everything([folder])


def test_entries_of_a_zip_that_are_not_used(study, tmp_path):
    path = zipped(study, tmp_path / "study.zip")
    inner = zipped(study / "mri", tmp_path / "inner.zip")
    link = zipfile.ZipInfo("link.dcm")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as packed:
        packed.write(study / "mri" / "IM2", "../outside.dcm")
        packed.writestr(link, "/etc/passwd")
        packed.write(inner, "inner.zip")
        packed.writestr("__MACOSX/._IM2", "junk")
        packed.writestr(".DS_Store", "junk")
    (found,) = read_studies([path])
    reasons = {one.path.removeprefix(f"{path}/"): one.reason for one in found.skipped}
    assert reasons == {
        "../outside.dcm": "Its name points outside the archive.",
        "link.dcm": "It is a link, not a file.",
        "inner.zip": "It is a zip archive inside a zip archive; unpack the outer one first.",
    }
    assert not (tmp_path / "outside.dcm").exists()


def test_an_archive_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.dcm", b"\0" * 100_000_000)
    assert "200 times its size" in reason(path)


def test_an_archive_beyond_the_limits_is_refused(study, tmp_path, monkeypatch):
    path = zipped(study, tmp_path / "study.zip")
    monkeypatch.setattr(archive, "MOST_ENTRIES", 2)
    assert "more than 2 files" in reason(path)
    monkeypatch.setattr(archive, "LARGEST_TOTAL_BYTES", 10)
    monkeypatch.setattr(archive, "MOST_ENTRIES", 100)
    assert "expands to more than" in reason(path)


def test_a_damaged_archive_is_refused(study, tmp_path):
    path = zipped(study, tmp_path / "study.zip")
    path.write_bytes(path.read_bytes()[:-200])
    assert "zip archive is damaged or cut short" in reason(path)


def test_an_encrypted_entry_is_named(study, tmp_path):
    path = zipped(study, tmp_path / "study.zip")
    content = bytearray(path.read_bytes())
    central = content.rindex(b"PK\x01\x02")  # set the flag of the last entry, in both of its headers
    local = content.rindex(b"PK\x03\x04")
    content[central + 8] |= 1
    content[local + 6] |= 1
    path.write_bytes(content)
    (found,) = read_studies([path])
    assert "encrypted" in found.skipped[0].reason


# --- DICOMDIR --------------------------------------------------------------------------------------------------------


def write_index(folder: Path, names: list[list[str]]) -> Path:
    dataset = empty_object("1.2.840.10008.1.3.10", 99)
    dataset.DirectoryRecordSequence = [item(DirectoryRecordType="PATIENT")]
    for name in names:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.add(DataElement(0x00041500, "CS", name, validation_mode=IGNORE))
        dataset.DirectoryRecordSequence.append(record)
    return save(dataset, folder / "DICOMDIR")


def test_a_dicomdir_is_an_index_of_its_own_folder(study):
    save(spectroscopy(7, fid(METABOLITES), SeriesDescription="not listed"), study / "other" / "IM7")
    index = write_index(study, [["MRI", "IM2"], ["mri", "IM3"], ["MRS", "SPECTRUM"]])
    (study / "mrs" / "spectrum").write_bytes((study / "mrs" / "spectrum.dcm").read_bytes())
    holds_everything([index])


def test_a_dicomdir_cannot_name_files_elsewhere(study, tmp_path):
    secret = save(spectroscopy(8, fid(METABOLITES)), tmp_path / "SECRET")
    index = write_index(study, [["..", "SECRET"], ["mri", "IM2"], ["MISSING"]])
    (found,) = read_studies([index])
    assert found.acquisitions == ()
    assert [Path(one.path).name for one in found.skipped] == ["SECRET", "MISSING"]
    assert str(secret) not in {source.path for volume in found.volumes for source in volume.sources}


def test_a_folder_with_a_dicomdir_is_read_whole(study):
    write_index(study, [["mri", "IM2"]])
    holds_everything([study])


def test_a_dicomdir_that_is_none(tmp_path):
    (tmp_path / "DICOMDIR").write_text("hello")
    assert "DICOMDIR" in reason(tmp_path / "DICOMDIR")


# --- hostile files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["elements", "items", "items of known length"])
def test_a_header_of_countless_pieces_is_refused_in_time(kind, tmp_path, monkeypatch):
    """12 MB of empty elements took pydicom 20 s and 600 MB; here with fewer of both, to be quick."""
    monkeypatch.setattr(dicom_header, "MOST_READS", 20_000)
    dataset = spectroscopy(1, fid(METABOLITES))
    del dataset.VolumeLocalizationSequence
    content = save(dataset, tmp_path / "many.dcm").read_bytes()
    item_mark = b"\xfe\xff\x00\xe0\x00\x00\x00\x00"
    pieces = {
        "elements": b"".join(struct.pack("<HH2sH", 0x0019, n, b"LO", 0) for n in range(0x1100, 0xFF00)),
        "items": b"\x18\x00\x26\x91SQ\0\0\xff\xff\xff\xff" + item_mark * 50_000 + b"\xfe\xff\xdd\xe0\0\0\0\0",
        "items of known length": b"\x18\x00\x26\x91SQ\0\0" + struct.pack("<I", 400_000) + item_mark * 50_000,
    }
    place = content.index(b"\x20\x00\x0d\x00")
    (tmp_path / "many.dcm").write_bytes(content[:place] + pieces[kind] + content[place:])
    assert "more elements than a genuine one" in reason(tmp_path / "many.dcm")


def test_deep_nesting_is_refused(tmp_path):
    path = save(spectroscopy(1, fid(METABOLITES)), tmp_path / "deep.dcm")
    opening = b"\x40\x00\x30\xa7SQ\x00\x00\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\x00\x00\x00\x00" + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    path.write_bytes(path.read_bytes() + opening * 2000 + closing * 2000)
    assert "nested too deeply" in reason(path)


def test_a_deflated_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_header, "LARGEST_INFLATED_BYTES", 2**24)
    dataset = spectroscopy(1, fid(METABOLITES))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = save(dataset, tmp_path / "bomb.dcm")
    assert len(read_studies([path])) == 1
    raw = path.read_bytes()
    start = 144 + int.from_bytes(raw[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packer.compress(b"\0" * 2**22) for _ in range(5)) + packer.flush()
    path.write_bytes(raw[:start] + bomb)
    assert "deflated file expands" in reason(path)


def test_an_executable_preamble_is_not_a_problem(tmp_path):
    path = save(spectroscopy(1, fid(METABOLITES)), tmp_path / "polyglot.dcm")
    path.write_bytes(b"MZ" + path.read_bytes()[2:])
    assert len(read_studies([path])[0].acquisitions) == 1


def test_no_warning_and_no_patient_name_leaks_from_odd_headers(tmp_path):
    dataset = spectroscopy(1, fid(METABOLITES))
    path = save(dataset, tmp_path / "odd.dcm")
    raw = path.read_bytes().replace(b"20260102", b"NOTADATE").replace(b"Builder^Test", b"Secret\xff\xfename")
    path.write_bytes(raw)
    (found,) = read_studies([path])
    assert found.info.study_date == "NOTADATE"
    path.write_bytes(raw.replace(b"COMPLEX ", b"MAGNITUDE"[:8]))
    assert "Secret" not in reason(path)


def test_a_damaged_header_is_never_quoted(tmp_path):
    """With a wrong length a value runs on into the patient's name."""
    dataset = spectroscopy(1, fid(METABOLITES))
    raw = save(dataset, tmp_path / "a.dcm").read_bytes()
    for tag in (b"\x08\x00\x16\x00UI", b"\x08\x00\x60\x00CS", b"\x18\x00\x00\x91CS"):
        place = raw.index(tag) + 6
        for length in (64, 255, 4000):
            damaged = raw[:place] + length.to_bytes(2, "little") + raw[place + 2 :]
            (tmp_path / "b.dcm").write_bytes(damaged)
            line, _ = inspect_file(tmp_path / "b.dcm")
            assert "Builder" not in line
            assert line.isprintable()


def test_libraries_neither_print_nor_log(tmp_path, caplog, capfd):
    path = save_nifti_mrs(tmp_path / "a.nii", np.conj(fid(METABOLITES)).reshape(1, 1, 1, -1), {})
    raw = bytearray(path.read_bytes())
    raw[344 + 4 : 344 + 8] = b"\x09\x00\x00\x00"  # an unknown sform code
    path.write_bytes(raw)
    caplog.clear()
    read_studies([path])
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_dicom_study_needs_no_heavy_library(study):
    """Opening starts quickly: what only other formats need is imported when such a file is met."""
    code = (
        "import sys; from pathlib import Path; from analysis.readers import read_studies; "
        f"read_studies([Path({str(study)!r})]); "
        "sys.exit(bool({'nibabel', 'spec2nii', 'nifti_mrs', 'fsl', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    root = Path(read_studies.__code__.co_filename).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=6),
    keep=st.floats(0.3, 1),
)
@pytest.mark.parametrize("kind", ["spectrum", "image", "nifti"])
def test_any_damage_ends_in_a_reading_or_in_one_sentence(kind, edits, keep, damaged_originals, tmp_path):
    content = bytearray(damaged_originals[kind])
    for place, garbage in edits:
        start = int(place * (len(content) - 8))
        content[start : start + len(garbage)] = garbage
    path = tmp_path / "damaged"
    path.write_bytes(content[: int(keep * len(content))])
    try:
        read_studies([path])
    except NothingToRead as error:
        assert "\n" not in str(error)  # noqa: PT017 - reading it whole is just as good


@pytest.fixture(scope="module")
def damaged_originals(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    signal = np.conj(fid(METABOLITES)).reshape(1, 1, 1, -1)
    return {
        "spectrum": save(spectroscopy(1, fid(METABOLITES)), folder / "a").read_bytes(),
        "image": save(mr_slice(1, np.zeros(3), SAGITTAL), folder / "b").read_bytes(),
        "nifti": save_nifti_mrs(folder / "c.nii", signal, {"EchoTime": 0.03}).read_bytes(),
    }


# --- inspect ---------------------------------------------------------------------------------------------------------


def test_inspect_says_in_one_line_what_a_file_is(study, tmp_path):
    (study / "note.txt").write_text("hello")
    expected = {
        study / "mrs" / "spectrum.dcm": (
            "Single-voxel spectroscopy: 1 coil element, 1 transient of 256 points, 123.25 MHz, 2000 Hz wide, PRESS, "
            "TE 35 ms, voxel 20 x 25 x 30 mm, water suppressed.",
            True,
        ),
        study / "mri" / "IM2": (
            "DICOM MR image, sagittal, one slice, 4 x 6 pixels of 0.5 x 0.75 mm, 4 mm thick.",
            True,
        ),
        study / "note.txt": ("Cannot be read: the file is plain text in no format that Discern reads.", False),
        study: ("A folder; open it as a study, or give the files in it.", True),
        tmp_path / "nowhere": ("Cannot be read: there is no such file.", False),
        zipped(study, tmp_path / "s.zip"): ("Holds 4 files; open it as a study to read them.", True),
    }
    assert {path: inspect_file(path) for path in expected} == expected


def test_inspect_finds_missing_pixels(study):
    path = study / "mri" / "IM2"
    path.write_bytes(path.read_bytes()[:-10])
    line, readable = inspect_file(path)
    assert "cut short" in line
    assert not readable
