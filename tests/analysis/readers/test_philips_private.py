"""The private Philips class, made from a real object of the standard class that carries the same private volume."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from analysis.errors import UnreadableFile
from analysis.readers.mrs_voxel import philips_private_voxel, voxel_of
from analysis.readers.philips_private import read
from analysis.readers.records import InputFile


@pytest.fixture
def real(philips) -> Dataset:
    return pydicom.dcmread(philips)


@pytest.fixture
def private(real) -> Dataset:
    """The same measurement as the private class keeps it: signal and water in (2005,1270), width in (2005,1357)."""
    real.SOPClassUID = "1.3.46.670589.11.0.0.12.1"
    real.add_new((0x2005, 0x1270), "OF", real.SpectroscopyData)
    del real.SpectroscopyData
    real.SpectroscopyAcquisitionDataColumns = 1024
    return real


def test_the_private_volume_of_real_objects_is_the_public_one(shared_data, real):
    for dataset in (real, pydicom.dcmread(shared_data / "tarquin/unit/SVS.dcm")):
        ours, theirs = philips_private_voxel(dataset), voxel_of(dataset)
        for name in ("centre_mm", "size_mm", "axes"):
            assert np.array(getattr(ours, name)) == pytest.approx(np.array(getattr(theirs, name)), abs=1e-12)


def test_signal_water_and_numbers_arrive(private, philips):
    stored = np.frombuffer(private[0x2005, 0x1270].value, "<c8").reshape(2, 1024)
    (signal,) = read(private, InputFile(philips, "x")).signals
    assert np.allclose(signal.fids[0], stored[:1])
    assert np.allclose(signal.water[0], stored[1:])
    known = signal.parameters
    assert (known.f0_mhz, known.spectral_width_hz, known.averages) == (pytest.approx(63.89575, abs=1e-4), 1000.0, 128)
    assert signal.averaged_only
    assert any("No real file" in text for text in signal.warnings)


def test_other_lengths_and_grids_are_refused(private, philips):
    private[0x2005, 0x1270].value = private[0x2005, 0x1270].value[:-8]
    with pytest.raises(UnreadableFile, match="2047 data points where its header announces 1024"):
        read(private, InputFile(philips, "x"))
    private[0x2005, 0x140F].value[0].SpectroscopyAcquisitionPhaseRows = 16
    with pytest.raises(UnreadableFile, match="imaging grid"):
        read(private, InputFile(philips, "x"))
