"""Real brain spectra against ABfit, LCModel and TARQUIN: how far programs differ where no truth is known.

    .venv/bin/python -m tests.benchmarks.in_vivo [FOLDER of ../shared/data]

Three of the five stored cases have their data here (Philips 3 T: one PRESS 30, two PRESS 35). ABfit and LCModel used
one basis set, simulated by spant with 27 signals; for PRESS 30 that of `synthetic_brain`, made by the same program
for the same sequence, stands in, for PRESS 35 Discern's own simulation of the signals of its brain protocol.
Concentrations are scaled as the peers scaled them: 35880 mM of water, 0.7 of it visible, no relaxation of the
signals; water by total area.

Peers differ by how they measure water, so ratios to total creatine follow, with two more spectra that have no water:
the test case of LCModel (the PRESS 30 spectrum again, with LCModel's own basis set and Discern's lipid and
macromolecules in place of those that LCModel adds), and a 7 T STEAM spectrum that FSL-MRS was run on.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.bare_fit import bare_protocol
from analysis.basis import broad_fid, pick, simulate_basis
from analysis.biomarkers import ratio
from analysis.fit import fit_spectrum
from analysis.fit_checks import misfit_remark
from analysis.line_area import amplitude_at_start, singlet_amplitude
from analysis.preprocess import process
from analysis.readers import read_signal
from analysis.readers.lcmodel_basis import read_basis
from analysis.readers.lcmodel_raw import read_beside_basis
from analysis.resample import resampled
from analysis.sequences import Sequence
from analysis.types import Acquisition, Basis, Fit, Measured, ProcessSettings, Ratio, Sampling
from app.fit_command import load_bare_rules, sampling_of
from tests.benchmarks.philips import read_sdat
from tests.benchmarks.simulated import shipped, spin_library

GROUPS: Mapping[str, tuple[str, ...]] = {
    "tNAA": ("NAA", "NAAG"), "tCr": ("Cr", "PCr"), "tCho": ("GPC", "PCh"), "Ins": ("Ins", "mI"), "Glx": ("Glu", "Gln"),
    "Lac": ("Lac",),
}  # fmt: skip
TARQUIN: Mapping[str, Mapping[str, float]] = {
    "osprey_sub01_PRESS35": {"tNAA": 5.73, "tCr": 6.47, "tCho": 0.89, "Ins": 3.48, "Glx": 11.3, "Lac": 1.12},
    "osprey_sub02_PRESS35": {"tNAA": 7.06, "tCr": 4.97, "tCho": 0.94, "Ins": 3.49, "Glx": 10.2, "Lac": 0.36},
}
"""From guides/engines.md, table of section 2; TARQUIN made its own basis."""
LCMODEL_TEST = {"tNAA": 1.306, "tCho": 0.250, "Ins": 0.911, "Glx": 1.510, "Lac": 0.058}
"""Ratios to Cr + PCr that LCModel prints on its own test case, lcmodel/test_lcm/out_ref_build.ps."""
FSL_7T = {"tNAA": 1.410, "tCho": 0.157, "Ins": 0.841, "Glx": 0.952, "Lac": 0.011}
"""FSL-MRS's default on the 7 T STEAM spectrum, from guides/engines.md, section 2; its GPC stands for tCho."""
_STEAM_TM_S = 0.032
"""Mixing time of that spectrum; its file does not say it (recalled from the basis set that FSL-MRS ships for it)."""
SIGNALS = (
    "-CrCH2", "Ala", "Asp", "Cr", "GABA", "Glc", "Gln", "GSH", "Glu", "GPC", "Ins", "mI", "Lac", "Lip09", "Lip13a",
    "Lip13b", "Lip13", "Lip20", "MM09", "MM12", "MM14", "MM17", "MM20", "NAA", "NAAG", "PCh", "PCr", "sIns", "sI",
    "Tau",
)  # fmt: skip
"""What the peers fitted, under both bases' names; glycine and ethanolamine, which theirs lacked, would take of Ins."""
_VISIBLE_MM = 35880.0 * 0.7
_CREATINE_PPM, _REACH_PPM = 3.03, 0.08
_CREATINE_PROTONS, _WATER_PROTONS = 3.0, 2.0


@dataclass(frozen=True)
class Found:
    """One spectrum: mM of each group, the peers' mM, and what was said."""

    case: str
    basis: str
    groups: Mapping[str, Measured]
    peers: Mapping[str, Mapping[str, float]]
    misfit: float
    remarks: tuple[str, ...]

    def within(self, group: str) -> bool:
        """Whether a group lies within the peers' spread."""
        values = [peer[group] for peer in self.peers.values()]
        return min(values) <= self.groups[group].value <= max(values)

    def near(self, group: str) -> bool:
        """Whether it lies within the peers' spread, widened by twice its own SD."""
        values, reach = [peer[group] for peer in self.peers.values()], 2 * self.groups[group].sd
        return min(values) - reach <= self.groups[group].value <= max(values) + reach


def peers_of(data: Path, case: str) -> dict[str, dict[str, float]]:
    """Return the peers' mM of each group."""
    peers: dict[str, dict[str, float]] = {}
    with (data / "peer_results_in_vivo/real_ref.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["case"] == case and row["metab"] in GROUPS:
                peers.setdefault(row["method"], {})[row["metab"]] = float(row["val"])
    return peers | ({"TARQUIN": dict(TARQUIN[case])} if case in TARQUIN else {})


def acquisitions(data: Path) -> dict[str, Acquisition]:
    """Read the cases whose data are here."""
    unit, osprey = data / "tarquin/unit", data / "osprey/exampledata/sdat/UnEdited"
    found = {"spant_philips_PRESS30": read_sdat(unit / "philips_spar_sdat_WS.SDAT", unit / "philips_spar_sdat_W.SDAT")}
    for name in ("sub-01", "sub-02"):
        folder = osprey / name / "ses-01/mrs"
        found[f"osprey_{name.replace('-', '')}_PRESS35"] = read_sdat(
            folder / f"{name}_ses-01_press/{name}_PRESS_35_act.sdat",
            folder / f"{name}_ses-01_press-ref/{name}_PRESS_35_ref.sdat",
        )
    return found


def simulated_basis(sampling: Sampling, te_s: float) -> Basis:
    """Simulate the signals of the brain protocol."""
    signals = {s.name: s.of for s in shipped("brain").rules.signals}
    return _of_peers(simulate_basis(signals, spin_library(), Sequence("PRESS", te_s), sampling))


def stored_basis(data: Path, sampling: Sampling) -> Basis:
    """Read the 29-signal PRESS 30 basis of spant, on the sampling of the data."""
    return _of_peers(resampled(read_basis(data / "synthetic_brain/brain_basis.basis").basis, sampling))


def _of_peers(basis: Basis) -> Basis:
    return pick(basis, [name for name in basis.names if name in SIGNALS])


def run(data: Path, case: str, acquisition: Acquisition, basis: Basis, kind: str, *, eddy: bool = True) -> Found:
    """Fit one spectrum by the rules of `discern fit` and scale it as the peers did."""
    spectrum, rules = process(acquisition, ProcessSettings(eddy_current=eddy)), load_bare_rules()
    if spectrum.water is None:
        raise ValueError("the case has no water reference")
    fit = fit_spectrum(spectrum, basis, bare_protocol(rules, basis.names, spectrum.f0_mhz))
    water = amplitude_at_start(spectrum.water, sampling_of(acquisition)).value / _WATER_PROTONS
    creatine = basis.fids[basis.names.index("Cr")]
    if kind == "simulated":
        unit = 1.0
    else:
        unit = singlet_amplitude(creatine, basis.sampling, _CREATINE_PPM, _REACH_PPM) / _CREATINE_PROTONS
    factor = unit / water * _VISIBLE_MM
    groups = {group: _sum_of(fit, names, factor) for group, names in GROUPS.items()}
    remarks = (*fit.warnings, *misfit_remark(fit, rules.misfit.warn))
    title = f"{kind} basis" if eddy else f"{kind} basis, without eddy-current correction"
    return Found(case, title, groups, peers_of(data, case), fit.misfit, remarks)


def _sum_of(fit: Fit, names: tuple[str, ...], factor: float) -> Measured:
    weights = np.array([float(name in names) for name in fit.names])
    return Measured(factor * float(weights @ fit.amplitudes), factor * float(weights @ fit.covariance @ weights) ** 0.5)


@dataclass(frozen=True)
class Ratios:
    """Ratios to total creatine in one spectrum: ours, and each peer's by name."""

    case: str
    ours: Mapping[str, Ratio]
    peers: Mapping[str, Mapping[str, float]]


def ratios_of(case: str, fit: Fit, peers: Mapping[str, Mapping[str, float]]) -> Ratios:
    """Divide every group by total creatine."""
    rows = {group: np.array([float(name in names) for name in fit.names]) for group, names in GROUPS.items()}
    return Ratios(case, {g: ratio(fit, row, rows["tCr"]) for g, row in rows.items() if g != "tCr"}, peers)


def fit_bare(acquisition: Acquisition, basis: Basis, *, eddy: bool = True) -> Fit:
    """Fit by the rules of `discern fit`."""
    spectrum = process(acquisition, ProcessSettings(eddy_current=eddy))
    return fit_spectrum(spectrum, basis, bare_protocol(load_bare_rules(), basis.names, spectrum.f0_mhz))


def all_ratios(data: Path) -> list[Ratios]:
    """Return the ratios of all spectra that a peer was run on."""
    found = []
    for case, acquisition in acquisitions(data).items():
        te_s = acquisition.parameters.te_s or 0.03
        fit = fit_bare(acquisition, simulated_basis(sampling_of(acquisition), te_s), eddy=te_s != 0.03)
        peers = {
            name: {group: peer[group] / peer["tCr"] for group in GROUPS if group != "tCr"}
            for name, peer in peers_of(data, case).items()
        }
        found.append(ratios_of(case, fit, peers))
    return [*found, lcmodel_test(data), steam_7t(data)]


def lcmodel_test(data: Path) -> Ratios:
    """Fit LCModel's test case with its basis set, and with the lipid and macromolecules that LCModel would simulate."""
    folder = data / "lcmodel/test_lcm"
    file = read_basis(folder / "3t.basis")
    acquisition = read_beside_basis(folder / "data.raw", file.basis.sampling)
    if acquisition is None:
        raise ValueError("LCModel's test case is LCModel's own format")
    own, sampling = resampled(file.basis, sampling_of(acquisition)), sampling_of(acquisition)
    broad = [signal for key, signal in spin_library().broad.items() if key.startswith(("Lip", "MM")) and key in SIGNALS]
    unit = float(np.abs(own.fids[own.names.index("Cr")]).max())
    fids = np.vstack([own.fids, [unit * broad_fid(signal, sampling) for signal in broad]])
    basis = replace(own, names=(*own.names, *(signal.key for signal in broad)), fids=fids)
    return ratios_of("LCModel's test case, PRESS 30", fit_bare(acquisition, basis), {"LCMODEL": LCMODEL_TEST})


def steam_7t(data: Path) -> Ratios:
    """Fit the 7 T STEAM spectrum with Discern's simulation."""
    acquisition = read_signal(data / "nifti_mrs_tools/tests/test_data/metab.nii.gz")
    sequence = Sequence("STEAM", acquisition.parameters.te_s or 0.011, tm_s=_STEAM_TM_S)
    signals = {s.name: s.of for s in shipped("brain").rules.signals}
    basis = simulate_basis(signals, spin_library(), sequence, sampling_of(acquisition))
    return ratios_of("7 T STEAM 11", fit_bare(acquisition, basis), {"FSL-MRS": FSL_7T})


def run_all(data: Path) -> list[Found]:
    """Fit all cases: PRESS 30 by both bases, PRESS 35 by the simulated one."""
    found = []
    for case, acquisition in acquisitions(data).items():
        sampling, te_s = sampling_of(acquisition), acquisition.parameters.te_s or 0.03
        if te_s == 0.03:
            # Its water reference has another phase than its signal, and the peers used it for its area alone.
            stored = stored_basis(data, sampling)
            found += [run(data, case, acquisition, stored, "stored", eddy=eddy) for eddy in (True, False)]
        found.append(run(data, case, acquisition, simulated_basis(sampling, te_s), "simulated"))
    return found


def _lines(found: Found) -> list[str]:
    marks = {g: "+" if found.within(g) else "~" if found.near(g) else "*" for g in GROUPS}
    own = "  ".join(f"{g} {m.value:.2f}±{m.sd:.2f}{marks[g]}" for g, m in found.groups.items())
    peers = [
        f"  {name:9s} " + "  ".join(f"{group} {peer[group]:.2f}" for group in GROUPS)
        for name, peer in found.peers.items()
    ]
    title = f"{found.case}, {found.basis}, misfit {found.misfit:.1f}"
    return [title, f"  Discern   {own}", *peers, *(f"  {remark}" for remark in found.remarks)]


def _ratio_lines(found: Ratios) -> list[str]:
    own = "  ".join(
        f"{group} {'unknown' if r.value is None else f'{r.value:.3f}±{r.sd:.3f}'}" for group, r in found.ours.items()
    )
    peers = [
        f"  {name:9s} " + "  ".join(f"{group} {peer[group]:.3f}" for group in found.ours)
        for name, peer in found.peers.items()
    ]
    return [f"{found.case}, ratios to tCr", f"  Discern   {own}", *peers]


def main(arguments: list[str]) -> None:
    """Print the table."""
    data = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[3] / "shared/data"
    lines = ["mM ± SD; + within the peers' spread, ~ within it by 2 SD, * outside"]
    lines += [line for found in run_all(data) for line in _lines(found)]
    lines += [line for found in all_ratios(data) for line in _ratio_lines(found)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
