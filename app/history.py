"""Undo and redo: finished gestures, each with the reading and the results before and after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.reading import Reading
from analysis.types import ExamResult

_MOST = 500


@dataclass(frozen=True, eq=False)
class Moment:
    """A reading and the results that belong to it; None while they are not computed yet."""

    reading: Reading
    exam: ExamResult | None


@dataclass(frozen=True, eq=False)
class _Gesture:
    text: str
    before: Moment
    after: Moment


@dataclass(frozen=True, eq=False)
class History:
    """What was done and can be undone, and what was undone and can be done again; a new gesture forgets the latter."""

    done: tuple[_Gesture, ...] = ()
    undone: tuple[_Gesture, ...] = ()

    @property
    def undo_text(self) -> str:
        """What the next undo takes back, or an empty text."""
        return self.done[-1].text if self.done else ""

    @property
    def redo_text(self) -> str:
        """What the next redo does again, or an empty text."""
        return self.undone[-1].text if self.undone else ""

    def with_gesture(self, text: str, before: Moment, after: Moment) -> History:
        """Return the history with one more gesture; one that changed nothing leaves it alone."""
        if before.reading == after.reading:
            return self
        return History((*self.done, _Gesture(text, before, after))[-_MOST:])

    def with_results(self, reading: Reading, exam: ExamResult) -> History:
        """Return the history with results filled in wherever they belong to a reading."""

        def filled(moment: Moment) -> Moment:
            return replace(moment, exam=exam) if moment.reading is reading and moment.exam is None else moment

        def all_of(gestures: tuple[_Gesture, ...]) -> tuple[_Gesture, ...]:
            return tuple(replace(g, before=filled(g.before), after=filled(g.after)) for g in gestures)

        return History(all_of(self.done), all_of(self.undone))

    def undo(self) -> tuple[History, Moment]:
        """Return the history one gesture earlier, and the moment before that gesture."""
        gesture = self.done[-1]
        return History(self.done[:-1], (*self.undone, gesture)), gesture.before

    def redo(self) -> tuple[History, Moment]:
        """Return the history one gesture later, and the moment after that gesture."""
        gesture = self.undone[-1]
        return History((*self.done, gesture), self.undone[:-1]), gesture.after
