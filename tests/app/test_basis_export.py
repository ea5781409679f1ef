"""A basis written for other programs holds the same FIDs."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from analysis.basis_files import lcmodel_text
from analysis.errors import BadProtocol
from analysis.readers.lcmodel_basis import parse_basis, read_basis
from analysis.types import Basis, Sampling
from app.basis_export import save_lcmodel_basis, save_nifti_basis

SAMPLING = Sampling(123.2, 2500.0, 256, 4.70)


def made(names: tuple[str, ...] = ("NAA", "-CrCH2"), description: str = "SPANT") -> Basis:
    t = np.arange(SAMPLING.points) / SAMPLING.spectral_width_hz
    lines = [np.exp(2j * np.pi * (ppm - 4.70) * 123.2 * t - 20 * t) for ppm in (2.01, 3.91)]
    return Basis(names, np.array([3 * lines[0], -2 * lines[1]]), SAMPLING, "PRESS", 0.035, description)


def test_lcmodel_round_trip(tmp_path):
    basis = made()
    path = tmp_path / "out" / "a.basis"
    save_lcmodel_basis(path, basis)
    found = read_basis(path)
    assert found.basis.names == basis.names
    assert found.te_s == pytest.approx(0.035)
    assert found.basis.sampling == Sampling(123.2, 2500.0, 512, 4.65)
    t = np.arange(SAMPLING.points) / SAMPLING.spectral_width_hz
    back = found.basis.fids[:, :256] * np.exp(-2j * np.pi * 0.05 * 123.2 * t)
    np.testing.assert_allclose(back, basis.fids, atol=1e-8)
    np.testing.assert_allclose(found.basis.fids[:, 256:], 0, atol=1e-8)


def test_a_real_basis_survives_the_round_trip(shared_data):
    basis = read_basis(shared_data / "synthetic_brain/brain_basis.basis").basis
    again = parse_basis(lcmodel_text(basis, fwhm_ppm=0.1))
    np.testing.assert_allclose(again.basis.fids[:, : basis.sampling.points], basis.fids, atol=1e-7)
    assert again.fwhm_ppm == pytest.approx(0.1)


def test_lines_of_the_text_are_columns_of_the_stated_format():
    body = lcmodel_text(made()).splitlines()
    numbers = [line for line in body if line and "$" not in line and "=" not in line]
    assert {len(line) for line in numbers} == {4 * 18}
    assert len(numbers) == 2 * 2 * 512 / 4


def test_a_name_with_a_quotation_mark_is_refused():
    with pytest.raises(BadProtocol, match="quotation"):
        lcmodel_text(made(names=("it's", "b")))


def test_nifti_holds_the_signals_along_the_fifth_dimension(tmp_path):
    basis = made()
    path = tmp_path / "a.nii.gz"
    save_nifti_basis(path, basis)
    image = nibabel.load(path)
    header = image.header.extensions[0].json()
    assert header["dim_5"] == "DIM_USER_0"
    assert header["dim_5_header"]["Signal"]["Value"] == list(basis.names)
    assert header["EchoTime"] == pytest.approx(0.035)
    assert header["SpecFreqChemShift"] == pytest.approx(4.70)
    assert float(image.header["pixdim"][4]) == pytest.approx(1 / 2500.0)
    # NIfTI-MRS turns the other way (its appendix A).
    np.testing.assert_allclose(np.asarray(image.dataobj)[0, 0, 0].T, basis.fids.conj(), atol=1e-5)
