"""jMRUI text and binary files against the LCModel files of the same signals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnreadableFile
from analysis.readers import read_signal
from analysis.readers.records import InputFile
from analysis.readers.registry import read_file
from analysis.units import ppm_axis, spectrum_of

CHALLENGE = "fitting_challenge_2016/"
CREATINE = CHALLENGE + "Cr_water_scaling_JMRUI/Cr_10mM_test_water_scaling_WS.txt"


def text_file(points: int = 64, **changes: object) -> str:
    header = {
        "PointsInDataset": points, "DatasetsInFile": 1, "SamplingInterval": "2.5E-1", "BeginTime": "0E0",
        "TransmitterFrequency": "1.2322E8", "MagneticField": "2.9E0", "TypeOfNucleus": "0E0", "NameOfPatient": "x",
    }  # fmt: skip
    lines = "\n".join(f"{key}: {value}" for key, value in {**header, **changes}.items())
    numbers = "\n".join(f"{np.cos(n):.6f}\t{np.sin(n):.6f}" for n in range(points))
    title = "Signal and FFT\nsig(real)\tsig(imag)\nSignal 1 out of 1 in file"
    return f"jMRUI Data Textfile\n\n{lines}\n\n{title}\n{numbers}\n"


def mrui(points: int = 64, count: int = 1, **changes: float) -> bytes:
    """The binary format: 13 big-endian doubles in a header of 512 bytes, then the signals, then text."""
    numbers = {"kind": 0, "points": points, "dwell_ms": 0.25, "begin_ms": 0, "phase": 0, "hz": 1.2322e8, "tesla": 2.9}
    head = np.array([*{**numbers, **changes}.values(), 0, 0, 0, 0, 0, 0], ">f8").tobytes()
    signal = np.exp(1j * np.arange(64 * count)).astype(">c16").tobytes()
    return head.ljust(512, b"\0") + signal + b"a name\n"


def test_as_stored_creatine_lies_at_3_03_and_3_91_ppm(shared_data):
    """10 mM of creatine: nothing else is in it (Govindaraju et al., NMR Biomed 2000;13:129)."""
    found = read_signal(shared_data / CREATINE)
    known, spectrum = found.parameters, np.abs(spectrum_of(found.fids[0, 0]))
    ppm = ppm_axis(len(spectrum), known.spectral_width_hz, known.f0_mhz, known.reference_ppm)
    strongest = ppm[np.argsort(spectrum)[-4:]]
    assert np.minimum(np.abs(strongest - 3.03), np.abs(strongest - 3.91)).max() < 0.05
    assert known.f0_mhz == pytest.approx(123.22)
    assert known.spectral_width_hz == pytest.approx(4000)
    assert (found.voxel, known.te_s, found.averaged_only) == (None, None, True)


def test_the_signal_is_that_of_the_lcmodel_file(shared_data):
    """LCModel's files of this set state no sampling, so they are read here by hand; LCModel turns backwards."""
    text = (shared_data / CHALLENGE / "datasets_LCModel/dataset1.RAW").read_text().partition("$END")[2]
    numbers = np.array(text.split(), dtype=float)
    theirs = np.conj(numbers[0::2] + 1j * numbers[1::2])
    ours = read_signal(shared_data / CHALLENGE / "datasets_JMRUI/dataset1_WS.txt").fids[0, 0]
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_text_and_binary_hold_the_same(tmp_path):
    (tmp_path / "a.txt").write_text(text_file())
    (tmp_path / "a.mrui").write_bytes(mrui())
    text, binary = read_signal(tmp_path / "a.txt"), read_signal(tmp_path / "a.mrui")
    assert np.allclose(text.fids, binary.fids, atol=1e-6)
    assert text.parameters == binary.parameters


def test_several_signals_are_transients_with_a_warning(tmp_path):
    (tmp_path / "a.mrui").write_bytes(mrui(count=3))
    found = read_signal(tmp_path / "a.mrui")
    assert found.fids.shape == (1, 3, 64)
    assert any("does not say what its 3 signals are" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (text_file(PointsInDataset=65), "64 data points where its header announces 65"),
        (text_file(PointsInDataset="2147483648"), "number of data points"),
        (text_file(TransmitterFrequency="nan"), "transmitter frequency"),
        (text_file(SamplingInterval=0), "spectral width"),
        (text_file(TypeOfNucleus=2), "31P"),
        (text_file(MagneticField=7), "nucleus"),
        (text_file(BeginTime=5), "begin time"),
        (text_file(DatasetsInFile=2), "1 signals where its header announces 2"),
        (text_file().replace("0.540302", "damaged"), "damaged or cut short"),
        (text_file().partition("Signal 1")[0], "without a signal"),
    ],
)
def test_damaged_text_gives_a_reason(tmp_path: Path, content: str, reason: str):
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.raises(UnreadableFile, match=reason):
        read_file(InputFile(path, str(path)))


def test_damaged_binary_gives_a_reason(tmp_path):
    path = tmp_path / "a.mrui"
    path.write_bytes(mrui()[:600])
    with pytest.raises(UnreadableFile, match="5 data points where its header announces 64"):
        read_file(InputFile(path, str(path)))
