"""Find the other half of formats that keep header and data in two files: same folder, same stem.

Which sibling is the right one is decided by its content, in the format's reader. Beside a file that the user named,
files of the same stem are looked at too, because people name one half and mean both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from analysis.readers import bruker, philips_list, philips_sdat, philips_spar
from analysis.readers.detect import read_head
from analysis.readers.records import InputFile

_MOST_SIBLINGS = 16
_HALVES = (
    (philips_sdat.recognises_data, philips_spar.recognises),
    (philips_list.recognises_data, philips_list.recognises),
    (bruker.recognises_part, bruker.recognises),
)
"""How data without a signature and the header that belongs to them are told."""


def with_siblings(files: Sequence[InputFile]) -> list[InputFile]:
    """Return the files, each with those of its folder and stem; a named data half brings its header along."""
    known: dict[tuple[str, str], list[InputFile]] = defaultdict(list)
    for file in files:
        known[file.folder, file.stem].append(file)
    listing = _Listing()
    complete: list[InputFile] = []
    for file in files:
        # Names such as UIDs share their stem by the thousand, so no list of all siblings is made.
        others = [one for one in islice(known[file.folder, file.stem], _MOST_SIBLINGS + 1) if one is not file]
        if file.named:
            others += listing.beside(file, others)
        complete.append(replace(file, siblings=tuple(others[:_MOST_SIBLINGS])) if others else file)
    return complete + [header for file in complete if (header := _header_of(file, known)) is not None]


class _Listing:
    """The files of the folders that named files lie in, each folder listed once."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, list[Path]]] = {}

    def beside(self, file: InputFile, known: Sequence[InputFile]) -> list[InputFile]:
        """Return the files of the same stem that nobody named."""
        folder = file.path.parent
        if folder not in self._folders:
            self._folders[folder] = self._by_stem(folder)
        paths = self._folders[folder].get(file.stem, [])
        taken = {one.path for one in known} | {file.path}
        return [InputFile(path, str(path)) for path in islice(paths, _MOST_SIBLINGS) if path not in taken]

    @staticmethod
    def _by_stem(folder: Path) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = defaultdict(list)
        try:
            for path in sorted(folder.iterdir()):
                found[InputFile(path, path.name).stem].append(path)
        except OSError:
            return {}  # a folder that may be entered, but not listed
        return found


def _header_of(file: InputFile, known: dict[tuple[str, str], list[InputFile]]) -> InputFile | None:
    """Return the header of a named data half, where the header itself is not among the files to read."""
    if not file.named or not file.siblings:
        return None
    try:
        return _found_header(file, known)
    except OSError:
        return None  # the reading of the file itself says why


def _found_header(file: InputFile, known: dict[tuple[str, str], list[InputFile]]) -> InputFile | None:
    head = read_head(file)
    recognises = next((header for data, header in _HALVES if data(head)), None)
    if recognises is None:
        return None
    for one in file.siblings:
        if one not in known[file.folder, file.stem] and one.path.is_file() and recognises(read_head(one)):
            others = tuple(other for other in file.siblings if other is not one)
            return replace(one, named=True, siblings=(file, *others))
    return None
