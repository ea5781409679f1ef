"""Where the voxels of a NIfTI file lie, in LPS mm."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.types import FloatArray

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def affine_lps(image: Any) -> FloatArray | None:
    """Return the (4, 4) map of the centre of voxel ``(i, j, k, 1)`` to LPS mm; None where the file has no geometry."""
    if int(image.header["sform_code"]) == 0 and int(image.header["qform_code"]) == 0:
        return None
    affine = np.asarray(LPS_FROM_RAS @ image.affine, dtype=np.float64)
    usable = np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 1e-9
    return affine if usable else None
