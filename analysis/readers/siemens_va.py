"""Read Siemens private spectroscopy of the software VA (Numaris 4VA25): fewer CSA tags, and the old protocol's name.

spec2nii gives these up; what they hold is enough. On a real file the lines lie where they belong, and the voxel's
corner in the header and its centre in the protocol agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from analysis.errors import UnreadableFile
from analysis.readers.dicom_header import orthonormal, text_of
from analysis.readers.dicom_identity import identified
from analysis.readers.dicom_mrs import GRID, checked_length, checked_signal, in_range, milliseconds, other_nucleus
from analysis.readers.guard import silent
from analysis.readers.mrs_voxel import make_voxel
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, Voxel
from analysis.units import WATER_PPM, conjugated

_CREATOR = "SIEMENS CSA NON-IMAGE"
_SAME_PLACE_MM = 1.0
_LONGEST_PROTOCOL = 4 * 1024**2
_LINE = re.compile(r"^([A-Za-z][\w.\[\]]*)[ \t]*=[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_DIFFERENT = "The header and the protocol put the voxel in different places, so neither is used."
_Tags = Mapping[str, Any]


def tags_of(dataset: Dataset) -> tuple[_Tags, _Tags] | None:
    """Return the values of the CSA image header and the lines of the protocol, where they are those of VA software."""
    from nibabel.nicom import csareader

    library: Any = csareader
    with silent():
        image, series = (library.get_csa_header(dataset, kind) for kind in ("image", "series"))
    if image is None or series is None:
        return None
    tags = {name: [item for item in tag["items"] if item != b""] for name, tag in image["tags"].items()}
    protocol = series["tags"].get("MrProtocol", {}).get("items") or [""]
    if tags.get("DataPointColumns") or not tags.get("RealDwellTime") or not isinstance(protocol[0], str):
        return None
    return tags, dict(_LINE.findall(protocol[0][:_LONGEST_PROTOCOL]))


def read(dataset: Dataset, file: InputFile, tags: _Tags, protocol: _Tags) -> Contents:
    """Return the signal of a VA object.

    Raises
    ------
    UnreadableFile : a grid, another nucleus, or a length that differs from what the protocol announces
    """
    if any((_number(tags, name) or 1) > 1 for name in ("Rows", "Columns")):
        raise UnreadableFile(GRID)
    stored = dataset.private_block(0x7FE1, _CREATOR)[0x10].value
    points = checked_length(int(_line(protocol, "sSpecPara.lVectorSize") or 0))
    if len(stored) != 8 * points:
        raise UnreadableFile(
            f"it holds {len(stored) // 8} data points where its header announces {points}; the file may be cut short"
        )
    parameters, warnings = _parameters(dataset, tags, protocol)
    voxel, note = _voxel(tags, protocol)
    signal = Signal(
        file=file,
        fids=conjugated(checked_signal(np.frombuffer(stored, "<c8").astype(np.complex128)))[None, None],
        parameters=parameters,
        voxel=voxel,
        suppressed=True if protocol.get("sPrepPulses.ucWaterSat") == "0x1" else None,
        averaged_only=(parameters.averages or 1) > 1,
        warnings=(*warnings, *((note,) if note else ())),
    )
    return Contents(signals=(identified(signal, dataset),))


def _parameters(dataset: Dataset, tags: _Tags, protocol: _Tags) -> tuple[AcquisitionParameters, list[str]]:
    nucleus = _text(tags, "ImagedNucleus") or "1H"
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(nucleus))
    sequence, localisation, note = recognise(
        (_text(tags, "SequenceName"), protocol.get("tSequenceFileName")),
        (text_of(dataset, "ProtocolName"), text_of(dataset, "SeriesDescription")),
    )
    dwell_ns = _number(tags, "RealDwellTime") or 0.0
    averages = _number(tags, "NumberOfAverages")
    parameters = AcquisitionParameters(
        f0_mhz=in_range(_number(tags, "ImagingFrequency"), 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(1e9 / dwell_ns if dwell_ns > 0 else None, 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM,
        manufacturer=text_of(dataset, "Manufacturer"),
        model=text_of(dataset, "ManufacturerModelName"),
        sequence=sequence,
        localisation=localisation,
        te_s=milliseconds(_number(tags, "EchoTime")),
        tr_s=milliseconds(_number(tags, "RepetitionTime")),
        averages=int(averages) if averages and averages >= 1 else None,
        nucleus=nucleus,
    )
    return parameters, [note] if note else []


def _voxel(tags: _Tags, protocol: _Tags) -> tuple[Voxel | None, str | None]:
    """Return the voxel, or None and why.

    Image Position (Patient) is the corner of the voxel here, as in the RDA exports of this software; the protocol
    leaves out the components of the centre that are zero.
    """
    corner, cosines = _numbers(tags, "ImagePositionPatient", 3), _numbers(tags, "ImageOrientationPatient", 6)
    spacing, thickness = _numbers(tags, "PixelSpacing", 2), _number(tags, "SliceThickness")
    directions = None if cosines is None else orthonormal(cosines[:3], cosines[3:])
    if corner is None or directions is None or spacing is None or thickness is None:
        return None, "The header does not say where the voxel lies."
    row, column = directions
    centre = corner + row * spacing[1] / 2 + column * spacing[0] / 2
    stated = [_line(protocol, f"sSpecPara.sVoI.sPosition.d{axis}") or 0.0 for axis in ("Sag", "Cor", "Tra")]
    if np.linalg.norm(centre - stated) > _SAME_PLACE_MM:
        return None, _DIFFERENT
    axes = np.array([row, column, np.cross(row, column)])
    return make_voxel(centre, axes, np.array([spacing[1], spacing[0], thickness])), None


def _numbers(tags: _Tags, name: str, count: int) -> np.ndarray | None:
    items = tags.get(name) or []
    numbers = [float(item) for item in items if isinstance(item, int | float) and np.isfinite(item)]
    return np.array(numbers) if len(numbers) == len(items) == count else None


def _number(tags: _Tags, name: str) -> float | None:
    items = tags.get(name) or []
    return float(items[0]) if items and isinstance(items[0], int | float) and np.isfinite(items[0]) else None


def _text(tags: _Tags, name: str) -> str | None:
    items = tags.get(name) or []
    return items[0] if items and isinstance(items[0], str) else None


def _line(protocol: _Tags, name: str) -> float | None:
    try:
        number = float(protocol[name])
    except (KeyError, ValueError):
        return None
    return number if np.isfinite(number) else None
