"""Where the chosen lines of a voxel were measured, and the sentence that says so. No Qt in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.displacement import LINES, Displacement, LineName, displace
from analysis.geometry import voxel_outline_pixels
from analysis.types import FloatArray, Volume
from widgets.overlays import VoxelMark
from widgets.texts import tr

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
    worst = tr(" (worst case)") if found.worst_case else ""
    if found.largest_mm < _LEAST_MM:
        return tr("{name} volume, not shifted{worst}", name=name, worst=worst)
    at = tr(
        "{largest_mm:.1f} mm at {narrowest_hz:,.0f} Hz{worst}",
        largest_mm=found.largest_mm,
        narrowest_hz=found.narrowest_hz,
        worst=worst,
    )
    if found.directions_known:
        return tr("{name} volume, shifted {at}", name=name, at=at)
    return tr("{name} volume lies within, shifted up to {at}", name=name, at=at)


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
    caveat = tr("at {width_hz:,.0f} Hz", width_hz=found.narrowest_hz) + (tr(", worst case") if found.worst_case else "")
    return f"{name} {'' if found.directions_known else '≤ '}{found.largest_mm:.1f} mm", caveat
