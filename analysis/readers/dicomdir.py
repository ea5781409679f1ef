"""Read a DICOMDIR (PS3.3 annex F) as what it is here: a list of files in its own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.readers.dicom_header import items_of, read_dataset, texts_of
from analysis.readers.guard import one_sentence, quiet


def referenced_files(index: Path) -> tuple[list[Path], list[str]]:
    """Return the files that a DICOMDIR names and, by name, those that are missing or lie outside its folder.

    Raises
    ------
    UnreadableFile : the DICOMDIR itself cannot be read
    """
    with one_sentence(), quiet():
        records = items_of(read_dataset(index), "DirectoryRecordSequence")
        names = [texts_of(record, "ReferencedFileID") for record in records]
    root = index.parent.resolve()
    found: list[Path] = []
    missing: list[str] = []
    for parts in filter(None, names):
        path = _inside(root, parts)
        if path is None:
            missing.append("/".join(parts))
        else:
            found.append(path)
    return found, missing


def _inside(root: Path, parts: tuple[str, ...]) -> Path | None:
    """Follow the components of a Referenced File ID below `root`; discs are often copied with lower-case names."""
    path = root
    for part in parts:
        if part in ("", ".", "..") or "/" in part or "\\" in part:
            return None
        path = next(_spelled(path, part), path / part)
    real = path.resolve()
    return path if real.is_relative_to(root) and real.is_file() else None


def _spelled(folder: Path, name: str) -> Iterator[Path]:
    for candidate in (name, name.lower(), name.lower() + ".dcm", name + ".dcm"):
        if (folder / candidate).exists():
            yield folder / candidate
