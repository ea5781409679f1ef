"""Read NIfTI-MRS (Clarke et al., Magn Reson Med 2022;88:2358): voxels with their receiver elements and transients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UnreadableFile
from analysis.readers.dicom_mrs import FEWEST_POINTS, MOST_POINTS, checked_signal, in_range, other_nucleus
from analysis.readers.grid import check_cells, filled_cells
from analysis.readers.guard import clean_text, quoted
from analysis.readers.mrs_voxel import make_voxel
from analysis.readers.nifti_affine import affine_lps
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, FloatArray, SignalArray, StudyInfo, Voxel
from analysis.units import WATER_PPM, conjugated

_HEADER_CODE = 44
_DEFAULT_TAGS = ("DIM_COIL", "DIM_DYN", "DIM_INDIRECT_0")
_COILS, _TRANSIENTS = ("DIM_COIL",), ("DIM_DYN", "DIM_MEAS")
_REFUSED = {
    "DIM_EDIT": "it holds edited spectra (DIM_EDIT), whose difference spectra this version does not read",
    "DIM_METCYCLE": "it holds metabolite-cycled spectra (DIM_METCYCLE), which this version does not read",
    "DIM_ISIS": "it holds ISIS partial spectra (DIM_ISIS), which this version does not read",
    "DIM_PHASE_CYCLE": "it holds separate phase cycle steps (DIM_PHASE_CYCLE), which this version does not read",
}
_LARGEST_NUMBER = 1e12
"""Beyond any header value in any unit; it also keeps out infinity and what is not a number."""
_SMALLEST_EDGE_MM = 2.0
_SECONDS = {8: 1.0, 16: 1e-3, 24: 1e-6}
"""Time units of ``xyzt_units`` in s."""


def read(image: Any, values: NDArray[Any], file: InputFile) -> Contents:
    """Return the signals of a NIfTI-MRS image, one per voxel of its grid.

    Parameters
    ----------
    image : its header and extensions
    values : its data, in the shape of the header

    Raises
    ------
    UnreadableFile : too many voxels, edited or indirect dimensions, another nucleus, or no header extension
    """
    header = _extension(image)
    parameters, warnings = _parameters(header, image)
    suppressed = header.get("WaterSuppressed")
    affine = _affine(image)
    if affine is None:
        warnings.append("The file does not say where its voxel lies.")
    cells = _cells(values, header)
    signals = tuple(
        Signal(
            file=file,
            fids=fids,
            parameters=parameters,
            voxel=None if affine is None else _voxel(affine, cell),
            info=_info(header),
            protocol=clean_text(header.get("ProtocolName")),
            suppressed=suppressed if isinstance(suppressed, bool) else None,
            cell=None if len(cells) == 1 else (cell[1] + 1, cell[0] + 1, cell[2] + 1),
            averaged_only=fids.shape[1] == 1,
            eddy_corrected=_was_applied(header, "eddy"),
            warnings=tuple(warnings),
        )
        for cell, fids in cells.items()
    )
    return Contents(signals=signals)


def _cells(values: NDArray[Any], header: dict[str, Any]) -> dict[tuple[int, int, int], SignalArray]:
    """Return the (coils, transients, points) signal of every voxel ``(i, j, k)`` that holds one, in Discern's sense."""
    if values.ndim < 4:
        raise UnreadableFile("it has no usable time dimension")
    shape = values.shape[:3]
    check_cells(shape)
    if shape == (1, 1, 1):
        # NIfTI-MRS turns against the DICOM convention (its appendix A), so its data are conjugated.
        fids = checked_signal(_coils_transients_points(values, header))
        # Raw data are large: what was unpacked from a compressed file is nobody else's.
        return {(0, 0, 0): conjugated(fids, out=fids if fids.flags.writeable else None)}
    parts = {cell: values[cell][None, None, None] for cell in np.ndindex(*shape)}
    signals = {cell: _coils_transients_points(part, header) for cell, part in parts.items()}
    return {cell: conjugated(checked_signal(fids)) for cell, fids in filled_cells(signals).items()}


def _extension(image: Any) -> dict[str, Any]:
    for extension in image.header.extensions:
        if extension.get_code() == _HEADER_CODE:
            header = extension.json()
            if isinstance(header, dict):
                return header
    raise UnreadableFile("it is NIfTI-MRS without the header extension that says how it was measured")


def _number(header: dict[str, Any], key: str) -> float | None:
    """Return a finite header number, the first of several (multi-nuclear files hold lists); JSON knows no limits."""
    value = header.get(key)
    value = value[0] if isinstance(value, list) and value else value
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) < _LARGEST_NUMBER else None


def _positive(header: dict[str, Any], key: str) -> float | None:
    value = _number(header, key)
    return value if value is not None and value > 0 else None


def _parameters(header: dict[str, Any], image: Any) -> tuple[AcquisitionParameters, list[str]]:
    nuclei = header.get("ResonantNucleus")
    nucleus = nuclei[0] if isinstance(nuclei, list) and nuclei else nuclei
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(str(nucleus)))
    sequence, localisation, note = recognise(
        (clean_text(header.get("SequenceName")),), (clean_text(header.get("ProtocolName")),)
    )
    dwell_s = float(image.header["pixdim"][4]) * _SECONDS.get(int(image.header["xyzt_units"]) & 0x38, 1.0)
    centre_ppm = _number(header, "SpecFreqChemShift")
    reference = (WATER_PPM if centre_ppm is None else centre_ppm) + (_number(header, "RxOffset") or 0.0)
    parameters = AcquisitionParameters(
        f0_mhz=in_range(_number(header, "SpectrometerFrequency"), 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(1 / dwell_s if dwell_s > 0 else None, 100, 1e6, "spectral width"),
        reference_ppm=in_range(reference, -20, 20, "chemical shift reference"),
        manufacturer=clean_text(header.get("Manufacturer")),
        model=clean_text(header.get("ManufacturersModelName")),
        sequence=sequence,
        localisation=localisation,
        te_s=_positive(header, "EchoTime"),
        tr_s=_positive(header, "RepetitionTime"),
        tm_s=_positive(header, "MixingTime"),
    )
    return parameters, [note] if note else []


def _coils_transients_points(values: NDArray[Any], header: dict[str, Any]) -> SignalArray:
    """Bring the dimensions, in whatever order they come, to (coils, transients, points); single precision stays so."""
    shape = values.shape
    if len(shape) < 4 or not FEWEST_POINTS <= shape[3] <= MOST_POINTS:
        raise UnreadableFile("it has no usable time dimension")
    if not np.issubdtype(values.dtype, np.complexfloating):
        raise UnreadableFile("its data are not complex, and a spectrum without its phase cannot be fitted")
    kind = np.complex64 if values.dtype.itemsize <= 8 else np.complex128
    data = values.reshape(shape[3:], order="F").astype(kind, copy=False)
    coils: list[int] = []
    transients: list[int] = []
    for axis, size in enumerate(shape[4:], start=1):
        if size == 1:
            continue
        tag = _tag(header, axis)
        if tag not in _COILS + _TRANSIENTS:
            name = quoted(tag, "DIM_[A-Z0-9_]{1,24}", "without a known tag")
            raise UnreadableFile(_REFUSED.get(tag, f"it has a dimension ({name}) that this version does not read"))
        (coils if tag in _COILS else transients).append(axis)
    rest = [axis for axis in range(1, data.ndim) if axis not in coils + transients]
    ordered = data.transpose([*coils, *transients, *rest, 0])
    elements = int(np.prod([data.shape[axis] for axis in coils], dtype=int))
    return np.asarray(ordered.reshape(elements, -1, shape[3]))


def _tag(header: dict[str, Any], axis: int) -> str:
    """Return the tag of a higher dimension; some writers wrap it in a list, and the standard gives defaults."""
    value = header.get(f"dim_{axis + 4}", _DEFAULT_TAGS[axis - 1] if axis <= 3 else "unknown")
    return str(value[0] if isinstance(value, list) and value else value)


def _affine(image: Any) -> FloatArray | None:
    """Return the map of voxel indices to LPS mm; an edge below 2 mm is the placeholder of converters that know none."""
    affine = affine_lps(image)
    if affine is None or np.linalg.norm(affine[:3, :3], axis=0).min() < _SMALLEST_EDGE_MM:
        return None
    return affine


def _voxel(affine: FloatArray, cell: tuple[int, int, int]) -> Voxel | None:
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    return make_voxel((affine @ [*cell, 1])[:3], (affine[:3, :3] / edges).T, edges)


def _was_applied(header: dict[str, Any], word: str) -> bool:
    steps = header.get("ProcessingApplied")
    if not isinstance(steps, list):
        return False
    return any(word in str(step.get("Method", "")).lower() for step in steps if isinstance(step, dict))


def _info(header: dict[str, Any]) -> StudyInfo:
    """Return who was measured; the study's UID is made later, from all files of the study."""
    birth = clean_text(header.get("PatientDoB"))
    return StudyInfo(
        study_instance_uid="",
        patient_id=clean_text(header.get("PatientID")),
        patient_name=clean_text(header.get("PatientName")),
        patient_birth_date=birth.removesuffix(".0") if birth else None,
        patient_sex=clean_text(header.get("PatientSex")),
    )
