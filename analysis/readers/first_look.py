"""A first image while a large study is still being read: the first series that is found, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import UnreadableFile
from analysis.readers import registry, stacks
from analysis.readers.files import Found, found_files
from analysis.readers.records import InputFile, Slice
from analysis.readers.watch import Watch
from analysis.types import Stop, Study

_MOST_FILES = 60
"""So many files are looked at; a study whose images come later has no first look."""


def first_look(paths: Sequence[Path], stop: Stop | None = None) -> Study | None:
    """Return the first image series under some paths as a study of its own, without spectroscopy; None without one.

    Files are taken in their order, so that a series whose files do not follow one another is shown in part.

    Raises
    ------
    Cancelled : `stop` returned True
    """
    watch = Watch(None, stop)
    with found_files(paths, watch) as found:
        slices = _first_series(found.files[:_MOST_FILES], watch)
        if not slices:
            return None
        volumes, _ = stacks.volumes_of(slices, Found(found.files), watch)
    return Study(slices[0].info, (max(volumes, key=lambda volume: len(volume.pixels)),), ()) if volumes else None


def _first_series(files: Sequence[InputFile], watch: Watch) -> list[Slice]:
    series: list[Slice] = []
    for number, file in enumerate(files):
        watch.tell(number / len(files), "Looking for a first image")
        try:
            slices = registry.read_file(file).slices
        except UnreadableFile:
            continue  # the reading of the whole study says why
        if series and (not slices or slices[0].series_instance_uid != series[0].series_instance_uid):
            break
        series.extend(slices)
    return series
