"""``discern fit``: the bare engine for spectroscopists, with an LCModel basis set and without a protocol of its own."""

from __future__ import annotations

import csv
import io
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.bare_fit import BareRules, bare_protocol, parse_bare_rules
from analysis.coils import coil_weights
from analysis.errors import DiscernError, FitFailed, UnreadableFile
from analysis.fit import fit_spectrum
from analysis.preprocess import process
from analysis.protocol import Protocol
from analysis.readers import read_signal
from analysis.readers.lcmodel_basis import BasisFile, read_basis
from analysis.readers.lcmodel_raw import read_beside_basis
from analysis.resample import resampled
from analysis.types import Acquisition, Basis, ComplexArray, Fit, FloatArray, ProcessSettings, Sampling
from analysis.water_scaling import WaterScale, water_scale
from app.atomic_file import reason_of, write_whole
from app.headless import DONE, DONE_WITH_GAPS, NOTHING_DONE, say
from app.resource_files import resource_path


@dataclass(frozen=True)
class FitRequest:
    """What `discern fit` was asked for; see design.md."""

    data: Path
    basis: Path
    out: Path
    water: Path | None = None
    separate: bool = False


@dataclass(frozen=True, eq=False)
class _Row:
    """What was found in one spectrum: amplitudes and standard deviations (k,), or None, and what to say about it."""

    amplitudes: FloatArray | None
    sd: FloatArray | None
    seconds: float
    remarks: tuple[str, ...] = ()


def fit_file(request: FitRequest) -> int:
    """Fit a file and write its amplitudes and their standard deviations; return the exit status.

    Raises
    ------
    DiscernError : nothing could be done; one sentence
    """
    file = _read_basis(request.basis)
    acquisition = _read_data(request, file)
    sampling = _sampling(acquisition)
    rules = load_bare_rules()
    protocol = bare_protocol(rules, file.basis.names, sampling.f0_mhz)
    basis = resampled(file.basis, sampling)
    scale = None if request.water is None else _scale(acquisition, file, rules)
    parts = _separated(acquisition) if request.separate else [acquisition]
    rows = [_fit_part(part, basis, protocol, rules.misfit.warn) for part in parts]
    _tell(request, (*file.warnings, *acquisition.warnings), rows)
    if all(row.amplitudes is None for row in rows):
        return NOTHING_DONE
    factor = 1.0 if scale is None else scale.millimolar_per_unit
    _write(request.out, file.basis.names, [row.amplitudes for row in rows], factor)
    _write(sd_path(request.out), file.basis.names, [row.sd for row in rows], factor)
    _print_summary(request, scale, rows)
    return DONE if all(row.amplitudes is not None for row in rows) else DONE_WITH_GAPS


def load_bare_rules() -> BareRules:
    """Read the generic rules that ship with Discern."""
    return parse_bare_rules(resource_path("protocols", "bare.toml").read_text(encoding="utf-8"))


def sd_path(out: Path) -> Path:
    """Return where the standard deviations go: ``AMPLITUDES.sd.csv`` beside ``AMPLITUDES.csv``."""
    return out.with_name(f"{out.stem}.sd{out.suffix}")


def _read_basis(path: Path) -> BasisFile:
    try:
        return read_basis(path)
    except UnreadableFile as error:
        raise DiscernError(f"The basis set {path} cannot be used: {str(error).rstrip('.')}.") from error


def _read_data(request: FitRequest, file: BasisFile) -> Acquisition:
    acquisition = _read_one(request.data, file)
    if request.water is None:
        # A reference that came with the file still corrects eddy currents.
        return acquisition
    water = _read_one(request.water, file)
    if abs(water.parameters.f0_mhz / acquisition.parameters.f0_mhz - 1) > 0.01:
        raise DiscernError(f"The water reference {request.water} was measured at another field than {request.data}.")
    # A file of both kinds, as Philips writes it, may be given as its own reference.
    signal = water.fids if water.water is None else water.water
    width_hz = water.water_spectral_width_hz or water.parameters.spectral_width_hz
    return replace(acquisition, water=signal, water_spectral_width_hz=width_hz)


def _read_one(path: Path, file: BasisFile) -> Acquisition:
    try:
        found = read_beside_basis(path, file.basis.sampling)
        return read_signal(path) if found is None else found
    except UnreadableFile as error:
        raise DiscernError(f"{path} cannot be fitted: {error}") from error


def _sampling(acquisition: Acquisition) -> Sampling:
    p = acquisition.parameters
    return Sampling(p.f0_mhz, p.spectral_width_hz, acquisition.fids.shape[-1], p.reference_ppm)


def _separated(acquisition: Acquisition) -> list[Acquisition]:
    """Return every transient as an acquisition of its own."""
    count = acquisition.fids.shape[1]
    return [replace(acquisition, fids=acquisition.fids[:, t : t + 1], averaged_only=True) for t in range(count)]


def _scale(acquisition: Acquisition, file: BasisFile, rules: BareRules) -> WaterScale:
    width_hz = acquisition.water_spectral_width_hz or acquisition.parameters.spectral_width_hz
    sampling = replace(_sampling(acquisition), spectral_width_hz=width_hz)
    echo_s = acquisition.parameters.te_s or file.te_s
    return water_scale(file.basis, file.fwhm_ppm, _combined_water(acquisition), sampling, echo_s, rules.water)


def _combined_water(acquisition: Acquisition) -> ComplexArray:
    """Return the mean water FID, (points,), combined over coils with the weights of the metabolite signal."""
    water = acquisition.water
    if water is None:
        raise FitFailed("There is no water reference.")
    same = water.shape[0] == acquisition.fids.shape[0]
    if not same and max(water.shape[0], acquisition.fids.shape[0]) > 1:
        raise FitFailed("The water reference has other receiver elements than the data, so it gives no scale.")
    weights = coil_weights(water, acquisition.fids)
    return np.asarray(np.tensordot(weights, water, axes=1).mean(axis=0))


def _fit_part(part: Acquisition, basis: Basis, protocol: Protocol, misfit_warn: float) -> _Row:
    try:
        spectrum = process(part, ProcessSettings())
        started = time.perf_counter()
        fit = fit_spectrum(spectrum, basis, protocol)
        seconds = time.perf_counter() - started
    except (FitFailed, np.linalg.LinAlgError) as error:
        reason = str(error) if isinstance(error, FitFailed) else "The model could not be solved for this signal."
        return _Row(None, None, 0.0, (reason,))
    return _row(fit, basis.names, seconds, misfit_warn)


def _row(fit: Fit, names: Sequence[str], seconds: float, misfit_warn: float) -> _Row:
    index = [fit.names.index(name) for name in names]
    sd = np.sqrt(np.maximum(np.diag(fit.covariance), 0.0))
    remarks = fit.warnings
    if fit.misfit > misfit_warn:
        remarks += (
            f"The basis set does not describe this spectrum: the residual has {fit.misfit:.0f} times the variance of"
            " the noise; look for lipid, artefacts or missing signals.",
        )
    return _Row(fit.amplitudes[index], sd[index], seconds, remarks)


def _tell(request: FitRequest, warnings: Sequence[str], rows: Sequence[_Row]) -> None:
    for warning in warnings:
        say(f"{request.data}: {warning}")
    for number, row in enumerate(rows, start=1):
        for remark in row.remarks:
            say(f"{request.data}, spectrum {number}: {remark}")


def _write(path: Path, names: Sequence[str], rows: Sequence[FloatArray | None], factor: float) -> None:
    """Write one row per spectrum; a spectrum that could not be fitted has empty cells."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([""] * len(names) if row is None else [f"{factor * value:.9g}" for value in row])
    try:
        write_whole(path, text.getvalue().encode())
    except OSError as error:
        raise DiscernError(f"The amplitudes cannot be written to {path}: {reason_of(error)}.") from error


def _print_summary(request: FitRequest, scale: WaterScale | None, rows: Sequence[_Row]) -> None:
    sentences = list(scale.sentences) if scale is not None else []
    unit = "mM" if scale is not None else "multiples of the basis signal as its file gives it"
    done = [row.seconds for row in rows if row.amplitudes is not None]
    sentences += [
        f"{len(done)} of {len(rows)} spectra fitted; amplitudes are {unit}.",
        f"Median time per fit: {1e3 * statistics.median(done):.1f} ms.",
        f"{request.out}",
        f"{sd_path(request.out)}",
    ]
    sys.stdout.write("\n".join(sentences) + "\n")
