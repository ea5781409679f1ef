"""The same store on PostgreSQL: a server of the test's own, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from analysis.worklist import WorklistFilter
from app.audit.events import AuditEvent
from app.store import ReadingIsFinal, ReadingLocked, Store, StoreError, StoreNotOurs
from tests.store_samples import T0, at, info, write_files


def _program(name: str) -> str | None:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(newest[-1]) if newest else shutil.which(name)


INITDB, PG_CTL = _program("initdb"), _program("pg_ctl")
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
AS_USER = ["runuser", "-u", "postgres", "--"] if IS_ROOT else []
pytestmark = pytest.mark.skipif(
    INITDB is None or PG_CTL is None or (IS_ROOT and shutil.which("runuser") is None),
    reason="no PostgreSQL server is installed",
)


def _run(*command: str) -> None:
    # No pipes: the server would inherit and hold them open.
    done = subprocess.run(
        [*AS_USER, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, command[0]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that listens on a socket in a folder of its own, and nowhere else."""
    folder = Path(tempfile.mkdtemp(prefix="discern-pg-"))
    if IS_ROOT:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    try:
        _run(str(INITDB), "-D", str(data), "-U", "reader", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
        _run(str(PG_CTL), "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql://reader@/postgres?host={folder}"
        finally:
            _run(str(PG_CTL), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shared(server: str, tmp_path: Path) -> Iterator[Store]:
    store = Store.open(server, folder=tmp_path)
    yield store
    with store._database.writing() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    store.close()


def test_a_reading_is_kept(shared):
    study = shared.remember_study(info(), (), "", T0)
    for number in range(1, 4):
        assert shared.save(study, f"Größe {number}", "g", at(number), "reader").number == number
    assert (shared.latest(study).document, shared.latest(study).at) == ("Größe 3", at(3))
    shared.save(study, "signed", "sign", at(4), "reader", state="final")
    with pytest.raises(ReadingIsFinal):
        shared.save(study, "later", "g", at(5), "reader")


def test_studies_files_and_lists(shared, tmp_path):
    files = write_files(tmp_path / "exam")
    one = shared.remember_study(info(1, patient_id="P", patient_name="Müller^Jörg"), files, str(tmp_path / "exam"), T0)
    two = shared.remember_study(info(2, patient_id="P"), (), "", T0)
    undated = shared.remember_study(info(3, patient_id=None, study_date=None), (), "", T0)
    assert shared.remember_study(info(1, patient_id="P", patient_name="Müller^Jörg"), files, "", at(1)) == one
    assert [row.study_id for row in shared.worklist()] == [two, one, undated]
    assert [row.study_id for row in shared.worklist(WorklistFilter(text="muller"))] == [one]
    assert [row.study_id for row in shared.priors("P", "20260102")] == [one]
    assert [row.priors for row in shared.worklist()] == [1, 0, 0]
    assert shared.missing_files(one, by_content=True) == ()
    os.unlink(files[0].path)
    assert [trouble.trouble for trouble in shared.missing_files(one)] == ["missing"]


def test_two_workstations_share_it(shared, server, tmp_path):
    other = Store.open(server, folder=tmp_path / "other")
    study = shared.remember_study(info(), (), "", T0)
    assert shared.lock(study, "anna").mine
    lock = other.lock(study, "ben")
    assert (lock.mine, lock.holder.user) == (False, "anna")
    with pytest.raises(ReadingLocked, match="anna on"):
        other.save(study, "his", "g", T0, "ben")
    assert shared.beat(study)
    shared.release(study)
    assert other.lock(study, "ben").mine
    assert shared.worklist()[0].held_by.user == "ben"
    other.close()


def test_only_one_of_many_gets_the_reading(shared, server, tmp_path):
    study = shared.remember_study(info(), (), "", T0)
    stores = [Store.open(server, folder=tmp_path) for _ in range(4)]
    won: list[bool] = []
    threads = [
        threading.Thread(target=lambda store=store: won.append(store.lock(study, "somebody").mine)) for store in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, False, False, True]
    for store in stores:
        store.close()


def test_writers_at_once_leave_no_gap(shared, server, tmp_path):
    study = shared.remember_study(info(), (), "", T0)
    stores = [Store.open(server, folder=tmp_path) for _ in range(3)]

    def work(store: Store) -> None:
        for number in range(10):
            store.save(study, str(number), "g", T0, "reader")

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [step.number for step in shared.history(study)] == list(range(1, 31))
    for store in stores:
        store.close()


def test_one_whole_audit_trail_by_many_writers(shared, server, tmp_path):
    study = shared.remember_study(info(), (), "", T0)
    stores = [Store.open(server, folder=tmp_path) for _ in range(3)]

    def work(store: Store) -> None:
        for number in range(10):
            store.audit.record(AuditEvent("exported", "anna", str(number)))
            store.save(study, str(number), "g", T0, "anna")

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = shared.audit.check()
    assert (found.ok, found.head.records) == (True, 60)
    for act in ("UPDATE audit_record SET content = ''", "DELETE FROM audit_record", "TRUNCATE audit_record"):
        with pytest.raises(StoreError), shared._database.writing() as connection:
            connection.execute(text(act))
    assert shared.audit.head() == found.head
    for store in stores:
        store.close()


def test_a_foreign_database_is_left_alone(shared, server, tmp_path):
    with shared._database.writing() as connection:
        connection.execute(text("DROP TABLE schema_version"))
    with pytest.raises(StoreNotOurs, match="something other than readings"):
        Store.open(server, folder=tmp_path)
