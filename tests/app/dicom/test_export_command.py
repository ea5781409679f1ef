"""`discern export` and the window's export: what is written, what is said, what is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6 import QtWidgets
from pytestqt.qtbot import QtBot

from app.archive_desk import ArchiveDesk
from app.audit.events import event_in
from app.cli import main
from app.jobs import JobRunner
from app.report_preview import SignedFile
from app.session import ReadingSession
from app.store import Store
from widgets.main_window import MainWindow

NAMES = ["key-image-1.dcm", "key-image-2.dcm", "key-image-3.dcm", "key-objects.dcm", "measurements.dcm",
         "outlines-1.dcm", "report.dcm", "report.fhir.json"]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISCERN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def folder_of(study) -> Path:
    return Path(study.acquisitions[0].sources[0].path).parent.parent


def test_the_command_writes_and_names_every_file(root, study, signed, tmp_path, capsys):
    Store.open(folder=root).close()
    (tmp_path / "r.pdf").write_bytes(signed)
    done = main(["export", str(folder_of(study)), "--report", str(tmp_path / "r.pdf"), "--out", str(tmp_path / "out")])
    assert done == 0
    assert sorted(Path(line).name for line in capsys.readouterr().out.splitlines()) == NAMES
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == NAMES
    store = Store.open(folder=root)
    (event,) = [event_in(record.content)[0] for record in store.audit.records()]
    store.close()
    assert (event.action, event.text) == ("exported", "7 objects and a FHIR bundle")
    assert [item.kind for item in event.objects] == ["report"] + ["instance"] * 7


def test_what_cannot_be_used_is_said_in_one_line(root, study, tmp_path, capsys):
    (tmp_path / "no.pdf").write_bytes(b"no report")
    for report in ("no.pdf", "missing.pdf"):
        arguments = ["export", str(folder_of(study)), "--report", str(tmp_path / report), "--out", str(tmp_path / "o")]
        assert main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_the_window_exports_what_was_signed(qtbot: QtBot, study, signed, tmp_path, monkeypatch):
    window, session, jobs = MainWindow(), ReadingSession(), JobRunner()
    qtbot.addWidget(window)
    store = Store.open(folder=tmp_path / "data")
    kept: list[SignedFile] = []
    desk = ArchiveDesk(window, session, jobs, store, lambda: kept[0] if kept else None)
    session.open_study(study)
    assert not desk.command.isEnabled()
    kept.append(SignedFile("ab", lambda: signed))
    window.report_menu.aboutToShow.emit()
    assert desk.command.isEnabled()
    monkeypatch.setattr(QtWidgets.QFileDialog, "getExistingDirectory", lambda *a: str(tmp_path))
    desk.command.trigger()
    qtbot.waitUntil(lambda: bool(window.notices.log), timeout=30000)
    assert window.notices.log[-1].text.startswith("7 DICOM objects and a FHIR bundle were written to")
    assert sorted(path.name for path in (tmp_path / "discern-export").iterdir()) == NAMES
    assert store.audit.head().records == 1
    jobs.shut_down()
    store.close()
