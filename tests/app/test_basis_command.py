"""`discern basis` writes what it says, and refuses what it cannot simulate with one sentence."""

from __future__ import annotations

import typing

import nibabel
import numpy as np
import pytest

from analysis.readers.lcmodel_basis import read_basis
from analysis.sequences import Sequence, SequenceName
from analysis.units import ppm_axis, spectrum_of
from app.cli import SEQUENCES, main
from tests.benchmarks.simulated import basis_of, shipped

TE_30 = ["--f0", "123.2", "--te", "30"]


def test_an_lcmodel_basis_holds_the_signals_of_the_protocol(tmp_path, capsys):
    out = tmp_path / "new folder" / "brain.basis"
    assert main(["basis", str(out), *TE_30, "--te1", "11", "--points", "1024", "--line-width", "2"]) == 0
    found = read_basis(out)
    assert found.basis.names == tuple(s.name for s in shipped("brain").rules.signals)
    assert found.te_s == pytest.approx(0.030)
    assert found.fwhm_ppm == pytest.approx(2 / 123.2, rel=1e-4)
    assert found.warnings == ()
    line = capsys.readouterr().out
    assert "PRESS TE 30 ms, TE1 11 ms" in line
    assert "assumed" not in line
    sampling = found.basis.sampling
    real = spectrum_of(found.basis.fids[found.basis.names.index("NAA")]).real
    ppm = ppm_axis(sampling.points, sampling.spectral_width_hz, sampling.f0_mhz, sampling.reference_ppm)
    assert ppm[real.argmax()] == pytest.approx(2.008, abs=0.01)


def test_the_assumption_about_te1_is_said(tmp_path, capsys):
    assert main(["basis", str(tmp_path / "a.basis"), *TE_30, "--points", "64"]) == 0
    assert "TE1 15 ms (half of TE, assumed)" in capsys.readouterr().out


def test_slice_selective_pulses_on_request(tmp_path, capsys):
    out = tmp_path / "disc.basis"
    arguments = ["--protocol", "disc", "--points", "64", "--sequence", "sLASER", "--refocusing", "5000"]
    assert main(["basis", str(out), *TE_30, *arguments]) == 0
    assert "sLASER TE 30 ms, slice-selective pulses (refocusing 5000 Hz" in capsys.readouterr().out
    assert np.all(np.isfinite(read_basis(out).basis.fids))


def test_nifti_mrs_holds_the_same_signals(tmp_path):
    names = ["disc.nii.gz", "again.nii.gz", "disc.nii"]
    for name in names:
        arguments = ["--protocol", "disc", "--points", "256", "--width", "2500", "--line-width", "0"]
        assert main(["basis", str(tmp_path / name), *TE_30, *arguments]) == 0
    assert (tmp_path / names[0]).read_bytes() == (tmp_path / names[1]).read_bytes()
    image = nibabel.load(tmp_path / names[2])
    assert image.header.extensions[0].json()["dim_5_header"]["Signal"]["Value"] == list(basis_of("disc").names)
    assert image.shape == (1, 1, 1, 256, len(basis_of("disc").names))
    packed = nibabel.load(tmp_path / names[0])
    assert np.array_equal(np.asarray(packed.dataobj), np.asarray(image.dataobj))


def test_the_command_line_offers_every_sequence():
    assert typing.get_args(SequenceName) == SEQUENCES
    assert [Sequence(name, 0.03).describe().split(" TE")[0] for name in SEQUENCES] == list(SEQUENCES)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a.txt", *TE_30], "call a.txt .basis for LCModel"),
        (["a.basis", "--f0", "0", "--te", "30"], "transmitter frequency must lie between 10 and 1500 MHz"),
        (["a.basis", "--f0", "nan", "--te", "30"], "transmitter frequency"),
        (["a.basis", "--f0", "123.2"], "has an echo time; give it in ms with --te"),
        (["a.basis", "--f0", "123.2", "--te", "-5"], "echo time must lie between 0 and 2000 ms"),
        (["a.basis", *TE_30, "--te1", "30"], "between 0 and the echo time"),
        (["a.basis", *TE_30, "--te1", "11", "--sequence", "STEAM"], "Only PRESS has a first echo time"),
        (["a.basis", *TE_30, "--points", "1"], "number of points must lie between 64 and 65536."),
        (["a.basis", *TE_30, "--width", "1"], "spectral width"),
        (["a.basis", *TE_30, "--line-width", "-1"], "line width"),
        (["a.basis", *TE_30, "--refocusing", "5"], "bandwidth of the refocusing pulses must lie between 300"),
        (["a.basis", *TE_30, "--refocusing", "1250", "--te1", "5"], "cannot be simulated with slice-selective pulses"),
        (
            ["a.basis", *TE_30, "--refocusing", "1250", "--sequence", "STEAM"],
            "cannot be simulated with slice-selective",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    assert main(["basis", *arguments]) == 2
    written = capsys.readouterr()
    assert says in written.err
    assert written.err.count("\n") == 1
    assert written.out == ""
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for name in ("a.basis", "a.nii.gz"):
        assert main(["basis", str(tmp_path / "file" / name), *TE_30, "--points", "64"]) == 2
        assert "cannot be written to" in capsys.readouterr().err
