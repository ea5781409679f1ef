from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6 import QtCore
from pytestqt.qtbot import QtBot

from analysis.errors import Cancelled, DiscernError
from analysis.types import Progress, Stop
from app.jobs import JobRunner, sentence_of


@pytest.fixture
def jobs(qapp: object) -> Iterator[JobRunner]:
    jobs = JobRunner()
    yield jobs
    jobs.shut_down()


class Answers:
    """Collects what a job answered."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.failed: list[str] = []
        self.cancelled = 0
        self.threads: list[threading.Thread] = []

    def on_done(self, value: object) -> None:
        self.threads.append(threading.current_thread())
        self.done.append(value)

    def on_cancelled(self) -> None:
        self.cancelled += 1

    def start(self, jobs: JobRunner, work: object, key: str = "job") -> None:
        jobs.start(
            key,
            "Working",
            work,
            done=self.on_done,
            failed=self.failed.append,
            cancelled=self.on_cancelled,  # type: ignore[arg-type]
        )


def until_stopped(progress: Progress, stop: Stop) -> None:
    while not stop():
        time.sleep(0.005)
    raise Cancelled("Stopped.")


def test_result_comes_back_on_the_main_thread(jobs: JobRunner, qtbot: QtBot) -> None:
    answers = Answers()
    with qtbot.waitSignal(jobs.ended, timeout=5000):
        answers.start(jobs, lambda progress, stop: threading.current_thread())
    qtbot.waitUntil(lambda: bool(answers.done))
    assert answers.threads == [threading.main_thread()]
    assert answers.done[0] is not threading.main_thread()
    assert not jobs.is_running()


def test_the_event_loop_goes_on_while_work_is_slow(jobs: JobRunner, qtbot: QtBot) -> None:
    beats: list[float] = []
    heart = QtCore.QTimer()
    heart.setInterval(10)
    heart.timeout.connect(lambda: beats.append(time.monotonic()))
    heart.start()
    answers = Answers()
    with qtbot.waitSignal(jobs.ended, timeout=10_000):
        answers.start(jobs, lambda progress, stop: time.sleep(0.5))
    heart.stop()
    gaps = [later - earlier for earlier, later in zip(beats, beats[1:], strict=False)]
    assert len(beats) >= 10
    assert max(gaps) < 0.25


def test_progress_is_reported(jobs: JobRunner, qtbot: QtBot) -> None:
    def work(progress: Progress, stop: Stop) -> None:
        progress(0.4, "L3-L4")
        time.sleep(0.1)

    with qtbot.waitSignal(jobs.progressed, timeout=5000) as progressed:
        Answers().start(jobs, work)
    assert progressed.args == ["job", 0.4, "L3-L4"]


def test_cancel_answers_at_once_and_drops_what_comes_later(jobs: JobRunner, qtbot: QtBot) -> None:
    release, answers = threading.Event(), Answers()
    answers.start(jobs, lambda progress, stop: release.wait(5))
    jobs.cancel("job")
    assert answers.cancelled == 1
    assert not jobs.is_running("job")
    release.set()
    later = Answers()
    with qtbot.waitSignal(jobs.ended, timeout=5000):
        later.start(jobs, lambda progress, stop: "second", key="other")
    qtbot.waitUntil(lambda: later.done == ["second"])
    assert answers.done == []
    assert answers.cancelled == 1


def test_newer_work_replaces_older_under_the_same_key(jobs: JobRunner, qtbot: QtBot) -> None:
    first, second = Answers(), Answers()
    first.start(jobs, until_stopped)
    second.start(jobs, lambda progress, stop: "newest")
    qtbot.waitUntil(lambda: second.done == ["newest"])
    assert first.cancelled == 1
    assert first.done == first.failed == []


def test_errors_become_one_sentence(jobs: JobRunner, qtbot: QtBot) -> None:
    def known(progress: Progress, stop: Stop) -> None:
        raise DiscernError("The folder holds no study.")

    def bug(progress: Progress, stop: Stop) -> None:
        raise KeyError("secret patient name")

    answers = Answers()
    answers.start(jobs, known)
    qtbot.waitUntil(lambda: len(answers.failed) == 1)
    answers.start(jobs, bug)
    qtbot.waitUntil(lambda: len(answers.failed) == 2)
    assert answers.failed[0] == "The folder holds no study."
    assert "KeyError" in answers.failed[1]
    assert "secret" not in answers.failed[1]
    assert "\n" not in answers.failed[1]


def test_work_that_stops_itself_counts_as_cancelled(jobs: JobRunner, qtbot: QtBot) -> None:
    def work(progress: Progress, stop: Stop) -> None:
        raise Cancelled("Stopped.")

    answers = Answers()
    answers.start(jobs, work)
    qtbot.waitUntil(lambda: answers.cancelled == 1)
    assert answers.failed == []


def test_shut_down_stops_and_waits(qapp: object) -> None:
    jobs, answers = JobRunner(), Answers()
    answers.start(jobs, until_stopped)
    jobs.shut_down()
    assert answers.cancelled == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("discern")]


@pytest.mark.parametrize("error", [MemoryError(), PermissionError(13, "no", "/secret"), ValueError("secret")])
def test_sentences_hold_no_traceback_and_no_data(error: Exception) -> None:
    text = sentence_of(error, "Opening the study")
    assert text.startswith("Opening the study: ")
    assert text.endswith(".")
    assert "secret" not in text
