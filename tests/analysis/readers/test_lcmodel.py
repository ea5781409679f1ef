"""LCModel basis sets and raw data: values against an independent parser, and lines where chemistry puts them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnreadableFile
from analysis.readers import inspect_file, read_signal
from analysis.readers.lcmodel_basis import parse_basis, read_basis
from analysis.readers.lcmodel_raw import read_beside_basis
from analysis.readers.lcmodel_text import complex_numbers
from analysis.types import Sampling
from analysis.units import ppm_axis, spectrum_of

BASIS = """ $SEQPAR
 FWHMBA = 0.02, HZPPPM = 127.5, ECHOT = {echo}, SEQ = 'PRESS' $END
 $BASIS1
 IDBASI = '{writer}', FMTBAS = '(6E13.5)', BADELT = {dwell}, NDATAB = 64 $END
"""
SIGNAL = " $BASIS\n ID='x', METABO = '{name}', CONC={conc}, TRAMP = {tramp}, VOLUME={volume}, ISHIFT = {shift} $END\n"
POINTS, DWELL = 64, 5e-4


def lcmodel_fid(ppm: float) -> np.ndarray:
    """A decaying line as LCModel stores it: a larger ppm is a lower frequency."""
    t = np.arange(POINTS) * DWELL
    return np.exp(-2j * np.pi * (ppm - 4.65) * 127.5 * t - 40 * t)


def basis_text(fid: np.ndarray, *, writer="test", echo="30.", dwell="5e-04", **header) -> str:
    values = {"name": "NAA", "conc": "1.", "tramp": "1.", "volume": "1.", "shift": "0"} | header
    spectrum = np.fft.fft(fid, norm="ortho")
    numbers = np.column_stack([spectrum.real, spectrum.imag]).ravel()
    lines = "".join("".join(f"{v:13.5E}" for v in row) + "\n" for row in np.resize(numbers, (22, 6)))
    kept = lines.replace("\n", "")[: 13 * 2 * POINTS]
    body = "\n".join(kept[i : i + 78] for i in range(0, len(kept), 78)) + "\n"
    return BASIS.format(writer=writer, echo=echo, dwell=dwell) + SIGNAL.format(**values) + body


def test_a_signal_is_read_at_its_scale_and_in_discerns_sense():
    fid = lcmodel_fid(2.0)
    found = parse_basis(basis_text(fid))
    assert found.basis.names == ("NAA",)
    assert found.basis.sampling == Sampling(127.5, 2000.0, 64, 4.65)
    assert found.te_s == pytest.approx(0.03)
    assert found.fwhm_ppm == pytest.approx(0.02)
    np.testing.assert_allclose(found.basis.fids[0], fid.conj(), atol=2e-5)


def test_scale_is_tramp_over_volume_and_concentration():
    found = parse_basis(basis_text(lcmodel_fid(2.0), conc="100.", tramp="2.", volume="4."))
    np.testing.assert_allclose(found.basis.fids[0], lcmodel_fid(2.0).conj() * 2 / 400, atol=1e-6)


def test_ishift_moves_towards_larger_ppm():
    plain, moved = (parse_basis(basis_text(lcmodel_fid(2.0), shift=s)).basis.fids[0] for s in ("0", "3"))
    step_hz = 1 / (POINTS * DWELL)
    np.testing.assert_allclose(moved, plain * np.exp(2j * np.pi * 3 * step_hz * np.arange(POINTS) * DWELL), atol=1e-12)


def test_a_basis_stored_the_wrong_way_round_is_turned_and_said_so():
    found = parse_basis(basis_text(lcmodel_fid(2.0).conj()))
    np.testing.assert_allclose(found.basis.fids[0], lcmodel_fid(2.0).conj(), atol=2e-5)
    assert len(found.warnings) == 1


def test_spant_stores_the_plain_transform():
    unitary, plain = (parse_basis(basis_text(lcmodel_fid(2.0), writer=w)).basis.fids for w in ("other", "SPANT"))
    np.testing.assert_allclose(plain * np.sqrt(POINTS), unitary)


def test_a_missing_echo_time_is_unknown():
    assert parse_basis(basis_text(lcmodel_fid(2.0), echo=" ")).te_s is None
    assert parse_basis(basis_text(lcmodel_fid(2.0), echo="-1.")).te_s is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"dwell": "-5e-04"}, "scrambled"),
        ({"dwell": "0."}, "dwell time"),
        ({"conc": "0."}, "not positive"),
    ],
)
def test_what_cannot_be_used_is_said(change, word):
    with pytest.raises(UnreadableFile, match=word):
        parse_basis(basis_text(lcmodel_fid(2.0), **change))


def test_damage_is_said():
    whole = basis_text(lcmodel_fid(2.0))
    with pytest.raises(UnreadableFile, match="points where the header says"):
        parse_basis(whole[:-200] + "\n" if len(complex_numbers_of(whole[:-200])) % 2 == 0 else whole[:-187])
    with pytest.raises(UnreadableFile, match="no \\$BASIS1"):
        parse_basis("hello")
    with pytest.raises(UnreadableFile, match="twice"):
        parse_basis(whole + whole[whole.index(" $BASIS\n") :])


def complex_numbers_of(text: str) -> list[str]:
    return text[text.rindex("$END") + 4 :].split()


def test_numbers_may_touch_and_lack_the_letter_of_their_exponent():
    np.testing.assert_array_equal(complex_numbers("-1.0E-01-2.0D+00 .5 1.5-100"), [-0.1 - 2j, 0.5 + 1.5e-100j])
    with pytest.raises(UnreadableFile, match="cannot be read"):
        complex_numbers("1.0 two")


def independent(path: Path) -> dict[str, np.ndarray]:
    """The stored spectra by fixed columns of 13, as FMTBAS = (6E13.5) says."""
    text = path.read_text(encoding="latin-1")
    points = int(re.search(r"NDATAB\s*=\s*(\d+)", text)[1])
    found = {}
    for part in re.split(r"\$BASIS\s", text)[1:]:
        head, body = part.split("$END", 1)
        lines = "".join(body.split("$")[0].splitlines())
        numbers = np.array([float(lines[i : i + 13]) for i in range(0, 26 * points, 13)])
        found[re.search(r"METABO = *'([^']*)'", head)[1]] = numbers[::2] + 1j * numbers[1::2]
    return found


@pytest.mark.parametrize(
    "name", ["fitting_challenge_2016/basisset_LCModel/press3T_30ms.BASIS", "synthetic_brain/brain_basis.basis"]
)
def test_real_values_agree_with_an_independent_parser(shared_data, name):
    truth, found = independent(shared_data / name), read_basis(shared_data / name).basis
    assert found.names == tuple(truth)
    norm = "backward" if found.description == "SPANT" else "ortho"
    for signal, fid in zip(found.names, found.fids, strict=True):
        np.testing.assert_allclose(np.fft.fft(fid.conj(), norm=norm), truth[signal], rtol=1e-9, atol=1e-9)


LINES = {"NAA": 2.01, "Cr": 3.03, "GPC": 3.21}
"""Methyl singlets, Govindaraju, NMR Biomed 2000;13:129."""


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("fitting_challenge_2016/basisset_LCModel/press3T_30ms.BASIS", 0.01),
        ("synthetic_brain/brain_basis.basis", 0.01),
        ("suspect/tests/test_data/lcmodel/press_30ms_3T.basis", 0.01),  # ISHIFT = -587
        ("lcmodel/test_lcm/3t.basis", 0.01),
        ("osprey/fit/basissets/7T/siemens/unedited/special/9/basis_siemens_special9.basis", 0.015),
        ("osprey/fit/basissets/3T/siemens/unedited/press/35/3T_PRESS_Siemens_35ms_noMM.BASIS", 0.04),
    ],
)
def test_lines_stand_where_chemistry_puts_them(shared_data, name, tolerance):
    basis = read_basis(shared_data / name).basis
    s = basis.sampling
    ppm = ppm_axis(4 * s.points, s.spectral_width_hz, s.f0_mhz, s.reference_ppm)
    inside = (ppm > 1.8) & (ppm < 3.6)
    for signal, place in LINES.items():
        spectrum = np.abs(spectrum_of(basis.fids[basis.names.index(signal)], 4 * s.points))
        assert ppm[inside][spectrum[inside].argmax()] == pytest.approx(place, abs=tolerance)


SELF_CONTAINED = " $SEQPAR\n echot= 35.0\n seq= 'PRESS'\n hzpppm= 127.5\n dwellTime= 0.0005\n $END\n"
RAW = " $NMID\n id='a', fmtdat='(2E15.6)'\n volume=2.\n tramp=4.{more}\n $END\n"


def raw_text(fid: np.ndarray, more: str = "") -> str:
    return RAW.format(more=more) + "".join(f"{v.real:15.6E}{v.imag:15.6E}\n" for v in fid)


def test_raw_data_that_state_their_sampling_are_read_like_any_file(tmp_path):
    path = tmp_path / "a.RAW"
    path.write_text(SELF_CONTAINED + raw_text(lcmodel_fid(2.0)))
    found = read_signal(path)
    assert found.parameters.f0_mhz == pytest.approx(127.5)
    assert found.parameters.te_s == pytest.approx(0.035)
    assert found.parameters.localisation == "PRESS"
    np.testing.assert_allclose(found.fids[0, 0], 2 * lcmodel_fid(2.0).conj(), atol=1e-5)


def test_raw_data_without_sampling_need_a_basis(tmp_path):
    path = tmp_path / "a.RAW"
    path.write_text(raw_text(lcmodel_fid(2.0)))
    with pytest.raises(UnreadableFile, match="discern fit"):
        read_signal(path)
    assert not inspect_file(path)[1]
    found = read_beside_basis(path, Sampling(123.2, 4000.0, 4096, 4.65))
    assert found is not None
    assert (found.parameters.f0_mhz, found.parameters.spectral_width_hz) == (123.2, 4000.0)
    assert any("basis set" in warning for warning in found.warnings)


def test_bruker_data_turn_the_other_way_and_sequential_data_are_refused(tmp_path):
    path, sampling = tmp_path / "a.RAW", Sampling(127.5, 2000.0, 64, 4.65)
    path.write_text(raw_text(lcmodel_fid(2.0), ", bruker=T"))
    found = read_beside_basis(path, sampling)
    assert found is not None
    np.testing.assert_allclose(found.fids[0, 0], 2 * lcmodel_fid(2.0), atol=1e-5)
    path.write_text(raw_text(lcmodel_fid(2.0), ", seqacq=T"))
    with pytest.raises(UnreadableFile, match="SEQACQ"):
        read_beside_basis(path, sampling)


def test_other_formats_are_left_to_their_readers(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hello")
    assert read_beside_basis(path, Sampling(127.5, 2000.0, 64, 4.65)) is None


def test_real_raw_data_agree_with_the_text_export(shared_data):
    folder = shared_data / "fitting_challenge_2016"
    found = read_beside_basis(folder / "datasets_LCModel/dataset1.RAW", Sampling(123.2, 4000.0, 4096, 4.65))
    table = np.loadtxt(folder / "datasets_text/dataset1.txt")
    assert found is not None
    np.testing.assert_allclose(found.fids[0, 0], table[:, 0] - 1j * table[:, 1], rtol=1e-4, atol=1e-3)
    ppm = ppm_axis(2048, 4000.0, 123.2, 4.65)
    inside = (ppm > 1.8) & (ppm < 2.2)
    assert ppm[inside][np.abs(spectrum_of(found.fids[0, 0]))[inside].argmax()] == pytest.approx(2.01, abs=0.03)
