"""Put image frames together into volumes: one volume is one evenly spaced stack of parallel slices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array

from analysis.errors import UnreadableFile
from analysis.geometry import plane_of
from analysis.readers.files import Found
from analysis.readers.guard import one_sentence, quiet, quoted
from analysis.readers.records import InputFile, Slice, source_of
from analysis.readers.watch import Watch
from analysis.types import FloatArray, Volume

Picture = NDArray[np.float32]

SAME_PLACE_MM = 0.05
SAME_STEP_MM = 0.1
"""Positions in real headers are rounded to about 0.001 mm; a tenth of a millimetre is far below a voxel."""
_SAME_DIRECTION = 1e-3
LARGEST_VOLUME_BYTES = 4 * 1024**3


def volumes_of(slices: Sequence[Slice], found: Found, watch: Watch) -> tuple[list[Volume], list[str]]:
    """Return the volumes that slices make, by series, and warnings about what is not shown.

    Files whose pixels cannot be read are added to ``found.skipped``.
    """
    volumes: list[Volume] = []
    warnings: list[str] = []
    all_series = _by_series(slices)
    for number, series in enumerate(all_series):
        watch.tell(number / len(all_series), f"Reading the images of series {number + 1} of {len(all_series)}")
        for stack in _parallel(series):
            pictures = _with_pixels(_first_at_each_place(stack, warnings), found, watch)
            runs = even_runs(list(pictures))
            if len(runs) > 1:
                warnings.append(f"{_name(stack[0])}: the slices have gaps, so they are shown as {len(runs)} stacks.")
            volumes.extend(_volume(run, [pictures[one] for one in run]) for run in runs)
    return volumes, warnings


def _by_series(slices: Sequence[Slice]) -> list[list[Slice]]:
    ordered = sorted(slices, key=lambda one: (one.series_number or 0, one.series_instance_uid))
    return [list(group) for _, group in groupby(ordered, key=lambda one: one.series_instance_uid)]


def _name(one: Slice) -> str:
    return f"Series {one.series_number} ({one.description})" if one.series_number is not None else one.description


def _parallel(series: Sequence[Slice]) -> list[list[Slice]]:
    """Split a series into groups of one orientation, shape and pixel size."""
    groups: list[list[Slice]] = []
    for one in series:
        group = next((group for group in groups if _alike(group[0], one)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return groups


def _alike(a: Slice, b: Slice) -> bool:
    turned = max(np.abs(a.along_row - b.along_row).max(), np.abs(a.along_column - b.along_column).max())
    return a.shape == b.shape and turned < _SAME_DIRECTION and bool(np.allclose(a.spacing_mm, b.spacing_mm, rtol=1e-4))


def _first_at_each_place(stack: Sequence[Slice], warnings: list[str]) -> list[Slice]:
    """Keep the first-ranked image of every place, sorted along the normal; echoes and repetitions are left out."""
    ordered = sorted(stack, key=lambda one: float(one.position_mm @ stack[0].normal))
    places: list[list[Slice]] = []
    for one in ordered:
        if places and _distance(places[-1][0], one) < SAME_PLACE_MM:
            places[-1].append(one)
        else:
            places.append([one])
    if left_out := len(stack) - len(places):
        warnings.append(
            f"{_name(stack[0])}: {left_out} further images lie at the same places (other echoes, repetitions or "
            "components) and are not shown."
        )
    return [min(place, key=lambda one: one.rank) for place in places]


def _distance(a: Slice, b: Slice) -> float:
    return float(np.linalg.norm(b.position_mm - a.position_mm))


def even_runs(stack: Sequence[Slice]) -> list[list[Slice]]:
    """Split slices, sorted along their normal, wherever the distance to the next one changes."""
    runs: list[list[Slice]] = []
    for one in stack:
        if runs and _continues(runs[-1], one):
            runs[-1].append(one)
        elif runs and len(runs[-1]) == 2 and _distance(runs[-1][1], one) < _distance(*runs[-1]):
            runs.append([runs[-1].pop(), one])  # the gap came first: the last slice belongs to the next stack
        else:
            runs.append([one])
    return runs


def _continues(run: Sequence[Slice], one: Slice) -> bool:
    if len(run) == 1:
        step = one.position_mm - run[0].position_mm
        # Slices of one stack lie one behind the other; beside each other they are two stacks.
        return abs(float(step @ run[0].normal)) > 0.5 * float(np.linalg.norm(step))
    step = (run[-1].position_mm - run[0].position_mm) / (len(run) - 1)
    return float(np.linalg.norm(one.position_mm - run[-1].position_mm - step)) <= SAME_STEP_MM


def _volume(run: Sequence[Slice], pictures: Sequence[Picture]) -> Volume:
    first = run[len(run) // 2]
    pixels = np.stack(pictures).astype(np.float32, copy=False)
    centre, width = first.window or _window_of(pixels)
    sources = {one.file.shown: source_of(one.file, one.sop_instance_uid, "image") for one in run}
    return Volume(
        pixels=pixels,
        affine=affine_of(run),
        slice_thickness_mm=first.thickness_mm,
        description=first.description,
        series_instance_uid=first.series_instance_uid,
        series_number=first.series_number,
        frame_of_reference_uid=first.frame_of_reference_uid,
        window_centre=centre,
        window_width=width,
        plane=plane_of(first.normal),
        sources=tuple(sources.values()),
    )


def affine_of(run: Sequence[Slice]) -> FloatArray:
    """Return the (4, 4) map of ``(column, row, slice, 1)`` of a pixel centre to LPS mm (PS3.3 C.7.6.2.1.1).

    The slice step is taken from the positions, not from the header's thickness or spacing.
    """
    first, last = run[0], run[-1]
    affine = np.eye(4)
    affine[:3, 0] = first.along_row * first.spacing_mm[1]
    affine[:3, 1] = first.along_column * first.spacing_mm[0]
    if len(run) > 1:
        affine[:3, 2] = (last.position_mm - first.position_mm) / (len(run) - 1)
    else:
        affine[:3, 2] = first.normal * first.thickness_mm
    affine[:3, 3] = first.position_mm
    return affine


def _window_of(pixels: Picture) -> tuple[float, float]:
    """Return a display window from the 1st and 99th percentile of every eighth pixel of the middle slice."""
    low, high = np.percentile(pixels[len(pixels) // 2, ::2, ::4], (1, 99))
    return float(low + high) / 2, max(float(high - low), 1e-6)


def _with_pixels(stack: Sequence[Slice], found: Found, watch: Watch) -> dict[Slice, Picture]:
    """Return the slices whose pixels can be read, with them; one entry in `found` tells of the others."""
    if sum(4 * one.shape[0] * one.shape[1] for one in stack) > LARGEST_VOLUME_BYTES:
        found.skip(stack[0].file.shown, f"{_name(stack[0])} is larger than {LARGEST_VOLUME_BYTES // 1024**3} GiB")
        return {}
    readable: dict[Slice, Picture] = {}
    refused: dict[str, list[InputFile]] = {}
    frames = _Frames()
    for one in stack:
        watch.check()
        try:
            readable[one] = frames.picture(one)
        except UnreadableFile as error:
            refused.setdefault(str(error), []).append(one.file)
    for reason, files in refused.items():
        more = f" (and {len(files) - 1} more images of this series)" if len(files) > 1 else ""
        found.skip(files[0].shown, reason + more)
    return readable


def check_pixels(one: Slice) -> None:
    """Raise `UnreadableFile` where the pixels of a frame cannot be read."""
    _Frames().picture(one)


class _Frames:
    """Decoded frames; the file last opened stays in memory, because the frames of a file come one after another."""

    def __init__(self) -> None:
        self._open: tuple[InputFile, Dataset] | None = None

    def picture(self, one: Slice) -> Picture:
        """Return the rescaled pixels of a frame, (rows, columns) float32."""
        with one_sentence(), quiet():
            dataset = self._dataset(one.file)
            syntax = dataset.file_meta.get("TransferSyntaxUID")
            try:
                stored = pixel_array(dataset, index=one.frame)
            except (RuntimeError, NotImplementedError) as error:
                how = quoted(syntax and syntax.name, r"[\w ,.()/:-]{1,90}", "an unknown way")
                raise UnreadableFile(f"its pixels are compressed as {how}, which this version cannot decode") from error
            except (ValueError, AttributeError, KeyError) as error:
                raise UnreadableFile("its pixel data are cut short or do not fit its header") from error
            if stored.shape != one.shape:
                raise UnreadableFile("its pixel data do not fit its header")
            return stored.astype(np.float32) * np.float32(one.slope) + np.float32(one.intercept)

    def _dataset(self, file: InputFile) -> Dataset:
        if self._open is None or self._open[0] is not file:
            self._open = (file, pydicom.dcmread(file.path, force=True))
        return self._open[1]
