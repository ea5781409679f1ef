"""Complete studies: handed on once each, again when more comes, and remembered through a restart."""

from __future__ import annotations

import threading
from pathlib import Path

from app.dicom.network.arrivals import Arrivals
from app.dicom.network.inbox import Inbox
from tests.app.dicom.network.peers import inbox_in, spectra, uid_of


def put(inbox: Inbox, file: Path) -> None:
    sink = inbox.sink()
    sink.write(file.read_bytes())
    assert inbox.keep(sink, uid_of(file)) == "kept"


class Watched:
    """Arrivals whose complete studies are counted; `process` says whether each is then done with."""

    def __init__(self, inbox: Inbox, *, process: bool = True) -> None:
        self.found: list[int] = []
        self._came, self._process, self._inbox = threading.Event(), process, inbox
        self.arrivals = Arrivals(inbox, 0.2, self._on_complete)
        self.arrivals.start()

    def _on_complete(self, key: str, folder: Path) -> None:
        self.found.append(len(list(folder.glob("*.dcm"))))
        if self._process:
            self.arrivals.processed(key, self.arrivals.mark_of(key))
        self._came.set()

    def wait(self) -> None:
        assert self._came.wait(30)
        self._came.clear()


def test_a_study_is_handed_on_when_it_is_quiet_and_again_when_more_comes(tmp_path: Path) -> None:
    inbox, files = inbox_in(tmp_path / "inbox"), spectra(tmp_path)
    put(inbox, files[0])
    watched = Watched(inbox)
    watched.wait()
    put(inbox, files[1])
    watched.wait()
    watched.arrivals.stop()
    assert watched.found == [1, 2]
    assert [(study.objects, study.state) for study in watched.arrivals.studies()] == [(2, "processed")]


def test_a_restart_repeats_what_was_not_processed_and_nothing_else(tmp_path: Path) -> None:
    inbox, files = inbox_in(tmp_path / "inbox"), spectra(tmp_path)
    for file in files:
        put(inbox, file)
    first = Watched(inbox, process=False)
    first.wait()
    first.arrivals.stop()
    second = Watched(inbox_in(tmp_path / "inbox"))
    second.wait()
    second.arrivals.stop()
    third = Watched(inbox_in(tmp_path / "inbox"))
    assert [study.state for study in third.arrivals.studies()] == ["processed"]
    third.arrivals.stop()
    assert (second.found, third.found) == ([2], [])
