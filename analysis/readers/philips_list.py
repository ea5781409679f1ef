"""Read Philips raw data, ``.list`` (an index) and ``.data`` (complex floats), with the SPAR header of the same name.

No public ``.data`` file was at hand: the index is confirmed on a real one, the rest on data made after it. Every signal
says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers import philips_spar
from analysis.readers.detect import Head, read_head
from analysis.readers.dicom_mrs import MOST_FRAMES, checked_length, checked_signal
from analysis.readers.records import Contents, InputFile, Signal, with_hash
from analysis.types import ComplexArray

_NOT_CONFIRMED = "No real file has confirmed how Philips raw data are read; check it against the scanner's own export."
_LARGEST_LIST_BYTES = 64 * 1024**2
_COLUMNS = 21
_MIX, _DYNAMIC, _ECHO, _LOCATION, _CHANNEL, _EXTRA1, _EXTRA2, _AVERAGE = 1, 2, 4, 5, 6, 7, 8, 12
_SIZE, _OFFSET = 19, 20
"""Columns of an index line: typ mix dyn card echo loca chan extr1 extr2 kx ky kz aver sign rf grad enc rtop rr size
offset, as the comments of every list file explain."""


@dataclass(frozen=True)
class _Vector:
    """One line of the index: which measured vector lies where in the data."""

    mix: int
    condition: tuple[int, ...]
    channel: int
    order: tuple[int, int]
    size: int
    offset: int


def recognises(head: Head) -> bool:
    """Whether the file is the index of Philips raw data."""
    return head.is_text and "# === DATA DESCRIPTION FILE" in head.text and "Dataset name: RAW" in head.text


def recognises_data(head: Head) -> bool:
    """Whether a file calls itself raw data and is binary: it has no signature."""
    return head.name.endswith(".data") and not head.is_text


def read_data_half(file: InputFile) -> Contents:
    """Say nothing of data whose index lies beside them; they are read with it.

    Raises
    ------
    UnreadableFile : there is no such index
    """
    index = next((one for one in file.siblings if one.name.lower().endswith(".list")), None)
    if index is None:
        raise UnreadableFile("it is a data file without its index; put the LIST file of the same name beside it")
    return Contents(index_only=True, with_header=index.name)


def read(file: InputFile) -> Contents:
    """Return the signal of raw data, every coil element and transient by itself, with its water reference.

    Raises
    ------
    UnreadableFile : a half is missing or too short, several conditions or places, or no SPAR header
    """
    vectors = _index(file)
    data = _half(file, ".data", "the DATA file")
    spar = _half(file, ".spar", "the SPAR header")
    if not philips_spar.recognises(read_head(spar)):
        raise UnreadableFile("the file of the same name that should be its SPAR header is none")
    header = philips_spar.read_header(spar)
    parameters, warnings = philips_spar.parameters_of(header)
    voxel, note = philips_spar.voxel_of(header)
    metabolites = _signal([one for one in vectors if one.mix == 0], data)
    waters = [one for one in vectors if one.mix == 1]
    signal = Signal(
        file=file,
        # As stored, like SDAT of the same scanners (spec2nii 0.8.15 turns both alike).
        fids=checked_signal(metabolites),
        water=checked_signal(_signal(waters, data)) if waters else None,
        parameters=parameters,
        voxel=voxel,
        info=philips_spar.info_of(header),
        protocol=header.text("scan_id"),
        suppressed=True if waters else None,
        warnings=(*warnings, *([note] if note else []), _NOT_CONFIRMED),
        more_files=((with_hash(data), None), (with_hash(spar), None)),
    )
    return Contents(signals=(signal,))


def _half(file: InputFile, suffix: str, what: str) -> InputFile:
    found = next((one for one in file.siblings if one.name.lower().endswith(suffix)), None)
    if found is None:
        raise UnreadableFile(f"it is an index of Philips raw data; put {what} of the same name beside it")
    return found


def _index(file: InputFile) -> list[_Vector]:
    if file.path.stat().st_size > _LARGEST_LIST_BYTES:
        raise UnreadableFile("the file is too large for an index of Philips raw data")
    vectors = []
    for line in file.path.read_text(encoding="latin-1").splitlines():
        words = line.split()
        if len(words) == _COLUMNS and words[0] == "STD":
            vectors.append(_vector([int(word) for word in words[1:]]))
    if not any(one.mix == 0 for one in vectors):
        raise UnreadableFile("it is an index of Philips raw data without a measured vector; the file may be cut short")
    return vectors


def _vector(values: Sequence[int]) -> _Vector:
    value = (0, *values)
    return _Vector(
        mix=value[_MIX],
        condition=tuple(value[column] for column in (_ECHO, _LOCATION, _EXTRA1, _EXTRA2)),
        channel=value[_CHANNEL],
        order=(value[_DYNAMIC], value[_AVERAGE]),
        size=value[_SIZE],
        offset=value[_OFFSET],
    )


def _signal(vectors: Sequence[_Vector], data: InputFile) -> ComplexArray:
    """Return the vectors of one mix, (coils, transients, points)."""
    if len({one.condition for one in vectors}) > 1:
        raise UnreadableFile("it holds several conditions (edited spectra, echoes or places), which are not read")
    channels = sorted({one.channel for one in vectors})
    orders = sorted({one.order for one in vectors})
    if len(channels) * len(orders) != len(vectors) or not 1 <= len(vectors) <= MOST_FRAMES:
        raise UnreadableFile("its index does not hold every coil element of every transient; the file may be cut short")
    sizes = {one.size for one in vectors}
    points = checked_length(vectors[0].size // 8 if len(sizes) == 1 and vectors[0].size % 8 == 0 else None)
    held = data.path.stat().st_size
    if any(one.offset < 0 or one.offset + one.size > held for one in vectors):
        raise UnreadableFile("its data file is shorter than the index announces; it may be cut short")
    stored = np.memmap(data.path, np.uint8, "r")
    signal = np.empty((len(channels), len(orders), points), np.complex64)
    for one in vectors:
        place = channels.index(one.channel), orders.index(one.order)
        signal[place] = np.frombuffer(stored[one.offset : one.offset + one.size], "<c8")
    return np.asarray(signal.astype(np.complex128))
