"""What a command ends with, and the one way it speaks to the user."""

from __future__ import annotations

import sys
from typing import Final

DONE: Final = 0
DONE_WITH_GAPS: Final = 1
"""Done, but some voxel or file could not be used; each was named."""
NOTHING_DONE: Final = 2


def say(sentence: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(sentence.rstrip("\n") + "\n")


def say_progress(fraction: float, sentence: str) -> None:
    """Write how far the work is (0 to 1) and what is being done, as one line."""
    say(f"{100 * fraction:3.0f} % {sentence}")
