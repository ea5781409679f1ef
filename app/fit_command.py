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
from analysis.errors import DiscernError, FitFailed, UnreadableFile
from analysis.fit import fit_spectrum
from analysis.fit_checks import LipidRules, lipid_remark, misfit_remark, missing_lipid, parse_lipid_rules
from analysis.preprocess import process
from analysis.protocol import Protocol
from analysis.readers import read_signal
from analysis.readers.lcmodel_basis import BasisFile, read_basis
from analysis.readers.lcmodel_raw import read_beside_basis
from analysis.resample import resampled
from analysis.types import Acquisition, Basis, Fit, FloatArray, ProcessSettings, Sampling, Spectrum
from analysis.water_scaling import WaterScale, water_scale
from app.atomic_file import reason_of, write_whole
from app.exit_status import DONE, DONE_WITH_GAPS, NOTHING_DONE, say
from app.resource_files import load_spin_library, resource_path


@dataclass(frozen=True)
class FitRequest:
    """What `discern fit` was asked for; see design.md."""

    data: Path
    basis: Path
    out: Path
    water: Path | None = None
    separate: bool = False


@dataclass(frozen=True, eq=False)
class Job:
    """What is the same for every spectrum of a file.

    Attributes
    ----------
    basis : on the sampling of the data; `file` holds it as it was read
    scaled : amplitudes become mM by the water reference
    """

    file: BasisFile
    basis: Basis
    protocol: Protocol
    rules: BareRules
    lipid: LipidRules
    scaled: bool


@dataclass(frozen=True, eq=False)
class Row:
    """What was found in one spectrum.

    Attributes
    ----------
    amplitudes, sd : (k,) in the order of the basis set, in mM where there is a `scale`, or None where it was not fitted
    remarks : what to say about it, one sentence each
    fit : the whole fit, before scaling
    """

    amplitudes: FloatArray | None
    sd: FloatArray | None
    seconds: float
    remarks: tuple[str, ...] = ()
    scale: WaterScale | None = None
    fit: Fit | None = None


def fit_file(request: FitRequest) -> int:
    """Fit a file and write its amplitudes and their standard deviations; return the exit status.

    Raises
    ------
    DiscernError : nothing could be done; one sentence
    """
    file = read_basis_file(request.basis)
    acquisition = read_data(request, file)
    job = make_job(file, sampling_of(acquisition), scaled=request.water is not None)
    parts = _separated(acquisition) if request.separate else [acquisition]
    rows = [fit_part(part, job) for part in parts]
    _tell(request, (*file.warnings, *acquisition.warnings), rows)
    if all(row.amplitudes is None for row in rows):
        return NOTHING_DONE
    _write(request.out, file.basis.names, [row.amplitudes for row in rows])
    _write(sd_path(request.out), file.basis.names, [row.sd for row in rows])
    _print_summary(request, rows)
    return DONE if all(row.amplitudes is not None for row in rows) else DONE_WITH_GAPS


def make_job(file: BasisFile, sampling: Sampling, *, scaled: bool) -> Job:
    """Put together what is the same for every spectrum: the basis on their sampling, and the rules.

    Raises
    ------
    FitFailed : the basis set is made for another field
    """
    text = _bare_text()
    rules = parse_bare_rules(text)
    protocol = bare_protocol(rules, file.basis.names, sampling.f0_mhz)
    return Job(file, resampled(file.basis, sampling), protocol, rules, parse_lipid_rules(text), scaled)


def load_bare_rules() -> BareRules:
    """Read the generic rules that ship with Discern."""
    return parse_bare_rules(_bare_text())


def _bare_text() -> str:
    return resource_path("protocols", "bare.toml").read_text(encoding="utf-8")


def sd_path(out: Path) -> Path:
    """Return where the standard deviations go: ``AMPLITUDES.sd.csv`` beside ``AMPLITUDES.csv``."""
    return out.with_name(f"{out.stem}.sd{out.suffix}")


def read_basis_file(path: Path) -> BasisFile:
    """Read an LCModel basis set.

    Raises
    ------
    DiscernError : it cannot be used; one sentence
    """
    try:
        return read_basis(path)
    except UnreadableFile as error:
        raise DiscernError(f"The basis set {path} cannot be used: {str(error).rstrip('.')}.") from error


def read_data(request: FitRequest, file: BasisFile) -> Acquisition:
    """Read the data of a request, with its water reference where one is named.

    Raises
    ------
    DiscernError : one of the two cannot be read, or they do not belong together; one sentence
    """
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


def sampling_of(acquisition: Acquisition) -> Sampling:
    """Return how the FIDs of an acquisition are sampled."""
    p = acquisition.parameters
    return Sampling(p.f0_mhz, p.spectral_width_hz, acquisition.fids.shape[-1], p.reference_ppm)


def _separated(acquisition: Acquisition) -> list[Acquisition]:
    """Return every transient as an acquisition of its own."""
    count = acquisition.fids.shape[1]
    return [replace(acquisition, fids=acquisition.fids[:, t : t + 1], averaged_only=True) for t in range(count)]


def fit_part(part: Acquisition, job: Job) -> Row:
    """Process and fit one spectrum; a spectrum that cannot be fitted says why."""
    try:
        spectrum = process(part, ProcessSettings())
        scale = _scale(part, spectrum, job) if job.scaled else None
        started = time.perf_counter()
        fit = fit_spectrum(spectrum, job.basis, job.protocol)
        seconds = time.perf_counter() - started
        return _row(fit, job.basis.names, seconds, scale, _remarks(spectrum, fit, job))
    except FitFailed as error:
        return Row(None, None, 0.0, (str(error),))


def _scale(part: Acquisition, spectrum: Spectrum, job: Job) -> WaterScale:
    if spectrum.water is None:
        raise FitFailed("The water reference has other receiver elements than the data, so it gives no scale.")
    width_hz = part.water_spectral_width_hz or part.parameters.spectral_width_hz
    sampling = replace(sampling_of(part), spectral_width_hz=width_hz, points=len(spectrum.water))
    echo_s = part.parameters.te_s or job.file.te_s
    return water_scale(job.file.basis, job.file.fwhm_ppm, spectrum.water, sampling, echo_s, job.rules.water)


def _remarks(spectrum: Spectrum, fit: Fit, job: Job) -> tuple[str, ...]:
    found = missing_lipid(spectrum, job.basis, fit, job.rules, job.lipid, load_spin_library().broad)
    return (*spectrum.warnings, *fit.warnings, *misfit_remark(fit, job.rules.misfit.warn), *lipid_remark(found))


def _row(fit: Fit, names: Sequence[str], seconds: float, scale: WaterScale | None, remarks: tuple[str, ...]) -> Row:
    index = [fit.names.index(name) for name in names]
    sd = np.sqrt(np.maximum(np.diag(fit.covariance), 0.0))
    factor = 1.0 if scale is None else scale.millimolar_per_unit
    return Row(factor * fit.amplitudes[index], factor * sd[index], seconds, remarks, scale, fit)


def _tell(request: FitRequest, warnings: Sequence[str], rows: Sequence[Row]) -> None:
    for warning in warnings:
        say(f"{request.data}: {warning}")
    for number, row in enumerate(rows, start=1):
        for remark in row.remarks:
            say(f"{request.data}, spectrum {number}: {remark}")


def _write(path: Path, names: Sequence[str], rows: Sequence[FloatArray | None]) -> None:
    """Write one row per spectrum; a spectrum that could not be fitted has empty cells."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([""] * len(names) if row is None else [f"{value:.9g}" for value in row])
    try:
        write_whole(path, text.getvalue().encode())
    except OSError as error:
        raise DiscernError(f"The amplitudes cannot be written to {path}: {reason_of(error)}.") from error


def _print_summary(request: FitRequest, rows: Sequence[Row]) -> None:
    scale = next((row.scale for row in rows if row.scale is not None), None)
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
