"""Studies that come in while another is open: analysed beside it, listed with their state, open with their results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6 import QtCore
from pytestqt.qtbot import QtBot

from analysis.network import NetworkSettings, Node
from analysis.types import Progress, Stop, Study, StudyInfo
from analysis.voxel_settings import ExamSettings
from analysis.worklist import Preparation, StudyId, WorklistFilter
from app.advance_analysis import MOST_KEPT, AdvanceAnalysis
from app.advance_process import Listed, Prepared
from app.demo import make_demo
from app.dicom.network.settings_file import save_settings
from app.jobs import JobRunner
from app.main import real_services
from app.session import ReadingSession
from app.store import Store
from app.workstation import Workstation
from tests.app.dicom.network.peers import LOOPBACK, free_port, spectra, storescu
from tests.reading_desk import Desk, plain_study
from tests.samples import sample_exam, sample_study
from widgets.main_window import MainWindow
from widgets.worklist_model import KEYS

LONG_MS = 120_000
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|support raise|grabbing the keyboard")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "study"
    make_demo(folder, seed=1)
    return folder


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    """A window with real readers, and one simulated study beside what they read."""
    store, real = Store.open(folder=tmp_path / "store"), real_services()

    def read(paths: Sequence[Path], progress: Progress, stop: Stop) -> tuple[Study, ...]:
        return (plain_study(),) if paths[0].name == "simulated" else real.read_studies(paths, progress, stop)

    window, session, jobs = MainWindow(("disc", "brain")), ReadingSession(), JobRunner()
    services = replace(real, read_studies=read, first_look=None, store=store)
    desk = Desk(window, session, jobs, Workstation(window, session, jobs, services))
    qtbot.addWidget(window)
    window.show()
    yield desk
    desk.close()


def switched_on(qtbot: QtBot, desk: Desk) -> int:
    port = free_port()
    nodes = (Node("Scanner", "STORESCU", LOOPBACK, 104, may_send=True),)
    receiver = replace(NetworkSettings().receiver, port=port, quiet_s=1.0)
    save_settings(NetworkSettings(nodes=nodes, receiver=receiver))
    desk.window.network_requested.emit()
    view = desk.station.network.view
    assert view is not None
    qtbot.mouseClick(view.receiver.switch, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.station.network.receiving.port == port, timeout=LONG_MS)
    return port


def state_shown(desk: Desk) -> str:
    view = desk.station.worklist.view
    assert view is not None
    texts = [str(view.model.index(row, KEYS.index("state")).data()) for row in range(view.model.rowCount())]
    return next((text for text in texts if "·" in text), "")


@pytest.mark.slow
def test_a_study_that_comes_in_is_analysed_beside_the_open_one_and_opens_with_its_results(
    qtbot: QtBot, desk: Desk, demo: Path
) -> None:
    desk.open(qtbot)
    before, exam = desk.session.study, desk.session.exam
    desk.station.worklist.show()
    port = switched_on(qtbot, desk)
    with qtbot.waitSignal(desk.station.advance.ready, timeout=LONG_MS):
        assert storescu(port, sorted(demo.rglob("*.dcm"))).returncode == 0
        qtbot.waitUntil(lambda: state_shown(desk) == "○ unread · being analysed", timeout=LONG_MS)
    assert desk.session.study is before
    assert desk.session.exam is exam
    qtbot.waitUntil(lambda: state_shown(desk) == "○ unread · ready", timeout=LONG_MS)
    assert any("A study that came in is analysed" in notice.text for notice in desk.window.notices.log)

    network = desk.station.network
    qtbot.waitUntil(lambda: [one.state for one in network.receiving.studies()] == ["ready"], timeout=LONG_MS)
    folder = network.receiving.folder_of(network.receiving.studies()[0].key)
    ready = desk.station.advance._kept
    (prepared,) = ready.values()
    with qtbot.waitSignal(desk.station.settled, timeout=LONG_MS):
        desk.station.open_paths([folder])
    opened = desk.session.exam
    assert opened is not None
    assert prepared.exam is not None
    assert all(one.fit is two.fit for one, two in zip(opened.voxels, prepared.exam.voxels, strict=True))
    study = desk.session.study
    assert study is not None
    assert all(voxel.acquisition is one for voxel, one in zip(opened.voxels, study.acquisitions, strict=True))
    real = real_services()
    protocol, _ = real.choose_protocol(study, None)
    again = real.analyse(study, protocol, ExamSettings(), lambda *_: None, lambda: False)
    for one, two in zip(opened.voxels, again.voxels, strict=True):
        assert one.fit is not None
        assert two.fit is not None
        np.testing.assert_array_equal(one.fit.amplitudes, two.fit.amplitudes)


def test_only_the_last_results_are_kept_and_the_others_are_not_called_ready(advance: AdvanceAnalysis) -> None:
    exam = sample_exam(sample_study())
    for number in range(MOST_KEPT + 2):
        advance._studies = [StudyId(number)]
        advance._on_done((Prepared(Listed(StudyInfo(f"1.2.{number}"), ()), exam),))
    assert sorted(advance.states) == list(range(2, MOST_KEPT + 2))
    assert {one.state for one in advance.states.values()} == {"ready"}
    assert len(advance._kept) == MOST_KEPT


class Told:
    """Hears how far a folder is."""

    def __init__(self) -> None:
        self.states: list[tuple[str, bool]] = []

    def __call__(self, state: str, is_end: bool) -> None:
        self.states.append((state, is_end))

    @property
    def ended(self) -> bool:
        return any(end for _, end in self.states)


@pytest.fixture
def advance(qtbot: QtBot, tmp_path: Path) -> Iterator[AdvanceAnalysis]:
    store = Store.open(folder=tmp_path / "store")
    advance = AdvanceAnalysis(store)
    yield advance
    advance.close()
    store.close()


def test_what_cannot_be_analysed_says_why_and_the_next_is_done(
    qtbot: QtBot, advance: AdvanceAnalysis, tmp_path: Path
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "file.dcm").write_bytes(b"no DICOM")
    first, second = Told(), Told()
    advance.add(tmp_path / "bad", first)
    advance.add(tmp_path / "missing", second)
    assert second.states == [("received", False)]
    qtbot.waitUntil(lambda: first.ended and second.ended, timeout=LONG_MS)
    assert first.states[-1][0].endswith(".")
    assert not advance.is_running


@pytest.mark.slow
def test_a_study_that_has_to_wait_stands_in_the_worklist_meanwhile(
    qtbot: QtBot, advance: AdvanceAnalysis, demo: Path, tmp_path: Path
) -> None:
    spectra(tmp_path / "second")
    first, second, seen = Told(), Told(), []
    advance.changed.connect(lambda: seen.append(sorted(one.state for one in advance.states.values())))
    advance.add(demo, first)
    advance.add(tmp_path / "second", second)
    qtbot.waitUntil(lambda: ["analysing", "received"] in seen, timeout=LONG_MS)
    assert not first.ended
    qtbot.waitUntil(lambda: second.ended, timeout=LONG_MS)
    assert first.states[-1] == ("ready", True)
    assert "received" not in {one.state for one in advance.states.values()}
    assert advance._store is not None
    assert len(advance._store.worklist(WorklistFilter())) == 2


@pytest.mark.slow
def test_it_can_be_stopped_and_says_so(qtbot: QtBot, advance: AdvanceAnalysis, demo: Path) -> None:
    told = Told()
    advance.add(demo, told)
    qtbot.waitUntil(lambda: bool(advance.states), timeout=LONG_MS)
    advance.stop()
    assert told.states[-1] == ("stopped; it is analysed when it is opened.", True)
    assert advance._store is not None
    assert len(advance._store.worklist(WorklistFilter())) == 1
    assert list(advance.states.values()) == [Preparation("failed", "stopped; it is analysed when it is opened.")]
