"""The audit trail in the store: kept with what it records, append-only, whole under many writers, told when broken."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.audit.events import AuditEvent, Subject, event_in
from app.store import ReadingIsFinal, Store, StoreError
from app.store.engine import address, connect
from app.store.schema import SCHEMA_VERSION, bring_up_to_date, version_of
from tests.store_samples import T0, at, info


def filled(store: Store, count: int = 10):
    study = store.remember_study(info(1), (), "", T0)
    for number in range(count):
        store.save(study, f"document {number}", f"gesture {number}", at(number), "anna")
    return study


def events(store: Store) -> list[AuditEvent]:
    return [event_in(record.content)[0] for record in store.audit.records()]


def tamper(root: Path, *statements: str) -> None:
    """Do what somebody with the file and the rights of its owner can do."""
    with sqlite3.connect(root / "readings" / "readings.sqlite3") as raw:
        for name in ("audit_record_update", "audit_record_delete"):
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
    raw.close()


def test_every_gesture_leaves_one_record_with_its_subject(store):
    filled(store, 3)
    found = events(store)
    assert [(e.action, e.who) for e in found] == [
        ("state changed", "anna"), ("reading changed", "anna"), ("reading changed", "anna"),
    ]  # fmt: skip
    assert found[0].text == "step 1: gesture 0 (unread becomes draft)"
    assert found[2].text == "step 3: gesture 2"
    assert found[2].at == at(2)
    assert found[2].subject == Subject("1.2.3.1", "P001", "Probe^Person1", "A0001")
    assert store.audit.check().ok


def test_signing_names_the_file(store):
    study = filled(store, 1)
    report = store.sign_off(study, "d", b"pdf", at(5), "anna", state="final")
    last = events(store)[-1]
    assert (last.action, last.objects[0].identifier) == ("report signed", report.sha256)
    assert last.text == "report 1 signs step 2 as final"


def test_a_refused_gesture_leaves_no_record(store):
    study = filled(store, 1)
    store.save(study, "d", "signed", at(2), "anna", state="final")
    before = store.audit.head()
    with pytest.raises(ReadingIsFinal):
        store.save(study, "d", "later", at(3), "anna")
    assert store.audit.head() == before


def test_where_the_trail_cannot_be_written_the_gesture_is_not_kept_either(store, root):
    study = filled(store, 2)
    with store._database.writing() as connection:
        connection.execute(text("CREATE TRIGGER no BEFORE INSERT ON audit_record BEGIN SELECT RAISE(ABORT, ''); END"))
    with pytest.raises(StoreError):
        store.save(study, "unheard", "g", at(3), "anna")
    assert store.latest(study).document == "document 1"


@pytest.mark.parametrize("act", ["UPDATE audit_record SET content = 'x'", "DELETE FROM audit_record"])
def test_the_database_refuses_to_change_or_delete(store, act):
    filled(store, 2)
    with pytest.raises(StoreError), store._database.writing() as connection:
        connection.execute(text(act))
    assert store.audit.check().ok
    assert store.audit.head().records == 2


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_record SET content = content || ' ' WHERE sequence = 4", "Record 4 was changed."),
        ("UPDATE audit_record SET at = at + 1 WHERE sequence = 4", "Record 4 was changed."),
        ("DELETE FROM audit_record WHERE sequence = 4", "Record 4 is missing."),
        ("DELETE FROM audit_record WHERE sequence < 3", "Records 1 to 2 are missing."),
    ],
)
def test_what_was_changed_behind_its_back_is_said(store, root, statement, problem):
    filled(store)
    tamper(root, statement)
    assert store.audit.check().problems == (problem,)


def test_a_cut_end_is_said_by_an_anchor(store, root):
    filled(store)
    anchor = store.audit.head()
    tamper(root, "DELETE FROM audit_record WHERE sequence > 7")
    assert store.audit.check().ok
    assert store.audit.check([anchor]).problems == ("The last 3 records are missing: an anchor was set at record 10.",)


def test_the_trail_outlives_its_study(store):
    study = filled(store, 2)
    with store._database.writing() as connection:
        connection.execute(text("DELETE FROM study WHERE id = :id"), {"id": study})
    assert store.audit.check().head.records == 2


_WRITER = """
import sys
from pathlib import Path
from app.audit.events import AuditEvent
from app.store import Store
store = Store.open(folder=Path(sys.argv[1]))
for number in range(25):
    store.audit.record(AuditEvent("exported", sys.argv[2], str(number)))
store.close()
"""


def test_several_processes_make_one_whole_chain(store, root):
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(root), f"user {n}"]) for n in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    found = store.audit.check()
    assert (found.ok, found.head.records) == (True, 75)
    for number in range(3):
        own = [event.text for event in events(store) if event.who == f"user {number}"]
        assert own == [str(n) for n in range(25)]


def test_names_in_any_script_and_markup_stay_as_they_are(store):
    name = "محمد^<b>&\u202e😀" + "x" * 50
    study = store.remember_study(info(1, patient_name=name), (), "", T0)
    store.save(study, "d", "müde <&>", T0, "anna")
    event = events(store)[0]
    assert (event.subject.patient_name, event.text) == (name, "step 1: müde <&> (unread becomes draft)")
    assert store.audit.check().ok


def test_a_store_without_a_trail_gets_one_like_a_new_one(root):
    store = Store.open(folder=root)
    filled(store, 1)
    store.close()
    path = root / "readings" / "readings.sqlite3"
    database = connect(address(f"sqlite:///{path}"))
    query = text("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'audit_record' AND sql != '' ORDER BY name")
    with database.writing() as connection:
        made = [tuple(row) for row in connection.execute(query)]
        connection.execute(text("DROP TABLE audit_record"))
        connection.execute(text("DELETE FROM schema_version"))
        connection.execute(text("INSERT INTO schema_version VALUES (2, 0)"))
    with database.writing() as connection:
        bring_up_to_date(connection, T0)
        migrated = [tuple(row) for row in connection.execute(query)]
        assert version_of(connection) == SCHEMA_VERSION
    database.close()
    assert len(made) == 3
    assert [(kind, sql.split()) for kind, sql in made] == [(kind, sql.split()) for kind, sql in migrated]


def test_the_content_is_one_line_of_json(store):
    store.audit.record(AuditEvent("queried", "anna", "two\nlines", query="PatientID=1"))
    content = next(iter(store.audit.records())).content
    assert "\n" not in content
    assert json.loads(content)["schema"] == "discern-audit/1"
