"""Read DICOM headers without trusting them: every value is checked, what is missing or odd becomes None.

Real vendor files break the standard in many small ways (a strict validator refuses all of them), so headers are read
leniently and only what Discern computes with - sizes, ranges, geometry - is checked strictly.
"""

from __future__ import annotations

import io
import math
import re
import struct
import threading
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pydicom
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.filereader import read_sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian

from analysis.errors import UnreadableFile
from analysis.readers.guard import clean_text
from analysis.types import FloatArray, StudyInfo

LARGEST_INFLATED_BYTES = 512 * 1024**2
MOST_READS = 1_000_000
"""Elements and items of a header, nested ones too: a design choice. An enhanced object of 2000 frames has 400,000."""
_TOO_MANY = "its header holds more elements than a genuine one"
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_ODD_VALUE = (
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    IndexError,
    OverflowError,
    ArithmeticError,
    NotImplementedError,
    struct.error,
    BytesLengthException,
)
"""What pydicom raises when the bytes of one element do not make a value of its kind."""


def read_dataset(path: Path) -> Dataset:
    """Return the header of a DICOM file, and everything else but pixel data.

    Raises
    ------
    UnreadableFile : a deflated file that expands beyond reason
    Exception : whatever pydicom raises on a damaged file; call inside `guard.one_sentence`
    """
    _check_deflated(path)
    _BUDGET.left = MOST_READS
    with path.open("rb") as stream:
        # Its type asks for a file; it only reads, seeks and tells.
        counted: Any = _Counted(stream)
        try:
            dataset = pydicom.dcmread(counted, force=True, stop_before_pixels=True)
        except OSError as error:
            # What a stream raises in the middle of a sequence is taken for the end of the file.
            raise (UnreadableFile(_TOO_MANY) if _BUDGET.left < 0 else error) from error
    dataset.filename = str(path)
    return dataset


class _Budget(threading.local):
    """How many pieces of a header may still be read, of the file that this thread is reading."""

    left = MOST_READS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise UnreadableFile(_TOO_MANY)


_BUDGET = _Budget()


class _Counted:
    """A stream whose reads are counted: pydicom reads every element and every item by itself."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does, within the budget."""
        _BUDGET.spend()
        return self._stream.read(size)


def _check_deflated(path: Path) -> None:
    """Refuse a deflated bomb: pydicom inflates the whole file at once (1 MB became 2 GB in a test)."""
    with path.open("rb") as stream:
        if stream.read(132)[128:] != b"DICM":
            return
        stream.seek(0)
        meta = pydicom.filereader.read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return
        inflater, size = zlib.decompressobj(-15), 0
        stream.seek(144 + int(meta.FileMetaInformationGroupLength))
        while chunk := inflater.unconsumed_tail or stream.read(1 << 16):
            size += len(inflater.decompress(chunk, 1 << 20))
            if size > LARGEST_INFLATED_BYTES:
                raise UnreadableFile(f"the deflated file expands to more than {LARGEST_INFLATED_BYTES // 1024**2} MiB")
            if inflater.eof:
                return


def value_of(dataset: Dataset, keyword: str) -> Any:
    """Return the value of an attribute, or None where it is absent, empty or not a value of its kind."""
    try:
        value = dataset.get(keyword)
    except _ODD_VALUE:
        return None
    return None if value is None or (isinstance(value, str | bytes) and not value) else value


def text_of(dataset: Dataset, keyword: str) -> str | None:
    """Return an attribute as clean text (the first of several values), or None."""
    texts = texts_of(dataset, keyword)
    return texts[0] if texts else None


def texts_of(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return all values of an attribute as clean text."""
    value = value_of(dataset, keyword)
    values = value if isinstance(value, list | tuple | pydicom.multival.MultiValue) else [value]
    return tuple(text for text in map(clean_text, values) if text is not None)


def number_of(dataset: Dataset, keyword: str) -> float | None:
    """Return an attribute (the first of several values) as a finite number, or None."""
    values = numbers_of(dataset, keyword)
    return None if values is None else float(values[0])


def numbers_of(dataset: Dataset, keyword: str, count: int | None = None) -> FloatArray | None:
    """Return the values of an attribute as finite numbers, (count,), or None where they are not that."""
    value = value_of(dataset, keyword)
    if value is None:
        return None
    try:
        numbers = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except _ODD_VALUE:
        return None
    complete = numbers.ndim == 1 and numbers.size > 0 and bool(np.isfinite(numbers).all())
    return numbers if complete and count in (None, numbers.size) else None


def integer_of(dataset: Dataset, keyword: str) -> int | None:
    """Return an attribute as a whole number, or None."""
    number = number_of(dataset, keyword)
    return int(number) if number is not None and number == math.floor(number) else None


def items_of(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Return the items of a sequence attribute; an empty list where it is absent.

    Raises
    ------
    UnreadableFile : it holds more than the file's header may
    """
    _unpack(dataset, tag_for_keyword(keyword))
    value = value_of(dataset, keyword)
    return list(value) if isinstance(value, pydicom.sequence.Sequence) else []


def _unpack(dataset: Dataset, tag: int | None) -> None:
    """Read the items of a sequence of known length, which pydicom leaves as bytes until now, within the budget."""
    if tag is None or tag not in dataset:
        return
    raw: Any = dataset.get_item(tag)
    if not isinstance(raw, RawDataElement) or raw.VR not in ("SQ", None) or not isinstance(raw.value, bytes):
        return
    content: Any = _Counted(io.BytesIO(raw.value))
    little, implicit = raw.is_little_endian, raw.is_implicit_VR
    items = read_sequence(content, implicit, little, len(raw.value), dataset._character_set, 0)
    dataset[tag] = DataElement(tag, "SQ", items)


def uid_of(dataset: Dataset, keyword: str) -> str | None:
    """Return an attribute that is a well-formed UID (PS3.5 section 9.1), or None: UIDs become folder names."""
    text = text_of(dataset, keyword)
    return text if text is not None and len(text) <= 64 and _UID.fullmatch(text) else None


class FunctionalGroups:
    """The shared and per-frame functional groups of an enhanced object (PS3.3 C.7.6.16)."""

    def __init__(self, dataset: Dataset) -> None:
        self._shared = items_of(dataset, "SharedFunctionalGroupsSequence")
        self._frames = items_of(dataset, "PerFrameFunctionalGroupsSequence")

    def __len__(self) -> int:
        return len(self._frames)

    def items(self, frame: int) -> list[Dataset]:
        """Return the groups that speak for a frame: its own, then the shared ones."""
        return [*self._frames[frame : frame + 1], *self._shared[:1]]

    def macro(self, frame: int, keyword: str) -> Dataset:
        """Return the first item of a macro for a frame: per frame, else shared, else an empty data set."""
        for group in self.items(frame):
            if items := items_of(group, keyword):
                return items[0]
        return Dataset()


def private_number(dataset: Dataset, group: int, creator: str, element: int) -> float | None:
    """Return a private element as a finite number, found through its creator and not through a fixed block."""
    try:
        value = dataset.private_block(group, creator)[element].value
        number = float(np.atleast_1d(np.asarray(value, dtype=np.float64))[0])
    except _ODD_VALUE:
        return None
    return number if math.isfinite(number) else None


def private_items(dataset: Dataset, group: int, creator: str, element: int) -> list[Dataset]:
    """Return the items of a private sequence; an empty list where it is absent."""
    try:
        _unpack(dataset, dataset.private_block(group, creator).get_tag(element))
        value = dataset.private_block(group, creator)[element].value
    except _ODD_VALUE:
        return []
    return list(value) if isinstance(value, pydicom.sequence.Sequence) else []


def study_info(dataset: Dataset) -> StudyInfo:
    """Return who and when.

    Raises
    ------
    UnreadableFile : without a usable Study Instance UID nobody can tell what the file belongs to
    """
    uid = uid_of(dataset, "StudyInstanceUID")
    if uid is None:
        raise UnreadableFile("its header gives no valid Study Instance UID; the file may be cut short or damaged")
    name = text_of(dataset, "PatientName")
    kinds = " ".join(texts_of(dataset, "ImageType")).upper()
    return StudyInfo(
        study_instance_uid=uid,
        patient_id=text_of(dataset, "PatientID"),
        patient_name=name.split("=")[0].rstrip("^") or name if name else None,
        patient_birth_date=text_of(dataset, "PatientBirthDate"),
        patient_sex=text_of(dataset, "PatientSex"),
        study_date=text_of(dataset, "StudyDate"),
        study_description=text_of(dataset, "StudyDescription"),
        accession_number=text_of(dataset, "AccessionNumber"),
        body_part=text_of(dataset, "BodyPartExamined"),
        simulated=name == "Demo^Simulated" or "SIMULATED" in kinds,
    )


def orientation_of(dataset: Dataset) -> tuple[FloatArray, FloatArray] | None:
    """Return the unit row and column directions of Image Orientation (Patient), (3,) LPS each, or None.

    Real values are rounded, so they are made exactly orthonormal; values that are far from it are refused.
    """
    cosines = numbers_of(dataset, "ImageOrientationPatient", 6)
    return None if cosines is None else orthonormal(cosines[:3], cosines[3:])


def orthonormal(row: FloatArray, column: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return two directions as exact orthogonal unit vectors, or None where they are more than 0.6 degrees off."""
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if abs(lengths[0] - 1) > 0.01 or abs(lengths[1] - 1) > 0.01:
        return None
    row, column = row / lengths[0], column / lengths[1]
    if abs(row @ column) > 0.01:
        return None
    column = column - (row @ column) * row
    return row, np.asarray(column / np.linalg.norm(column))
