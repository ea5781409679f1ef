"""Open a single-file NIfTI-1 or NIfTI-2, gzipped or not, with its announced size checked before it is read."""

from __future__ import annotations

import gzip
import math
from typing import Any

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head, read_head
from analysis.readers.records import Contents, InputFile

LARGEST_BYTES = 1024**3
_LARGEST_HEADER_BYTES = 16 * 1024**2


def read(file: InputFile) -> Contents:
    """Return the spectrum or the image of a NIfTI file.

    Raises
    ------
    UnreadableFile
    """
    from analysis.readers import nifti_image, nifti_mrs

    image = load(file, read_head(file))
    if is_mrs(image):
        return nifti_mrs.read(image, file)
    return nifti_image.read(image, file)


def load(file: InputFile, head: Head) -> Any:
    """Return the nibabel image of a file, whatever its name is.

    Raises
    ------
    UnreadableFile : an image in two files, or a size beyond reason
    """
    import nibabel

    library: Any = nibabel  # its annotations do not cover what is used here
    if b"ni1" in head.data[344:348] or b"ni2" in head.data[4:8]:
        raise UnreadableFile("it is one half of a NIfTI image in two files (.hdr and .img); save it as one .nii file")
    kind = library.Nifti2Image if head.data[4:8] == b"n+2\x00" else library.Nifti1Image
    header = kind.header_class(head.data[: kind.header_class.sizeof_hdr], check=False)
    size = int(header["vox_offset"]) + math.prod(header.get_data_shape()) * header.get_data_dtype().itemsize
    if not 0 < size <= LARGEST_BYTES or header["vox_offset"] > _LARGEST_HEADER_BYTES:
        raise UnreadableFile(f"its header announces no data, or more than {LARGEST_BYTES // 1024**3} GiB of them")
    opener = gzip.open if head.gzipped else open
    with opener(file.path, "rb") as stream:
        data = stream.read(size)
    if len(data) < size:
        raise UnreadableFile("it is shorter than its header announces; the file may be cut short")
    return kind.from_bytes(data)


def is_mrs(image: Any) -> bool:
    """Whether the image is NIfTI-MRS (its intent name starts with ``mrs_v``)."""
    return bool(image.header["intent_name"].item().startswith(b"mrs_v"))
