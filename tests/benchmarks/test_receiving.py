"""Short versions of what the benchmarks of the receiver measure."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.benchmarks import hostile_peers, receive_rate, receiver_kills

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the memory of another process is read from /proc")


@pytest.mark.slow
def test_hostile_peers_neither_stop_the_receiver_nor_fill_the_memory() -> None:
    found = hostile_peers.attack_all(short=True)
    assert len(found) == len(hostile_peers.PLAIN_ATTACKS) + len(hostile_peers.TLS_ATTACKS)
    assert [one for one in found if not one.held] == []


@pytest.mark.slow
def test_what_was_acknowledged_is_there_after_kills() -> None:
    found = receiver_kills.endure(objects=60, kills=2, associations=2)
    assert found.good, found


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("storescp") is None, reason="dcmtk is needed (apt-get install dcmtk)")
def test_the_rate_can_be_measured() -> None:
    found = receive_rate.compare(objects=20, rounds=1)
    assert min(*found.ours, *found.theirs, *found.disk_s, found.ratio) > 0
