"""The one place where the arrows are chained: a study and a protocol become an exam's results."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis import quality as quality_figures
from analysis.basis import Simulate, simulate_basis
from analysis.biomarkers import biomarker_weights, metabolite_amplitudes, molar_ratios
from analysis.concentration import tissue_scale, water_for_driver
from analysis.errors import Cancelled, FitFailed
from analysis.evidence import NOT_EVALUABLE, Comparison, DiscSignals, compare
from analysis.fit import fit_spectrum
from analysis.gate_override import with_accepted
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
    Progress,
    Quality,
    Sampling,
    Spectrum,
    Stop,
    Study,
    VoxelResult,
)
from analysis.voxel_settings import ExamSettings, VoxelSettings

_BASES_KEPT = 8
"""Every study has a field of its own, and so a basis of its own; a workstation that runs for weeks opens many."""


def analyse(
    study: Study,
    protocol: Protocol,
    spins: SpinLibrary,
    *,
    settings: ExamSettings | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
    simulate: Simulate = simulate_basis,
    bases: BasisCache | None = None,
) -> ExamResult:
    """Process, fit and compare all acquisitions of a study.

    Parameters
    ----------
    simulate : makes a basis; another function may keep what it has simulated
    bases : bases of this protocol that are at hand, instead of simulating them

    Raises
    ------
    Cancelled
        If `stop` says so; nothing is kept.
    """
    settings = settings or ExamSettings()
    bases = bases or BasisCache(protocol, spins, simulate)
    results = []
    for index, acquisition in enumerate(study.acquisitions):
        if stop is not None and stop():
            raise Cancelled("The analysis was stopped.")
        if progress is not None:
            progress(index / len(study.acquisitions), f"Fitting {acquisition.label}")
        results.append(analyse_voxel(acquisition, protocol, bases, settings.of(index), stop))
    return exam_of(results, protocol, study.warnings)


class BasisCache:
    """Simulates each basis of a protocol once, and keeps the last few."""

    def __init__(self, protocol: Protocol, spins: SpinLibrary, simulate: Simulate) -> None:
        self._protocol, self._spins, self._simulate = protocol, spins, simulate
        self._made: dict[tuple[PulseSequence, Sampling], Basis] = {}
        self._lock = threading.Lock()

    def __call__(self, sequence: PulseSequence, sampling: Sampling) -> Basis:
        """Return the basis of a sequence, simulated at the first call."""
        key = (sequence, sampling)
        with self._lock:  # a preview and a final fit may ask at once
            basis = self._made.pop(key, None)
            if basis is None:
                signals = {s.name: s.of for s in self._protocol.rules.signals}
                basis = self._simulate(signals, self._spins, sequence, sampling)
            self._made[key] = basis
            while len(self._made) > _BASES_KEPT:
                del self._made[next(iter(self._made))]
            return basis


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


@dataclass(frozen=True, eq=False)
class Before:
    """An earlier result of a voxel and the settings that made it: what still holds is not computed again."""

    settings: VoxelSettings
    result: VoxelResult


def analyse_voxel(
    acquisition: Acquisition,
    protocol: Protocol,
    bases: BasisCache,
    settings: VoxelSettings,
    stop: Stop | None = None,
    before: Before | None = None,
) -> VoxelResult:
    """Process and fit one acquisition; a voxel that cannot be fitted says why and stops nothing else.

    The fit never starts from that of `before`, so that the same settings give the same numbers by any way.
    """
    acquisition = named(acquisition, settings.label)
    sequence, warnings = sequence_of(acquisition, protocol)
    warnings = (*acquisition.warnings, *warnings)
    if acquisition.water is not None and not np.all(np.isfinite(acquisition.water)):
        acquisition = replace(acquisition, water=None)
        warnings = (*warnings, "The water reference holds values that are not numbers; it was not used.")
    spectrum: Spectrum | None = None
    try:
        spectrum = _processed(acquisition, settings, before)
        basis = bases(sequence, sampling_of(spectrum))
        fit = fit_spectrum(spectrum, basis, protocol, settings.fit, stop=stop)
    except FitFailed as error:
        failed = quality_figures.failed(str(error), protocol)
        evidence = NOT_EVALUABLE if protocol.compares else None
        unread = VoxelResult(acquisition, spectrum, None, failed, {}, {}, evidence, warnings=warnings)
        return replace(unread, adjusted_by_reader=settings.adjusted)
    halves = _fit_halves(spectrum, basis, protocol, settings.fit, fit, stop)
    variants = fit_variations(spectrum, basis, protocol, settings.fit, fit, stop=stop)
    quality = with_accepted(
        quality_figures.measure(acquisition, spectrum, fit, protocol, halves), settings.accepted_gates
    )
    warnings = (*warnings, *spectrum.warnings, *fit.warnings)
    return _result(acquisition, spectrum, fit, variants, quality, protocol, settings, warnings)


def _processed(acquisition: Acquisition, settings: VoxelSettings, before: Before | None) -> Spectrum:
    if before is not None and before.settings.process == settings.process and before.result.spectrum is not None:
        return before.result.spectrum
    return process(acquisition, settings.process)


def _result(
    acquisition: Acquisition,
    spectrum: Spectrum,
    fit: Fit,
    variants: tuple[Fit, ...],
    quality: Quality,
    protocol: Protocol,
    settings: VoxelSettings,
    warnings: tuple[str, ...],
) -> VoxelResult:
    """Put together what is known of a voxel; evidence needs the other voxels."""
    spread = with_variants(fit, variants)
    scale = tissue_scale(acquisition, spectrum, protocol.rules.water, settings.water_t2_s)
    return VoxelResult(
        acquisition=acquisition,
        spectrum=spectrum,
        fit=fit,
        quality=quality,
        metabolites=metabolite_amplitudes(spread, protocol, scale),
        ratios=molar_ratios(spread, protocol),
        evidence=None,
        variants=variants,
        water_t2_s=settings.water_t2_s,
        adjusted_by_reader=settings.adjusted,
        warnings=warnings,
    )


def preview_voxel(
    before: Before,
    protocol: Protocol,
    bases: BasisCache,
    settings: VoxelSettings,
    warm: Fit | None,
    stop: Stop | None = None,
) -> VoxelResult:
    """Return the fit that a gesture in progress would give, starting from `warm`; all else is as before.

    Raises
    ------
    FitFailed : there is no spectrum, or it cannot be fitted so
    """
    acquisition, spectrum = before.result.acquisition, before.result.spectrum
    if before.settings.process != settings.process:
        spectrum = process(acquisition, settings.process)
    if spectrum is None:
        raise FitFailed("This voxel has no spectrum to fit.")
    sequence, _ = sequence_of(acquisition, protocol)
    basis = bases(sequence, sampling_of(spectrum))
    fit = fit_spectrum(spectrum, basis, protocol, settings.fit, warm=warm or before.result.fit, stop=stop)
    return replace(before.result, spectrum=spectrum, fit=fit, adjusted_by_reader=settings.adjusted)


def measured_anew(result: VoxelResult, protocol: Protocol, settings: VoxelSettings) -> VoxelResult:
    """Return a previewed voxel with amplitudes and ratios of its own fit, and the quality and variants of before."""
    if result.spectrum is None or result.fit is None:
        return result
    return _result(
        result.acquisition, result.spectrum, result.fit, result.variants, result.quality, protocol, settings,
        result.warnings,
    )  # fmt: skip


def named(acquisition: Acquisition, label: str | None) -> Acquisition:
    """Return the acquisition under the reader's name for it, where there is one."""
    return acquisition if label is None else replace(acquisition, label=label, label_source="reader")


def sampling_of(spectrum: Spectrum) -> Sampling:
    """Return how a processed spectrum is sampled."""
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
