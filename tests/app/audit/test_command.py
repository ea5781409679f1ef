"""`discern audit`: what it says of a whole, a changed and a cut trail, and what it exports."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from app.audit.anchors import BadAnchor, anchors_in, append_anchor
from app.audit.chain import GENESIS, Head, link
from app.audit.events import AuditEvent
from app.cli import main
from app.store import Store


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISCERN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def fill(root: Path, count: int = 8) -> Head:
    store = Store.open(folder=root)
    for number in range(count):
        store.audit.record(AuditEvent("exported", "anna", f"number {number}"))
    head = store.audit.head()
    store.audit.anchor()
    store.close()
    return head


def tamper(root: Path, statement: str) -> None:
    with sqlite3.connect(root / "readings" / "readings.sqlite3") as raw:
        for name in ("audit_record_update", "audit_record_delete"):
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(statement)
    raw.close()


def test_without_a_store_it_says_so_and_makes_none(root, capsys):
    assert main(["audit", "--verify"]) == 2
    assert "There is no audit trail yet" in capsys.readouterr().err
    assert not root.exists()


def test_a_whole_trail(root, capsys):
    head = fill(root)
    assert main(["audit"]) == 0
    assert capsys.readouterr().out == f"The audit trail holds 8 records; its end is {head.sha256}.\n"
    assert main(["audit", "--verify"]) == 0
    assert capsys.readouterr().out == "The audit trail is whole: 8 records, compared with 1 anchor.\n"


def test_a_changed_record(root, capsys):
    fill(root)
    tamper(root, "UPDATE audit_record SET content = replace(content, 'number 3', 'number 4') WHERE sequence = 4")
    assert main(["audit", "--verify"]) == 2
    out = capsys.readouterr().out
    assert out.startswith("Record 4 was changed.\nThe audit trail is BROKEN (8 records")


def test_a_cut_trail_shows_by_the_anchor_beside_it_and_by_one_kept_elsewhere(root, tmp_path, capsys):
    fill(root)
    assert main(["audit", "--write-anchor", str(tmp_path / "elsewhere.jsonl")]) == 0
    tamper(root, "DELETE FROM audit_record WHERE sequence > 5")
    assert main(["audit", "--verify"]) == 2
    assert "The last 3 records are missing: an anchor was set at record 8." in capsys.readouterr().out
    (root / "readings" / "audit-anchors.jsonl").unlink()
    assert main(["audit", "--verify"]) == 0
    assert "would show by an anchor only" in capsys.readouterr().out
    assert main(["audit", "--anchor", str(tmp_path / "elsewhere.jsonl")]) == 2


def test_exports_can_be_read_and_are_recorded(root, tmp_path, capsys):
    fill(root, 3)
    assert main(["audit", "--export", str(tmp_path / "trail.xml")]) == 0
    assert len(ET.parse(tmp_path / "trail.xml").getroot()) == 3
    assert main(["audit", "--export", str(tmp_path / "trail.json")]) == 0
    document = json.loads((tmp_path / "trail.json").read_text(encoding="utf-8"))
    assert [json.loads(r["content"])["event"]["action"] for r in document["records"]][-1] == "audit used"
    previous = GENESIS
    for record in document["records"]:
        at = datetime.fromisoformat(record["at"])
        previous = link(previous, record["sequence"], at, record["content"])
        assert previous == record["sha256"]
    assert document["head"] == {"records": 4, "sha256": previous}


def test_another_ending_and_a_place_that_cannot_be_written_are_said(root, tmp_path, capsys):
    fill(root, 1)
    assert main(["audit", "--export", str(tmp_path / "trail.csv")]) == 2
    (tmp_path / "file").write_text("")
    assert main(["audit", "--export", str(tmp_path / "file" / "trail.xml")]) == 2
    assert capsys.readouterr().err.count("audit trail") == 2


def test_a_file_without_anchors_is_said(tmp_path):
    for content in (b"nothing", b'{"records": "x", "sha256": 1}', b"[1]", b"%PDF-1.7 no report"):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(BadAnchor):
            anchors_in(tmp_path / "a")
    with pytest.raises(BadAnchor, match="cannot be read"):
        anchors_in(tmp_path / "missing")


def test_anchors_are_added_never_replaced(tmp_path):
    for number in (1, 2):
        append_anchor(tmp_path / "deep" / "a.jsonl", Head(number, str(number) * 64))
    assert anchors_in(tmp_path / "deep" / "a.jsonl") == (Head(1, "1" * 64), Head(2, "2" * 64))
