"""The spectra of the ISMRM fitting challenge 2016 against the tables of LCModel 6.3 and FSL-MRS 2.4.11.

    .venv/bin/python -m tests.benchmarks.challenge [FOLDER of ../shared/data]

Prints, for each of the 28 spectra, the amplitudes in mM with their standard deviation, their ratio to each peer, and
a mark where they lie outside the peers' spread; what Discern says about the spectrum; and the 10.00 mM creatine set
by both water estimators. The truth is not public, so a ratio of 1 is agreement and not accuracy.

LCModel was run with WCONC 29697 and ATTMET 1: its table lacks the relaxation of the metabolites, exp(30 ms / 160 ms)
= 1.206, which is put in here. Peers differ by their water estimator (see `analysis.water_scaling`), so the last table
leaves the water out: it compares amplitudes as multiples of the basis signals, which every program's own water
estimate is taken out of.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import csv
import math
import re
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.line_area import amplitude_at_start, singlet_amplitude
from analysis.readers.lcmodel_basis import BasisFile
from analysis.water_scaling import singlet_area, water_area
from app.fit_command import FitRequest, Job, Row, fit_part, make_job, read_basis_file, read_data, sampling_of

SETS = tuple(range(1, 29))
GROUPS: Mapping[str, tuple[str, ...]] = {
    "tNAA": ("NAA", "NAAG"), "tCr": ("Cr", "PCr"), "tCho": ("GPC", "PCho"), "Glu": ("Glu",), "Ins": ("Ins",),
    "Lac": ("Lac",),
}  # fmt: skip
RELAXATION = math.exp(30 / 160)
_WIDENED_SDS = 2.0
_VISIBLE_MM = 29697.0


@dataclass(frozen=True)
class Cell:
    """One group of signals in one spectrum: mM, its SD, and the peers' mM (None where a peer gives none)."""

    value: float
    sd: float
    lcmodel: float | None
    fsl: float | None

    @property
    def outside(self) -> bool:
        """Whether it lies outside the peers' spread by more than twice its SD."""
        peers = [peer for peer in (self.lcmodel, self.fsl) if peer is not None]
        reach = _WIDENED_SDS * self.sd
        return not min(peers) - reach <= self.value <= max(peers) + reach


@dataclass(frozen=True)
class Case:
    """One spectrum: its cells by group, and what was said about it."""

    number: int
    cells: Mapping[str, Cell]
    row: Row


def folder_of(data: Path) -> Path:
    """Return the challenge's folder in the shared data."""
    return data / "fitting_challenge_2016"


def basis_file(data: Path) -> BasisFile:
    """Read the challenge's basis set."""
    return read_basis_file(folder_of(data) / "basisset_LCModel/press3T_30ms.BASIS")


def request_of(data: Path, number: int) -> FitRequest:
    """Return what `discern fit` would be asked for one spectrum, with its water."""
    stem = folder_of(data) / f"datasets_LCModel/dataset{number}"
    basis = folder_of(data) / "basisset_LCModel/press3T_30ms.BASIS"
    return FitRequest(stem.with_suffix(".RAW"), basis, Path("unused.csv"), water=stem.with_suffix(".H2O"))


def lcmodel_table(data: Path, number: int) -> dict[str, float]:
    """Return LCModel's mM by signal, with the metabolite relaxation that its run left out."""
    text = (folder_of(data) / f"peer_results/lcmodel/d{number}.table").read_text(encoding="utf-8")
    rows = re.findall(r"^\s*([-\d.E+]+)\s+\d+%\s+[-\d.E+]+[ +](\S+)", text, re.MULTILINE)
    return {name: RELAXATION * float(value) for value, name in rows}


def fsl_tables(data: Path) -> dict[int, dict[str, float]]:
    """Return FSL-MRS's mM by spectrum and signal; it refused spectra 24, 25 and 28."""
    with (folder_of(data) / "peer_results/fsl_mrs/fsl28_newton_molarity.csv").open(newline="") as stream:
        head, *rows = list(csv.reader(stream))
    columns = {int(number): index for index, number in enumerate(head) if number}
    return {number: {row[0]: float(row[index]) for row in rows} for number, index in columns.items()}


def run(data: Path, number: int, job: Job, fsl: Mapping[int, Mapping[str, float]]) -> Case:
    """Fit one spectrum and set it beside the peers."""
    row = fit_part(read_data(request_of(data, number), job.file), job)
    lcmodel = lcmodel_table(data, number)
    cells = {
        group: Cell(
            *_sum_of(row, names),
            _total(lcmodel, names),
            _total(fsl[number], names) if number in fsl else None,
        )
        for group, names in GROUPS.items()
        if row.fit is not None
    }
    return Case(number, cells, row)


def run_all(data: Path, numbers: tuple[int, ...] = SETS) -> list[Case]:
    """Fit the challenge's spectra."""
    job, fsl = job_of(data), fsl_tables(data)
    return [run(data, number, job, fsl) for number in numbers]


def job_of(data: Path) -> Job:
    """Return what is the same for every spectrum of the challenge."""
    file = basis_file(data)
    return make_job(file, sampling_of(read_data(request_of(data, 1), file)), scaled=True)


def creatine_mm(data: Path, areas: str) -> float:
    """Return the creatine of the 10.00 mM calibration set, by one of the two water estimators."""
    stem = folder_of(data) / "Cr_water_scaling_LCModel/Cr_10mM_test_water_scaling"
    request = replace(request_of(data, 1), data=stem.with_suffix(".RAW"), water=stem.with_suffix(".H2O"))
    job = job_of(data)
    water = job.rules.water.model_copy(update={"areas": areas})
    row = fit_part(read_data(request, job.file), replace(job, rules=replace(job.rules, water=water)))
    if row.amplitudes is None:
        raise ValueError(row.remarks[0])
    return float(row.amplitudes[job.file.basis.names.index("Cr")])


def without_water(data: Path, case: Case, job: Job, group: str) -> tuple[float, float | None, float | None]:
    """Return a group's amplitude in basis signals times the metabolite relaxation: ours, LCModel's, FSL-MRS's.

    Each program's mM are multiplied by the water that it measured, over the water that the README implies: LCModel's
    and ours by windows and ours by the fitted amplitude of the basis, FSL-MRS's by the start of the water FID.
    """
    acquisition = read_data(request_of(data, case.number), job.file)
    if acquisition.water is None or case.row.scale is None:
        raise ValueError("a spectrum of the challenge has its water")
    water, sampling = np.asarray(acquisition.water[0, 0], dtype=complex), sampling_of(acquisition)
    by_window = 2 * water_area(water, sampling, job.rules.water) / (2 * _VISIBLE_MM)
    by_start = amplitude_at_start(water, sampling).value / (2 * _VISIBLE_MM)
    cell = case.cells[group]
    ours = cell.value / case.row.scale.millimolar_per_unit * RELAXATION
    return (
        ours,
        None if cell.lcmodel is None else cell.lcmodel * by_window / _share_of_window(job),
        None if cell.fsl is None else cell.fsl * by_start,
    )


def _share_of_window(job: Job) -> float:
    """Return the share of the basis set's creatine singlet that LCModel's window catches."""
    file, rules = job.file, job.rules.water
    singlet = next(s for s in rules.singlets if s.signal == "Cr")
    fid = file.basis.fids[file.basis.names.index("Cr")]
    whole = singlet_amplitude(fid, file.basis.sampling, singlet.ppm, rules.basis_search_ppm)
    return 2 * singlet_area(file.basis, singlet, file.fwhm_ppm, rules) / whole


def _sum_of(row: Row, names: tuple[str, ...]) -> tuple[float, float]:
    """Return a sum of signals in mM and its SD, with the covariance of its parts."""
    if row.fit is None or row.scale is None:
        raise ValueError("a spectrum that was not fitted has no amplitudes")
    weights = np.array([float(name in names) for name in row.fit.names])
    factor = row.scale.millimolar_per_unit
    return factor * float(weights @ row.fit.amplitudes), factor * float(weights @ row.fit.covariance @ weights) ** 0.5


def _total(table: Mapping[str, float], names: tuple[str, ...]) -> float:
    return sum(table[name] for name in names)


def _cell(cell: Cell) -> str:
    ratios = _ratio(cell.value, cell.lcmodel) + _ratio(cell.value, cell.fsl)
    return f"{cell.value:8.2f}±{cell.sd:<5.2f}{ratios}{'*' if cell.outside else ' '}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _ratio(value: float, peer: float | None) -> str:
    return "    -" if peer is None or peer <= 0 else f"{value / peer:5.2f}"


def _print_cases(cases: list[Case]) -> None:
    _say("mM ± SD, ratio to LCModel, ratio to FSL-MRS; * outside the peers' spread by more than 2 SD")
    _say("set  " + "".join(f"{group:>25}" for group in GROUPS))
    for case in cases:
        _say(f"{case.number:3d}  {''.join(map(_cell, case.cells.values()))}")
    for case in cases:
        for remark in case.row.remarks:
            _say(f"set {case.number}: {remark}")


def _print_summary(cases: list[Case]) -> None:
    normal = [case for case in cases if case.number <= 23]
    for group in GROUPS:
        cells = [case.cells[group] for case in normal]
        ratios = [
            statistics.median(c.value / p for c in cells if (p := getattr(c, peer)) is not None and p > 0.05)
            for peer in ("lcmodel", "fsl")
        ]
        outside = [case.number for case in normal if case.cells[group].outside]
        _say(
            f"{group:5s} sets 1-23: median ratio to LCModel {ratios[0]:.3f}, to FSL-MRS {ratios[1]:.3f}; outside the"
            f" spread: {', '.join(map(str, outside)) or 'none'}"
        )
    seconds = [case.row.seconds for case in cases]
    _say(f"{len(cases)} spectra, median {1e3 * statistics.median(seconds):.0f} ms per fit")


def _print_without_water(data: Path, cases: list[Case]) -> None:
    job = job_of(data)
    _say("without water, mM: ours, LCModel, FSL-MRS")
    for case in cases:
        if case.number <= 23:
            parts = [without_water(data, case, job, group) for group in ("tNAA", "tCr")]
            texts = [" ".join("    -" if v is None else f"{v:6.2f}" for v in part) for part in parts]
            _say(f"{case.number:3d}  tNAA {texts[0]}   tCr {texts[1]}")


def main(arguments: list[str]) -> None:
    """Print the tables."""
    data = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[3] / "shared/data"
    cases = run_all(data)
    _print_cases(cases)
    _print_summary(cases)
    _print_without_water(data, cases)
    for areas in ("lcmodel", "total"):
        _say(f"10.00 mM creatine set, {areas} areas: {creatine_mm(data, areas):.3f} mM")


if __name__ == "__main__":
    main(sys.argv[1:])
