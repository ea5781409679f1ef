"""Read DICOM MR Spectroscopy Storage (PS3.3 A.36.3): voxels in the sign convention of C.8.14.4.1."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from analysis.errors import UnreadableFile
from analysis.readers.dicom_header import (
    FunctionalGroups,
    integer_of,
    items_of,
    number_of,
    private_number,
    text_of,
    uid_of,
    value_of,
)
from analysis.readers.dicom_identity import identified
from analysis.readers.grid import Cell, check_cells, filled_cells
from analysis.readers.guard import quoted
from analysis.readers.mrs_voxel import NOT_CONFIRMED, cell_voxel, deviates, places_of, voxel_of
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.saturation import bands_of
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, ComplexArray, SignalArray
from analysis.units import WATER_PPM, conjugated

SOP_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.1.4.2"})

GRID = "it is a spectroscopic imaging grid of several voxels, which this version does not read"
FEWEST_POINTS, MOST_POINTS, MOST_FRAMES = 32, 1 << 20, 1 << 16
NUCLEUS = r"[0-9]{1,3}[A-Z][a-z]?"
_COMPLEX_BYTES = 8
_CONJUGATED_MAKERS = ("UIH", "UNITED IMAGING")
"""United Imaging stores the opposite sense in the standard class. Source: the converter spec2nii 0.8.15, which leaves
its data as they are while it conjugates those of Siemens and Philips; no public file was found to prove it."""
_SUPPRESSION = {"WATER": True, "FAT_AND_WATER": True, "FAT": False, "SILICON_GEL": False, "NONE": False}
"""Whether the terms of Spectrally Selected Suppression (0018,9025), PS3.3 C.8.13.5.5, suppress water."""


def read(dataset: Dataset, file: InputFile) -> Contents:
    """Return the signal of an MR Spectroscopy object, or those of a grid, one per voxel.

    Raises
    ------
    UnreadableFile : not complex data of 1H, edited, or a length that differs from what the header announces
    """
    if _edited(dataset):
        raise UnreadableFile("it holds edited spectra, whose difference spectra this version does not read")
    signal = _signal_without_data(dataset, file)
    stored = _stored(dataset)
    if _turns_backwards(dataset):
        stored = conjugated(stored)
        note = "United Imaging data were conjugated by a published rule that no real file has confirmed here."
        signal = replace(signal, warnings=(*signal.warnings, note))
    if stored.shape[1] * stored.shape[2] > 1 or len(places_of(dataset)) > 1:
        return Contents(signals=_of_grid(signal, stored, dataset))
    return Contents(signals=(_of_voxel(signal, checked_signal(stored[:, 0, 0]), dataset),))


def _signal_without_data(dataset: Dataset, file: InputFile) -> Signal:
    parameters, warnings = _parameters(dataset)
    signal = Signal(
        file=file,
        fids=np.empty((0, 0, 0), np.complex128),
        parameters=parameters,
        voxel=None,
        suppressed=_suppressed(dataset),
        references=_references(dataset),
        # Measured on a real Philips object with this flag: correcting once more widens the NAA line from 9.0 to 9.9 Hz.
        eddy_corrected=text_of(dataset, "WaterReferencedPhaseCorrection") == "YES",
        saturation_bands=bands_of(dataset),
        warnings=tuple(warnings),
    )
    return identified(signal, dataset)


def _of_voxel(signal: Signal, frames: SignalArray, dataset: Dataset) -> Signal:
    """Return a single voxel, whose frames are transients and perhaps a water reference."""
    transients, water, note = _split_water(frames, dataset)
    if water is None:
        water = _united_imaging_water(dataset, frames.shape[-1])
    voxel = voxel_of(dataset)
    why_none = NOT_CONFIRMED if voxel is None and deviates(dataset) else None
    return replace(
        signal,
        fids=transients[np.newaxis],
        water=None if water is None else water[np.newaxis],
        voxel=voxel,
        suppressed=signal.suppressed if water is None else True,
        averaged_only=len(transients) == 1 and (signal.parameters.averages or 1) > 1,
        warnings=(*signal.warnings, *filter(None, (note, why_none))),
    )


def _of_grid(signal: Signal, stored: SignalArray, dataset: Dataset) -> tuple[Signal, ...]:
    """Return the voxels of a grid (frames, rows, columns, points); every frame is a slice of its own."""
    frames = stored.shape[0]
    if frames > 1 and len(places_of(dataset)) != frames:
        raise UnreadableFile("it is a spectroscopic imaging grid with several frames of one slice, which are not read")
    parts: dict[Cell, SignalArray] = {cell: stored[cell][None, None] for cell in np.ndindex(*stored.shape[:3])}
    signals = []
    for (frame, row, column), fids in filled_cells(parts).items():
        voxel, note = cell_voxel(dataset, frame, row, column)
        signals.append(
            replace(
                signal,
                fids=checked_signal(fids),
                voxel=voxel,
                cell=(row + 1, column + 1, frame + 1),
                averaged_only=(signal.parameters.averages or 1) > 1,
                warnings=(*signal.warnings, note),
            )
        )
    return tuple(signals)


def _edited(dataset: Dataset) -> bool:
    """Philips marks MEGA measurements in a private attribute; their frames are not transients of one spectrum."""
    mark = dataset.get((0x2005, 0x1597))
    return mark is not None and str(mark.value).strip() == "Y"


def _united_imaging_water(dataset: Dataset, points: int) -> SignalArray | None:
    """Return the reference that United Imaging keeps in a private attribute (source: spec2nii 0.8.15), or None."""
    stored = dataset.get((0x0065, 0xFF07)) if _turns_backwards(dataset) else None
    if stored is None or not isinstance(stored.value, bytes) or len(stored.value) != points * _COMPLEX_BYTES:
        return None
    return conjugated(np.frombuffer(stored.value, "<c8").astype(np.complex128))[np.newaxis]


def _parameters(dataset: Dataset) -> tuple[AcquisitionParameters, list[str]]:
    nucleus = text_of(dataset, "ResonantNucleus") or "1H"
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(nucleus))
    groups = FunctionalGroups(dataset)
    sequence, localisation, note = recognise(
        (text_of(dataset, key) for key in ("PulseSequenceName", "VolumeLocalizationTechnique", "SequenceName")),
        (text_of(dataset, key) for key in ("ProtocolName", "SeriesDescription")),
    )
    reference = number_of(dataset, "ChemicalShiftReference")
    warnings = [note] if note else []
    if reference is None:
        warnings.append(f"The header gives no chemical shift reference; {WATER_PPM} ppm (water) is used.")
    parameters = AcquisitionParameters(
        f0_mhz=in_range(number_of(dataset, "TransmitterFrequency"), 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(number_of(dataset, "SpectralWidth"), 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM if reference is None else in_range(reference, -20, 20, "chemical shift reference"),
        manufacturer=text_of(dataset, "Manufacturer"),
        model=text_of(dataset, "ManufacturerModelName"),
        sequence=sequence,
        localisation=localisation,
        te_s=_echo_time_s(dataset, groups),
        tr_s=milliseconds(
            number_of(groups.macro(0, "MRTimingAndRelatedParametersSequence"), "RepetitionTime")
            or number_of(dataset, "RepetitionTime")
        ),
        averages=_averages(dataset, groups),
        nucleus=nucleus,
    )
    return parameters, warnings


def other_nucleus(nucleus: str) -> str:
    """Return the reason why a spectrum of another nucleus than 1H is not read."""
    return f"it is a spectrum of {quoted(nucleus, NUCLEUS, 'an unknown nucleus')}; Discern reads 1H only"


def in_range(value: float | None, low: float, high: float, name: str) -> float:
    """Return a header value that computing depends on.

    Raises
    ------
    UnreadableFile : it is missing or impossible
    """
    if value is None or not math.isfinite(value) or not low <= value <= high:
        raise UnreadableFile(f"its header gives no usable {name}; the file may be cut short or damaged")
    return value


def checked_length(points: int | None) -> int:
    """Return the announced number of data points.

    Raises
    ------
    UnreadableFile : it is missing or impossible
    """
    if points is None or not FEWEST_POINTS <= points <= MOST_POINTS:
        raise UnreadableFile("its header gives no usable number of data points; the file may be cut short or damaged")
    return points


def milliseconds(value: float | None) -> float | None:
    """Return a positive time in s from a header's ms, else None."""
    return value / 1000 if value is not None and value > 0 else None


def _echo_time_s(dataset: Dataset, groups: FunctionalGroups) -> float | None:
    times = {number_of(groups.macro(n, "MREchoSequence"), "EffectiveEchoTime") for n in range(max(len(groups), 1))}
    if len(times) > 1:
        raise UnreadableFile("its frames have different echo times; such series are not read")
    return milliseconds(times.pop() or number_of(dataset, "EffectiveEchoTime") or number_of(dataset, "EchoTime"))


def _averages(dataset: Dataset, groups: FunctionalGroups) -> int | None:
    """Philips states one average in the standard attribute and the true number in a private one."""
    private = private_number(dataset, 0x2001, "Philips Imaging DD 001", 0x88)
    standard = integer_of(groups.macro(0, "MRAveragesSequence"), "NumberOfAverages")
    best = max(int(private or 0), standard or 0, integer_of(dataset, "NumberOfAverages") or 0)
    return best or None


def _stored(dataset: Dataset) -> SignalArray:
    """Return the time signals, (frames, rows, columns, points) complex.

    The length is compared with the header strictly, because pydicom returns what is left of a file that was cut short
    without saying so (PS3.3 C.8.14.4.1 gives the order: frames, rows, columns, data rows, data columns).
    """
    count = integer_of(dataset, "NumberOfFrames") or 1
    points = checked_length(integer_of(dataset, "DataPointColumns"))
    if not 1 <= count <= MOST_FRAMES:
        raise UnreadableFile("its header gives no usable number of frames; the file may be cut short or damaged")
    rows, columns = (max(1, integer_of(dataset, key) or 1) for key in ("Rows", "Columns"))
    if rows * columns > 1:
        check_cells((columns, rows, count))
    if (integer_of(dataset, "DataPointRows") or 1) > 1:
        raise UnreadableFile("it is a two-dimensional spectrum, which this version does not read")
    if text_of(dataset, "DataRepresentation") != "COMPLEX":
        raise UnreadableFile("its data are not complex, and a spectrum without its phase cannot be fitted")
    stored = value_of(dataset, "SpectroscopyData")
    if not isinstance(stored, bytes):
        raise UnreadableFile("it is an MR spectroscopy object without its data")
    announced = count * rows * columns * points
    if len(stored) != announced * _COMPLEX_BYTES:
        raise UnreadableFile(
            f"it holds {len(stored) // _COMPLEX_BYTES} data points where its header announces {announced}; "
            "the file may be cut short"
        )
    kind = ">c8" if dataset.original_encoding[1] is False else "<c8"
    return _in_time(np.frombuffer(stored, kind).reshape(count, rows, columns, points), dataset)


def _in_time(data: NDArray[np.complex64], dataset: Dataset) -> ComplexArray:
    """Frequency-domain points run from high to low frequency (PS3.3 C.8.14.4.1)."""
    domain = text_of(dataset, "SignalDomainColumns")
    signal = data.astype(np.complex128)
    if domain == "FREQUENCY":
        return np.asarray(np.fft.ifft(np.fft.ifftshift(signal[..., ::-1], axes=-1), axis=-1))
    if domain not in ("TIME", None):
        raise UnreadableFile("its header names an unknown signal domain")
    return signal


def checked_signal(signal: SignalArray) -> SignalArray:
    """Return a signal that is made of numbers and is not empty.

    Raises
    ------
    UnreadableFile
    """
    if not np.isfinite(signal).all():
        raise UnreadableFile("its data hold values that are not numbers")
    if not signal.any():
        raise UnreadableFile("its data are all zero")
    return signal


def _turns_backwards(dataset: Dataset) -> bool:
    maker = (text_of(dataset, "Manufacturer") or "").upper()
    return maker.startswith(_CONJUGATED_MAKERS)


def _split_water(frames: SignalArray, dataset: Dataset) -> tuple[SignalArray, SignalArray | None, str | None]:
    """Return the suppressed frames, the water reference that Philips puts behind them, and a warning.

    Only (0018,9199) Water Referenced Phase Correction announces the reference; in the data it is tens to thousands of
    times stronger, or at least no weaker where suppression went badly.
    """
    maker = (text_of(dataset, "Manufacturer") or "").upper()
    half = len(frames) // 2
    announced = maker.startswith("PHILIPS") and text_of(dataset, "WaterReferencedPhaseCorrection") == "YES"
    if not announced or half == 0 or len(frames) % 2:
        return frames, None, None
    strength = np.abs(frames[:, :16]).mean(axis=1)
    least = 1.5 if half == 1 else 5.0
    if strength[half:].min() < least * strength[:half].max():
        return frames, None, "The header announces a water reference, but no frame looks like one."
    return frames[:half], frames[half:], None


def _suppressed(dataset: Dataset) -> bool | None:
    if text_of(dataset, "WaterReferenceAcquisition") == "WATER_REFERENCE":
        return False
    return _SUPPRESSION.get(text_of(dataset, "SpectrallySelectedSuppression") or "")


def _references(dataset: Dataset) -> tuple[str, ...]:
    if text_of(dataset, "WaterReferenceAcquisition") != "REFERENCED":
        return ()
    uids = (uid_of(item, "ReferencedSOPInstanceUID") for item in items_of(dataset, "ReferencedInstanceSequence"))
    return tuple(uid for uid in uids if uid)
