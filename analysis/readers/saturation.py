"""Saturation bands in headers: the standard's macro, and the protocol text of Siemens' private objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from analysis.readers.dicom_header import FunctionalGroups, items_of, number_of, numbers_of, text_of
from analysis.types import FloatArray, SaturationBand

_MACRO = "MRSpatialSaturationSequence"
_MOST = 32


def bands_of(dataset: Dataset) -> tuple[SaturationBand, ...] | None:
    """Return the bands of an enhanced MR or MR Spectroscopy object; None where the header does not say.

    Notes
    -----
    MR Spatial Saturation Sequence (0018,9107) of the functional groups (PS3.3 C.8.13.5.7): thickness, normal and a
    point of the mid-plane in the patient's coordinates. An empty sequence, and Spatial Pre-saturation (0018,9027) NONE,
    say that there were none. A band with an impossible value makes the whole answer unknown: half of it would mislead.
    """
    groups = FunctionalGroups(dataset)
    for holder in (dataset, *groups.items(0)):
        if _MACRO in holder:
            bands = [_band(_numbers(item)) for item in items_of(holder, _MACRO)[:_MOST]]
            return None if any(band is None for band in bands) else tuple(band for band in bands if band is not None)
    return () if text_of(groups.macro(0, "MRModifierSequence"), "SpatialPresaturation") == "NONE" else None


def bands_of_siemens(protocol: Mapping[Any, Any]) -> tuple[SaturationBand, ...] | None:
    """Return the regional saturation of a Siemens protocol (``sRSatArray``); None where it has no such list.

    Zeros are left out of a protocol, so that a band without any thickness was not switched on. The coordinates are
    those of the voxel in the same protocol (``sVoI``), which agree with LPS on a real file.
    """
    keys = [key for key in protocol if isinstance(key, tuple) and key[:2] == ("sRSatArray", "asElm")]
    if not keys:
        return None
    numbers = sorted({str(key[2]) for key in keys if len(key) > 3 and str(key[2]).isdigit()}, key=int)
    found = []
    for number in numbers[:_MOST]:
        thickness = protocol.get(("sRSatArray", "asElm", number, "dThickness"))
        if thickness is None:
            continue
        place = {part: _triple(protocol, number, part) for part in ("sPosition", "sNormal")}
        band = _band((thickness, place["sPosition"], place["sNormal"]))
        if band is None:
            return None
        found.append(band)
    return tuple(found)


def _triple(protocol: Mapping[Any, Any], number: str, part: str) -> FloatArray | None:
    values = [protocol.get(("sRSatArray", "asElm", number, part, axis), 0.0) for axis in ("dSag", "dCor", "dTra")]
    return np.asarray(values, dtype=float) if all(isinstance(value, int | float) for value in values) else None


def _numbers(item: Dataset) -> tuple[object, FloatArray | None, FloatArray | None]:
    normal, middle = numbers_of(item, "SlabOrientation", 3), numbers_of(item, "MidSlabPosition", 3)
    return number_of(item, "SlabThickness"), middle, normal


def _band(values: tuple[object, FloatArray | None, FloatArray | None]) -> SaturationBand | None:
    thickness, middle, normal = values
    if not isinstance(thickness, int | float) or middle is None or normal is None:
        return None
    length = float(np.linalg.norm(normal))
    if not 0 < thickness < 1000 or not abs(length - 1) < 0.01 or not np.isfinite(middle).all():
        return None
    x, y, z = (normal / length).tolist()
    a, b, c = middle.tolist()
    return SaturationBand((a, b, c), (x, y, z), float(thickness))
