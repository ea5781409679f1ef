"""From which state a reading may go into which."""

from __future__ import annotations

from analysis.worklist import ReadingState, WorklistState
from app.store.errors import ReadingIsFinal

_NEXT: dict[WorklistState, frozenset[ReadingState]] = {
    "unread": frozenset({"draft", "preliminary", "final"}),
    "draft": frozenset({"draft", "preliminary", "final"}),
    "preliminary": frozenset({"draft", "preliminary", "final"}),
    "final": frozenset({"amended"}),
    "amended": frozenset({"amended"}),
}


def next_state(current: WorklistState, asked: ReadingState | None) -> ReadingState:
    """Return the state after a gesture; `asked` None keeps the current one, and begins a draft where there is none.

    Raises
    ------
    ReadingIsFinal
        If the reading was finalised and the gesture is not part of an amendment.
    """
    wanted = asked or ("draft" if current == "unread" else current)
    if wanted not in _NEXT[current]:
        raise ReadingIsFinal("This reading is final; begin an amendment to change it.")
    return wanted
