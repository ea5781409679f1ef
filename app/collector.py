"""Keeps the garbage collector from holding every thread: what lives as long as the program leaves its sight."""

from __future__ import annotations

import functools
import gc
from typing import Literal


@functools.cache
def leave_libraries_alone(of: Literal["reading", "reports"]) -> None:
    """Take what is loaded out of the collector's sight, once for each part of the program that loads libraries.

    A full collection over them holds every thread for about 100 ms, which the reader sees as a window that hangs. Never
    more than once: what is in sight no more is never collected, so doing it with every report kept 8 MiB of each.
    """
    gc.freeze()
