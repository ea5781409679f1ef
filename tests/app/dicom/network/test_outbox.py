"""The queue for sending: on the disk, through restarts, with longer waits, until it is given up or confirmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.network import NetworkSettings
from app.dicom.network.errors import NetworkProblem
from app.dicom.network.outbox import FIRST_WAIT_S, LONGEST_WAIT_S, MOST_ATTEMPTS, Outbox
from app.dicom.network.send import send_due
from tests.app.dicom.network.peers import (
    free_port,
    inbox_in,
    never,
    ourselves,
    receiving,
    settings_with,
    spectra,
    uid_of,
)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_what_is_queued_is_there_after_a_restart_without_its_first_file(tmp_path: Path) -> None:
    files = spectra(tmp_path)
    made = Outbox(tmp_path / "outbox").add(files, "Archive", "signed report")
    wanted = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    again = Outbox(tmp_path / "outbox")
    assert sorted(item.sop_instance_uid for item in again.items()) == sorted(item.sop_instance_uid for item in made)
    assert sorted(again.object_of(item).read_bytes() for item in again.due()) == sorted(wanted)
    assert {item.label for item in again.items()} == {"signed report"}


def test_a_file_that_is_no_object_queues_none(tmp_path: Path) -> None:
    outbox, files = Outbox(tmp_path / "outbox"), spectra(tmp_path)
    (tmp_path / "text").write_text("no DICOM")
    for bad in (tmp_path / "text", tmp_path / "missing"):
        with pytest.raises(NetworkProblem):
            outbox.add([*files, bad], "Archive")
    assert outbox.items() == []
    assert list((tmp_path / "outbox").iterdir()) == []


def test_waits_double_up_to_an_hour_until_it_is_given_up_and_tried_again_by_hand(tmp_path: Path) -> None:
    clock = Clock()
    outbox = Outbox(tmp_path / "outbox", clock)
    outbox.add(spectra(tmp_path)[:1], "Archive")
    waits = []
    while outbox.items()[0].state == "waiting":
        outbox.failed(outbox.items()[0], "nothing listens there")
        item = outbox.items()[0]
        if item.next_try_at is not None:
            waits.append((item.next_try_at - clock.now).total_seconds())
            assert outbox.due() == []
            clock.now = item.next_try_at + timedelta(seconds=1)
            assert len(outbox.due()) == 1
    assert waits[:3] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S]
    assert max(waits) == LONGEST_WAIT_S
    given_up = outbox.items()[0]
    assert (given_up.state, given_up.attempts, given_up.answer) == ("given up", MOST_ATTEMPTS, "nothing listens there")
    outbox.retry([given_up.identifier])
    assert outbox.due()[0].attempts == 0
    outbox.give_up([given_up.identifier])
    outbox.remove([given_up.identifier])
    assert outbox.items() == []


def test_it_waits_for_a_node_that_is_away_and_sends_when_that_is_back(tmp_path: Path) -> None:
    files, clock, port = spectra(tmp_path), Clock(), free_port()
    outbox = Outbox(tmp_path / "outbox", clock)
    outbox.add(files, "receiver")
    listening = settings_with("DISCERN", port=port)
    settings = NetworkSettings(nodes=(ourselves(port),))
    assert send_due(outbox, settings, never) == 2
    assert [(item.state, item.attempts) for item in outbox.items()] == [("waiting", 1)] * 2
    assert all("nothing listens" in item.answer for item in outbox.items())
    clock.now += timedelta(seconds=FIRST_WAIT_S + 1)
    inbox = inbox_in(tmp_path / "inbox")
    with receiving(listening, inbox):
        assert send_due(outbox, settings, never) == 2
        assert send_due(outbox, settings, never) == 0
    assert [(item.state, item.answer) for item in outbox.items()] == [("sent", "stored")] * 2
    assert all(inbox.place_of(uid_of(file)) is not None for file in files)


def test_a_full_remote_is_tried_again_and_a_refusal_is_not(tmp_path: Path) -> None:
    files, port = spectra(tmp_path), free_port()
    settings = NetworkSettings(nodes=(ourselves(port),))
    full, refused = Outbox(tmp_path / "full"), Outbox(tmp_path / "refused")
    full.add(files[:1], "receiver")
    with receiving(settings_with("DISCERN", port=port), inbox_in(tmp_path / "a", free_bytes=1 << 60)):
        send_due(full, settings, never)
    assert full.items()[0].state == "waiting"
    assert "0xA700 out of room" in full.items()[0].answer
    inbox = inbox_in(tmp_path / "b")
    sink = inbox.sink()
    sink.write(b"another object")
    sink.write(b"of this UID")
    assert inbox.keep(sink, uid_of(files[0])) == "kept"
    refused.add(files[:1], "receiver")
    with receiving(settings_with("DISCERN", port=port), inbox):
        send_due(refused, settings, never)
    assert refused.items()[0].state == "given up"
    assert "another object of this UID" in refused.items()[0].answer


def test_a_node_that_was_removed_is_said(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.add(spectra(tmp_path)[:1], "Archive")
    send_due(outbox, NetworkSettings(), never)
    assert (outbox.items()[0].state, outbox.items()[0].answer) == (
        "given up",
        "the node is no longer in the settings",
    )


def test_what_the_remote_cannot_vouch_for_is_sent_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    for item in outbox.add(spectra(tmp_path), "Archive"):
        outbox.sent(item, "stored", "1.2.3")
    one, other = outbox.items()
    assert outbox.confirmed("9.9", (one.sop_instance_uid,), ()) == 0
    assert outbox.confirmed("1.2.3", (one.sop_instance_uid,), (other.sop_instance_uid,)) == 2
    assert {item.identifier: item.state for item in outbox.items()} == {
        one.identifier: "committed",
        other.identifier: "waiting",
    }
