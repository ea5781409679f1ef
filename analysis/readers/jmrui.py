"""Read jMRUI data: the text files (``jMRUI Data Textfile``) and the binary ones (``.mrui``)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head
from analysis.readers.dicom_mrs import MOST_FRAMES, checked_length, checked_signal, in_range, other_nucleus
from analysis.readers.key_values import KeyValues
from analysis.readers.records import Contents, InputFile, Signal
from analysis.types import AcquisitionParameters, ComplexArray, StudyInfo
from analysis.units import PROTON_MHZ_PER_T, WATER_PPM

_LARGEST_BYTES = 256 * 1024**2
_HEADER_BYTES, _HEADER_NUMBERS = 512, 13
_TITLE = b"jMRUI Data Textfile"
_SIGNAL_LINE = "signal "
_OTHER_NUCLEI = {2: "31P", 3: "13C", 4: "19F", 5: "23Na"}
"""jMRUI's numbers for nuclei; 0 is unknown, 1 is 1H."""
_NO_VOXEL = "jMRUI files do not say where their voxel lies."
_TRANSIENTS = "The file does not say what its {count} signals are; they are read as transients of one voxel."


def recognises_text(head: Head) -> bool:
    """Whether the file is a jMRUI text file."""
    return head.data.lstrip()[: len(_TITLE)] == _TITLE


def recognises_binary(head: Head) -> bool:
    """Whether the file starts with a plausible jMRUI header: it has no signature, so every number must make sense."""
    if head.is_text or len(head.raw) < _HEADER_BYTES:
        return False
    kind, points, dwell_ms, _, _, frequency_hz, field_t = np.frombuffer(head.raw, ">f8", 7).tolist()
    whole = all(math.isfinite(value) and value == math.floor(value) for value in (kind, points))
    return (
        whole
        and 0 <= kind <= 10
        and 32 <= points <= 1 << 20
        and 1e-3 <= dwell_ms <= 10
        and 1e6 <= frequency_hz <= 1.5e9
        and 0 <= field_t <= 40
    )


def read_text(file: InputFile) -> Contents:
    """Return the signal of a jMRUI text file.

    Raises
    ------
    UnreadableFile : another nucleus, or a length that differs from what the header announces
    """
    _check_size(file)
    lines = file.path.read_text(encoding="latin-1").splitlines()
    starts = [
        number for number, line in enumerate(lines) if line.lower().startswith(_SIGNAL_LINE) and " out of " in line
    ]
    if not starts:
        raise UnreadableFile("it is a jMRUI text file without a signal; the file may be cut short")
    header = KeyValues("\n".join(lines[: starts[0]]))
    points = checked_length(header.integer("pointsindataset"))
    columns = [_columns(lines[start + 1 : start + 1 + points], points) for start in starts[:MOST_FRAMES]]
    announced = header.integer("datasetsinfile")
    if announced not in (None, len(columns)):
        raise UnreadableFile(f"it holds {len(columns)} signals where its header announces {announced}")
    hz = header.number("transmitterfrequency") or 0.0
    return _contents(
        file,
        np.array(columns),
        f0_mhz=hz / 1e6 if hz > 1e5 else hz,
        dwell_ms=header.number("samplinginterval") or 0.0,
        field_t=header.number("magneticfield"),
        nucleus=_nucleus(header.text("typeofnucleus")),
        patient=header.text("nameofpatient"),
        begin_ms=header.number("begintime") or 0.0,
    )


def read_binary(file: InputFile) -> Contents:
    """Return the signal of a binary jMRUI file.

    Raises
    ------
    UnreadableFile : another nucleus, or a length that differs from what the header announces
    """
    _check_size(file)
    stored = file.path.read_bytes()
    header = np.frombuffer(stored, ">f8", _HEADER_NUMBERS)
    points = checked_length(int(header[1]))
    count = (len(stored) - _HEADER_BYTES) // (16 * points)
    if not 1 <= count <= MOST_FRAMES:
        held = max(0, len(stored) - _HEADER_BYTES) // 16
        raise UnreadableFile(
            f"it holds {held} data points where its header announces {points}; the file may be cut short"
        )
    numbers = np.frombuffer(stored, ">f8", count * points * 2, _HEADER_BYTES).astype(np.float64)
    return _contents(
        file,
        (numbers[0::2] + 1j * numbers[1::2]).reshape(count, points),
        f0_mhz=float(header[5]) / 1e6,
        dwell_ms=float(header[2]),
        field_t=float(header[6]),
        nucleus=_nucleus(str(header[7])),
        patient=None,
        begin_ms=float(header[3]),
    )


def _check_size(file: InputFile) -> None:
    if file.path.stat().st_size > _LARGEST_BYTES:
        raise UnreadableFile("the file is too large for jMRUI data")


def _columns(lines: list[str], points: int) -> ComplexArray:
    """Return the first two columns as a complex signal."""
    try:
        numbers: NDArray[np.float64] = np.array([line.split()[:2] for line in lines], dtype=np.float64)
    except ValueError as error:
        raise UnreadableFile("its numbers are damaged or cut short") from error
    if numbers.shape != (points, 2):
        raise UnreadableFile(
            f"it holds {len(lines)} data points where its header announces {points}; the file may be cut short"
        )
    return np.asarray(numbers[:, 0] + 1j * numbers[:, 1])


def _nucleus(text: str | None) -> str:
    """Return the nucleus that jMRUI's number or word stands for; 1H where it is unknown, and the field decides."""
    try:
        return _OTHER_NUCLEI.get(int(float(text or "0")), "1H")
    except (ValueError, OverflowError):
        return text or "1H"


def _contents(
    file: InputFile,
    fids: ComplexArray,
    *,
    f0_mhz: float,
    dwell_ms: float,
    field_t: float | None,
    nucleus: str,
    patient: str | None,
    begin_ms: float,
) -> Contents:
    in_range(f0_mhz, 1, 1500, "transmitter frequency")
    if nucleus != "1H" or (field_t and abs(f0_mhz / field_t / PROTON_MHZ_PER_T - 1) > 0.1):
        raise UnreadableFile(other_nucleus(nucleus if nucleus != "1H" else "another nucleus"))
    if begin_ms:
        raise UnreadableFile("its signal starts after the excitation (begin time), which this version does not read")
    warnings = [_NO_VOXEL]
    warnings += [_TRANSIENTS.format(count=len(fids))] if len(fids) > 1 else []
    signal = Signal(
        file=file,
        # jMRUI turns like DICOM: on the files of the 2016 fitting challenge NAA lies at 2.0 ppm as stored.
        fids=checked_signal(fids)[np.newaxis],
        parameters=AcquisitionParameters(
            f0_mhz=f0_mhz,
            spectral_width_hz=in_range(1e3 / dwell_ms if dwell_ms > 0 else None, 100, 1e6, "spectral width"),
            reference_ppm=WATER_PPM,
            nucleus=nucleus,
        ),
        voxel=None,
        info=StudyInfo(study_instance_uid="", patient_name=patient),
        averaged_only=len(fids) == 1,
        warnings=tuple(warnings),
    )
    return Contents(signals=(signal,))
