"""Read Siemens raw data (TWIX, ``.dat``) of the software VB to XA through mapVBVD and spec2nii.

No public TWIX file was at hand: the geometry is confirmed on the protocol that a real DICOM object carries, the rest on
files made after the format. Every signal says so.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head
from analysis.readers.dicom_mrs import FEWEST_POINTS, GRID
from analysis.readers.guard import clean_text, silent
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.vendor_nifti import with_reference
from analysis.types import StudyInfo

_NOT_CONFIRMED = "No real file has confirmed how Siemens raw data are read; check it against the scanner's own export."
_NO_OVERRIDES = {"dims": (None, None, None), "tags": (None, None, None)}
_LONGEST_ECHO_TIME_S = 1.0
_MOST_READOUTS = 1_000_000
_LAST, _SYNCHRONISATION = 0x01, 0x20
_NOT_NEEDED = {
    "Dicom": ("InstitutionName", "InstitutionAddress", "DeviceSerialNumber", "ManufacturersModelName", "tProtocolName"),
    "Meas": (
        "PatientName",
        "PatientBirthDay",
        "PatientSex",
        "PatientPosition",
        "flUsedPatientWeight",
        "tICEProgramName",
    ),
    "Config": ("SequenceFileName",),
}
"""Header entries without which spec2nii gives up, though anonymised files lack them and no number depends on them."""


def recognises(head: Head) -> bool:
    """Whether the file is Siemens raw data: its protocol starts within the first kilobytes."""
    return b"<XProtocol>" in head.raw and not head.is_text


def read(file: InputFile) -> Contents:
    """Return the signal of raw data; call it through `apart`, because what the file announces decides what is made.

    Raises
    ------
    UnreadableFile : imaging, a grid, edited conditions, or a header that the libraries cannot follow
    """
    _check_chain(file.path)
    with silent():
        twix = _last_measurement(file)
        parts = _converted(twix, file)
    meas = twix["hdr"]["Meas"]
    patient = (clean_text(meas.get("PatientID")), clean_text(meas.get("PatientName")))
    contents = with_reference(
        parts,
        file,
        info=StudyInfo(study_instance_uid="", patient_id=patient[0], patient_name=patient[1]),
        place=lambda voxel: (voxel, None if voxel else "The header does not say where the voxel lies."),
        averages=None,
    )
    return Contents(signals=tuple(_completed(signal, twix) for signal in contents.signals))


def _check_chain(path: Path) -> None:
    """Follow the readouts from header to header as mapVBVD does, and refuse a chain that runs in a circle or too far.

    Raises
    ------
    UnreadableFile
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        for start, newer in _starts(stream):
            head_bytes, place = (184 if newer else 128), start
            for _ in range(_MOST_READOUTS):
                stream.seek(place)
                head = stream.read(head_bytes)
                if len(head) < head_bytes:
                    break
                length, last = _length_of(head, newer)
                if last:
                    break
                if length < head_bytes or place + length > size:
                    raise UnreadableFile("its readouts do not follow one another; the file is damaged or cut short")
                place += length
            else:
                raise UnreadableFile(f"it holds more than {_MOST_READOUTS} readouts, which is no spectroscopy")


def _starts(stream: BinaryIO) -> list[tuple[int, bool]]:
    """Return where the readouts of each measurement start, and whether their headers are those of VD and later."""
    first, second = struct.unpack("<II", stream.read(8))
    if not (first < 10_000 and second <= 64):
        return [(first, False)]
    stream.seek(16)
    places = []
    for _ in range(second):
        entry = stream.read(152)
        places.append(int.from_bytes(entry[:8], "little"))
    starts = []
    for place in places:
        if place >= 1 << 62:
            raise UnreadableFile("its list of measurements is damaged")
        stream.seek(place)
        starts.append((place + int.from_bytes(stream.read(4), "little"), True))
    return starts


def _length_of(head: bytes, newer: bool) -> tuple[int, bool]:
    """Return the length of a readout with its headers, and whether it ends the measurement (mdh.h)."""
    flags = head[40 if newer else 20]
    stated = int.from_bytes(head[:3], "little") | (head[3] & 1) << 24
    if flags & _LAST or stated == 0:
        return stated, True
    if flags & _SYNCHRONISATION:
        return stated, False
    samples, channels = struct.unpack_from("<HH", head, 48 if newer else 28)
    return (192 + (8 * samples + 32) * channels if newer else (8 * samples + 128) * channels), False


def _last_measurement(file: InputFile) -> Any:
    """Return the measurement proper: newer files start with adjustments."""
    # Imported here: spec2nii brings a second of imports that a standard DICOM study does not need.
    from mapvbvd import mapVBVD

    found = mapVBVD(str(file.path), quiet=True)
    measurements = found if isinstance(found, list) else [found]
    usable = [one for one in measurements if "image" in one]
    if not usable:
        raise UnreadableFile("it is Siemens raw data without a measured signal; the file may be cut short")
    return usable[-1]


def _converted(twix: Any, file: InputFile) -> list[tuple[str, Any]]:
    from spec2nii.Siemens import twixfunctions

    if "alDwellTime" not in str(twix["hdr"].get("MeasYaps", {}).keys()):
        raise UnreadableFile("it is Siemens raw data of another kind, not spectroscopy")
    for block, names in _NOT_NEEDED.items():
        for name in names:
            twix["hdr"].setdefault(block, {}).setdefault(name, "")
    if twixfunctions.id_sequence_type(twix["hdr"]) == "mrsi":
        raise UnreadableFile(f"{GRID} from raw data, which would have to be reconstructed; export it as DICOM")
    images, names = twixfunctions.process_twix(twix, "x", file.name, "image", _NO_OVERRIDES, quiet=True)
    return [(name.removeprefix("x"), image) for name, image in zip(names, images, strict=True)]


def _completed(signal: Signal, twix: Any) -> Signal:
    """Return the signal from its echo on, and with the echo time of sequences that have several intervals.

    Notes
    -----
    The first free parameter of each readout is the number of points before the echo (so in FID-A and Osprey).
    """
    before = int(np.ravel(twix["image"].freeParam)[0])
    warnings = [_NOT_CONFIRMED]
    fids, water = signal.fids, signal.water
    if 0 < before < fids.shape[-1] // 8 and fids.shape[-1] - before >= FEWEST_POINTS:
        fids = fids[..., before:]
        water = None if water is None else water[..., before:]
        warnings.append(f"{before} points before the echo were left out, as the raw data state.")
    parameters, total = signal.parameters, _echo_time_s(twix)
    if parameters.localisation == "sLASER" and total is not None and parameters.te_s != total:
        warnings.append(f"The echo time {total * 1000:g} ms is the sum of the protocol's intervals.")
        parameters = replace(parameters, te_s=total)
    return replace(
        signal,
        fids=fids,
        water=water,
        parameters=parameters,
        suppressed=True if water is not None else None,
        averaged_only=False,
        warnings=(*signal.warnings, *warnings),
    )


def _echo_time_s(twix: Any) -> float | None:
    """Return the sum of the protocol's echo intervals, where it is an echo time at all (older files fill the list)."""
    protocol = twix["hdr"].get("Phoenix") or twix["hdr"].get("MeasYaps") or {}
    times = [value for key, value in protocol.items() if key[:1] == ("alTE",) and isinstance(value, float)]
    total = sum(times) * 1e-6
    return total if 0 < total < _LONGEST_ECHO_TIME_S else None
