"""Where a slice-selective sequence measures a line that the carrier is not set to: the displaced voxel.

A pulse of bandwidth B selects ``gamma G x + (line - carrier) f0`` within its band, where ``gamma G`` is
``direction B / size``. So along each axis of the voxel the volume of a line moves by
``-direction (line - carrier) f0 size / B``: the chemical-shift displacement artefact, tabulated for 1,000 to 4,000 Hz
in domain/disc_and_cord_mrs.md, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.types import FloatArray, Voxel
from analysis.units import WATER_PPM

LineName = Literal["lactate", "PG", "lipid", "water"]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Line:
    """A line whose volume can be drawn: its chemical shift and where the number comes from."""

    name: LineName
    ppm: float
    source: str


LINES: tuple[Line, ...] = (
    Line("lactate", 1.31, "resources/spins/metabolites.toml, Lac: the CH3 doublet at 1.3142 ppm"),
    Line("PG", 2.04, "resources/spins/broad.toml, PG: the N-acetyl line"),
    Line("lipid", 1.28, "resources/spins/broad.toml, Lip13a: the CH2 chain"),
    Line("water", WATER_PPM, "analysis/units.py: water at 37 degrees Celsius"),
)
ASSUMED_BANDWIDTH_HZ = 1000.0
"""Design choice: the narrowest pulse of the table in domain/disc_and_cord_mrs.md, section 4 (1,000, 1,385, 2,000 and
4,000 Hz), since the narrowest moves a line farthest. A pulse narrower still would move it more."""
ASSUMED_CARRIERS_PPM = (WATER_PPM, 2.0)
"""Design choice: a carrier on water, or on the metabolites as the same section advises; whichever is farther off."""


@dataclass(frozen=True)
class Displacement:
    """Where a line's volume lies, and what had to be assumed to say so.

    Attributes
    ----------
    voxel : the voxel moved by `shift_mm`, LPS mm
    reach : the smallest box with the voxel's axes that holds the volume for every direction of the gradients
    shift_mm : (3,) along the voxel's axes; without known directions the signs are those of positive gradients
    bandwidth_hz : (3,) as used
    carrier_ppm : as used
    directions_known : whether `voxel` is the volume; otherwise only `reach` may be drawn
    assumptions : one sentence for everything that the record did not say
    """

    voxel: Voxel
    reach: Voxel
    shift_mm: Triple
    bandwidth_hz: Triple
    carrier_ppm: float
    directions_known: bool
    assumptions: tuple[str, ...]

    @property
    def worst_case(self) -> bool:
        """Whether anything was assumed, so that the true displacement may be smaller or go the other way."""
        return bool(self.assumptions)

    @property
    def outline(self) -> Voxel:
        """What to draw: the volume itself, or the box that it lies in."""
        return self.voxel if self.directions_known else self.reach

    @property
    def largest_mm(self) -> float:
        """The largest displacement along an axis."""
        return max(abs(shift) for shift in self.shift_mm)

    @property
    def narrowest_hz(self) -> float:
        """The bandwidth of the axis along which the line moves by the largest share."""
        return min(self.bandwidth_hz)


def displace(
    voxel: Voxel,
    line_ppm: float,
    *,
    f0_mhz: float,
    carrier_ppm: float | None = None,
    bandwidth_hz: Sequence[float | None] | None = None,
    directions: tuple[int, int, int] | None = None,
) -> Displacement:
    """Move a voxel to where its sequence measures a line.

    Parameters
    ----------
    line_ppm : chemical shift of the line
    carrier_ppm : chemical shift whose volume lies where the voxel was drawn; None takes the worse of
        `ASSUMED_CARRIERS_PPM`
    bandwidth_hz : (3,) bandwidth of the pulse that selects along each axis of the voxel; None takes
        `ASSUMED_BANDWIDTH_HZ`
    directions : (3,) +1 where the gradient grows along the voxel's axis, else -1; None where not known

    Raises
    ------
    ValueError
        for a bandwidth or a frequency that is not positive, or a direction other than +1 and -1.
    """
    given = tuple(bandwidth_hz) if bandwidth_hz is not None else (None, None, None)
    signs = directions or (1, 1, 1)
    if len(given) != 3 or any(width is not None and not width > 0 for width in given) or not f0_mhz > 0:
        raise ValueError("A displacement needs three bandwidths and a frequency, all positive.")
    if any(sign not in (1, -1) for sign in signs):
        raise ValueError("The direction of a gradient is +1 or -1.")
    carrier = carrier_ppm
    if carrier is None:
        carrier = max(ASSUMED_CARRIERS_PPM, key=lambda ppm: abs(line_ppm - ppm))
    first, second, third = (width if width is not None else ASSUMED_BANDWIDTH_HZ for width in given)
    widths = (first, second, third)
    offset_hz = (line_ppm - carrier) * f0_mhz
    shift = -np.array(signs) * offset_hz * np.array(voxel.size_mm) / np.array(widths)
    return Displacement(
        voxel=replace(voxel, centre_mm=_triple(np.array(voxel.centre_mm) + shift @ np.array(voxel.axes))),
        reach=replace(voxel, size_mm=_triple(np.array(voxel.size_mm) + 2 * np.abs(shift))),
        shift_mm=_triple(shift),
        bandwidth_hz=widths,
        carrier_ppm=carrier,
        directions_known=directions is not None,
        assumptions=_assumptions(given, carrier_ppm is None, carrier, directions is None),
    )


def _assumptions(
    given: Sequence[float | None], carrier_assumed: bool, carrier_ppm: float, directions_assumed: bool
) -> tuple[str, ...]:
    said = []
    if any(width is None for width in given):
        said.append(f"The bandwidth of the pulses is not recorded; {ASSUMED_BANDWIDTH_HZ:,.0f} Hz is assumed.")
    if carrier_assumed:
        said.append(f"The carrier of the pulses is not recorded; {carrier_ppm:.2f} ppm is assumed.")
    if directions_assumed:
        said.append("The direction of the gradients is not recorded; the box holds the volume for every direction.")
    return tuple(said)


def _triple(values: FloatArray) -> Triple:
    return float(values[0]), float(values[1]), float(values[2])
