"""Read Siemens spectroscopy of the syngo VB to VE software: a private object with CSA headers, through spec2nii."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from analysis.errors import UnreadableFile
from analysis.readers import siemens_va
from analysis.readers.dicom_header import integer_of, text_of
from analysis.readers.dicom_identity import identified
from analysis.readers.dicom_mrs import GRID, checked_signal, in_range, milliseconds, other_nucleus
from analysis.readers.guard import quoted, silent
from analysis.readers.mrs_voxel import make_voxel
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.saturation import bands_of_siemens
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, ComplexArray, FloatArray, Voxel
from analysis.units import WATER_PPM, conjugated

SOP_CLASSES = frozenset({"1.3.12.2.1107.5.9.1"})

_CREATOR = "SIEMENS CSA NON-IMAGE"
_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0])
_LONGEST_ECHO_TIME_S = 1.0
_SUPPRESSION = {1: True, 64: False}
"""The values of ``sPrepPulses.ucWaterSat`` whose meaning is certain; others are left to the name and the data."""


@dataclass(frozen=True, eq=False)
class _Parsed:
    """What spec2nii makes of the object: signal (points,), affine (4, 4) RAS, dwell time, CSA tags, protocol."""

    signal: ComplexArray
    affine_ras: FloatArray
    dwell_s: float
    echo_time_sum_s: float
    tags: dict[str, Any]
    protocol: dict[Any, Any]
    reference: int


def read(dataset: Dataset, file: InputFile) -> Contents:
    """Return the signal of a Siemens private spectroscopy object.

    Raises
    ------
    UnreadableFile : not spectroscopy of one 1H voxel, or a header that spec2nii cannot follow
    """
    _check_kind(dataset)
    old = siemens_va.tags_of(dataset)
    if old is not None:
        return siemens_va.read(dataset, file, *old)
    parsed = _parse(dataset)
    parameters, warnings = _parameters(parsed, dataset)
    averages = parameters.averages
    # Siemens CSA turns against the DICOM convention: on a real file only the conjugate has NAA at 2.0 ppm.
    fids = conjugated(checked_signal(parsed.signal))[np.newaxis, np.newaxis]
    signal = Signal(
        file=file,
        fids=fids,
        parameters=parameters,
        voxel=_voxel(parsed.affine_ras),
        protocol=_protocol_text(parsed, "tProtocolName"),
        suppressed=_suppressed(parsed),
        element=_text(parsed, "ImaCoilString"),
        averaged_only=averages is not None and averages > 1,
        eddy_corrected=_text(parsed, "WaterReferencedPhaseCorrection") == "YES",
        saturation_bands=bands_of_siemens(parsed.protocol),
        warnings=tuple(warnings),
    )
    return Contents(signals=(identified(signal, dataset),))


def _check_kind(dataset: Dataset) -> None:
    kind = _data_type(dataset)
    if kind is not None and not kind.startswith("SPEC"):
        raise UnreadableFile("it is a private Siemens object that holds no spectroscopy")
    if not _holds_data(dataset):
        raise UnreadableFile("it is a Siemens spectroscopy object without its data; the file may be cut short")


def _parse(dataset: Dataset) -> _Parsed:
    try:
        with silent():
            return _with_spec2nii(dataset)
    except UnreadableFile:
        raise
    except Exception as error:
        software = quoted(text_of(dataset, "SoftwareVersions"), r"[A-Za-z0-9 ._-]{1,40}", "of unknown version")
        raise UnreadableFile(
            f"its private header, of Siemens software {software}, lacks what this version needs to read it; "
            "export it as standard MR Spectroscopy or convert it to NIfTI-MRS"
        ) from error


def _data_type(dataset: Dataset) -> str | None:
    try:
        return str(dataset.private_block(0x0029, _CREATOR)[0x08].value)
    except KeyError:
        return None


def _holds_data(dataset: Dataset) -> bool:
    try:
        return bool(dataset.private_block(0x7FE1, _CREATOR)[0x10].value)
    except KeyError:
        return False


def _with_spec2nii(dataset: Dataset) -> _Parsed:
    # Imported here: spec2nii brings a second of imports that a standard DICOM study does not need.
    from nibabel.nicom import csareader, dicomwrappers
    from spec2nii.Siemens import dicomfunctions

    wrap: Any = dicomwrappers.wrapper_from_data
    csa_header: Any = csareader.get_csa_header
    image = wrap(dataset)
    if dicomfunctions.svs_or_CSI(image) != "SVS":
        raise UnreadableFile(GRID)
    signal, orientation, dwell_s, meta = dicomfunctions.process_siemens_svs(image, verbose=False)
    series = csa_header(dataset, csa_type="series")
    reference, _ = dicomfunctions.identify_integrated_references(image, integer_of(dataset, "InstanceNumber") or 0)
    tags = {name: tag["items"] for name, tag in image.csa_header["tags"].items()}
    points = int(tags["DataPointColumns"][0])
    if len(signal) != points:
        raise UnreadableFile(
            f"it holds {len(signal)} data points where its header announces {points}; the file may be cut short"
        )
    return _Parsed(
        signal=np.asarray(signal, dtype=np.complex128),
        affine_ras=np.asarray(orientation.Q44, dtype=np.float64),
        dwell_s=float(dwell_s),
        echo_time_sum_s=float(meta["EchoTime"]),
        tags=tags,
        protocol=dicomfunctions.parse_buffer(series["tags"]["MrPhoenixProtocol"]["items"][0]),
        reference=int(reference),
    )


def _text(parsed: _Parsed, name: str) -> str | None:
    items = parsed.tags.get(name) or []
    return str(items[0]) if items and isinstance(items[0], str) else None


def _number(parsed: _Parsed, name: str) -> float | None:
    items = parsed.tags.get(name) or []
    return float(items[0]) if items and isinstance(items[0], int | float) else None


def _protocol_text(parsed: _Parsed, name: str) -> str | None:
    text = str(parsed.protocol.get((name,), "")).strip('"')
    return text or None


def _parameters(parsed: _Parsed, dataset: Dataset) -> tuple[AcquisitionParameters, list[str]]:
    nucleus = _text(parsed, "ImagedNucleus") or "1H"
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(nucleus))
    protocol = text_of(dataset, "ProtocolName") or _protocol_text(parsed, "tProtocolName")
    sequence, localisation, note = recognise(
        (_text(parsed, "SequenceName"), _protocol_text(parsed, "tSequenceFileName")),
        (protocol, text_of(dataset, "SeriesDescription")),
    )
    te_s, te_note = echo_time_s(milliseconds(_number(parsed, "EchoTime")), parsed.echo_time_sum_s, localisation)
    averages = _number(parsed, "NumberOfAverages")
    parameters = AcquisitionParameters(
        f0_mhz=in_range(_number(parsed, "ImagingFrequency"), 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(1 / parsed.dwell_s if parsed.dwell_s > 0 else None, 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM,
        manufacturer=text_of(dataset, "Manufacturer"),
        model=text_of(dataset, "ManufacturerModelName"),
        sequence=sequence,
        localisation=localisation,
        te_s=te_s,
        tr_s=milliseconds(_number(parsed, "RepetitionTime")),
        tm_s=milliseconds(_number(parsed, "MixingTime")),
        averages=int(averages) if averages else None,
        nucleus=nucleus,
    )
    return parameters, [text for text in (note, te_note) if text]


def echo_time_s(header_s: float | None, sum_s: float, localisation: str | None) -> tuple[float | None, str | None]:
    """Return the echo time in s, and a warning where the header contradicts itself.

    Parameters
    ----------
    header_s : Echo Time of the CSA image header
    sum_s : spec2nii's figure, the sum of ``alTE`` in the protocol

    Notes
    -----
    For sequences with several echo intervals (semi-LASER) the header holds the first only, and the sum is right. In
    VB17 protocols ``alTE`` is filled to its full length, so the sum is seconds (a real file: 4.2 s for 41.7 ms).
    """
    if header_s is None:
        return (sum_s if 0 < sum_s < _LONGEST_ECHO_TIME_S else None), None
    if not 0 < sum_s < _LONGEST_ECHO_TIME_S or abs(sum_s - header_s) < 1e-4:
        return header_s, None
    chosen = sum_s if localisation == "sLASER" else header_s
    return chosen, (
        f"The header gives two echo times, {header_s * 1000:g} and {sum_s * 1000:g} ms; {chosen * 1000:g} ms is used."
    )


def _voxel(affine_ras: FloatArray) -> Voxel | None:
    """Turn the NIfTI affine of one voxel (RAS, origin in the centre of the voxel) into LPS."""
    edges = np.linalg.norm(affine_ras[:3, :3], axis=0)
    if (edges <= 0).any():
        return None
    axes = (_LPS_FROM_RAS @ affine_ras[:3, :3] / edges).T
    return make_voxel(_LPS_FROM_RAS @ affine_ras[:3, 3], axes, edges)


def _suppressed(parsed: _Parsed) -> bool | None:
    """Sequences with built-in references store them as further instances; spec2nii knows which ones."""
    if parsed.reference:
        return False
    value = parsed.protocol.get(("sPrepPulses", "ucWaterSat"))
    try:
        return _SUPPRESSION.get(int(float(str(value)))) if value is not None else None
    except ValueError:
        return None
