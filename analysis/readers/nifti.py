"""Open a single-file NIfTI-1 or NIfTI-2, gzipped or not, with its announced size checked before it is read."""

from __future__ import annotations

import math
import mmap
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head, read_head
from analysis.readers.records import Contents, InputFile

_Stored = memoryview | mmap.mmap

LARGEST_BYTES = 1024**3
_PIECE_BYTES = 1024**2
_GZIP, _GZIP_MAGIC = 31, b"\x1f\x8b"
_LARGEST_HEADER_BYTES = 16 * 1024**2


def read(file: InputFile) -> Contents:
    """Return the spectrum or the image of a NIfTI file.

    Raises
    ------
    UnreadableFile
    """
    from analysis.readers import nifti_image, nifti_mrs

    head = read_head(file)
    kind, header = _announced(head)
    stored = _bytes_of(file, head, _size(header))
    if not is_mrs(header):
        return nifti_image.read(kind.from_bytes(bytes(stored)), file)
    # The header and its extensions alone: the library would copy the signal twice, and raw data are large.
    image = kind.from_bytes(bytes(stored[: int(header["vox_offset"])]))
    return nifti_mrs.read(image, _values(stored, header), file)


def _announced(head: Head) -> tuple[Any, Any]:
    """Return the library's class for a file and its header, once the header is one that can be read."""
    import nibabel

    library: Any = nibabel  # its annotations do not cover what is used here
    if b"ni1" in head.data[344:348] or b"ni2" in head.data[4:8]:
        raise UnreadableFile("it is one half of a NIfTI image in two files (.hdr and .img); save it as one .nii file")
    kind = library.Nifti2Image if head.data[4:8] == b"n+2\x00" else library.Nifti1Image
    header = kind.header_class(head.data[: kind.header_class.sizeof_hdr], check=False)
    if not 0 < _size(header) <= LARGEST_BYTES or header["vox_offset"] > _LARGEST_HEADER_BYTES:
        raise UnreadableFile(f"its header announces no data, or more than {LARGEST_BYTES // 1024**3} GiB of them")
    return kind, header


def _size(header: Any) -> int:
    stored: int = math.prod(header.get_data_shape()) * header.get_data_dtype().itemsize
    return int(header["vox_offset"]) + stored


def _bytes_of(file: InputFile, head: Head, size: int) -> _Stored:
    """Return the file's bytes, at least `size` of them, mapped rather than read where it is not compressed."""
    with file.path.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    data = _gunzipped(mapped, size) if head.gzipped else mapped
    if len(data) < size:
        raise UnreadableFile("it is shorter than its header announces; the file may be cut short")
    return data


def _gunzipped(mapped: mmap.mmap, size: int) -> memoryview:
    """Return the first `size` bytes of gzipped data, of one member or several, or what there is of them.

    The library's own stream takes twice as long, because it works in small pieces.
    """
    data, filled, start = bytearray(size), 0, 0
    member = zlib.decompressobj(_GZIP)
    while filled < size and start < len(mapped):
        piece = mapped[start : start + _PIECE_BYTES]
        start += len(piece)
        while piece and filled < size:
            found = member.decompress(piece, min(size - filled, _PIECE_BYTES))
            data[filled : filled + len(found)] = found
            filled += len(found)
            piece = member.unconsumed_tail
            if member.eof:
                # Bytes that are no further member are padding.
                piece = member.unused_data
                if not piece.startswith(_GZIP_MAGIC):
                    return memoryview(data)[:filled]
                member = zlib.decompressobj(_GZIP)
    return memoryview(data)[:filled]


def _values(stored: _Stored, header: Any) -> NDArray[Any]:
    """Return the stored values in the shape of the header; those of a mapped file cannot be written to."""
    shape = header.get_data_shape()
    flat = np.frombuffer(stored, header.get_data_dtype(), math.prod(shape), int(header["vox_offset"]))
    slope, offset = header.get_slope_inter()
    values = flat.reshape(shape, order="F")
    if slope in (None, 1.0) and offset in (None, 0.0):
        return values
    return np.asarray(values * (1.0 if slope is None else slope) + (offset or 0.0))


def is_mrs(header: Any) -> bool:
    """Whether a header is that of NIfTI-MRS (its intent name starts with ``mrs_v``)."""
    return bool(header["intent_name"].item().startswith(b"mrs_v"))
