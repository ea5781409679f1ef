"""A protocol: the TOML file that says how one kind of exam is read. Every number carries its source and status."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, ValidationError

from analysis.errors import BadProtocol
from analysis.file_problem import problem_of
from analysis.sequences import SequenceName, SlicePulses
from analysis.sourced import Sourced, Strict
from analysis.tissue_water import Known, TissueWater

Quantity = Literal[
    "snr", "fwhm_hz", "structure_rsd_percent", "water_fwhm_hz", "kept_percent", "drift_hz", "residual_water",
    "lipid_index", "halves_sigma", "misfit", "lactate_lipid_tradeoff",
]  # fmt: skip
"""What `analysis.quality` measures."""


class PulseRules(Sourced):
    """Slice-selective pulses to simulate instead of ideal ones; see `analysis.sequences.SlicePulses`."""

    refocusing_hz: float = Field(gt=100.0, lt=100_000.0)
    refocusing_s: float = Field(gt=1e-4, lt=0.05)
    excitation_hz: float = Field(gt=100.0, lt=100_000.0)
    excitation_s: float = Field(gt=1e-4, lt=0.05)
    carrier_ppm: float

    @property
    def pulses(self) -> SlicePulses:
        """The pulses as the simulation takes them."""
        return SlicePulses(
            self.refocusing_hz, self.refocusing_s, self.excitation_hz, self.excitation_s, self.carrier_ppm
        )


class BasisRules(Sourced):
    """What to simulate where a file does not say how it was measured."""

    default_localisation: SequenceName
    default_te_s: float
    default_tm_s: float
    te1_s: float | None = None
    """First echo time of PRESS, which files do not give; None assumes half of TE."""
    pulses: PulseRules | None = None
    """The pulses of the default localisation; None simulates ideal ones."""


class WidthGroup(Sourced):
    """Signals that share a Lorentzian line width (full width at half maximum), with its Gaussian prior."""

    name: str
    mean_hz: float
    sd_hz: float
    shift_sd_ppm: float = 0.0
    """Prior of a shift that the whole group shares, relative to the spectrum's own shift."""


class SignalRule(Sourced):
    """One fitted signal: what it is made of, and its priors."""

    name: str
    of: Mapping[str, float]
    group: str
    shift_sd_ppm: float
    width_sd_hz: float = 0.0
    """Prior of the signal's own departure from the group's Lorentzian width; 0 shares the width exactly."""
    nonnegative: bool = True
    label_ppm: float | None = None
    """Where the spectrum view writes the signal's name; None leaves it out."""


class SnrRules(Sourced):
    """How the signal-to-noise ratio is defined: a signal's height after exponential apodisation over the noise."""

    signal: str
    apodisation_hz: float


class RatioPrior(Sourced):
    """A soft prior on the ratio of two sums of fitted amplitudes, written as ``NAA + NAAG + 3 GPC``."""

    above: str
    below: str
    ratio: float
    sd: float


class FitRules(Sourced):
    """The model's settings."""

    ppm_range: tuple[float, float]
    baseline_ed_per_ppm: tuple[float, float]
    """Least and most effective dimensions of the baseline per ppm, among which the data choose."""
    gauss_mean_hz: float
    gauss_sd_hz: float
    shift_range_ppm: float
    water_phase_sd_rad: float
    """Prior of the phase where the water reference has set it; it is free otherwise."""
    phase1_sd_s: float = 0.0
    skew_sd: float = 0.0
    """Prior of the line shape's skewness once the data ask for it; 0 keeps lines symmetric."""


class MultiverseRules(Sourced):
    """Equally defensible fits: every baseline stiffness (times the protocol's) with every set of left-out signals."""

    baseline_scales: tuple[float, ...]
    left_out: tuple[tuple[str, ...], ...]


class BiomarkerRule(Sourced):
    """A reported amplitude: a sum of fitted signals, weighted."""

    name: str
    text: str
    of: Mapping[str, float]


class GateRule(Sourced):
    """A quality limit on one measured quantity."""

    name: str
    quantity: Quantity
    unit: str
    better: Literal["high", "low"]
    pass_limit: float = Field(alias="pass")
    fail_limit: float = Field(alias="fail")
    text: str
    required: bool = False
    """Whether an unknown value makes the voxel not evaluable."""


class EvidenceRules(Sourced):
    """The acidity-to-structure model of the domain dossier, section 9."""

    id: str
    numerators: Mapping[str, float]
    structure: str
    tau_ln: Mapping[str, float]
    correlation: float
    delta_mean: float
    delta_sd: float
    lr_cap: tuple[float, float]
    lr_call: tuple[float, float]
    call_probability: float
    pretest: tuple[float, ...]
    lipid: str
    """The signal under lactate whose misfit `lipid_share` allows for."""
    lipid_share: float
    contrast_p: float
    least_discs: int
    draws: int
    seed: int
    driver_share: float


class ReportText(Strict):
    """Sentences that the report prints."""

    statement: str
    limits: tuple[str, ...]


class ProtocolRules(Strict):
    """The content of a protocol file."""

    id: str
    version: str
    title: str
    basis: BasisRules
    fit: FitRules
    snr: SnrRules
    reference_biomarker: str
    """The denominator whose relative SD is gated, PG or tCr."""
    width_groups: tuple[WidthGroup, ...]
    signals: tuple[SignalRule, ...]
    ratio_priors: tuple[RatioPrior, ...] = ()
    lipid_signals: tuple[str, ...]
    biomarkers: tuple[BiomarkerRule, ...]
    ratios: tuple[str, ...]
    gates: tuple[GateRule, ...]
    water: TissueWater | None = None
    multiverse: MultiverseRules | None = None
    evidence: EvidenceRules | None = None
    report: ReportText


@dataclass(frozen=True)
class Fact:
    """One number of a protocol with where it comes from, for the report."""

    name: str
    value: str
    source: str
    status: str


@dataclass(frozen=True)
class Protocol:
    """A checked protocol and the hash of the text it was read from."""

    rules: ProtocolRules
    sha256: str

    @property
    def id(self) -> str:
        """Name and version, for example ``disc-1``."""
        return f"{self.rules.id}-{self.rules.version}"

    @property
    def title(self) -> str:
        """What the reader sees."""
        return self.rules.title

    @property
    def ratios(self) -> tuple[str, ...]:
        """Names of the reported ratios, for example ``Lac/PG``."""
        return self.rules.ratios

    @property
    def compares(self) -> bool:
        """Whether the protocol compares voxels by an evidence model."""
        return self.rules.evidence is not None

    @property
    def pretest(self) -> tuple[float, ...]:
        """Pre-test probabilities that the report tabulates."""
        return self.rules.evidence.pretest if self.rules.evidence else ()

    @property
    def statement(self) -> str:
        """The research-use sentence."""
        return self.rules.report.statement

    @property
    def limits(self) -> tuple[str, ...]:
        """What the method cannot do, for the report and the help."""
        return self.rules.report.limits

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every number with its source and status."""
        return tuple(_facts(self.rules))


def parse_sum(text: str) -> dict[str, float]:
    """Read a sum of signals such as ``NAA + 3 GPC`` into weights.

    Raises
    ------
    BadProtocol
        If a term is neither a name nor a number and a name.
    """
    weights: dict[str, float] = {}
    for term in text.split(" + "):
        *factor, name = term.split() or [""]
        try:
            weight = float(factor[0]) if factor else 1.0
        except ValueError:
            weight = math.nan
        if not name or len(factor) > 1 or not math.isfinite(weight):
            raise BadProtocol(f"'{text}' is not a sum of signals; write it as 'NAA + 3 GPC'.")
        weights[name] = weights.get(name, 0.0) + weight
    return weights


def _sourced_items(rules: ProtocolRules) -> list[tuple[str, Sourced]]:
    items: list[tuple[str, Sourced]] = [("basis", rules.basis), ("fit", rules.fit), ("SNR", rules.snr)]
    items += [("pulses", rules.basis.pulses)] if rules.basis.pulses else []
    items += [(f"width group {g.name}", g) for g in rules.width_groups]
    items += [(f"signal {s.name}", s) for s in rules.signals]
    items += [(f"prior {r.above}/{r.below}", r) for r in rules.ratio_priors]
    items += [(f"biomarker {b.name}", b) for b in rules.biomarkers]
    items += [(f"gate {g.name}", g) for g in rules.gates]
    items += rules.water.items() if rules.water else []
    items += [("multiverse", rules.multiverse)] if rules.multiverse else []
    return items + ([("evidence", rules.evidence)] if rules.evidence else [])


_NOT_NUMBERS = frozenset({"source", "status", "name", "text", "unit", "quantity", "label_ppm", "nonnegative", "id",
                          "metabolites", "pulses"})  # fmt: skip
_PLAIN = {"pass_limit": "pass", "fail_limit": "fail", "of": "made of", "shift_sd_ppm": "shift SD ppm"}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " + ".join(k if v == 1 else f"{v:g} {k}" for k, v in value.items())
    if isinstance(value, tuple):
        return ", ".join(_shown(v) for v in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _facts(rules: ProtocolRules) -> list[Fact]:
    facts = []
    for name, item in _sourced_items(rules):
        values = [
            f"{_PLAIN.get(key, key.replace('_', ' '))}: {_shown(value)}"
            for key, value in item
            if key not in _NOT_NUMBERS and not isinstance(value, Known) and value not in (None, False, 0.0)
        ]
        facts.append(Fact(name, "; ".join(values), item.source, item.status))
    return facts


def parse_protocol(text: str) -> Protocol:
    """Read a protocol.

    Raises
    ------
    BadProtocol
        If the text is not TOML, misses something, or refers to something it does not define.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProtocol(f"The protocol cannot be read: {problem_of(error)}.") from error
    return Protocol(parse_rules(content), hashlib.sha256(text.encode()).hexdigest())


def parse_rules(content: Mapping[str, object]) -> ProtocolRules:
    """Check the content of a protocol.

    Raises
    ------
    BadProtocol
        If it misses something, or refers to something it does not define.
    """
    try:
        rules = ProtocolRules.model_validate(content)
    except ValidationError as error:
        raise BadProtocol(f"The protocol cannot be read: {problem_of(error)}.") from error
    _check_references(rules)
    return rules


def _check_references(rules: ProtocolRules) -> None:
    """Refuse a protocol that names what it does not define, or defines a name twice."""
    signals = [s.name for s in rules.signals]
    biomarkers = [b.name for b in rules.biomarkers]
    groups = [g.name for g in rules.width_groups]
    wrong = [f"width group '{s.group}'" for s in rules.signals if s.group not in groups]
    wrong += [f"signal '{name}'" for name in _named_signals(rules) if name not in signals]
    wrong += [f"biomarker '{name}'" for name in _named_biomarkers(rules) if name not in biomarkers]
    wrong += [f"ratio '{ratio}'" for ratio in rules.ratios if len(ratio.split("/")) != 2]
    names = [*signals, *(f"biomarker {b}" for b in biomarkers), *groups, *(f"gate {g.name}" for g in rules.gates)]
    problems = []
    if wrong:
        problems.append(f"refers to what it does not define: {', '.join(dict.fromkeys(wrong))}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"defines twice: {', '.join(twice)}")
    if problems:
        raise BadProtocol(f"The protocol '{rules.id}' {' and '.join(problems)}.")


def _named_signals(rules: ProtocolRules) -> list[str]:
    names = [name for b in rules.biomarkers for name in b.of]
    names += [name for r in rules.ratio_priors for name in (*parse_sum(r.above), *parse_sum(r.below))]
    names += [*rules.lipid_signals, rules.snr.signal]
    names += [name for rule in (rules.water.metabolites if rules.water else ()) for name in rule.signals]
    names += [name for group in (rules.multiverse.left_out if rules.multiverse else ()) for name in group]
    return names + ([rules.evidence.lipid] if rules.evidence else [])


def _named_biomarkers(rules: ProtocolRules) -> list[str]:
    names = [name for ratio in rules.ratios for name in ratio.split("/")] + [rules.reference_biomarker]
    if rules.evidence is None:
        return names
    evidence = rules.evidence
    missing_tau = [f"{name} in tau_ln" for name in evidence.numerators if name not in evidence.tau_ln]
    return names + [*evidence.numerators, evidence.structure, *missing_tau]
