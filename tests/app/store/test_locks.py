"""One reader per reading: the second gets a name and may not write; a lock that was left behind is taken over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.store import ReadingLocked, Store
from app.store.engine import Database
from app.store.locks import STALE_AFTER, Workplace
from app.store.opening import open_embedded
from tests.store_samples import T0, at, info


class Clock:
    """The database's clock, set by the test."""

    def __init__(self) -> None:
        self.now = T0

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(Database, "now", lambda self, connection: clock.now)
    return clock


def workstation(root: Path, host: str) -> Store:
    return Store(open_embedded(root, T0), root / "studies", Workplace(host=host), anchors=root / "anchors")


@pytest.fixture
def two(root: Path, clock: Clock) -> Iterator[tuple[Store, Store]]:
    one, other = workstation(root, "room-1"), workstation(root, "room-2")
    yield one, other
    one.close()
    other.close()


def test_the_second_gets_the_name_of_the_first(two, clock):
    one, other = two
    study = one.remember_study(info(), (), "", T0)
    assert one.lock(study, "anna").mine
    clock.advance(timedelta(seconds=30))
    lock = other.lock(study, "ben")
    assert not lock.mine
    assert (lock.holder.user, lock.holder.host, lock.holder.since) == ("anna", "room-1", T0)


def test_the_second_may_read_but_not_save(two):
    one, other = two
    study = one.remember_study(info(), (), "", T0)
    one.lock(study, "anna")
    one.save(study, "hers", "g", T0, "anna")
    with pytest.raises(ReadingLocked, match="anna on room-1 works on this reading since 2026-11-21"):
        other.save(study, "his", "g", at(1), "ben")
    assert other.latest(study).document == "hers"


def test_what_is_given_back_is_free(two):
    one, other = two
    study = one.remember_study(info(), (), "", T0)
    one.lock(study, "anna")
    other.release(study)
    assert one.holder(study) is not None, "only the holder can give it back"
    one.release(study)
    assert one.holder(study) is None
    assert other.lock(study, "ben").mine


def test_asking_again_keeps_it(two, clock):
    one, _ = two
    study = one.remember_study(info(), (), "", T0)
    one.lock(study, "anna")
    clock.advance(timedelta(hours=1))
    lock = one.lock(study, "anna")
    assert lock.mine
    assert lock.holder.since == T0


def test_a_beat_keeps_it_alive(two, clock):
    one, other = two
    study = one.remember_study(info(), (), "", T0)
    one.lock(study, "anna")
    for _ in range(10):
        clock.advance(STALE_AFTER / 2)
        assert one.beat(study)
    assert not other.lock(study, "ben").mine


def test_one_that_was_left_behind_is_taken_over_and_the_first_is_told(two, clock):
    one, other = two
    study = one.remember_study(info(), (), "", T0)
    one.lock(study, "anna")
    clock.advance(STALE_AFTER + timedelta(seconds=1))
    lock = other.lock(study, "ben")
    assert lock.mine
    assert lock.taken_from.user == "anna"
    assert not one.beat(study)
    with pytest.raises(ReadingLocked, match="ben on room-2"):
        one.save(study, "too late", "g", at(2), "anna")
    other.save(study, "his", "g", at(3), "ben")


@pytest.mark.skipif(os.name == "nt", reason="whether a program still runs is asked on POSIX only")
def test_a_killed_program_of_this_computer_does_not_keep_its_reading(root, store):
    study = store.remember_study(info(), (), "", T0)
    code = (
        "import sys; from pathlib import Path; from app.store import Store\n"
        "store = Store.open(folder=Path(sys.argv[1])); store.lock(int(sys.argv[2]), 'anna')"
    )
    subprocess.run([sys.executable, "-c", code, str(root), str(study)], check=True, cwd=Path(__file__).parents[3])
    lock = store.lock(study, "anna")
    assert lock.mine
    assert lock.taken_from is not None


def test_the_worklist_names_a_holder_elsewhere_who_is_still_there(two, clock):
    one, other = two
    study = one.remember_study(info(), (), "", T0)
    one.lock(study, "anna")
    assert other.worklist()[0].held_by.user == "anna"
    assert one.worklist()[0].held_by is None
    clock.advance(STALE_AFTER + timedelta(seconds=1))
    assert other.worklist()[0].held_by is None
