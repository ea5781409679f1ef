"""A folder that is watched for studies: says which have arrived whole. Knows nothing of the window.

A study is what lies directly in the folder: a file, or a folder with everything below it. It is whole once no file of
it has changed its size or its time for a while; copying over a network leaves no other mark.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SETTLE_S = 10.0
"""How long a study must rest before it counts as whole: a design choice."""
MOST_FILES = 100_000
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
_State = frozenset[tuple[str, int, int]]
"""Name, size and time of every file of a study."""


@dataclass
class _Seen:
    """A study as it was last seen: its files, since when they rest, and whether it was reported so."""

    state: _State
    since_s: float
    reported: bool = False


class WatchedFolder:
    """Look at a folder again and again; each study is reported once, and again only after it has changed.

    Parameters
    ----------
    folder : what is watched
    settle_s : how long a study must rest
    known : studies that lie there already are not new
    """

    def __init__(self, folder: Path, *, settle_s: float = SETTLE_S, known: bool = True) -> None:
        self.folder = folder
        self._settle_s = settle_s
        self._seen: dict[str, _Seen] = {}
        if known:
            for name, state in self._now().items():
                self._seen[name] = _Seen(state, 0.0, reported=True)

    def poll(self, now_s: float) -> tuple[Path, ...]:
        """Return the studies that have become whole, in the order of their names.

        Parameters
        ----------
        now_s : a time in s that only grows (`time.monotonic`)

        Raises
        ------
        OSError : the folder cannot be read; it may come back
        """
        current = self._now()
        for name in set(self._seen) - set(current):
            del self._seen[name]
        whole = []
        for name, state in sorted(current.items()):
            seen = self._seen.get(name)
            if seen is None or seen.state != state:
                self._seen[name] = _Seen(state, now_s)
            elif not seen.reported and now_s - seen.since_s >= self._settle_s and _is_finished(state):
                seen.reported = True
                whole.append(self.folder / name)
        return tuple(whole)

    def _now(self) -> dict[str, _State]:
        """Return every study that lies in the folder; hidden ones are nobody's business."""
        found = {}
        for entry in os.scandir(self.folder):
            if not entry.name.startswith("."):
                state = frozenset(_files(Path(entry.path)))
                if state:
                    found[entry.name] = state
        return found


def _is_finished(state: _State) -> bool:
    """Whether no file says by its name that it is still being copied, and none is empty."""
    return all(size > 0 and not name.lower().endswith(_UNFINISHED) for name, size, _ in state)


def _files(path: Path) -> Iterator[tuple[str, int, int]]:
    """Return what is known of the files of a study; links are not followed, what vanishes meanwhile is not there."""
    paths: Iterator[Path] = iter([path])
    if path.is_dir() and not path.is_symlink():
        paths = (Path(root, name) for root, _, names in os.walk(path) for name in names)
    for count, one in enumerate(paths):
        if count >= MOST_FILES:
            return
        try:
            status = one.lstat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield str(one), status.st_size, status.st_mtime_ns
