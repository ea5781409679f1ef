"""Quality figures of a voxel and the gates that decide whether it can be read."""

from __future__ import annotations

import math

import numpy as np

from analysis.align import drift_hz
from analysis.biomarkers import biomarker_weights
from analysis.protocol import GateRule, Protocol
from analysis.types import Acquisition, Fit, FloatArray, Gate, Quality, Spectrum, Verdict
from analysis.units import time_axis_s

_LACTATE = "Lac"
_CLEAR_SDS = 2.0


def voigt_fwhm_hz(lorentz_hz: float, gauss_hz: float) -> float:
    """Return the width of a Voigt line (Olivero and Longbothum, JQSRT 1977;17:233; error below 0.02 %)."""
    return 0.5346 * lorentz_hz + math.sqrt(0.2166 * lorentz_hz**2 + gauss_hz**2)


def peak_height(fit: Fit, name: str, apodisation_hz: float) -> float | None:
    """Return the height of a fitted signal's component, corrected for the extra width of an apodisation.

    The height of a Voigt line is inverse to its width at constant area to within a few per cent, which is what the
    correction uses.
    """
    if name not in fit.names:
        return None
    k = fit.names.index(name)
    height = float(np.max(fit.components[k]))
    narrow = voigt_fwhm_hz(float(fit.lorentz_hz[k]), float(fit.gauss_hz[k]))
    wide = voigt_fwhm_hz(float(fit.lorentz_hz[k]) + apodisation_hz, float(fit.gauss_hz[k]))
    return height * narrow / wide if wide > 0 else height


def snr(spectrum: Spectrum, fit: Fit, name: str, apodisation_hz: float) -> float | None:
    """Return a signal's height after apodisation over the noise of the real spectrum after the same apodisation."""
    height = peak_height(fit, name, apodisation_hz)
    if height is None or spectrum.noise_sd <= 0:
        return None
    time = time_axis_s(len(spectrum.fid), spectrum.spectral_width_hz)
    noise = spectrum.noise_sd * math.sqrt(float(np.sum(np.exp(-2 * math.pi * apodisation_hz * time))))
    return max(height, 0.0) / noise


def lipid_index(fit: Fit, protocol: Protocol) -> float | None:
    """Return the fitted lipid amplitudes over the reference biomarker, or None where that is not positive."""
    reference = float(biomarker_weights(fit, protocol)[protocol.rules.reference_biomarker] @ fit.amplitudes)
    lipids = sum(float(fit.amplitudes[fit.names.index(n)]) for n in protocol.rules.lipid_signals if n in fit.names)
    return lipids / reference if reference > 0 else None


def lactate_lipid_tradeoff(fit: Fit, protocol: Protocol) -> float | None:
    """Return minus the correlation of the lactate and the lipid estimate: 0 told apart, 1 not at all.

    None where lactate does not stand `_CLEAR_SDS` above zero, so that nothing is claimed of it, and for a protocol
    without lipid under lactate (domain dossier, section 5.1, quality gates).
    """
    evidence = protocol.rules.evidence
    if evidence is None or not {_LACTATE, evidence.lipid} <= set(fit.names):
        return None
    lactate, lipid = fit.names.index(_LACTATE), fit.names.index(evidence.lipid)
    variance = np.diag(fit.covariance)[[lactate, lipid]]
    if np.any(variance <= 0) or fit.amplitudes[lactate] < _CLEAR_SDS * math.sqrt(variance[0]):
        return None
    return float(-fit.covariance[lactate, lipid] / math.sqrt(variance[0] * variance[1]))


def halves_sigma(odd: Fit, even: Fit, protocol: Protocol) -> float | None:
    """Return how far two halves differ in the log ratio of the first numerator to the structure, in SDs."""
    evidence = protocol.rules.evidence
    if evidence is None:
        return None
    top = next(iter(evidence.numerators))
    logs = [_log_ratio(fit, protocol, top, evidence.structure) for fit in (odd, even)]
    (first, second) = logs
    if first is None or second is None:
        return None
    return abs(first[0] - second[0]) / math.sqrt(first[1] + second[1])


def _log_ratio(fit: Fit, protocol: Protocol, above: str, below: str) -> tuple[float, float] | None:
    rows = biomarker_weights(fit, protocol)
    pair = np.array([rows[above], rows[below]])
    values: FloatArray = pair @ fit.amplitudes
    if np.any(values <= 0):
        return None
    gradient = np.array([1 / values[0], -1 / values[1]])
    variance = float(gradient @ pair @ fit.covariance @ pair.T @ gradient)
    return math.log(values[0] / values[1]), variance


def measure(
    acquisition: Acquisition,
    spectrum: Spectrum,
    fit: Fit,
    protocol: Protocol,
    halves: tuple[Fit, Fit] | None,
) -> Quality:
    """Measure a voxel's quality and judge it by the protocol's gates."""
    rules = protocol.rules
    averaged = acquisition.averaged_only or len(spectrum.kept) < 2
    signal_height = peak_height(fit, rules.snr.signal, 0.0)
    residual = spectrum.residual_water_height
    known: dict[str, float | None] = {
        "snr": snr(spectrum, fit, rules.snr.signal, rules.snr.apodisation_hz),
        "fwhm_hz": _signal_width(fit, rules.snr.signal),
        "structure_rsd_percent": _relative_sd_percent(fit, protocol),
        "water_fwhm_hz": spectrum.water_fwhm_hz,
        "kept_percent": None if averaged else 100 * float(spectrum.kept.mean()),
        "drift_hz": None if averaged else drift_hz(spectrum.transient_shift_hz[spectrum.kept]),
        "residual_water": residual / signal_height if residual is not None and signal_height else None,
        "lipid_index": lipid_index(fit, protocol),
        "halves_sigma": halves_sigma(*halves, protocol) if halves else None,
        "misfit": fit.misfit,
        "lactate_lipid_tradeoff": lactate_lipid_tradeoff(fit, protocol),
    }
    gates = tuple(judge(rule, known.get(rule.quantity)) for rule in rules.gates)
    reasons = tuple(_reasons(rules.gates, gates))
    kept = known["kept_percent"]
    return Quality(
        snr=known["snr"],
        fwhm_hz=known["fwhm_hz"],
        water_fwhm_hz=known["water_fwhm_hz"],
        kept_fraction=None if kept is None else kept / 100,
        drift_hz=known["drift_hz"],
        residual_water=known["residual_water"],
        lipid_index=known["lipid_index"],
        gates=gates,
        evaluable=not reasons,
        reasons=reasons,
    )


def _signal_width(fit: Fit, name: str) -> float | None:
    if name not in fit.names:
        return None
    k = fit.names.index(name)
    return voigt_fwhm_hz(float(fit.lorentz_hz[k]), float(fit.gauss_hz[k]))


def _relative_sd_percent(fit: Fit, protocol: Protocol) -> float | None:
    row = biomarker_weights(fit, protocol)[protocol.rules.reference_biomarker]
    value = float(row @ fit.amplitudes)
    return 100 * math.sqrt(float(row @ fit.covariance @ row)) / value if value > 0 else None


def judge(rule: GateRule, value: float | None) -> Gate:
    """Judge one measured value; unknown is shown as unknown."""
    sign, worse = (">=", "<") if rule.better == "high" else ("<=", ">")
    unit = f" {rule.unit}" if rule.unit else ""
    limit = f"pass {sign} {rule.pass_limit:g}{unit}, fail {worse} {rule.fail_limit:g}{unit}"
    verdict: Verdict = "unknown"
    if value is not None and math.isfinite(value):
        turn = 1 if rule.better == "high" else -1
        passes, fails = turn * value >= turn * rule.pass_limit, turn * value < turn * rule.fail_limit
        verdict = "pass" if passes else "fail" if fails else "warn"
    return Gate(rule.name, value, rule.unit, verdict, limit, rule.text)


def _reasons(rules: tuple[GateRule, ...], gates: tuple[Gate, ...]) -> list[str]:
    reasons = []
    for rule, gate in zip(rules, gates, strict=True):
        unit = f" {gate.unit}" if gate.unit else ""
        if gate.verdict == "fail":
            sign = "<" if rule.better == "high" else ">"
            reasons.append(f"{gate.name} {gate.value:.3g}{unit} {sign} {rule.fail_limit:g}{unit}")
        elif gate.verdict == "unknown" and rule.required:
            reasons.append(f"{gate.name} is unknown")
    return reasons


def failed(reason: str, protocol: Protocol) -> Quality:
    """Return the quality of a voxel that could not be processed or fitted."""
    gates = tuple(judge(rule, None) for rule in protocol.rules.gates)
    return Quality(None, None, None, None, None, None, None, gates, False, (reason,))
