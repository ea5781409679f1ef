"""Read Siemens RDA: the scanner's own export of a spectrum, a text header followed by complex doubles."""

from __future__ import annotations

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head
from analysis.readers.dicom_mrs import GRID, checked_length, checked_signal, in_range, milliseconds, other_nucleus
from analysis.readers.key_values import KeyValues
from analysis.readers.mrs_voxel import make_voxel
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, StudyInfo, Voxel
from analysis.units import WATER_PPM, conjugated

_BEGIN, _END = b">>> Begin of header <<<", b">>> End of header <<<"
_LARGEST_BYTES = 256 * 1024**2
_SAME_PLACE_MM = 1.0
_AXES = tuple(tuple(f"{name}vector[{n}]" for n in range(3)) for name in ("row", "column"))
_NORMAL = ("voinormalsag", "voinormalcor", "voinormaltra")
_CENTRE = ("voipositionsag", "voipositioncor", "voipositiontra")
_POSITION = tuple(f"positionvector[{n}]" for n in range(3))
_MATRIX = tuple(f"csimatrixsize[{n}]" for n in range(3))


def recognises(head: Head) -> bool:
    """Whether the file is an RDA export."""
    return head.raw.startswith(_BEGIN)


def read(file: InputFile) -> Contents:
    """Return the signal of an RDA export.

    Raises
    ------
    UnreadableFile : a grid, another nucleus, or a length that differs from what the header announces
    """
    if file.path.stat().st_size > _LARGEST_BYTES:
        raise UnreadableFile("the file is too large for an RDA export")
    head, end, rest = file.path.read_bytes().partition(_END)
    if not end:
        raise UnreadableFile("its header does not end; the file may be cut short")
    header = KeyValues(head.decode("latin-1"))
    if any((header.integer(name) or 1) > 1 for name in _MATRIX):
        raise UnreadableFile(f"{GRID} from RDA; export it as DICOM")
    points = checked_length(header.integer("vectorsize"))
    data = rest[2:] if rest.startswith(b"\r\n") else rest[1:]
    if len(data) != points * 16:
        raise UnreadableFile(
            f"it holds {len(data) // 16} data points where its header announces {points}; the file may be cut short"
        )
    parameters, warnings = _parameters(header)
    voxel, why_none = _voxel(header)
    signal = Signal(
        file=file,
        # The same sense as Siemens' CSA objects: on real files only the conjugate has NAA at 2.0 ppm.
        fids=conjugated(checked_signal(np.frombuffer(data, "<c16").astype(np.complex128)))[None, None],
        parameters=parameters,
        voxel=voxel,
        info=_info(header),
        description=header.text("seriesdescription"),
        protocol=header.text("protocolname"),
        order=tuple(header.integer(name) or 0 for name in ("seriesnumber", "acquisitionnumber", "instancenumber")),
        averaged_only=(parameters.averages or 0) > 1,
        warnings=(*warnings, *((why_none,) if why_none else ())),
    )
    return Contents(signals=(signal,))


def _parameters(header: KeyValues) -> tuple[AcquisitionParameters, list[str]]:
    nucleus = header.text("nucleus") or "1H"
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(nucleus))
    sequence, localisation, note = recognise(
        (header.text("sequencename"), header.text("sequencedescription")),
        (header.text("protocolname"), header.text("seriesdescription")),
    )
    dwell_us = header.number("dwelltime") or 0.0
    parameters = AcquisitionParameters(
        f0_mhz=in_range(header.number("mrfrequency"), 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(1e6 / dwell_us if dwell_us > 0 else None, 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM,
        manufacturer="SIEMENS",
        model=header.text("modelname"),
        sequence=sequence,
        localisation=localisation,
        te_s=milliseconds(header.number("te")),
        tr_s=milliseconds(header.number("tr")),
        tm_s=milliseconds(header.number("tm")),
        averages=header.integer("numberofaverages") or None,
        nucleus=nucleus,
    )
    return parameters, [note] if note else []


def _voxel(header: KeyValues) -> tuple[Voxel | None, str | None]:
    """Return the voxel, or None and why: its centre and its corner are stated apart, and must agree.

    Notes
    -----
    The distance of columns is the edge along the rows. Position Vector is the corner of the first voxel: on a real
    Skyra export it lies half the edges from the centre that the DICOM object of the same measurement states.
    """
    centre, corner = header.vector(_CENTRE), header.vector(_POSITION)
    row, column, normal = header.vector(_AXES[0]), header.vector(_AXES[1]), header.vector(_NORMAL)
    edges = header.vector(("pixelspacingcol", "pixelspacingrow", "slicethickness"))
    if centre is None or row is None or column is None or normal is None or edges is None:
        return None, "The header does not say where the voxel lies."
    voxel = make_voxel(np.array(centre), np.array([row, column, normal]), np.array(edges))
    if voxel is None:
        return None, "The header's voxel is not a box, so its place is not used."
    expected = np.array(centre) - np.array(row) * edges[0] / 2 - np.array(column) * edges[1] / 2
    if (
        corner is not None
        and min(np.linalg.norm(np.subtract(corner, place)) for place in (expected, centre)) > _SAME_PLACE_MM
    ):
        return None, "The header states two different places for the voxel, so neither is used."
    return voxel, None


def _info(header: KeyValues) -> StudyInfo:
    return StudyInfo(
        study_instance_uid="",
        patient_id=header.text("patientid"),
        patient_name=header.text("patientname"),
        patient_birth_date=header.text("patientbirthdate"),
        patient_sex=header.text("patientsex"),
        study_date=header.text("studydate"),
        study_description=header.text("studydescription"),
    )
