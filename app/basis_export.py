"""Write a basis for other programs: LCModel ``.basis`` and NIfTI-MRS."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np

from analysis.basis_files import lcmodel_text
from analysis.types import Basis
from analysis.units import conjugated
from app.atomic_file import write_whole

_SIGNALS_TAG = "DIM_USER_0"


def save_lcmodel_basis(path: Path, basis: Basis, fwhm_ppm: float | None = None) -> None:
    """Write a ``.basis`` file whole or not at all; `fwhm_ppm` is the width of its lines for the header.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    write_whole(path, lcmodel_text(basis, fwhm_ppm).encode("ascii", "replace"))


def save_nifti_basis(path: Path, basis: Basis) -> None:
    """Write a basis as one NIfTI-MRS file, ``.nii`` or ``.nii.gz``: one voxel, its signals along the fifth dimension.

    The dimension is tagged ``DIM_USER_0`` and its header lists the names, because the standard has no tag for basis
    sets (Clarke et al., Magn Reson Med 2022;88:2358). The file turns as the standard asks, against Discern.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    data: bytes = _nifti_basis(basis).image.nibImage.to_bytes()
    # Without a time stamp the same basis gives the same bytes.
    write_whole(path, gzip.compress(data, mtime=0) if path.name.lower().endswith(".gz") else data)


def _nifti_basis(basis: Basis) -> Any:
    from nifti_mrs.create_nmrs import gen_nifti_mrs_hdr_ext
    from nifti_mrs.hdr_ext import Hdr_Ext

    sampling = basis.sampling
    header = Hdr_Ext(sampling.f0_mhz, "1H", dimensions=5)
    names = {"Signal": {"Value": list(basis.names), "Description": "Name of each signal of the basis set."}}
    header.set_dim_info(0, _SIGNALS_TAG, info="signals of a basis set", hdr=names)
    header.set_standard_def("SpecFreqChemShift", sampling.reference_ppm)
    header.set_standard_def("SequenceName", basis.sequence)
    if math.isfinite(basis.te_s):
        header.set_standard_def("EchoTime", basis.te_s)
    data = np.asarray(conjugated(basis.fids).T[None, None, None], dtype=np.complex64)
    # The data are already conjugated as the standard asks.
    return gen_nifti_mrs_hdr_ext(data, 1 / sampling.spectral_width_hz, header, no_conj=True)
