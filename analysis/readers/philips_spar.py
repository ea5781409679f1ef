"""What a Philips SPAR header says: parameters, geometry and patient of an SDAT file or of raw data beside it."""

from __future__ import annotations

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head
from analysis.readers.dicom_mrs import GRID, in_range, milliseconds, other_nucleus
from analysis.readers.key_values import KeyValues
from analysis.readers.mrs_voxel import make_voxel, philips_axes
from analysis.readers.records import InputFile
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, StudyInfo, Voxel
from analysis.units import WATER_PPM

_LARGEST_BYTES = 1024**2
_DIRECTIONS = ("lr", "ap", "cc")
"""Philips' own axes: to the left, to the back, to the head. They are those of LPS."""


def recognises(head: Head) -> bool:
    """Whether the file is a SPAR header."""
    text = head.text
    return head.is_text and ("spectro parameter file" in text or "examination_name" in text) and "samples" in text


def read_header(file: InputFile) -> KeyValues:
    """Return the lines of a SPAR header.

    Raises
    ------
    UnreadableFile : it is far too large for one
    """
    if file.path.stat().st_size > _LARGEST_BYTES:
        raise UnreadableFile("the file is too large for a SPAR header")
    return KeyValues(file.path.read_text(encoding="latin-1"), comment="!")


def parameters_of(header: KeyValues) -> tuple[AcquisitionParameters, list[str]]:
    """Return the acquisition parameters and warnings.

    Raises
    ------
    UnreadableFile : another nucleus, a grid or a second spectral dimension, or no usable field or width
    """
    nucleus = header.text("nucleus") or "1H"
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(nucleus))
    if (header.text("phase_encoding_enable") or "no").lower() == "yes":
        raise UnreadableFile(f"{GRID} from SPAR/SDAT; export it as DICOM")
    scan = header.text("scan_id")
    sequence, localisation, note = recognise((), (scan,))
    f0_hz = header.number("synthesizer_frequency")
    parameters = AcquisitionParameters(
        f0_mhz=in_range(f0_hz / 1e6 if f0_hz is not None else None, 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(header.number("sample_frequency"), 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM,
        manufacturer="Philips",
        sequence=sequence,
        localisation=localisation,
        te_s=milliseconds(header.number("echo_time")),
        tr_s=milliseconds(header.number("repetition_time")),
        averages=header.integer("averages") or None,
        nucleus=nucleus,
    )
    return parameters, [note] if note else []


def voxel_of(header: KeyValues) -> tuple[Voxel | None, str | None]:
    """Return the voxel, or None and a sentence that says why there is none.

    Notes
    -----
    Offsets and angles are along and about left, posterior and head, as in the DICOM objects of these scanners
    (`philips_axes`); spec2nii 0.8.15 places them so too. Two real examinations with anatomy (R6.0) confirm what a
    brain can: both voxels lie inside it, behind its middle.
    """
    if (header.text("volume_selection_enable") or "").lower() != "yes" or (header.integer("volumes") or 1) != 1:
        return None, "The header names no single selected volume, so the voxel's place is unknown."
    centre = header.vector(tuple(f"{axis}_off_center" for axis in _DIRECTIONS))
    angles = header.vector(tuple(f"{axis}_angulation" for axis in _DIRECTIONS))
    sizes = header.vector(tuple(f"{axis}_size" for axis in _DIRECTIONS))
    if centre is None or angles is None or sizes is None:
        return None, "The header does not say where the voxel lies."
    voxel = make_voxel(np.array(centre), philips_axes(np.array(angles)), np.array(sizes))
    if voxel is None:
        return None, "The header's voxel is not a box, so its place is not used."
    position = f"{header.text('patient_position')} {header.text('patient_orientation')}"
    if position != "head_first supine":
        return voxel, "The patient did not lie head first and supine; the voxel's place is confirmed for that only."
    return voxel, None


def info_of(header: KeyValues) -> StudyInfo:
    """Return who was measured and when."""
    return StudyInfo(
        study_instance_uid="",
        patient_name=header.text("patient_name"),
        patient_birth_date=_date(header.text("patient_birth_date")),
        study_date=_date((header.text("scan_date") or "")[:10]),
        study_description=header.text("examination_name"),
    )


def _date(text: str | None) -> str | None:
    digits = (text or "").replace(".", "")
    return digits if len(digits) == 8 and digits.isdigit() else None


def is_reference(header: KeyValues) -> bool | None:
    """Whether the data are the water reference: Philips stores it as the second mix. None where it does not tell."""
    return True if (header.integer("mix_number") or 1) > 1 else None
