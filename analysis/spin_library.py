"""The spin systems and broad signals of `resources/spins`, read from TOML text and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from analysis.errors import BadProtocol
from analysis.file_problem import problem_of
from analysis.sourced import Status
from analysis.spin_systems import Hetero, SpinGroup, SpinSystem


@dataclass(frozen=True)
class BroadLine:
    """A Gaussian line: position and full width at half maximum in ppm, area in protons."""

    ppm: float
    fwhm_ppm: float
    area: float


@dataclass(frozen=True)
class BroadSignal:
    """A signal without resolved couplings, as a sum of Gaussian lines."""

    key: str
    name: str
    lines: tuple[BroadLine, ...]
    source: str
    status: str
    note: str = ""


@dataclass(frozen=True)
class SpinLibrary:
    """All signals that a basis can be made of, by key."""

    systems: Mapping[str, SpinSystem]
    broad: Mapping[str, BroadSignal]

    def __contains__(self, key: str) -> bool:
        return key in self.systems or key in self.broad


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _HeteroFile(_Strict):
    spin: float
    j: tuple[float, ...]


class _GroupFile(_Strict):
    ppm: tuple[float, ...]
    count: int = 1
    j: tuple[tuple[int, int, float], ...] = ()
    hetero: tuple[_HeteroFile, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        protons = len(self.ppm)
        if any(a == b or not (0 <= a < protons and 0 <= b < protons) for a, b, _ in self.j):
            raise ValueError("a coupling names a proton that the group does not hold, or one proton twice")
        if any(len(nucleus.j) != protons for nucleus in self.hetero):
            raise ValueError("another nucleus needs one coupling for each proton of the group")
        if self.count != 1 and protons != 1:
            raise ValueError("count stands for protons of one shift without couplings")
        return self


class _SystemFile(_Strict):
    name: str
    source: str
    status: Status
    note: str = ""
    groups: tuple[_GroupFile, ...]


class _LineFile(_Strict):
    ppm: float
    fwhm_ppm: float
    area: float


class _BroadFile(_Strict):
    name: str
    source: str
    status: Status
    note: str = ""
    lines: tuple[_LineFile, ...]


def _system(key: str, text: _SystemFile) -> SpinSystem:
    groups = tuple(SpinGroup(g.ppm, g.j, g.count, tuple(Hetero(h.spin, h.j) for h in g.hetero)) for g in text.groups)
    return SpinSystem(key, text.name, groups, text.source, text.status, text.note)


def _broad(key: str, text: _BroadFile) -> BroadSignal:
    lines = tuple(BroadLine(line.ppm, line.fwhm_ppm, line.area) for line in text.lines)
    return BroadSignal(key, text.name, lines, text.source, text.status, text.note)


def parse_spin_library(systems_toml: str, broad_toml: str) -> SpinLibrary:
    """Read the two files of `resources/spins`.

    Raises
    ------
    BadProtocol
        If a file is not TOML or an entry does not hold what it must.
    """
    try:
        systems = {k: _system(k, _SystemFile.model_validate(v)) for k, v in tomllib.loads(systems_toml).items()}
        broad = {k: _broad(k, _BroadFile.model_validate(v)) for k, v in tomllib.loads(broad_toml).items()}
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadProtocol(f"The spin systems in resources/spins cannot be read: {problem_of(error)}.") from error
    return SpinLibrary(systems, broad)
