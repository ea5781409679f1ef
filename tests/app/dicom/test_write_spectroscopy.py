"""MR Spectroscopy objects: signal, sign, geometry and pairing survive the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.readers import read_studies
from analysis.units import ppm_axis, spectrum_of, time_axis_s
from app.dicom.write_spectroscopy import write_spectroscopy
from tests.app.dicom.objects import STUDY, VOXEL, signal


def test_signal_and_geometry_survive_the_file(tmp_path: Path) -> None:
    written = signal()
    path = tmp_path / "new" / "one.dcm"
    write_spectroscopy(path, STUDY, written)
    file = pydicom.dcmread(path)
    stored = np.frombuffer(file.SpectroscopyData, "<c8").reshape(file.NumberOfFrames, file.DataPointColumns)
    np.testing.assert_array_equal(stored, written.fids.astype(np.complex64))
    slabs = file.VolumeLocalizationSequence
    assert [tuple(slab.SlabOrientation) for slab in slabs] == list(VOXEL.axes)
    assert tuple(slab.SlabThickness for slab in slabs) == VOXEL.size_mm
    assert {tuple(slab.MidSlabPosition) for slab in slabs} == {VOXEL.centre_mm}
    shared = file.SharedFunctionalGroupsSequence[0]
    assert [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing] == [14.0, 20.0]
    assert shared.MREchoSequence[0].EffectiveEchoTime == 30.0
    assert shared.MRTimingAndRelatedParametersSequence[0].RepetitionTime == 1500


def test_frames_are_transients(tmp_path: Path) -> None:
    write_spectroscopy(tmp_path / "one.dcm", STUDY, signal(4))
    file = pydicom.dcmread(tmp_path / "one.dcm")
    contents = [group.FrameContentSequence[0] for group in file.PerFrameFunctionalGroupsSequence]
    assert [content.TemporalPositionIndex for content in contents] == [1, 2, 3, 4]
    assert [content.DimensionIndexValues for content in contents] == [1, 2, 3, 4]
    assert contents[1].FrameAcquisitionDateTime == "20260105091001.500000"
    (dimension,) = file.DimensionIndexSequence
    assert (dimension.DimensionIndexPointer, dimension.DimensionDescriptionLabel) == (0x00209128, "Transient")
    assert file.SharedFunctionalGroupsSequence[0].MRAveragesSequence[0].NumberOfAverages == 1


def test_a_line_stays_on_its_side_of_the_water(tmp_path: Path) -> None:
    written = signal(1)
    sampling = written.sampling
    offset_hz = (1.3 - sampling.reference_ppm) * sampling.f0_mhz
    fid = np.exp(2j * np.pi * offset_hz * time_axis_s(sampling.points, sampling.spectral_width_hz))
    write_spectroscopy(tmp_path / "one.dcm", STUDY, replace(written, fids=fid[None]))
    (study,) = read_studies([tmp_path])
    (read,) = study.acquisitions
    found = read.parameters
    axis = ppm_axis(sampling.points, found.spectral_width_hz, found.f0_mhz, found.reference_ppm)
    step = axis[1] - axis[0]
    assert axis[np.argmax(np.abs(spectrum_of(read.fids[0, 0])))] == pytest.approx(1.3, abs=step)


def test_the_reader_pairs_both_and_sees_the_same(tmp_path: Path) -> None:
    metabolite, water = signal(4), signal(2, water=True)
    write_spectroscopy(tmp_path / "b.dcm", STUDY, metabolite)
    write_spectroscopy(tmp_path / "a.dcm", STUDY, water)
    (study,) = read_studies([tmp_path])
    (read,) = study.acquisitions
    assert (read.label, read.label_source) == ("L4-L5", "header")
    assert read.warnings == ()
    np.testing.assert_array_equal(read.fids[0], metabolite.fids.astype(np.complex64))
    assert read.water is not None
    np.testing.assert_array_equal(read.water[0], water.fids.astype(np.complex64))
    assert (read.parameters.te_s, read.parameters.tr_s, read.parameters.localisation) == (0.03, 1.5, "PRESS")
    assert read.voxel is not None
    np.testing.assert_allclose(read.voxel.centre_mm, VOXEL.centre_mm, atol=1e-9)
    np.testing.assert_allclose(read.voxel.axes, VOXEL.axes, atol=1e-9)
    assert read.voxel.size_mm == VOXEL.size_mm


def test_suppression_and_reference_are_stated(tmp_path: Path) -> None:
    for one in (signal(), signal(water=True), replace(signal(), water_reference_uid=None)):
        write_spectroscopy(tmp_path / "one.dcm", STUDY, one)
        file = pydicom.dcmread(tmp_path / "one.dcm")
        references = [item.ReferencedSOPInstanceUID for item in file.get("ReferencedInstanceSequence", [])]
        assert file.SpectrallySelectedSuppression == ("WATER" if one.water_suppressed else "NONE")
        assert references == ([one.water_reference_uid] if one.water_reference_uid else [])
        state = "REFERENCED" if references else "NONE"
        assert file.WaterReferenceAcquisition == (state if one.water_suppressed else "WATER_REFERENCE")


def test_the_same_signal_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.dcm", "b.dcm"):
        write_spectroscopy(tmp_path / name, STUDY, signal())
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()


def test_a_signal_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    good = signal()
    broken = good.fids.copy()
    broken[1, 7] = np.nan
    for fids in (good.fids[:, :-1], good.fids[:0]):
        with pytest.raises(ValueError, match="does not fit"):
            write_spectroscopy(tmp_path / "one.dcm", STUDY, replace(good, fids=fids))
    with pytest.raises(ValueError, match="finite"):
        write_spectroscopy(tmp_path / "one.dcm", STUDY, replace(good, fids=broken))
    assert list(tmp_path.iterdir()) == []
