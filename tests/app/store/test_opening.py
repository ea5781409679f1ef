"""Opening: made where there is none, refused where newer or foreign, set aside where damaged, private on the disk."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from app.store import BadStoreAddress, Store, StoreDamaged, StoreNotOurs, StoreUnavailable
from app.store.engine import address, connect
from app.store.schema import SCHEMA_VERSION, bring_up_to_date, version_of
from tests.store_samples import T0, info


def path_of(root: Path) -> Path:
    return root / "readings" / "readings.sqlite3"


def filled(root: Path) -> Path:
    store = Store.open(folder=root)
    for number in range(1, 60):
        study = store.remember_study(info(number % 28 + 1, study_instance_uid=f"1.2.{number}"), (), "", T0)
        store.save(study, f"reading {number} " * 50, "g", T0, "reader")
    store.close()
    return path_of(root)


def test_the_usual_place_is_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DISCERN_DATA_DIR", str(tmp_path / "chosen"))
    Store.open().close()
    assert path_of(tmp_path / "chosen").exists()


def test_it_is_durable_by_its_settings(store):
    with store._database.reading() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in (
            "journal_mode", "synchronous", "foreign_keys", "busy_timeout",
        )}  # fmt: skip
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


@pytest.mark.skipif(os.name == "nt", reason="permissions are those of POSIX")
def test_only_the_owner_may_read_it(store, root):
    assert stat.S_IMODE(path_of(root).stat().st_mode) == 0o600
    assert stat.S_IMODE(path_of(root).parent.stat().st_mode) == 0o700
    for file in path_of(root).parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def damage_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[:16] = b"not a database!!"
    path.write_bytes(content)


def damage_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 4096 + 2000] = b"\xff" * 2000
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def behead(path: Path) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"what was not yet in the file" * 100)
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_header, damage_page, cut_short, behead])
def test_a_damaged_database_is_set_aside_whole(root, damage):
    path = filled(root)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="was damaged. It was set aside as a whole") as caught:
        Store.open(folder=root)
    kept = caught.value.kept_in
    assert kept is not None
    assert kept.parent == root
    assert (kept / path.name).read_bytes() == before
    again = Store.open(folder=root)
    assert again.worklist() == []
    again.close()
    assert (kept / path.name).read_bytes() == before


def test_two_damaged_databases_do_not_overwrite_each_other(root):
    kept = set()
    for _ in range(3):
        damage_header(filled(root))
        with pytest.raises(StoreDamaged) as caught:
            Store.open(folder=root)
        kept.add(caught.value.kept_in)
    assert len(kept) == 3
    assert all((folder / "readings.sqlite3").exists() for folder in kept)


def test_a_newer_store_is_refused_and_left(root):
    path = filled(root)
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO schema_version VALUES (?, 0)", (SCHEMA_VERSION + 7,))
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreNotOurs, match="written by a newer Discern"):
        Store.open(folder=root)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE music (title TEXT)")
    raw.close()
    with pytest.raises(StoreNotOurs, match="something other than readings"):
        Store.open(f"sqlite:///{path}")


def test_an_older_store_goes_step_by_step(root):
    filled(root)
    database = connect(address(f"sqlite:///{path_of(root)}"))
    done = []

    def add_column(connection):
        connection.execute(text("ALTER TABLE study ADD COLUMN ward TEXT"))
        done.append("ward")

    steps = {SCHEMA_VERSION: add_column, SCHEMA_VERSION + 1: lambda connection: done.append("second")}
    with database.writing() as connection:
        bring_up_to_date(connection, T0, newest=SCHEMA_VERSION + 2, steps=steps)
    assert done == ["ward", "second"]
    with database.reading() as connection:
        assert version_of(connection) == SCHEMA_VERSION + 2
        assert connection.execute(text("SELECT count(*) FROM study WHERE ward IS NULL")).scalar_one() == 59
    database.close()


def test_a_step_that_fails_changes_nothing(root):
    filled(root)
    database = connect(address(f"sqlite:///{path_of(root)}"))

    def half(connection):
        connection.execute(text("ALTER TABLE study ADD COLUMN ward TEXT"))
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"), database.writing() as connection:
        bring_up_to_date(connection, T0, newest=SCHEMA_VERSION + 1, steps={SCHEMA_VERSION: half})
    with database.reading() as connection:
        assert version_of(connection) == SCHEMA_VERSION
        columns = [row[1] for row in connection.execute(text("PRAGMA table_info(study)"))]
    assert "ward" not in columns
    database.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://user:secret@server/base", "sqlite://", "postgresql:/:x:@"])
def test_an_address_that_cannot_be_used_is_said_without_repeating_it(url):
    with pytest.raises((BadStoreAddress, StoreUnavailable)) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


def test_a_shared_store_that_does_not_answer_is_said_in_a_sentence():
    with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
        Store.open("postgresql://reader:secret@127.0.0.1:1/readings")
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "data").write_text("a file stands where the folder should be")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        Store.open(folder=tmp_path / "data")
