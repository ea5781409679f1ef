"""A watched folder reports a study once it rests, and no sooner."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.watched_folder import WatchedFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "IM1").write_bytes(b"1")
    return tmp_path


def write(path: Path, content: bytes, time_ns: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(time_ns, time_ns))


def test_what_lay_there_before_is_not_new(folder):
    watched = WatchedFolder(folder, settle_s=10)
    assert [watched.poll(now) for now in (0.0, 20.0, 40.0)] == [(), (), ()]


def test_unless_it_is_asked_for(folder):
    watched = WatchedFolder(folder, settle_s=10, known=False)
    assert watched.poll(0.0) == ()
    assert watched.poll(10.0) == (folder / "old",)


def test_a_study_is_reported_once_when_size_and_time_rest(folder):
    watched = WatchedFolder(folder, settle_s=10)
    write(folder / "new" / "a" / "IM1", b"half", 1)
    assert watched.poll(0.0) == ()
    write(folder / "new" / "a" / "IM1", b"half and the rest", 1)  # it grows
    assert watched.poll(9.0) == ()
    write(folder / "new" / "a" / "IM1", b"half and THE rest", 2)  # same size, later time
    assert watched.poll(12.0) == ()
    write(folder / "new" / "a" / "IM2", b"another file", 3)
    assert watched.poll(18.0) == ()
    assert watched.poll(27.9) == ()
    assert watched.poll(28.0) == (folder / "new",)
    assert watched.poll(60.0) == ()


def test_a_study_that_grows_later_is_reported_again(folder):
    watched = WatchedFolder(folder, settle_s=10)
    write(folder / "x.zip", b"first", 1)
    watched.poll(0.0)
    assert watched.poll(10.0) == (folder / "x.zip",)
    write(folder / "x.zip", b"second and longer", 2)
    assert watched.poll(20.0) == ()
    assert watched.poll(30.0) == (folder / "x.zip",)


@pytest.mark.parametrize("name", ["x.part", "x.dcm.tmp", "y.crdownload"])
def test_files_still_under_way_by_their_name_wait(folder, name):
    watched = WatchedFolder(folder, settle_s=1)
    write(folder / "new" / name, b"1", 1)
    assert [watched.poll(now) for now in (0.0, 5.0, 50.0)] == [(), (), ()]
    (folder / "new" / name).rename(folder / "new" / "x.dcm")
    assert watched.poll(60.0) == ()
    assert watched.poll(61.0) == (folder / "new",)


def test_hidden_and_empty_entries_are_no_studies(folder):
    watched = WatchedFolder(folder, settle_s=1)
    write(folder / ".hidden" / "IM1", b"1", 1)
    (folder / "empty").mkdir()
    write(folder / "zero.dcm", b"", 1)
    assert [watched.poll(now) for now in (0.0, 5.0)] == [(), ()]


def test_links_are_not_followed(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere / "IM1", b"1", 1)
    watched = WatchedFolder(folder, settle_s=1)
    (folder / "link").symlink_to(elsewhere)
    assert [watched.poll(now) for now in (0.0, 5.0)] == [(), ()]


def test_a_folder_that_vanishes_is_an_error_and_may_come_back(folder):
    watched = WatchedFolder(folder, settle_s=1)
    hidden = folder.rename(folder.parent / "away")
    with pytest.raises(OSError, match="No such file"):
        watched.poll(0.0)
    hidden.rename(folder)
    assert watched.poll(1.0) == ()
