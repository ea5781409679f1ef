from __future__ import annotations

from dataclasses import replace

from analysis.reading import Reading
from app.history import History, Moment
from tests.samples import sample_exam, sample_study

EXAM = sample_exam(sample_study())


def moments(count: int) -> list[Moment]:
    return [Moment(replace(Reading(), impression=str(i)), None) for i in range(count)]


def test_undo_goes_back_and_redo_forth_through_the_same_moments() -> None:
    m = moments(3)
    history = History().with_gesture("one", m[0], m[1]).with_gesture("two", m[1], m[2])
    assert (history.undo_text, history.redo_text) == ("two", "")
    history, found = history.undo()
    assert found is m[1]
    history, found = history.undo()
    assert found is m[0]
    assert (history.undo_text, history.redo_text) == ("", "one")
    history, found = history.redo()
    history, found = history.redo()
    assert found is m[2]
    assert (history.undo_text, history.redo_text) == ("two", "")


def test_a_new_gesture_forgets_what_was_undone() -> None:
    m = moments(4)
    history, _ = History().with_gesture("one", m[0], m[1]).with_gesture("two", m[1], m[2]).undo()
    history = history.with_gesture("three", m[1], m[3])
    assert history.undone == ()
    assert [gesture.text for gesture in history.done] == ["one", "three"]


def test_a_gesture_that_changes_nothing_is_none() -> None:
    history = History()
    assert history.with_gesture("nothing", Moment(Reading(), None), Moment(Reading(), None)) is history


def test_results_are_filled_in_wherever_they_belong() -> None:
    m = moments(3)
    history = History().with_gesture("one", m[0], m[1]).with_gesture("two", m[1], m[2])
    history = history.with_results(m[1].reading, EXAM)
    _, found = history.undo()
    assert found.exam is EXAM
    assert history.done[0].after.exam is EXAM
    assert history.done[1].after.exam is None
