"""The one place where the arrows are chained: a study and a protocol become an exam's results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis import quality as quality_figures
from analysis.basis import Simulate, simulate_basis
from analysis.biomarkers import biomarker_weights, metabolite_amplitudes, molar_ratios
from analysis.concentration import tissue_scale, water_for_driver
from analysis.errors import Cancelled, FitFailed
from analysis.evidence import NOT_EVALUABLE, Comparison, DiscSignals, compare
from analysis.fit import fit_spectrum
from analysis.multiverse import between_fit_covariance, fit_variations, with_variants
from analysis.preprocess import process
from analysis.protocol import EvidenceRules, Protocol
from analysis.sequences import Sequence as PulseSequence
from analysis.sequences import SequenceName
from analysis.spin_library import SpinLibrary
from analysis.types import (
    Acquisition,
    Basis,
    ExamResult,
    Fit,
    FitSettings,
    Measured,
    ProcessSettings,
    Progress,
    Sampling,
    Spectrum,
    Stop,
    Study,
    VoxelResult,
)


@dataclass(frozen=True)
class VoxelSettings:
    """What a reader may change about one voxel."""

    process: ProcessSettings = ProcessSettings()
    fit: FitSettings = FitSettings()
    water_t2_s: Measured | None = None
    """T2 of this voxel's water, from a T2 map or several echoes; None leaves it to the protocol."""

    @property
    def adjusted(self) -> bool:
        """Whether anything differs from the automatic settings."""
        return self != VoxelSettings()


@dataclass(frozen=True)
class ExamSettings:
    """What a reader may change about an exam: settings by voxel index; others stay automatic."""

    voxels: Mapping[int, VoxelSettings] = field(default_factory=dict)

    def of(self, index: int) -> VoxelSettings:
        """Return a voxel's settings."""
        return self.voxels.get(index, VoxelSettings())


def analyse(
    study: Study,
    protocol: Protocol,
    spins: SpinLibrary,
    *,
    settings: ExamSettings | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
    simulate: Simulate = simulate_basis,
) -> ExamResult:
    """Process, fit and compare all acquisitions of a study.

    Parameters
    ----------
    simulate : makes a basis; another function may keep what it has simulated

    Raises
    ------
    Cancelled
        If `stop` says so; nothing is kept.
    """
    settings = settings or ExamSettings()
    bases = _BasisCache(protocol, spins, simulate)
    results = []
    for index, acquisition in enumerate(study.acquisitions):
        if stop is not None and stop():
            raise Cancelled("The analysis was stopped.")
        if progress is not None:
            progress(index / len(study.acquisitions), f"Fitting {acquisition.label}")
        results.append(analyse_voxel(acquisition, protocol, bases, settings.of(index), stop))
    return exam_of(results, protocol, study.warnings)


class _BasisCache:
    """Simulates each basis once per analysis."""

    def __init__(self, protocol: Protocol, spins: SpinLibrary, simulate: Simulate) -> None:
        self._protocol, self._spins, self._simulate = protocol, spins, simulate
        self._made: dict[tuple[PulseSequence, Sampling], Basis] = {}

    def __call__(self, sequence: PulseSequence, sampling: Sampling) -> Basis:
        key = (sequence, sampling)
        if key not in self._made:
            signals = {s.name: s.of for s in self._protocol.rules.signals}
            self._made[key] = self._simulate(signals, self._spins, sequence, sampling)
        return self._made[key]


def sequence_of(acquisition: Acquisition, protocol: Protocol) -> tuple[PulseSequence, tuple[str, ...]]:
    """Return the sequence to simulate, and a warning for everything that the file does not say."""
    parameters, rules = acquisition.parameters, protocol.rules.basis
    warnings = []
    name: SequenceName = parameters.localisation or rules.default_localisation
    if parameters.localisation is None:
        warnings.append(f"The file does not name a known localisation; the basis was simulated for {name}.")
    te_s = parameters.te_s
    if te_s is None:
        te_s = rules.default_te_s
        warnings.append(f"The file gives no echo time; the basis was simulated for {te_s * 1e3:g} ms.")
    tm_s = 0.0
    if name == "STEAM":
        tm_s = parameters.tm_s if parameters.tm_s is not None else rules.default_tm_s
        if parameters.tm_s is None:
            warnings.append(f"The file gives no mixing time; the basis was simulated for {tm_s * 1e3:g} ms.")
    # A file gives TE only; where the protocol does not know its first part either, half of it is assumed.
    known = name == "PRESS" and rules.te1_s is not None and rules.te1_s < te_s
    ideal = PulseSequence(name, te_s, te1_s=rules.te1_s if known else None, tm_s=tm_s)
    if rules.pulses is None or name != rules.default_localisation:
        return ideal, tuple(warnings)
    selective = replace(ideal, pulses=rules.pulses.pulses)
    if selective.pulses_fit:
        return selective, tuple(warnings)
    warnings.append("The basis was simulated with ideal pulses, because those of the protocol do not fit into TE.")
    return ideal, tuple(warnings)


def analyse_voxel(
    acquisition: Acquisition,
    protocol: Protocol,
    bases: _BasisCache,
    settings: VoxelSettings,
    stop: Stop | None = None,
) -> VoxelResult:
    """Process and fit one acquisition; a voxel that cannot be fitted says why and stops nothing else."""
    sequence, warnings = sequence_of(acquisition, protocol)
    warnings = (*acquisition.warnings, *warnings)
    if acquisition.water is not None and not np.all(np.isfinite(acquisition.water)):
        acquisition = replace(acquisition, water=None)
        warnings = (*warnings, "The water reference holds values that are not numbers; it was not used.")
    spectrum: Spectrum | None = None
    try:
        spectrum = process(acquisition, settings.process)
        basis = bases(sequence, _sampling_of(spectrum))
        fit = fit_spectrum(spectrum, basis, protocol, settings.fit, stop=stop)
    except FitFailed as error:
        failed = quality_figures.failed(str(error), protocol)
        evidence = NOT_EVALUABLE if protocol.compares else None
        unread = VoxelResult(acquisition, spectrum, None, failed, {}, {}, evidence, warnings=warnings)
        return replace(unread, adjusted_by_reader=settings.adjusted)
    halves = _fit_halves(spectrum, basis, protocol, settings.fit, fit, stop)
    variants = fit_variations(spectrum, basis, protocol, settings.fit, fit, stop=stop)
    spread = with_variants(fit, variants)
    return VoxelResult(
        acquisition=acquisition,
        spectrum=spectrum,
        fit=fit,
        quality=quality_figures.measure(acquisition, spectrum, fit, protocol, halves),
        metabolites=metabolite_amplitudes(
            spread, protocol, tissue_scale(acquisition, spectrum, protocol.rules.water, settings.water_t2_s)
        ),
        ratios=molar_ratios(spread, protocol),
        evidence=None,
        variants=variants,
        water_t2_s=settings.water_t2_s,
        adjusted_by_reader=settings.adjusted,
        warnings=(*warnings, *spectrum.warnings, *fit.warnings),
    )


def _sampling_of(spectrum: Spectrum) -> Sampling:
    return Sampling(spectrum.f0_mhz, spectrum.spectral_width_hz, len(spectrum.fid), spectrum.reference_ppm)


def _fit_halves(
    spectrum: Spectrum, basis: Basis, protocol: Protocol, settings: FitSettings, whole: Fit, stop: Stop | None
) -> tuple[Fit, Fit] | None:
    """Fit the odd and the even transients, where the protocol has a gate for their agreement."""
    if spectrum.odd is None or spectrum.even is None or protocol.rules.evidence is None:
        return None
    noise = spectrum.noise_sd * 2**0.5
    settings = replace(settings, baseline_ed_per_ppm=whole.baseline_ed_per_ppm)
    parts = [replace(spectrum, fid=half, noise_sd=noise) for half in (spectrum.odd, spectrum.even)]
    odd, even = (fit_spectrum(part, basis, protocol, settings, warm=whole, stop=stop) for part in parts)
    return odd, even


def exam_of(results: Sequence[VoxelResult], protocol: Protocol, warnings: tuple[str, ...] = ()) -> ExamResult:
    """Compare the evaluable voxels and put the exam together."""
    evaluable = [index for index, result in enumerate(results) if result.quality.evaluable]
    rules = protocol.rules.evidence
    comparison = Comparison(None, None, None)
    voxels = list(results)
    if rules is not None:
        waters = water_for_driver([results[i] for i in evaluable])
        signals = [_signals_of(results[i], water, protocol, rules) for i, water in zip(evaluable, waters, strict=True)]
        comparison = compare(signals, rules)
        voxels = _with_evidence(results, evaluable, comparison)
    return ExamResult(
        voxels=tuple(voxels),
        evaluable=len(evaluable),
        contrast_p=comparison.contrast_p,
        withheld=comparison.withheld,
        protocol_id=protocol.id,
        protocol_sha256=protocol.sha256,
        compares=protocol.compares,
        warnings=warnings,
    )


def _signals_of(result: VoxelResult, water: float | None, protocol: Protocol, rules: EvidenceRules) -> DiscSignals:
    fit = result.fit
    if fit is None:
        raise ValueError("an evaluable voxel has a fit")
    rows = biomarker_weights(fit, protocol)
    names = (*rules.numerators, rules.structure)
    pick = np.array([rows[name] for name in names])
    covariance = pick @ fit.covariance @ pick.T + between_fit_covariance(fit, result.variants, protocol, names)
    lipid = float(fit.amplitudes[fit.names.index(rules.lipid)]) if rules.lipid in fit.names else 0.0
    return DiscSignals(pick @ fit.amplitudes, covariance, lipid, water)


def _with_evidence(
    results: Sequence[VoxelResult], evaluable: Sequence[int], comparison: Comparison
) -> list[VoxelResult]:
    found = dict(zip(evaluable, comparison.evidence or (), strict=False))
    voxels = []
    for index, result in enumerate(results):
        evidence = found.get(index) if result.quality.evaluable else NOT_EVALUABLE
        voxels.append(replace(result, evidence=evidence))
    return voxels
