"""What a reader may change about how a voxel is processed, fitted and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.types import FitSettings, Measured, ProcessSettings


@dataclass(frozen=True)
class GateOverride:
    """A failed gate that the reader accepts, and why (typed by the reader)."""

    gate: str
    reason: str


@dataclass(frozen=True)
class VoxelSettings:
    """What a reader may change about one voxel."""

    process: ProcessSettings = ProcessSettings()
    fit: FitSettings = FitSettings()
    water_t2_s: Measured | None = None
    """T2 of this voxel's water, from a T2 map or several echoes; None leaves it to the protocol."""
    accepted_gates: tuple[GateOverride, ...] = ()
    label: str | None = None
    """The voxel's name as the reader gives it; None leaves that of the file."""

    @property
    def adjusted(self) -> bool:
        """Whether a number may differ from the automatic one; another name alone changes none."""
        return (self.process, self.fit, self.water_t2_s, self.accepted_gates) != (
            ProcessSettings(), FitSettings(), None, (),
        )  # fmt: skip


@dataclass(frozen=True)
class ExamSettings:
    """What a reader may change about an exam: settings by voxel index; others stay automatic."""

    voxels: Mapping[int, VoxelSettings] = field(default_factory=dict)

    def of(self, index: int) -> VoxelSettings:
        """Return a voxel's settings."""
        return self.voxels.get(index, VoxelSettings())
