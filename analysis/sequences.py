"""Excitation sequences and their timing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SequenceName = Literal["PRESS", "STEAM", "sLASER", "SPECIAL", "spin echo", "pulse-acquire"]


@dataclass(frozen=True)
class SlicePulses:
    """Slice-selective pulses: full widths at half maximum of their profiles, and durations.

    The refocusing bandwidth decides what a voxel's displacement does to couplings; the other numbers hardly matter to
    the spectrum. semi-LASER refocuses with adiabatic pairs.
    """

    refocusing_hz: float
    refocusing_s: float = 0.0052
    excitation_hz: float = 2200.0
    excitation_s: float = 0.0024
    carrier_ppm: float = 2.7
    """Chemical shift whose voxel lies where it was drawn."""

    def describe(self) -> str:
        """Name the pulses with their bandwidths."""
        return f"slice-selective pulses (refocusing {self.refocusing_hz:g} Hz, excitation {self.excitation_hz:g} Hz)"


@dataclass(frozen=True)
class Sequence:
    """An excitation sequence; times run from the middle of one pulse to the middle of the next.

    ==============  =============================================================================================
    PRESS           90 - te1/2 - 180 - te/2 - 180 - te2/2 with te = te1 + te2; te1 None is half of te
    STEAM           90 - te/2 - 90 - tm - 90 - te/2, zero quantum order during tm
    sLASER          90 - te/8 - 180 - te/4 - 180 - te/4 - 180 - te/4 - 180 - te/8
    spin echo       90 - te/2 - 180 - te/2
    SPECIAL         a spin echo; its inversion pulse only selects the volume
    pulse-acquire   90, acquired at once; te is 0
    ==============  =============================================================================================
    """

    name: SequenceName
    te_s: float
    te1_s: float | None = None
    tm_s: float = 0.0
    pulses: SlicePulses | None = None
    """None for ideal pulses."""

    @property
    def first_echo_s(self) -> float:
        """The first echo time of PRESS."""
        return self.te_s / 2 if self.te1_s is None else self.te1_s

    @property
    def delays_s(self) -> tuple[float, ...]:
        """Delays around the refocusing pulses: one more than there are such pulses."""
        te = self.te_s
        if self.name == "PRESS":
            return (self.first_echo_s / 2, te / 2, (te - self.first_echo_s) / 2)
        if self.name == "sLASER":
            return (te / 8, te / 4, te / 4, te / 4, te / 8)
        if self.name == "pulse-acquire":
            return (0.0,)
        return (te / 2, te / 2)

    @property
    def pulses_fit(self) -> bool:
        """Whether the sequence consists of slice-selective echoes whose delays have room for its `pulses`."""
        if self.pulses is None or self.name not in ("PRESS", "spin echo", "sLASER"):
            return False
        around, excitation = self.pulses.refocusing_s / 2, self.pulses.excitation_s / 2
        first, *between, last = self.delays_s
        return first >= around + excitation and last >= around and all(delay >= 2 * around for delay in between)

    def describe(self) -> str:
        """Name the sequence with its times in ms, and what was assumed about them."""
        if self.name == "pulse-acquire":
            return self.name
        times = f"{self.name} TE {self.te_s * 1e3:g} ms"
        if self.name == "STEAM":
            return f"{times}, TM {self.tm_s * 1e3:g} ms"
        if self.name == "PRESS":
            assumed = " (half of TE, assumed)" if self.te1_s is None else ""
            return f"{times}, TE1 {self.first_echo_s * 1e3:g} ms{assumed}"
        return times
