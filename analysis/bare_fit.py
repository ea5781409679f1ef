"""The rules of a bare fit: generic numbers, written out for the signals of any basis set as a `Protocol`."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from analysis.errors import BadProtocol
from analysis.file_problem import problem_of
from analysis.protocol import FitRules, Protocol, parse_rules, parse_sum
from analysis.protocol import RatioPrior as Prior
from analysis.sourced import Sourced
from analysis.water_scaling import WaterRules


class WidthRules(Sourced):
    """A signal's own Lorentzian broadening over its basis: mean and SD of 1/T2 (1/s) at a reference field."""

    reference_f0_mhz: float
    mean_per_s: float
    sd_per_s: float

    def hz(self, per_s: float, f0_mhz: float) -> float:
        """Return a broadening as full width at half maximum in Hz; it grows with the square root of the field."""
        return per_s / math.pi * math.sqrt(f0_mhz / self.reference_f0_mhz)


class GroupRules(Sourced):
    """Signals that share a width, by how their names start; an empty list takes the rest."""

    name: str
    signals: tuple[str, ...]
    shared_sd_hz: float
    shift_sd_ppm: float


class MisfitRules(Sourced):
    """From which ratio of residual variance to noise variance on a fit is called incomplete."""

    warn: float


@dataclass(frozen=True)
class BareRules:
    """What `resources/protocols/bare.toml` says."""

    id: str
    version: str
    title: str
    fit: FitRules
    width: WidthRules
    groups: tuple[GroupRules, ...]
    misfit: MisfitRules
    sums: dict[str, str]
    ratio_priors: tuple[Prior, ...]
    water: WaterRules


def parse_bare_rules(text: str) -> BareRules:
    """Read the generic rules.

    Raises
    ------
    BadProtocol : not TOML, or something is missing or of the wrong kind
    """
    try:
        data = tomllib.loads(text)
        return BareRules(
            id=str(data["id"]),
            version=str(data["version"]),
            title=str(data["title"]),
            fit=FitRules.model_validate(data["fit"]),
            width=WidthRules.model_validate(data["width"]),
            groups=tuple(GroupRules.model_validate(group) for group in data["groups"]),
            misfit=MisfitRules.model_validate(data["misfit"]),
            sums={name: str(value) for name, value in data["sums"].items()},
            ratio_priors=tuple(Prior.model_validate(prior) for prior in data["ratio_priors"]),
            water=WaterRules.model_validate(data["water"]),
        )
    except KeyError as error:
        raise BadProtocol(f"The rules of the bare fit lack the table {error}.") from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadProtocol(f"The rules of the bare fit cannot be read: {problem_of(error)}.") from error


def bare_protocol(rules: BareRules, names: Sequence[str], f0_mhz: float) -> Protocol:
    """Write the rules out for the signals of a basis set.

    Every amplitude is non-negative, as in LCModel: a correction such as ``-CrCH2`` is a negative line in the basis, so
    a non-negative amplitude of it takes signal away. The result passes the same checks as a protocol file.

    Raises
    ------
    BadProtocol : the basis set has no signal, or a prior cannot be written out
    """
    if not names:
        raise BadProtocol("The basis set holds no signal.")
    groups = {name: _group_of(rules, name) for name in names}
    content = {
        "id": rules.id,
        "version": rules.version,
        "title": rules.title,
        "reference_biomarker": names[0],
        "lipid_signals": (),
        "ratios": (),
        "gates": (),
        "basis": _NO_SIMULATION,
        "snr": {"signal": names[0], "apodisation_hz": 1.0, "source": "not reported by a bare fit", **_CHOICE},
        "fit": rules.fit.model_dump(),
        "width_groups": [_width_group(rules, group, f0_mhz) for group in _used(rules, groups)],
        "signals": [_signal(rules, name, group, f0_mhz) for name, group in groups.items()],
        "ratio_priors": [p for prior in rules.ratio_priors if (p := _prior(rules, prior, names)) is not None],
        "biomarkers": [{"name": name, "text": name, "of": {name: 1.0}, "source": "the basis set", **_CHOICE}
                       for name in names],
        "report": {"statement": "Research software.", "limits": ()},
    }  # fmt: skip
    checked = parse_rules(content)
    return Protocol(checked, hashlib.sha256(checked.model_dump_json().encode()).hexdigest())


_CHOICE = {"status": "design choice"}
_NO_SIMULATION = {
    "default_localisation": "PRESS", "default_te_s": 0.03, "default_tm_s": 0.0,
    "source": "a bare fit takes its signals from a file and simulates nothing", **_CHOICE,
}  # fmt: skip


def _group_of(rules: BareRules, name: str) -> GroupRules:
    rest = next((group for group in rules.groups if not group.signals), None)
    found = next((group for group in rules.groups if group.signals and name.startswith(group.signals)), rest)
    if found is None:
        raise BadProtocol(f"The rules of the bare fit have no group for the signal '{name}'.")
    return found


def _used(rules: BareRules, groups: dict[str, GroupRules]) -> list[GroupRules]:
    return [group for group in rules.groups if any(group is used for used in groups.values())]


def _width_group(rules: BareRules, group: GroupRules, f0_mhz: float) -> dict[str, Any]:
    mean_hz = rules.width.hz(rules.width.mean_per_s, f0_mhz)
    return {"name": group.name, "mean_hz": mean_hz, "sd_hz": group.shared_sd_hz, **_origin(group)}


def _signal(rules: BareRules, name: str, group: GroupRules, f0_mhz: float) -> dict[str, Any]:
    return {
        "name": name,
        "of": {name: 1.0},
        "group": group.name,
        "shift_sd_ppm": group.shift_sd_ppm,
        "width_sd_hz": rules.width.hz(rules.width.sd_per_s, f0_mhz),
        **_origin(group),
    }


def _origin(item: Sourced) -> dict[str, str]:
    return {"source": item.source, "status": item.status}


def _prior(rules: BareRules, prior: Prior, names: Sequence[str]) -> dict[str, Any] | None:
    """Return a prior in terms of the basis set's signals, or None where it has none of one side."""
    above, below = (_present(rules.sums.get(side, side), names) for side in (prior.above, prior.below))
    if not above or not below:
        return None
    return {"above": above, "below": below, "ratio": prior.ratio, "sd": prior.sd, **_origin(prior)}


def _present(text: str, names: Sequence[str]) -> str:
    """Keep those terms of a sum that the basis set holds."""
    return " + ".join(f"{weight:g} {name}" for name, weight in parse_sum(text).items() if name in names)
