"""The chain of hashes by itself: what a change, a gap, a cut and a chain made anew look like."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from app.audit.chain import GENESIS, AuditRecord, Head, check, following
from tests.store_samples import at


def chain(count: int = 12) -> list[AuditRecord]:
    head, records = Head(), []
    for number in range(count):
        record = following(head, at(number), f"content {number}")
        records.append(record)
        head = Head(record.sequence, record.sha256)
    return records


def test_each_hash_covers_what_the_definition_says():
    first, second = chain(2)
    assert first.previous == GENESIS
    moment_us = int(at(1).timestamp()) * 1_000_000
    covered = f"{first.sha256}\n2\n{moment_us}\ncontent 1".encode()
    assert second.sha256 == hashlib.sha256(covered).hexdigest()


def test_a_whole_chain_passes():
    found = check(chain(), [Head(5, chain()[4].sha256), Head(12, chain()[11].sha256)])
    assert (found.ok, found.head.records, found.anchors) == (True, 12, 2)
    assert check([]).ok


def test_a_change_of_content_time_or_hash_is_said():
    for change in ({"content": "content 6 "}, {"at": at(6.000001)}, {"sha256": "0" * 64}):
        records = chain()
        records[6] = replace(records[6], **change)
        found = check(records)
        assert "Record 7 was changed." in found.problems, change


def test_a_record_that_was_taken_out_is_said():
    records = chain()
    del records[3:5]
    assert check(records).problems == ("Records 4 to 5 are missing.",)
    assert check(chain()[1:]).problems == ("Record 1 is missing.",)


def test_a_record_whose_hash_was_made_anew_is_said():
    records = chain()
    head = Head(6, records[5].sha256)
    records[6] = following(head, at(6), "another content")
    assert check(records).problems == ("Record 8 does not follow the one before it.",)


def test_a_cut_end_shows_by_an_anchor_only():
    records = chain()
    anchor = Head(12, records[11].sha256)
    assert check(records[:9]).ok
    assert check(records[:9], [anchor]).problems == ("The last 3 records are missing: an anchor was set at record 12.",)
    assert check([], [anchor]).problems[0].startswith("The last 12 records are missing")


def test_a_chain_made_anew_shows_by_an_anchor_only():
    anchor = Head(12, chain()[11].sha256)
    head, forged = Head(), []
    for record in chain():
        forged.append(following(head, record.at, record.content.replace("content 2", "nothing")))
        head = Head(forged[-1].sequence, forged[-1].sha256)
    assert check(forged).ok
    assert check(forged, [anchor]).problems == ("Record 12 is not the one that was anchored: the trail was made anew.",)


def test_anchors_that_contradict_each_other_are_said():
    records = chain()
    found = check(records, [Head(3, records[2].sha256), Head(3, "f" * 64)])
    assert "Two anchors name different records 3." in found.problems
