"""Where the chosen lines of a voxel were measured, and the sentence that says so. No Qt in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.displacement import LINES, Displacement, LineName, displace
from analysis.geometry import voxel_outline_pixels
from analysis.types import FloatArray, Volume
from widgets.overlays import VoxelMark

_LEAST_MM = 0.05
"""A displacement below this is called none."""


@dataclass(frozen=True, eq=False)
class ShiftedOutline:
    """Where a line's volume cuts the shown slice, (n, 2) in (column, row), and what the legend says."""

    name: LineName
    pixels: FloatArray
    text: str
    short: str
    """The same where there is little room; `caveat` belongs beside it."""
    caveat: str
    assumptions: tuple[str, ...]
    """A sentence for everything that the record did not say."""


def displacement_of(mark: VoxelMark, name: LineName) -> Displacement | None:
    """Return where a line of a voxel was measured; None where the record gives no field."""
    if mark.f0_mhz is None:
        return None
    line = next(line for line in LINES if line.name == name)
    return displace(
        mark.voxel,
        line.ppm,
        f0_mhz=mark.f0_mhz,
        carrier_ppm=mark.carrier_ppm,
        bandwidth_hz=mark.pulse_bandwidth_hz,
        directions=mark.gradient_signs,
    )


def legend(name: LineName, found: Displacement) -> str:
    """Return the words beside a displaced volume."""
    worst = " (worst case)" if found.worst_case else ""
    if found.largest_mm < _LEAST_MM:
        return f"{name} volume, not shifted{worst}"
    at = f"{found.largest_mm:.1f} mm at {found.narrowest_hz:,.0f} Hz{worst}"
    if found.directions_known:
        return f"{name} volume, shifted {at}"
    return f"{name} volume lies within, shifted up to {at}"


def shifted_outlines(
    mark: VoxelMark | None, names: Iterable[LineName], frame: Volume, index: int
) -> tuple[ShiftedOutline, ...]:
    """Cut the displaced volumes of one voxel's chosen lines by a slice; those that miss it are left out."""
    found = []
    for name in names:
        displacement = displacement_of(mark, name) if mark is not None else None
        if mark is None or displacement is None:
            continue
        pixels = voxel_outline_pixels(displacement.outline, frame, index)
        if len(pixels):
            short, caveat = _short(name, displacement)
            words = legend(name, displacement)
            found.append(ShiftedOutline(name, pixels, words, short, caveat, displacement.assumptions))
    return tuple(found)


def _short(name: LineName, found: Displacement) -> tuple[str, str]:
    caveat = f"at {found.narrowest_hz:,.0f} Hz{', worst case' if found.worst_case else ''}"
    return f"{name} {'' if found.directions_known else '≤ '}{found.largest_mm:.1f} mm", caveat
