"""Each adjustment by the reader taken back by itself, to see what depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from analysis.types import FitSettings, ProcessSettings
from analysis.voxel_settings import ExamSettings, GateOverride, VoxelSettings


@dataclass(frozen=True)
class Undone:
    """One adjustment taken back, all others kept.

    Attributes
    ----------
    voxel : index of the adjusted voxel
    given, without : that voxel's settings with and without the adjustment
    settings : the settings of the whole exam without it
    """

    voxel: int
    given: VoxelSettings
    without: VoxelSettings
    settings: ExamSettings

    @property
    def gate(self) -> GateOverride | None:
        """The accepted gate that is taken back, where it is one."""
        return next((gate for gate in self.given.accepted_gates if gate not in self.without.accepted_gates), None)


def each_undone(settings: ExamSettings) -> tuple[Undone, ...]:
    """Return every adjustment of an exam taken back one at a time, voxel by voxel.

    A name that the reader gave changes no number, so it is none. Signals that are left out are taken back one by one.
    """
    found = []
    for index in sorted(settings.voxels):
        given = settings.of(index)
        for without in _each(given):
            others = {**settings.voxels, index: without}
            found.append(Undone(index, given, without, ExamSettings(others)))
    return tuple(found)


def _each(given: VoxelSettings) -> Iterator[VoxelSettings]:
    yield from (replace(given, process=process) for process in _each_process(given.process))
    yield from (replace(given, fit=fit) for fit in _each_fit(given.fit))
    if given.water_t2_s is not None:
        yield replace(given, water_t2_s=None)
    for gate in given.accepted_gates:
        yield replace(given, accepted_gates=tuple(other for other in given.accepted_gates if other != gate))


def _each_process(given: ProcessSettings) -> Iterator[ProcessSettings]:
    automatic = ProcessSettings()
    for field in fields(ProcessSettings):
        back: dict[str, Any] = {field.name: getattr(automatic, field.name)}
        if replace(given, **back) != given:
            yield replace(given, **back)


def _each_fit(given: FitSettings) -> Iterator[FitSettings]:
    automatic = FitSettings()
    for field in fields(FitSettings):
        back: dict[str, Any] = {field.name: getattr(automatic, field.name)}
        if field.name != "left_out" and replace(given, **back) != given:
            yield replace(given, **back)
    for name in given.left_out:
        yield replace(given, left_out=tuple(other for other in given.left_out if other != name))
