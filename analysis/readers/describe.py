"""Say in one line what was found in a file, without patient data."""

from __future__ import annotations

from analysis.geometry import plane_of
from analysis.readers.records import Contents, Signal, Slice
from analysis.types import Volume


def contents(found: Contents) -> str:
    """Return one line about the contents of a file."""
    if found.signals:
        return signals(found.signals)
    if found.slices:
        return slices(found.slices)
    if found.volumes:
        return volume(found.volumes[0])
    if found.with_header is not None:
        return f"data that are read with their header, {found.with_header}"
    return "DICOMDIR, an index of other files"


def signals(found: tuple[Signal, ...]) -> str:
    """Return one line about the spectroscopy of a file, a single voxel or a grid."""
    if len(found) == 1 and found[0].cell is None:
        return signal(found[0])
    return f"spectroscopic imaging of {len(found)} voxels, each: " + signal(found[0]).partition(": ")[2]


def slices(frames: tuple[Slice, ...]) -> str:
    """Return one line about the frames of an MR image file."""
    first = frames[0]
    rows, columns = first.shape
    down, across = first.spacing_mm
    what = "one slice" if len(frames) == 1 else f"{len(frames)} frames"
    size = f"{columns} x {rows} pixels of {across:.3g} x {down:.3g} mm, {first.thickness_mm:.3g} mm thick"
    return f"DICOM MR image, {plane_of(first.normal)}, {what}, {size}"


def volume(image: Volume) -> str:
    """Return one line about a NIfTI image."""
    count, rows, columns = image.pixels.shape
    return f"NIfTI image, {image.plane}, {count} slices of {columns} x {rows} pixels"


def signal(one: Signal) -> str:
    """Return one line about the spectroscopy of a file."""
    parameters = one.parameters
    coils, transients, points = one.fids.shape
    details = [
        f"{coils} coil element{'s' if coils > 1 else ''}",
        f"{transients} transient{'s' if transients > 1 else ''} of {points} points",
        f"{parameters.f0_mhz:.2f} MHz",
        f"{parameters.spectral_width_hz:.0f} Hz wide",
        parameters.localisation or f"sequence {parameters.sequence or 'unknown'}",
        f"TE {parameters.te_s * 1000:.4g} ms" if parameters.te_s else "TE unknown",
        _voxel(one),
        _suppression(one),
    ]
    return "single-voxel spectroscopy: " + ", ".join(details)


def _voxel(one: Signal) -> str:
    if one.voxel is None:
        return "voxel unknown"
    return "voxel {:.3g} x {:.3g} x {:.3g} mm".format(*one.voxel.size_mm)


def _suppression(one: Signal) -> str:
    if one.water is not None:
        return "with its water reference"
    return {True: "water suppressed", False: "water not suppressed", None: "suppression not stated"}[one.suppressed]
