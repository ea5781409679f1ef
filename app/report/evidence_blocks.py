"""One voxel's page: how it was measured, what was fitted, how good it is, and every processing step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.line_labels import LineLabel, is_clear
from analysis.types import EvidenceClass, Fit, FloatArray, Gate, LabelSource, Step, Study, VoxelResult
from analysis.units import PROTON_MHZ_PER_T
from app.report.parts import Cell, Column, Item, SpectrumPlot, Table, Trace, VoxelBlock
from app.report.pictures import close_ups
from app.report.wording import (
    UNKNOWN,
    class_words,
    clean,
    fixed,
    likelihood_ratio,
    limit_words,
    plain,
    plus_minus,
    reason_words,
    significant,
    verdict_words,
    with_unit,
)

_MOST_STACKED = (10, 24)
"""More signals than these are tabulated in two, and in three groups side by side."""
_UNITS = {"hz": "Hz", "ms": "ms", "s": "s", "ppm": "ppm", "rad": "rad", "deg": "°", "mm": "mm"}
_LABEL_SOURCES: dict[LabelSource, str] = {
    "reader": "named by the reader",
    "header": "named by the file",
    "geometry": "named from the voxel's place",
    "order": "named from the order of the files",
}


def voxel_block(study: Study, result: VoxelResult, names: tuple[LineLabel, ...]) -> VoxelBlock:
    """Say what a voxel's page says."""
    fit = result.fit
    return VoxelBlock(
        heading=clean(result.label, 60),
        result=_result_line(result),
        items=(*_measured(result), *_placed(result)),
        pictures=close_ups(study, result),
        plot=spectrum_plot(fit, names) if fit else None,
        absence="" if fit else "There is no fitted spectrum to show.",
        gates=_gates(result.quality.gates),
        amplitudes=_amplitudes(result),
        fit_items=_fit_items(result),
        steps=tuple(_step(step) for step in result.spectrum.history) if result.spectrum else (),
        warnings=_warnings(result),
    )


def _result_line(result: VoxelResult) -> str:
    parts = []
    evidence = result.evidence
    if evidence:
        found: EvidenceClass = evidence.evidence_class
        parts.append(class_words(found) + (f", LR {likelihood_ratio(evidence.lr)}" if evidence.lr else ""))
        parts += [f"driver: {evidence.driver}"] if evidence.driver else []
    parts += ["fit adjusted by the reader"] if result.adjusted_by_reader else []
    if not result.quality.evaluable:
        reasons = reason_words(result.quality.reasons)
        parts.append(f"not evaluable: {reasons}" if not evidence else reasons)
    return "; ".join(filter(None, parts))


def _measured(result: VoxelResult) -> tuple[Item, ...]:
    acquisition = result.acquisition
    p = acquisition.parameters
    coils, transients, points = acquisition.fids.shape
    scanner = " ".join(clean(text, 60) for text in (p.manufacturer, p.model) if text)
    sequence = clean(p.sequence, 60)
    if p.localisation and p.localisation.casefold() != sequence.casefold():
        sequence = f"{p.localisation} ({sequence})" if p.sequence else p.localisation
    times = [f"TE {_milliseconds(p.te_s)}", f"TR {_milliseconds(p.tr_s)}"]
    times += [f"TM {_milliseconds(p.tm_s)}"] if p.tm_s is not None else []
    kept = int(result.spectrum.kept.sum()) if result.spectrum else None
    stored = f"{transients}" + (f", {kept} kept" if kept is not None and transients > 1 else "")
    stored += ", already averaged" if acquisition.averaged_only else ""
    return (
        Item("Scanner", scanner or UNKNOWN),
        Item("Series", clean(acquisition.series_description, 80)),
        Item("Sequence", sequence),
        Item("Times", ", ".join(times)),
        Item("Frequency", frequency_words(p.f0_mhz, p.nucleus)),
        Item("Spectral width", f"{with_unit(p.spectral_width_hz, 'Hz', 6)}, {points} points"),
        Item("Averages", plain(p.averages)),
        Item("Transients stored", f"{stored}; {coils} {'coil' if coils == 1 else 'coils'}"),
        Item("Water reference", "none" if acquisition.water is None else "yes"),
    )


def frequency_words(f0_mhz: float, nucleus: str) -> str:
    """Write the transmitter's frequency with its nucleus, and the field of a proton's."""
    field = f", {f0_mhz / PROTON_MHZ_PER_T:.2f} T" if nucleus == "1H" else ""
    return f"{with_unit(f0_mhz, 'MHz', 7)} ({clean(nucleus, 12)}{field})"


def _milliseconds(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else with_unit(1000 * seconds, "ms", 4)


def _placed(result: VoxelResult) -> tuple[Item, ...]:
    name = Item("Level", _LABEL_SOURCES[result.acquisition.label_source])
    voxel = result.acquisition.voxel
    if voxel is None:
        return (name, Item("Voxel", "The file does not say where the voxel lies."))
    size = " × ".join(f"{v:.1f}" for v in voxel.size_mm)
    left, back, head = voxel.centre_mm
    place = (
        f"{'L' if left >= 0 else 'R'} {abs(left):.1f}, {'P' if back >= 0 else 'A'} {abs(back):.1f}, "
        f"{'H' if head >= 0 else 'F'} {abs(head):.1f} mm"
    )
    volume = math.prod(voxel.size_mm) / 1000
    return (name, Item("Voxel size", f"{size} mm ({with_unit(volume, 'mL')})"), Item("Voxel centre", place))


def spectrum_plot(fit: Fit, names: tuple[LineLabel, ...]) -> SpectrumPlot:
    """Collect the curves of a fit, and the names that stand over them."""
    traces = tuple(Trace(clean(name, 12), _finite(fit.components[row])) for row, name in enumerate(fit.names))
    return SpectrumPlot(
        ppm=fit.ppm,
        data=_finite(fit.data),
        fit=_finite(fit.fit),
        baseline=_finite(fit.baseline),
        residual=_finite(fit.residual),
        noise_sd=fit.noise_sd,
        traces=traces,
        peaks=tuple((clean(label.name, 20), label.ppm) for label in names if is_clear(label, fit)),
    )


def _finite(values: FloatArray) -> FloatArray:
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)


def _gates(gates: Sequence[Gate]) -> Table:
    rows, nothing = [], "No gate was evaluated."
    for gate in gates:
        rows.append(
            (
                Cell(clean(gate.name, 60)),
                Cell(with_unit(gate.value, gate.unit)),
                Cell(limit_words(gate.limit)),
                Cell(verdict_words(gate.verdict), bold=gate.verdict in ("warn", "fail")),
            )
        )
    return Table(
        title="Quality gates",
        columns=(Column("Gate", 0.29), Column("Value", 0.16), Column("Limit", 0.37), Column("Verdict", 0.18)),
        rows=tuple(rows),
        note=" ".join(_gate_note(gate) for gate in gates if gate.verdict != "pass" and gate.explanation)
        if rows
        else nothing,
        dense=True,
    )


def _gate_note(gate: Gate) -> str:
    text = clean(gate.explanation, 400)
    return f"{clean(gate.name, 60)}: {text}" + ("" if text.endswith((".", "…")) else ".")


def _amplitudes(result: VoxelResult) -> Table:
    largest = max((abs(a.amplitude) for a in result.metabolites.values() if math.isfinite(a.amplitude)), default=0.0)
    power = 0 if largest == 0 or 0.1 <= largest < 1e4 else 3 * math.floor(math.log10(largest) / 3)
    factor = 10.0**power
    rows = []
    for name, amplitude in result.metabolites.items():
        share = 100 * amplitude.sd / abs(amplitude.amplitude) if amplitude.amplitude else math.inf
        relative = f"{fixed(share, 0)} %" if share < 999.5 else "> 999 %"
        rows.append(
            (
                Cell(clean(name, 40), bold=True),
                Cell(plus_minus(amplitude.amplitude / factor, amplitude.sd / factor)),
                Cell(relative),
            )
        )
    unit = "arb. unit" if power == 0 else f"10^{power} arb. unit"
    groups = next((n for n, most in enumerate(_MOST_STACKED, 1) if len(rows) <= most), 3)
    height = -(-len(rows) // groups)
    empty = (Cell(""), Cell(""), Cell(""))
    side_by_side = tuple(
        sum((rows[i] if i < len(rows) else empty for i in range(row, groups * height, height)), ())
        for row in range(height)
    )
    return Table(
        title="Amplitudes per molecule ± SD",
        columns=(Column("Signal", 0.27), Column(unit, 0.43), Column("SD", 0.3)) * groups,
        rows=side_by_side,
        note="" if rows else "No amplitude was found.",
        dense=True,
    )


def _fit_items(result: VoxelResult) -> tuple[Item, ...]:
    fit = result.fit
    if fit is None:
        return ()
    settings = fit.settings
    chosen = [f"phase {math.degrees(settings.phase0_rad):.1f}°"] if settings.phase0_rad is not None else []
    chosen += [f"shift {settings.shift_ppm:.3f} ppm"] if settings.shift_ppm is not None else []
    if settings.baseline_ed_per_ppm is not None:
        chosen.append(f"baseline {settings.baseline_ed_per_ppm:.1f} effective degrees of freedom per ppm")
    chosen += [f"range {settings.ppm_range[1]:g} to {settings.ppm_range[0]:g} ppm"] if settings.ppm_range else []
    chosen += [f"left out: {', '.join(clean(n, 20) for n in settings.left_out)}"] if settings.left_out else []
    ended = "converged" if fit.converged else "did not converge"
    return (
        Item("Fit range", f"{fit.ppm.max():.2f} to {fit.ppm.min():.2f} ppm"),
        Item("Phase", f"{fixed(math.degrees(fit.phase0_rad), 1)}°, first order {fixed(1000 * fit.phase1_s, 3)} ms"),
        Item("Line width", f"Lorentzian {_range(fit.lorentz_hz)}, Gaussian {_range(fit.gauss_hz)} Hz"),
        Item("Line shift", f"{_range(fit.shift_hz)} Hz"),
        Item("Misfit", f"{significant(fit.misfit, 3)} (residual variance / noise variance)"),
        Item("Search", f"{ended}, {fit.iterations} iterations"),
        Item("Settings", "; ".join(chosen) if chosen else "as the protocol says, none changed by the reader"),
        *_uncertainty(result),
    )


def _uncertainty(result: VoxelResult) -> tuple[Item, ...]:
    """Return what the uncertainty of the evidence comes from."""
    shares = result.evidence.variance_share if result.evidence else {}
    text = ", ".join(f"{clean(name, 40)} {fixed(100 * share, 0)} %" for name, share in shares.items())
    return (Item("Uncertainty", text),) if text else ()


def _range(values: FloatArray) -> str:
    low, high = fixed(float(np.min(values)), 1), fixed(float(np.max(values)), 1)
    return low if low == high else f"{low} to {high}"


def _step(step: Step) -> str:
    figures = [(name, value) for name, value in step.values.items() if name != "done"]
    values = "; ".join(_figure(name, plain(value)) for name, value in figures)
    return f"{clean(step.name, 60)}: {clean(step.text, 600)}" + (f" ({values})" if values else "")


def _figure(name: str, value: str) -> str:
    """Write a step's figure, the unit at the end of its name put behind its value."""
    words = clean(name, 60).split("_")
    unit = _UNITS.get(words[-1], "") if len(words) > 1 else ""
    named = " ".join(words[:-1] if unit else words)
    return f"{named} {value} {unit}".rstrip()


def _warnings(result: VoxelResult) -> tuple[str, ...]:
    found = [*result.acquisition.warnings, *result.warnings]
    found += result.spectrum.warnings if result.spectrum else ()
    found += result.fit.warnings if result.fit else ()
    return tuple(clean(w, 600) for w in dict.fromkeys(found))
