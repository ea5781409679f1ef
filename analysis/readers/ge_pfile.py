"""Read GE P-files through spec2nii, with what it gets wrong on old revisions put right."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head
from analysis.readers.dicom_mrs import FEWEST_POINTS, GRID, MOST_FRAMES, MOST_POINTS
from analysis.readers.guard import clean_text, silent
from analysis.readers.records import Contents, InputFile
from analysis.readers.vendor_nifti import with_reference
from analysis.types import StudyInfo, Voxel

_LOGOS = (b"GE_MED_NMR", b"INVALIDNMR")
_OLD_REVISION = 10
_OLD_DATA_OFFSET = 61464
"""Header length of revisions 7 to 9, which do not state it; real files hold exactly their frames behind it."""
_SEXES = {1: "M", 2: "F"}
_SAME_PLACE_MM = 1.0
_WHERE = "The header states two different places for the voxel, so neither is used."


def recognises(head: Head) -> bool:
    """Whether the file is a GE P-file."""
    return any(logo in head.raw[:256] for logo in _LOGOS)


def read(file: InputFile) -> Contents:
    """Return the signal of a single-voxel P-file with its water reference.

    Call it through `apart`: on damaged files spec2nii leaves its file open.

    Raises
    ------
    UnreadableFile : a grid, an unknown sequence or revision, or a file shorter than its header announces
    """
    with silent():
        parts, header = _converted(file)
    return with_reference(
        parts,
        file,
        info=_info(header),
        place=lambda voxel: _confirmed(voxel, header),
        averages=_averages(header),
    )


def _converted(file: InputFile) -> tuple[list[tuple[str, Any]], Any]:
    # Imported here: spec2nii brings a second of imports that a standard DICOM study does not need.
    from spec2nii.GE import ge_pfile, ge_read_pfile

    class Pfile(ge_read_pfile.Pfile):  # type: ignore[misc]
        """Revisions before 12: the logo is bytes, and the offset of the data is not in the header."""

        @property
        def is_ge_file(self) -> bool:
            if self.version < 12:
                return b"GE" in self.hdr.rhr_rh_logo or b"INVALID" in self.hdr.rhr_rh_logo
            return bool(super().is_ge_file)

        def map_data(self) -> None:
            if self.version < _OLD_REVISION:
                self.hdr.rhr_rdb_hdr_off_data = _OLD_DATA_OFFSET
            _check_header(self.hdr, file.path.stat().st_size)
            super().map_data()

    try:
        pfile = Pfile(str(file.path))
    except ge_read_pfile.UnknownPfile as error:
        raise UnreadableFile(
            "it is a GE P-file of a sequence or revision that this version does not read; convert it to NIfTI-MRS"
        ) from error
    if not pfile.is_svs:
        raise UnreadableFile(f"{GRID} from P-files")
    # Private, because the public call cannot take a corrected Pfile.
    parts, names = ge_pfile._process_svs_pfile(pfile)
    return list(zip(names, parts, strict=True)), pfile.hdr


def _check_header(header: Any, file_bytes: int) -> None:
    """Compare what the header announces with the file, before anything of that size is made."""
    points, size = int(header.rhr_rh_frame_size), int(header.rhr_rh_point_size)
    offset, announced = int(header.rhr_rdb_hdr_off_data), int(header.rhr_rh_raw_pass_size)
    if not FEWEST_POINTS <= points <= MOST_POINTS or size not in (2, 4):
        raise UnreadableFile("its header gives no usable number of data points; the file may be cut short or damaged")
    if announced <= 0 or offset <= 0 or offset + announced > file_bytes:
        raise UnreadableFile("it is shorter than its header announces; the file may be cut short")
    if announced // (points * size * 2) > MOST_FRAMES:
        raise UnreadableFile("its header gives no usable number of frames; the file may be damaged")
    if any(not 0 <= int(getattr(header, f"rhr_{axis}csi")) <= 1 for axis in "xyz"):
        raise UnreadableFile(f"{GRID} from P-files")


def _text(header: Any, name: str) -> str | None:
    value = getattr(header, name, None)
    return clean_text(value.decode("latin-1")) if isinstance(value, bytes) else None


def _info(header: Any) -> StudyInfo:
    birth = _text(header, "rhe_dateofbirth")
    return StudyInfo(
        study_instance_uid="",
        patient_id=_text(header, "rhe_patid"),
        patient_name=_text(header, "rhe_patname"),
        patient_birth_date=birth if birth and re.fullmatch(r"\d{8}", birth) else None,
        patient_sex=_SEXES.get(int(getattr(header, "rhe_patsex", 0))),
        study_date=_date(_text(header, "rhr_rh_scan_date")),
    )


def _date(text: str | None) -> str | None:
    """Return ``month/day/years since 1900``, as GE writes it, as ``YYYYMMDD``."""
    found = re.fullmatch(r"(\d{2})/(\d{2})/(\d{2,3})", text or "")
    return f"{1900 + int(found[3])}{found[1]}{found[2]}" if found else None


def _averages(header: Any) -> int | None:
    count = float(getattr(header, "rhi_user4", 0.0))
    return int(count) if 1 <= count < 1e6 else None


def _confirmed(voxel: Voxel | None, header: Any) -> tuple[Voxel | None, str | None]:
    """Return the voxel where its centre (opuser11 to 13) is also that of the prescribed slice, else None and why.

    Notes
    -----
    Both are GE's RAS. The SAGE headers beside three real files name the first two axes the other way round; the corners
    of the prescribed slice in the same P-file, an axial one whose rows run from right to left, show that they err.
    """
    if voxel is None:
        return None, "The header does not say where the voxel lies."
    centre_ras = np.array([float(getattr(header, f"rhi_ctr_{axis}", np.nan)) for axis in "RAS"])
    away = np.linalg.norm(centre_ras * [-1, -1, 1] - np.array(voxel.centre_mm))
    return (voxel, None) if away <= _SAME_PLACE_MM else (None, _WHERE)
