"""Take over what spec2nii makes of a vendor's file: NIfTI-MRS images in memory, metabolites and references apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers import nifti_mrs
from analysis.readers.records import Contents, InputFile, Signal
from analysis.types import StudyInfo, Voxel

Place = Callable[[Voxel | None], tuple[Voxel | None, str | None]]
"""Judges a voxel: returns it, or None and the sentence that says why it is not used."""


def signals_of(image: Any, file: InputFile) -> tuple[Signal, ...]:
    """Return the signals of one of spec2nii's images, in Discern's sense."""
    import nibabel

    values = np.asarray(image.image[:])  # as a file would store them; indexing the object itself conjugates
    library: Any = nibabel
    plain = library.Nifti2Image(values, image.header.get_best_affine(), image.header)
    return nifti_mrs.read(plain, values, file).signals


def with_reference(
    parts: Sequence[tuple[str, Any]],
    file: InputFile,
    *,
    info: StudyInfo,
    place: Place,
    averages: int | None,
) -> Contents:
    """Return the one metabolite signal among a file's parts, with the water reference that the file holds beside it.

    Parameters
    ----------
    parts : (suffix, image) as spec2nii names them; references have ``ref``, ``ecc``, ``quant`` or ``wref`` in theirs
    place : judges the voxel that spec2nii found

    Raises
    ------
    UnreadableFile : several metabolite signals (edited conditions), or none
    """
    metabolites = [image for suffix, image in parts if not _is_reference(suffix)]
    references = [image for suffix, image in parts if _is_reference(suffix)]
    if len(metabolites) != 1:
        raise UnreadableFile("it holds several spectra of one voxel, as edited sequences do, which are not read")
    (signal,) = signals_of(metabolites[0], file)
    water = _water(references, file, signal)
    voxel, why = place(signal.voxel)
    warnings = tuple(text for text in signal.warnings if voxel is None or text != why)
    transients = signal.fids.shape[1]
    return Contents(
        signals=(
            replace(
                signal,
                water=water,
                voxel=voxel,
                info=info,
                suppressed=True,
                parameters=replace(signal.parameters, averages=averages),
                averaged_only=transients == 1 and (averages or 2) > 1,
                warnings=(*warnings, *((why,) if why else ())),
            ),
        )
    )


def _is_reference(suffix: str) -> bool:
    return any(word in suffix.lower() for word in ("ref", "ecc", "quant", "water"))


def _water(references: Sequence[Any], file: InputFile, signal: Signal) -> Any:
    """Return the first reference that has the metabolites' coils; of several, the one for eddy currents comes first."""
    for image in references:
        (found,) = signals_of(image, file)
        if found.fids.shape[0] == signal.fids.shape[0] and found.fids.shape[1] > 0:
            return found.fids
    return None
