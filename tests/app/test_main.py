"""The window as a whole: opening, cancelling, one selection for all views, errors, screenshots."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.basis import simulate_basis
from analysis.errors import Cancelled, NothingToRead
from analysis.line_labels import line_labels
from analysis.pipeline import BasisCache
from analysis.protocol import Protocol
from analysis.types import ExamResult, Progress, Stop, Study
from analysis.voxel_settings import ExamSettings
from app.analysis_desk import ANALYSE
from app.crash import crash_log
from app.jobs import JobRunner
from app.main import apply_look, run
from app.opening_desk import OPEN
from app.resource_files import load_protocol, load_spin_library
from app.services import Services
from app.session import ReadingSession
from app.workstation import Workstation
from tests.samples import sample_exam, sample_study
from widgets.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")
Qt = QtCore.Qt


def bases_of(protocol: Protocol) -> BasisCache:
    return BasisCache(protocol, load_spin_library(), simulate_basis)


@dataclass
class Fake:
    """Stands for the readers and the analysis: it answers at once, waits, or fails."""

    studies: tuple[Study, ...] = field(default_factory=lambda: (sample_study(),))
    error: Exception | None = None
    hold: threading.Event | None = None

    def services(self) -> Services:
        return Services(self.read, self.choose, self.analyse, bases_of)

    def read(self, paths: Sequence[Path], progress: Progress, stop: Stop) -> tuple[Study, ...]:
        progress(0.5, "Reading")
        while self.hold is not None and not self.hold.wait(0.005):
            if stop():
                raise Cancelled("Stopped.")
        if self.error is not None:
            raise self.error
        return self.studies

    def choose(self, study: Study, protocol_id: str | None) -> tuple[Protocol, str]:
        return load_protocol(protocol_id or "disc"), "This is a test."

    def analyse(
        self, study: Study, protocol: Protocol, settings: ExamSettings, progress: Progress, stop: Stop
    ) -> ExamResult:
        exam = sample_exam(study)
        return exam if protocol.compares else replace(exam, compares=False)


@dataclass
class Bench:
    """A window with everything behind it."""

    window: MainWindow
    session: ReadingSession
    jobs: JobRunner
    station: Workstation
    fake: Fake

    def open(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.station.settled, timeout=10_000):
            self.station.open_paths([Path("somewhere")])


@pytest.fixture
def bench(qtbot: QtBot, qapp: QtWidgets.QApplication) -> Iterator[Bench]:
    apply_look(qapp)
    fake, window, session, jobs = Fake(), MainWindow(("disc", "brain")), ReadingSession(), JobRunner()
    services = Services(
        lambda *a: fake.read(*a),
        lambda *a: fake.choose(*a),
        lambda *a: fake.analyse(*a),
        bases_of,
    )
    station = Workstation(window, session, jobs, services)
    qtbot.addWidget(window)
    window.show()
    yield Bench(window, session, jobs, station, fake)
    jobs.shut_down()


def shown_everywhere(window: MainWindow) -> set[int]:
    """The selected voxel as each view shows it."""
    labels = [acquisition.label for acquisition in sample_study().acquisitions]
    return {
        window.discs.table.currentIndex().row(),
        labels.index(window.spectrum.title.text().split(" · ")[0]),
        labels.index(window.metabolites.heading.text().split("  ")[1].split(" · ")[0]),
        *(view.selected for view in window.grid.views),
    }


def test_a_study_opens_in_the_background_and_fills_every_view(bench: Bench, qtbot: QtBot) -> None:
    window = bench.window
    assert window.pages.currentWidget() is window.empty
    bench.open(qtbot)
    assert window.pages.currentWidget() is window.columns
    assert window.banner.name.text() == "Demo, Simulated"
    assert window.banner.protocol.toolTip() == "This is a test."
    assert window.discs.model.rowCount() == 5
    assert window.spectrum.plot.isVisible()
    assert "All fits current · 5 voxels" in window.status_text.text()


def test_one_selection_for_all_views(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    window = bench.window
    assert shown_everywhere(window) == {0}
    window.discs.table.selectRow(3)
    assert shown_everywhere(window) == {3}
    window.grid.voxel_clicked.emit(1)
    assert shown_everywhere(window) == {1}
    bench.session.select(4)
    assert shown_everywhere(window) == {4}
    for view in window.grid.views:
        assert 4 in [outline.mark.index for outline in view.outlines]


def test_n_and_p_step_through_the_voxels(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    window = bench.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window.grid.large, Qt.Key.Key_N)
    qtbot.keyClick(window.grid.large, Qt.Key.Key_N)
    assert shown_everywhere(window) == {2}
    qtbot.keyClick(window.discs.table, Qt.Key.Key_P)
    assert shown_everywhere(window) == {1}


def test_cancel_leaves_the_open_study_untouched(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.session.select(3)
    study, exam = bench.session.study, bench.session.exam
    bench.fake.hold = threading.Event()
    bench.station.open_paths([Path("another")])
    assert bench.jobs.is_running(OPEN)
    assert bench.session.study is study
    bench.window.escape_pressed.emit()
    assert not bench.jobs.is_running(OPEN)
    assert (bench.session.study, bench.session.exam, bench.session.selected) == (study, exam, 3)
    assert "nothing was changed" in bench.window.notices.shown[-1].text


def test_cancelled_fits_leave_the_images_and_say_how_to_go_on(bench: Bench, qtbot: QtBot) -> None:
    release = threading.Event()
    bench.fake.analyse = lambda study, *_: release.wait(10) and sample_exam(study)  # type: ignore[method-assign]
    bench.station.open_paths([Path("somewhere")])
    qtbot.waitUntil(lambda: bench.jobs.is_running(ANALYSE))
    with qtbot.waitSignal(bench.station.settled, timeout=5000):
        bench.jobs.cancel(ANALYSE)
    release.set()
    assert bench.session.study is not None
    assert bench.session.exam is None
    assert "F5" in bench.window.spectrum.message.text()
    with qtbot.waitSignal(bench.station.settled, timeout=5000):
        bench.window.analyse_requested.emit()
    assert bench.session.exam is not None


def test_an_error_becomes_a_notice_that_stays(bench: Bench, qtbot: QtBot) -> None:
    bench.fake.error = NothingToRead("The folder 'empty' holds no study.")
    bench.open(qtbot)
    assert [(n.severity, n.text) for n in bench.window.notices.shown] == [
        ("error", "The folder 'empty' holds no study.")
    ]
    assert bench.session.study is None
    assert bench.window.empty.isVisible()


def test_the_window_lives_while_a_study_is_read(bench: Bench, qtbot: QtBot) -> None:
    bench.fake.hold = threading.Event()
    bench.station.open_paths([Path("slow")])
    qtbot.waitUntil(bench.window.progress.isVisible)
    assert "Opening the study" in bench.window.progress.label.text()
    bench.window.about_requested.emit()
    assert bench.station.side_windows.help is not None
    assert bench.station.side_windows.help.isVisible()
    bench.station.side_windows.help.close()
    bench.fake.hold.set()
    qtbot.waitUntil(lambda: bench.session.exam is not None)
    assert bench.window.progress.isHidden()


def test_another_protocol_reads_the_study_again(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    with qtbot.waitSignal(bench.station.settled, timeout=5000):
        bench.window.protocol_requested.emit("brain")
    assert bench.session.protocol is not None
    assert not bench.session.protocol.compares
    assert "lr" not in [column.key for column in bench.window.discs.model.columns]
    assert bench.window.discs.pretest.isHidden()


def test_several_studies_can_be_changed_between(bench: Bench, qtbot: QtBot) -> None:
    images_only = replace(sample_study(), acquisitions=())
    bench.fake.studies = (images_only, sample_study())
    bench.open(qtbot)
    assert bench.session.study is bench.fake.studies[1]
    with qtbot.waitSignal(bench.station.settled, timeout=5000):
        bench.window.study_requested.emit(0)
    assert bench.session.study is images_only
    assert "no spectroscopy" in bench.window.notices.shown[-1].text
    assert bench.window.spectrum.message.text() == "This study holds no spectroscopy."


def test_table_is_exported(bench: Bench, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.open(qtbot)
    target = tmp_path / "voxels.csv"
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *a: (str(target), ""))
    bench.window.export_requested.emit()
    qtbot.waitUntil(lambda: "was written" in bench.window.notices.log[-1].text)
    assert target.read_text(encoding="utf-8").splitlines()[4].startswith("L4-L5,yes,,higher,3.9,2.2,4.1,acid")
    (tmp_path / "no").write_text("a file, no folder")
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / "no" / "x.csv"), ""))
    bench.window.export_requested.emit()
    qtbot.waitUntil(lambda: bench.window.notices.log[-1].severity == "error")


def test_without_a_writer_the_report_is_out_of_reach(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    assert not bench.window.report_action.isEnabled()
    assert bench.window.discs.report_button.toolTip() == "This build cannot write reports."


def test_details_follow_the_selection(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.window.details_requested.emit()
    details = bench.station.side_windows.details
    assert details is not None
    assert "L1-L2" in details.tabs.widget(0).toPlainText()  # type: ignore[attr-defined]
    bench.session.select(3)
    assert "L4-L5" in details.tabs.widget(0).toPlainText()  # type: ignore[attr-defined]
    details.close()


def test_screenshot_writes_a_picture(tmp_path: Path, qapp: QtWidgets.QApplication) -> None:
    target = tmp_path / "window.png"
    assert run([Path("somewhere")], screenshot=target, services=Fake().services()) == 0
    picture = QtGui.QImage(str(target))
    assert (picture.width(), picture.height()) == (1920, 1080)
    colours = {picture.pixelColor(x, y).name() for x in range(0, 1920, 16) for y in range(0, 1080, 16)}
    assert len(colours) > 100


def test_screenshot_of_nothing_says_so_by_its_status(tmp_path: Path, qapp: QtWidgets.QApplication) -> None:
    fake = Fake(error=NothingToRead("There is nothing."))
    assert run([Path("somewhere")], screenshot=tmp_path / "window.png", services=fake.services()) == 2


def test_without_a_display_the_window_refuses_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux runs without a display")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert run([]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_sums_are_named_after_themselves() -> None:
    brain = {label.name: label.signals for label in line_labels(load_protocol("brain").rules)}
    assert {"tNAA", "tCr", "tCho"} <= set(brain)
    assert set(brain["tCho"]) == {"GPC", "PCh"}
    disc = {label.name: label.signals for label in line_labels(load_protocol("disc").rules)}
    assert disc["Lac"] == ("Lac",)


def test_a_bug_becomes_a_sentence_and_a_log(tmp_path: Path) -> None:
    told: list[str] = []
    hook = sys.excepthook
    with crash_log(told.append, tmp_path) as path:
        error = ValueError("private")
        sys.excepthook(ValueError, error, None)
        logging.getLogger("app.jobs").error("Work failed.")
    assert sys.excepthook is hook
    assert told[0].startswith("Something unexpected went wrong (ValueError)")
    assert "private" not in told[0]
    assert path is not None
    assert "private" in path.read_text(encoding="utf-8")
