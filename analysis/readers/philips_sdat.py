"""Read Philips SDAT, complex VAX floats, with the SPAR header beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UnreadableFile
from analysis.readers import philips_spar
from analysis.readers.detect import Head
from analysis.readers.dicom_mrs import MOST_FRAMES, checked_length, checked_signal
from analysis.readers.records import Contents, InputFile, Signal, with_hash
from analysis.types import ComplexArray

_BYTES = 8
_TRANSIENTS = "The header does not say what its {count} rows are; they are read as transients of one voxel."

recognises = philips_spar.recognises


def recognises_data(head: Head) -> bool:
    """Whether a file calls itself SDAT and is binary: it has no signature, and its header names no other file."""
    return head.name.endswith(".sdat") and not head.is_text


def read(file: InputFile) -> Contents:
    """Return the signal that a SPAR header describes.

    Raises
    ------
    UnreadableFile : no file of the same name and the announced length lies beside it
    """
    header = philips_spar.read_header(file)
    points, rows = checked_length(header.integer("samples")), header.integer("rows") or 1
    if not 1 <= rows <= MOST_FRAMES:
        raise UnreadableFile("its header gives no usable number of rows; the file may be cut short or damaged")
    parameters, warnings = philips_spar.parameters_of(header)
    data = _data_half(file, points * rows * _BYTES)
    voxel, note = philips_spar.voxel_of(header)
    warnings += [note] if note else []
    warnings += [_TRANSIENTS.format(count=rows)] if rows > 1 else []
    reference = philips_spar.is_reference(header)
    signal = Signal(
        file=file,
        # SDAT turns like DICOM: on real files NAA, creatine and choline lie at 2.0, 3.0 and 3.2 ppm as stored.
        fids=checked_signal(_numbers(data.path.read_bytes()).reshape(1, rows, points)),
        parameters=parameters,
        voxel=voxel,
        info=philips_spar.info_of(header),
        protocol=header.text("scan_id"),
        suppressed=None if reference is None else not reference,
        averaged_only=(parameters.averages or 0) > 1,
        warnings=tuple(warnings),
        more_files=((with_hash(data), None),),
    )
    return Contents(signals=(signal,))


def _data_half(file: InputFile, size: int) -> InputFile:
    """Return the sibling that holds exactly what the header announces."""
    fitting = [one for one in file.siblings if one.path.stat().st_size == size]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnreadableFile("several files beside this SPAR header could be its data; keep one pair per name")
    named = [one for one in file.siblings if one.name.lower().endswith(".sdat")]
    if named:
        held = named[0].path.stat().st_size // _BYTES
        raise UnreadableFile(
            f"its SDAT file holds {held} data points where the SPAR header announces {size // _BYTES}; "
            "it may be cut short"
        )
    raise UnreadableFile("it is a Philips SPAR header without its data; put the SDAT file of the same name beside it")


def _numbers(stored: bytes) -> ComplexArray:
    """Return VAX F floats as complex numbers, (n,).

    Two 16-bit words, the first with sign, exponent (base 2, excess 128) and the upper 7 of 23 bits of the fraction,
    which starts with a hidden one half (VAX Architecture Reference Manual).
    """
    words: NDArray[np.uint32] = np.frombuffer(stored, "<u2").astype(np.uint32).reshape(-1, 2)
    high, low = words[:, 0], words[:, 1]
    exponent = ((high >> 7) & 0xFF).astype(np.int64)
    fraction = 0.5 + (((high & 0x7F) << 16) | low) / 2.0**24
    magnitude = np.where(exponent > 0, np.ldexp(fraction, exponent - 128), 0.0)
    values = np.where(high & 0x8000, -magnitude, magnitude)
    return np.asarray(values[0::2] + 1j * values[1::2])


def read_data_half(file: InputFile) -> Contents:
    """Say nothing of data whose SPAR header lies beside them; they are read with it.

    Raises
    ------
    UnreadableFile : there is no such header
    """
    header = next((one for one in file.siblings if one.name.lower().endswith(".spar")), None)
    if header is None:
        raise UnreadableFile(
            "it is Philips SDAT data without their header; put the SPAR file of the same name beside it"
        )
    return Contents(index_only=True, with_header=header.name)
