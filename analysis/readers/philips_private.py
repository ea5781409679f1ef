"""Read Philips' private spectroscopy objects (1.3.46.670589.11.0.0.12.1), which older software writes.

Where the signal, its width and its volume stand is taken from the converters spec2nii 0.8.15 and Vespa (both BSD); the
volume description is confirmed on objects of the standard class that carry it too. No public file of this class was
found, and every signal says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from analysis.errors import UnreadableFile
from analysis.readers.dicom_header import integer_of, number_of, private_items, text_of
from analysis.readers.dicom_identity import identified
from analysis.readers.dicom_mrs import GRID, checked_length, checked_signal, in_range, milliseconds, other_nucleus
from analysis.readers.guard import clean_text
from analysis.readers.mrs_voxel import philips_private_voxel
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, ComplexArray
from analysis.units import WATER_PPM

SOP_CLASSES = frozenset({"1.3.46.670589.11.0.0.12.1"})

_NOT_CONFIRMED = "No real file of this private Philips class has confirmed its reading; check it against the scanner."
_DATA, _WIDTH_HZ, _ECHO_MS = (0x2005, 0x1270), (0x2005, 0x1357), (0x2005, 0x1310)
_FREQUENCY_MHZ, _NUCLEUS, _AVERAGES = (0x2001, 0x1083), (0x2001, 0x1087), (0x2001, 0x1088)
_FRAMES = 0x0F
_LARGEST_BYTES = 64 * 1024**2


def read(dataset: Dataset, file: InputFile) -> Contents:
    """Return the signal of a private Philips object, with the water reference that may follow it.

    Raises
    ------
    UnreadableFile : a grid, another nucleus, or a length that is neither one nor two signals
    """
    details = _details(dataset)
    if any((integer_of(details, key) or 1) > 1 for key in _GRID_SIZES):
        raise UnreadableFile(GRID)
    parameters, warnings = _parameters(dataset)
    frames = _frames(dataset, details)
    voxel = philips_private_voxel(dataset)
    if voxel is None:
        warnings.append("The header does not say where the voxel lies.")
    signal = Signal(
        file=file,
        fids=frames[np.newaxis, :1],
        water=frames[np.newaxis, 1:] if len(frames) > 1 else None,
        parameters=parameters,
        voxel=voxel,
        suppressed=True if len(frames) > 1 else None,
        averaged_only=(parameters.averages or 1) > 1,
        warnings=(*warnings, _NOT_CONFIRMED),
    )
    return Contents(signals=(identified(signal, dataset),))


_GRID_SIZES = (
    "SpectroscopyAcquisitionPhaseColumns",
    "SpectroscopyAcquisitionPhaseRows",
    "SpectroscopyAcquisitionOutOfPlanePhaseSteps",
)


def _details(dataset: Dataset) -> Dataset:
    """Return the private item that holds what the standard class keeps in its functional groups."""
    items = private_items(dataset, 0x2005, "Philips MR Imaging DD 005", _FRAMES)
    return items[0] if items else dataset


def _private(dataset: Dataset, tag: tuple[int, int]) -> Any:
    element = dataset.get(tag)
    return None if element is None else element.value


def _number(dataset: Dataset, tag: tuple[int, int]) -> float | None:
    value = _private(dataset, tag)
    try:
        number = float(np.ravel(np.asarray(value, dtype=np.float64))[0])
    except (TypeError, ValueError, IndexError):
        return None
    return number if np.isfinite(number) else None


def _parameters(dataset: Dataset) -> tuple[AcquisitionParameters, list[str]]:
    nucleus = text_of(dataset, "ResonantNucleus") or clean_text(_private(dataset, _NUCLEUS)) or "1H"
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(nucleus))
    sequence, localisation, note = recognise(
        (text_of(dataset, key) for key in ("PulseSequenceName", "SequenceName")),
        (text_of(dataset, key) for key in ("ProtocolName", "SeriesDescription")),
    )
    f0_mhz = number_of(dataset, "TransmitterFrequency") or _number(dataset, _FREQUENCY_MHZ)
    echo_ms = number_of(dataset, "EchoTime") or _number(dataset, _ECHO_MS)
    averages = _number(dataset, _AVERAGES) or number_of(dataset, "NumberOfAverages")
    parameters = AcquisitionParameters(
        f0_mhz=in_range(f0_mhz, 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(_number(dataset, _WIDTH_HZ), 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM,
        manufacturer=text_of(dataset, "Manufacturer"),
        model=text_of(dataset, "ManufacturerModelName"),
        sequence=sequence,
        localisation=localisation,
        te_s=milliseconds(echo_ms),
        tr_s=milliseconds(number_of(dataset, "RepetitionTime")),
        averages=int(averages) if averages and averages >= 1 else None,
        nucleus=nucleus,
    )
    return parameters, [note] if note else []


def _frames(dataset: Dataset, details: Dataset) -> ComplexArray:
    """Return the signal and, where the data are twice as long as announced, its water reference, (frames, points)."""
    value = _private(dataset, _DATA)
    stored = value if isinstance(value, bytes) else np.asarray(value or (), dtype="<f4").tobytes()
    if not stored or len(stored) > _LARGEST_BYTES or len(stored) % 8:
        raise UnreadableFile("it is a private Philips spectroscopy object without usable data")
    announced = (integer_of(one, "SpectroscopyAcquisitionDataColumns") for one in (details, dataset))
    points = checked_length(next((number for number in announced if number), None))
    if len(stored) not in (8 * points, 16 * points):
        raise UnreadableFile(
            f"it holds {len(stored) // 8} data points where its header announces {points}; the file may be cut short"
        )
    return np.asarray(checked_signal(np.frombuffer(stored, "<c8").astype(np.complex128)).reshape(-1, points))
