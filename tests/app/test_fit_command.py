"""`discern fit` end to end, on files made here and on the sets with a known truth."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from analysis.basis_files import lcmodel_text
from analysis.types import Basis, Sampling
from app.cli import main

SAMPLING = Sampling(127.8, 2000.0, 1024, 4.65)
LINES = {"NAA": (2.01, 3.0), "Cr": (3.027, 3.0), "-CrCH2": (3.91, -2.0), "GPC": (3.21, 9.0)}
TRUTH = {"NAA": 10.0, "Cr": 8.0, "-CrCH2": 0.5, "GPC": 1.5}


def basis() -> Basis:
    t = np.arange(SAMPLING.points) / SAMPLING.spectral_width_hz
    fids = [n * np.exp(2j * np.pi * (p - 4.65) * SAMPLING.f0_mhz * t - 6 * t) for p, n in LINES.values()]
    return Basis(tuple(LINES), np.array(fids), SAMPLING, "PRESS", 0.03, "made for a test")


def raw(path: Path, fid: np.ndarray, f0_mhz: float = SAMPLING.f0_mhz) -> Path:
    head = f" $SEQPAR\n hzpppm={f0_mhz}\n dwellTime=0.0005\n echot=30.\n $END\n $NMID fmtdat='(2E15.6)' $END\n"
    path.write_text(head + "".join(f"{v.real:15.6E}{-v.imag:15.6E}\n" for v in fid))
    return path


def measured(seed: int = 1, noise: float = 0.2) -> np.ndarray:
    t = np.arange(SAMPLING.points) / SAMPLING.spectral_width_hz
    fid = np.array(list(TRUTH.values())) @ basis().fids * np.exp(-((9 * t) ** 2) + 0.4j)
    rng = np.random.default_rng(seed)
    return fid + noise * (rng.standard_normal(len(t)) + 1j * rng.standard_normal(len(t)))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.basis").write_text(lcmodel_text(basis()))
    raw(tmp_path / "a.RAW", measured())
    return tmp_path


def fit(files: Path, *more: str, data: str = "a.RAW") -> int:
    base = ["fit", str(files / data), "--basis", str(files / "a.basis"), "--out", str(files / "out" / "a.csv")]
    return main([*base, *more])


def rows(path: Path) -> list[dict[str, float]]:
    with path.open(newline="") as stream:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]


def test_amplitudes_are_multiples_of_the_basis_within_their_sd(files, capsys):
    assert fit(files) == 0
    amplitudes, sds = rows(files / "out/a.csv"), rows(files / "out/a.sd.csv")
    assert len(amplitudes) == len(sds) == 1
    assert list(amplitudes[0]) == list(LINES)
    for name, truth in TRUTH.items():
        assert abs(amplitudes[0][name] - truth) < 4 * sds[0][name] + 0.02 * truth
    assert "Median time per fit" in capsys.readouterr().out


def test_water_makes_them_millimolar_and_says_how(files, capsys):
    t = np.arange(SAMPLING.points) / SAMPLING.spectral_width_hz
    raw(files / "a.H2O", 2 * 29697.0 * np.exp(-((9 * t) ** 2)) + 0j)
    assert fit(files) == 0
    plain = rows(files / "out/a.csv")[0]
    assert fit(files, "--water", str(files / "a.H2O")) == 0
    scaled = rows(files / "out/a.csv")[0]
    factors = {name: scaled[name] / plain[name] for name in ("NAA", "Cr", "GPC")}
    # Metabolite relaxation exp(-30/160) is undone; LCModel's integral misses part of the line's Lorentzian tails.
    assert all(1.0 < factor < 1.21 for factor in factors.values())
    out = capsys.readouterr().out
    assert "29697 mM" in out
    assert "0.8290" in out


def test_another_field_is_refused_in_one_sentence(files, capsys):
    raw(files / "low.RAW", measured(), f0_mhz=63.9)
    assert fit(files, data="low.RAW") == 2
    err = capsys.readouterr().err.strip().splitlines()
    assert err[-1].startswith("The basis set is made for 127.8 MHz")
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("a.basis", "hello", "not an LCModel basis set"),
        ("a.RAW", " $NMID $END\n 1.0\n", "pairs"),
        ("a.RAW", "x", "text"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_written(files, capsys, name, text, word):
    (files / name).write_text(text)
    assert fit(files) == 2
    err = capsys.readouterr().err
    assert word in err
    assert "Traceback" not in err
    assert not (files / "out").exists()


def test_a_file_that_is_not_there(files, capsys):
    assert fit(files, data="none.RAW") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_transient_that_cannot_be_fitted_leaves_an_empty_row(files, capsys, monkeypatch):
    from analysis.errors import FitFailed
    from app import fit_command

    real, calls = fit_command.fit_spectrum, []

    def sometimes(*args, **kwargs):
        calls.append(1)
        if len(calls) == 1:
            raise FitFailed("The signal is empty.")
        return real(*args, **kwargs)

    doubled = fit_command._separated
    monkeypatch.setattr(fit_command, "fit_spectrum", sometimes)
    monkeypatch.setattr(fit_command, "_separated", lambda acquisition: doubled(acquisition) * 2)
    assert fit(files, "--separate") == 1
    lines = (files / "out/a.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[1] == "," * (len(LINES) - 1)
    assert "spectrum 1: The signal is empty." in capsys.readouterr().err


def test_every_transient_by_itself_on_the_set_with_truth(shared_data, tmp_path):
    """The first spectra of the easiest level: better than twice the error of the best peer on all of them."""
    from app import fit_command
    from app.fit_command import FitRequest, fit_file

    folder = shared_data / "synthetic_brain"
    with pytest.MonkeyPatch.context() as patch:
        all_of = fit_command._separated
        patch.setattr(fit_command, "_separated", lambda acquisition: all_of(acquisition)[:4])
        request = FitRequest(folder / "metab_snr_100_pdist_norm.nii.gz", folder / "brain_basis.basis",
                             tmp_path / "a.csv", separate=True)  # fmt: skip
        assert fit_file(request) == 0
    found = rows(tmp_path / "a.csv")
    with (folder / "true_amps.csv").open(newline="") as stream:
        truth = {k.replace("X.CrCH2", "-CrCH2"): float(v) for k, v in next(csv.DictReader(stream)).items()}
    scored = [name for name in truth if not name.startswith(("Lip", "MM", "-CrCH2"))]
    assert len(found) == 4
    assert np.mean([sum((row[name] - truth[name]) ** 2 for name in scored) for row in found]) < 2 * 1.52


def test_the_creatine_calibration_set(shared_data, tmp_path):
    """10.00 mM, by the organisers; the target of the table is 9.7 to 10.3."""
    folder = shared_data / "fitting_challenge_2016"
    stem = folder / "Cr_water_scaling_LCModel/Cr_10mM_test_water_scaling"
    basis_file = folder / "basisset_LCModel/press3T_30ms.BASIS"
    out = tmp_path / "cr.csv"
    arguments = ["fit", f"{stem}.RAW", "--basis", str(basis_file), "--water", f"{stem}.H2O", "--out", str(out)]
    assert main(arguments) == 0
    row = rows(out)[0]
    assert 9.7 <= row["Cr"] <= 10.3
    assert sum(row.values()) - row["Cr"] < 0.1


def test_a_reference_inside_the_file_scales_only_when_asked_for(shared_data, tmp_path, capsys):
    """A Philips object of a phantom at 1.5 T with both signals; a basis moved there stands in for its metabolites."""
    data = shared_data / "suspect/tests/test_data/dicom/No_Name/Mrs_Dti_Qa/MRSshortTELN_401/IM-0001-0002.dcm"
    low = Sampling(63.9, 2000.0, 1024, 4.65)
    t = np.arange(low.points) / low.spectral_width_hz
    fids = [n * np.exp(2j * np.pi * (p - 4.65) * low.f0_mhz * t - 6 * t) for p, n in LINES.values()]
    (tmp_path / "low.basis").write_text(lcmodel_text(Basis(tuple(LINES), np.array(fids), low, "PRESS", 0.03)))
    arguments = ["fit", str(data), "--basis", str(tmp_path / "low.basis"), "--out", str(tmp_path / "a.csv")]
    assert main(arguments) == 0
    assert "multiples of the basis signal" in capsys.readouterr().out
    assert main([*arguments, "--water", str(data)]) == 0
    assert "amplitudes are mM" in capsys.readouterr().out
