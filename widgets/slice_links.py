"""What one slice view says about another: where it cuts it, and whether they share a frame of reference. No Qt."""

from __future__ import annotations

from analysis.reslice import SliceStack, reference_line_pixels
from analysis.types import FloatArray

Point = tuple[float, float, float]
Shown = tuple[SliceStack | None, int]
"""A view's stack and the index of its slice."""


def frame_uid(stack: SliceStack | None) -> str | None:
    """Return the frame of reference of a stack; None where it names none."""
    return stack.frame.frame_of_reference_uid if stack is not None else None


def linked(one: SliceStack | None, other: SliceStack | None) -> bool:
    """Whether a point of one stack has a place in the other."""
    uid = frame_uid(one)
    return uid is not None and uid == frame_uid(other)


def lines_on(shown: Shown, others: list[Shown]) -> tuple[FloatArray, ...]:
    """Return where the slices of other views cut a view's slice, each (2, 2) in its (column, row)."""
    stack, index = shown
    if stack is None:
        return ()
    cuts = [
        reference_line_pixels(other.frame, other_index, stack.frame, index)
        for other, other_index in others
        if other is not None
    ]
    return tuple(cut for cut in cuts if len(cut))
