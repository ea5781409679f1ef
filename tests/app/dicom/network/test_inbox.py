"""Received objects on the disk: whole or not at all, named by hashes, one per UID."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.dicom.network.errors import NetworkProblem
from app.dicom.network.inbox import Inbox, Kept, name_of
from app.dicom.network.short_bytes import file_head
from tests.app.dicom.network.peers import inbox_in, spectra, uid_of


def put(inbox: Inbox, uid: str, data: bytes) -> Kept:
    sink = inbox.sink()
    sink.write(b"head ")
    for start in range(0, len(data), 1000):
        sink.write(data[start : start + 1000])
    return inbox.keep(sink, uid)


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_object_is_kept_once_under_a_hash_of_its_uid(tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path)
    assert put(inbox, "1.2.3", b"x" * 2500) == "kept"
    assert put(inbox, "1.2.3", b"x" * 2500) == "same"
    assert put(inbox, "1.2.3", b"y" * 2500) == "different"
    assert put(inbox, "1.2/../../../3", b"z") == "kept"
    assert files_below(tmp_path) == sorted(f"arrived/{name_of(uid)}.dcm" for uid in ("1.2.3", "1.2/../../../3"))
    place = inbox.place_of("1.2.3")
    assert place is not None
    assert place.read_bytes() == b"head " + b"x" * 2500
    assert place.stat().st_mode & 0o077 == 0


def test_it_is_known_again_after_a_restart_and_half_an_object_is_removed(tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path)
    put(inbox, "1.2.3", b"x")
    inbox.sink().write(b"half")
    assert len(files_below(tmp_path / "incoming")) == 1
    again = inbox_in(tmp_path)
    assert files_below(tmp_path / "incoming") == []
    assert put(again, "1.2.3", b"x") == "same"


def test_an_object_beyond_the_limit_leaves_nothing(tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path, object_bytes=5000)
    assert put(inbox, "1.2.3", b"x" * 5000) == "too large"
    assert put(inbox, "1.2.3", b"x" * 4000) == "kept"
    assert len(files_below(tmp_path)) == 1


def test_a_disk_without_room_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path, free_bytes=1 << 60)
    assert put(inbox, "1.2.3", b"x") == "disk full"
    assert files_below(tmp_path) == []


def test_a_write_that_fails_in_the_middle_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = inbox_in(tmp_path)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.dicom.network.sink.os.write", full)
    assert put(inbox, "1.2.3", b"x" * 5000) == "disk full"
    monkeypatch.undo()
    assert files_below(tmp_path) == []
    monkeypatch.setattr("app.dicom.network.sink.os.fsync", full)
    assert put(inbox, "1.2.3", b"x" * 5000) == "disk full"
    monkeypatch.undo()
    assert files_below(tmp_path) == []
    assert put(inbox, "1.2.3", b"x" * 5000) == "kept"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NetworkProblem, match="cannot be used"):
        inbox_in(tmp_path / "file")


def test_objects_are_sorted_by_study_and_what_is_none_is_set_aside(tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path / "inbox")
    files = spectra(tmp_path)
    for file in files:
        sink = inbox.sink()
        sink.write(file.read_bytes())
        assert inbox.keep(sink, uid_of(file)) == "kept"
    put(inbox, "1.2.3", b"no DICOM")
    liar = inbox.sink()
    liar.write(file_head("1.2.840.10008.5.1.4.1.1.4.2", "1.2.9", "1.2.840.10008.1.2.1") + files[0].read_bytes()[600:])
    assert inbox.keep(liar, "1.2.9") == "kept"
    found = list(inbox.sort_arrived())
    assert len(inbox.study_keys()) == 1
    assert [path.read_bytes() for path in inbox.objects_of(inbox.study_keys()[0])] == [
        path.read_bytes() for path in sorted(files, key=lambda file: name_of(uid_of(file)))
    ]
    assert len([one for one in found if one.study is None]) == 2
    place = inbox.place_of(uid_of(files[0]))
    assert place is not None
    assert place.parent.parent.name == "studies"
