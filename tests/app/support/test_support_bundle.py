"""Support bundles: what names somebody is planted everywhere it can stand, and nothing of it may be in the bundle."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from platformdirs import user_log_path
from PySide6 import QtCore
from pytestqt.qtbot import QtBot

from analysis.network import NetworkSettings, Node
from analysis.types import StudyInfo
from app.audit.events import AuditEvent, event_in
from app.cli import main
from app.crash import crash_log
from app.dicom.network.settings_file import save_settings
from app.settings import workstation_settings
from app.store import Store
from app.support.bundle import BundleProblem, write_bundle
from app.support.code_words import only_code
from tests.app.dicom.network.peers import spectra
from tests.reading_desk import desk_with

SECRETS = (
    "Zwetschgenbaum", "ZWETSCHGENBAUM", "Kunigunde", "PID-774411", "19530412", "ACC-998877", "Sankt Blasien",
    "blasien", "geheim", "DrEisenbart", "BLASIENPACS", "10.77.66.55",
)  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "Zwetschgenbaum^Kunigunde" / "PID-774411"
    for file in spectra(folder):
        dataset = pydicom.dcmread(file)
        dataset.PatientName, dataset.PatientID = "Zwetschgenbaum^Kunigunde", "PID-774411"
        dataset.PatientBirthDate, dataset.AccessionNumber = "19530412", "ACC-998877"
        dataset.InstitutionName, dataset.ReferringPhysicianName = "Sankt Blasien", "DrEisenbart"
        dataset.private_block(0x0029, "GEHEIM", create=True).add_new(0x01, "LO", "Kunigunde geheim")
        dataset.save_as(file)
    return folder


def bug_in(folder: Path) -> None:
    """Fail as a reader of a file would, with everything that may stand in a log."""
    try:
        raise ValueError(f"Zwetschgenbaum^Kunigunde in {folder}\nKunigunde: PID-774411\nZwetschgenbaum.Error: geheim")
    except ValueError:
        (folder.parent / "Kunigunde.dcm").write_text("Zwetschgenbaum" * 30)
        pydicom.dcmread(folder.parent / "Kunigunde.dcm")


@pytest.fixture
def planted(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Plant them in the log, the settings, the network's settings, the store and its audit trail."""
    monkeypatch.setenv("DISCERN_DATA_DIR", str(tmp_path / "Kunigunde data"))
    with crash_log(lambda _: None):
        try:
            bug_in(study)
        except pydicom.errors.InvalidDicomError:
            logging.getLogger("app.jobs").exception("Work 'Zwetschgenbaum %s' failed.", study)
        logging.getLogger("Kunigunde").warning("geheim")
    log = user_log_path("discern", appauthor=False) / "discern.log"
    with log.open("a", encoding="utf-8") as file:
        file.write(f'  File "{study}/jobs.py", line 3, in Kunigunde\n    PatientName = "Zwetschgenbaum"\n')
        file.write('  File "/opt/app/Zwetschgenbaum/jobs.py", line 3, in run\nKunigunde.GeheimError: PID-774411\n')
        file.write("app.Zwetschgenbaum.KunigundeError: 19530412\nZwetschgenbaumError\n")
    kept = workstation_settings()
    kept.setValue("report/institution", "Sankt Blasien")
    kept.setValue("theme", "Kunigunde")
    kept.setValue("Zwetschgenbaum", "geheim")
    kept.sync()
    nodes = (Node("Sankt Blasien", "BLASIENPACS", "10.77.66.55", 104, may_send=True),)
    save_settings(NetworkSettings(ae_title="BLASIENPACS", nodes=nodes))
    store = Store.open()
    info = StudyInfo("1.2.3.774411", "PID-774411", "Zwetschgenbaum^Kunigunde")
    store.remember_study(info, (), str(study), datetime.now(UTC))
    store.audit.record(AuditEvent("exported", "DrEisenbart", "Zwetschgenbaum"))
    yield store
    store.close()


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def assert_names_nobody(path: Path) -> None:
    found = members(path)
    for name, data in {**found, "the zip itself": path.read_bytes()}.items():
        for secret in (*SECRETS, str(Path.home()), str(path.parent)):
            for encoding in ("utf-8", "utf-16-le"):
                assert secret.encode(encoding).lower() not in data.lower(), (name, secret)
                assert secret.lower() not in name.lower()


def test_nothing_that_was_planted_is_in_the_bundle_and_what_helps_is(
    planted: Store, study: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "bundle.zip"
    found = write_bundle(target, workstation_settings(), planted, [study])
    assert found.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert_names_nobody(target)
    held = members(target)
    assert {"study/00001.dcm", "study/00002.dcm"} <= set(held)
    log = held["logs/discern.log"].decode()
    assert "pydicom/filereader.py in dcmread, line" in log
    assert "ValueError\n" in log
    assert "pydicom.errors.InvalidDicomError\n" in log
    assert "lines of text left out" in log
    assert json.loads(held["versions.json"])["packages"]["pydicom"] == pydicom.__version__
    assert json.loads(held["store.json"])["audit"] | {"end": ""} == {
        "records": planted.audit.head().records, "end": "", "whole": True, "problems": [],
    }  # fmt: skip
    assert json.loads(held["settings.json"])["network"]["nodes"][0]["may_send"] is True
    manifest = json.loads(held["manifest.json"])
    assert manifest == {n: hashlib.sha256(d).hexdigest() for n, d in held.items() if n != "manifest.json"}
    assert [path.name for path in target.parent.iterdir()] == ["bundle.zip"]


def test_the_command_adds_a_study_only_when_told_and_records_the_export(
    planted: Store, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "bundle.zip"
    assert main(["support-bundle", str(target)]) == 0
    assert not [name for name in members(target) if name.startswith("study/")]
    assert main(["support-bundle", str(target), "--study", str(study)]) == 0
    assert_names_nobody(target)
    assert "a head can be recognised" in capsys.readouterr().err
    last = [event_in(record.content)[0] for record in planted.audit.records()][-1]
    assert (last.action, last.text) == ("exported", "support bundle with a study without its patient")
    assert last.objects[0].identifier == hashlib.sha256(target.read_bytes()).hexdigest()


def test_what_cannot_be_written_or_copied_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleProblem, match="could not be written"):
        write_bundle(tmp_path / "file" / "bundle.zip", workstation_settings(), None)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "letter.txt").write_text("Kunigunde")
    target = tmp_path / "bundle.zip"
    with pytest.raises(BundleProblem, match="without its patient"):
        write_bundle(target, workstation_settings(), None, [tmp_path / "notes"])
    assert not target.exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_fault_of_a_library_in_c_keeps_its_places() -> None:
    place = Path(logging.__file__)
    text = (
        f'Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007 (most recent call first):\n  File "{place}"'
    )
    kept = only_code(f"{text}, line 9 in getLogger\n")
    assert kept.startswith("Fatal Python error: Segmentation fault\n")
    assert "logging/__init__.py in getLogger, line 9" in kept


def test_the_window_writes_a_bundle_without_the_open_study(qtbot: QtBot, tmp_path: Path) -> None:
    store = Store.open(folder=tmp_path / "store")
    desk = desk_with(qtbot, store)
    target = tmp_path / "bundle.zip"
    desk.station.support.write(target)
    qtbot.waitUntil(lambda: any("names no patient" in one.text for one in desk.window.notices.log), timeout=20_000)
    assert not [name for name in members(target) if name.startswith("study/")]
    actions = [event_in(record.content)[0].text for record in store.audit.records()]
    assert "support bundle" in actions
    (tmp_path / "file").write_text("")
    desk.station.support.write(tmp_path / "file" / "bundle.zip")
    qtbot.waitUntil(lambda: any("could not be written" in one.text for one in desk.window.notices.log), timeout=20_000)
    assert isinstance(workstation_settings(), QtCore.QSettings)
    desk.close()
