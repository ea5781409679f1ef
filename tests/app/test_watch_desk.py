"""The switch of the watched folder: what arrives whole is opened, or announced while a study is in hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6 import QtWidgets
from pytestqt.qtbot import QtBot

from app.jobs import JobRunner
from app.main import apply_look
from app.session import ReadingSession
from app.watch_desk import WATCH, WatchDesk
from tests.samples import sample_study
from widgets.main_window import MainWindow


@pytest.fixture
def jobs(qapp: QtWidgets.QApplication) -> Iterator[JobRunner]:
    apply_look(qapp)
    jobs = JobRunner()
    yield jobs
    jobs.shut_down()


class Bench:
    """A window, a folder that the file dialog answers with, and what was opened."""

    def __init__(self, qtbot: QtBot, jobs: JobRunner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.window, self.session, self.opened = MainWindow(), ReadingSession(), []
        self.jobs, self.folder, self.qtbot = jobs, folder, qtbot
        qtbot.addWidget(self.window)
        self.desk = WatchDesk(self.window, self.session, jobs, self.opened.extend, settle_s=0.05, every_ms=20)
        monkeypatch.setattr(QtWidgets.QFileDialog, "getExistingDirectory", lambda *_: str(folder))

    def texts(self) -> list[str]:
        return [notice.text for notice in self.window.notices.log]


@pytest.fixture
def bench(qtbot: QtBot, jobs: JobRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(qtbot, jobs, tmp_path, monkeypatch)
    yield bench
    bench.window.watch_action.setChecked(False)


def test_a_study_that_arrives_is_opened(bench: Bench) -> None:
    (bench.folder / "before.dcm").write_bytes(b"1")
    bench.window.watch_action.trigger()
    (bench.folder / "new").mkdir()
    (bench.folder / "new" / "IM1").write_bytes(b"1")
    bench.qtbot.waitUntil(lambda: bench.opened == [bench.folder / "new"])


def test_a_study_in_hand_is_not_replaced(bench: Bench) -> None:
    bench.session.open_study(sample_study())
    bench.window.watch_action.trigger()
    (bench.folder / "new.zip").write_bytes(b"1")
    bench.qtbot.waitUntil(lambda: any("1 new study has arrived" in text for text in bench.texts()))
    assert bench.opened == []


def test_a_folder_that_cannot_be_reached_is_said_once(bench: Bench) -> None:
    bench.window.watch_action.trigger()
    away = bench.folder.rename(bench.folder.parent / "away")
    bench.qtbot.waitUntil(lambda: any("cannot be reached" in text for text in bench.texts()))
    away.rename(bench.folder)
    (bench.folder / "new.zip").write_bytes(b"1")
    bench.qtbot.waitUntil(lambda: bench.opened == [bench.folder / "new.zip"])
    assert sum("cannot be reached" in text for text in bench.texts()) == 1


def test_switched_off_nothing_is_looked_at(bench: Bench) -> None:
    bench.window.watch_action.trigger()
    bench.window.watch_action.trigger()
    assert not bench.window.watch_action.isChecked()
    assert not bench.jobs.is_running(WATCH)


def test_without_a_choice_the_switch_stays_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QtWidgets.QFileDialog, "getExistingDirectory", lambda *_: "")
    bench.window.watch_action.trigger()
    assert not bench.window.watch_action.isChecked()
