"""Reading large files on two threads gives what reading them one after another gives."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import Cancelled, UnreadableFile
from analysis.readers import ahead, read_studies
from analysis.readers.records import InputFile
from tests.analysis.readers.builders import METABOLITES, fid, save_nifti_mrs


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[InputFile]:
    """Five files that all count as large; the third is cut short."""
    monkeypatch.setattr(ahead, "_LARGE_BYTES", 0)
    paths = []
    for number in range(5):
        signal = np.conj(fid(METABOLITES, 4.65, noise=0.1, seed=number)).reshape(1, 1, 1, -1)
        paths.append(save_nifti_mrs(tmp_path / f"{number}.nii{'.gz' if number % 2 else ''}", signal, {}))
    paths[2].write_bytes(paths[2].read_bytes()[:1000])
    return [InputFile(path, str(path)) for path in paths]


def test_files_come_in_order_and_each_says_what_is_wrong_with_it(files):
    found = {}
    for file, read in ahead.read_ahead(files):
        try:
            (signal,) = read().signals
            found[file.name] = signal.fids[0, 0]
        except UnreadableFile as error:
            found[file.name] = str(error)
    assert list(found) == ["0.nii", "1.nii.gz", "2.nii", "3.nii.gz", "4.nii"]
    assert "cut short" in found.pop("2.nii")
    for name, signal in found.items():
        assert np.allclose(signal, fid(METABOLITES, 4.65, noise=0.1, seed=int(name[0])), atol=1e-5)


def test_warnings_are_as_before_when_all_is_read(files):
    before = list(warnings.filters)
    for _, read in ahead.read_ahead(files[:2]):
        read()
    assert warnings.filters == before


def test_reading_can_be_stopped_between_large_files(files, tmp_path):
    asked = iter([False] * 8)
    with pytest.raises(Cancelled):
        read_studies([tmp_path], stop=lambda: next(asked, True))


def test_a_gzipped_file_of_several_members_is_one_file(tmp_path):
    """Parallel compressors write many members; what follows the last may be padding."""
    signal = np.conj(fid(METABOLITES, 4.65)).reshape(1, 1, 1, -1)
    whole = save_nifti_mrs(tmp_path / "a.nii", signal, {}).read_bytes()
    pieces = [gzip.compress(whole[start : start + 700]) for start in range(0, len(whole), 700)]
    path = tmp_path / "b.nii.gz"
    path.write_bytes(b"".join(pieces) + b"\0" * 512)
    ((_, read),) = ahead.read_ahead([InputFile(path, str(path))])
    assert np.allclose(read().signals[0].fids[0, 0], fid(METABOLITES, 4.65), atol=1e-5)
