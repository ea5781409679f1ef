"""MR Spectroscopy Storage: signs, sizes, voxels and roles, on real vendor files and on objects known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.errors import UnreadableFile
from analysis.readers.mrs_voxel import make_voxel, philips_axes, voxel_of
from analysis.readers.records import InputFile, Signal
from analysis.readers.registry import read_file
from tests.analysis.readers import builders
from tests.analysis.readers.builders import METABOLITES, WATER, fid, item, save, slabs, spectroscopy
from tests.analysis.readers.peaks import lines_ppm


def signal_of(path: Path) -> Signal:
    (signal,) = read_file(InputFile(path, str(path))).signals
    return signal


def refusal(dataset: pydicom.Dataset, folder: Path) -> str:
    path = save(dataset, folder / "object.dcm")
    with pytest.raises(UnreadableFile) as error:
        read_file(InputFile(path, str(path)))
    return str(error.value)


def lines(signal: Signal, low: float, high: float, count: int) -> list[float]:
    known = signal.parameters
    return lines_ppm(
        signal.fids[0, 0], known.f0_mhz, known.spectral_width_hz, known.reference_ppm, low=low, high=high, count=count
    )


# --- the sign of the imaginary part, vendor by vendor (guide 4.3); the lines' places are literature -----------------


def test_siemens_standard_object_is_stored_in_the_dicom_sense(siemens):
    """Ethanol: a CH3 triplet with 3J = 7.1 Hz, and a CH2 quartet 2.48 ppm downfield of it."""
    signal = signal_of(siemens / "SVS_XA60.dcm")
    triplet = lines(signal, 0.8, 1.4, 3)
    quartet = lines(signal, 3.2, 4.0, 2)
    assert np.diff(triplet) * signal.parameters.f0_mhz == pytest.approx([7.1, 7.1], abs=3)
    assert (triplet[2] - triplet[0]) / 2 * signal.parameters.f0_mhz == pytest.approx(7.1, abs=2.5)
    assert np.mean(quartet) - triplet[1] == pytest.approx(2.48, abs=0.02)


@pytest.mark.parametrize("name", ["one point five tesla", "three tesla"])
def test_philips_standard_object_is_stored_in_the_dicom_sense(name, philips, shared_data):
    """A phantom of brain metabolites: NAA, creatine and choline lie 1.02 and 0.18 ppm apart."""
    path = philips if name == "one point five tesla" else shared_data / "tarquin/unit/SVS.dcm"
    naa, creatine, choline = lines(signal_of(path), 1.6, 3.4, 3)
    assert naa == pytest.approx(2.01, abs=0.2)
    assert (creatine - naa, choline - creatine) == pytest.approx((1.02, 0.18), abs=0.025)


def test_united_imaging_is_conjugated_and_says_that_this_is_not_proven(tmp_path):
    path = save(spectroscopy(1, np.conj(fid(METABOLITES)), Manufacturer="UIH"), tmp_path / "uih.dcm")
    signal = signal_of(path)
    assert np.allclose(signal.fids[0, 0], fid(METABOLITES), atol=1e-5)
    assert any("no real file has confirmed" in text for text in signal.warnings)


# --- data ------------------------------------------------------------------------------------------------------------


def test_philips_object_holds_metabolites_and_water(philips):
    stored = np.frombuffer(pydicom.dcmread(philips).SpectroscopyData, "<f4")
    frames = (stored[0::2] + 1j * stored[1::2]).reshape(2, 1024)
    signal = signal_of(philips)
    assert np.array_equal(signal.fids[0, 0], frames[0])
    assert signal.water is not None
    assert np.array_equal(signal.water[0, 0], frames[1])
    assert np.abs(signal.water).max() > 100 * np.abs(signal.fids).max()
    # MRS_DTI protocol: 128 averages in a private element, where the standard attribute says 1.
    assert (signal.parameters.averages, signal.averaged_only, signal.eddy_corrected) == (128, True, True)


def test_water_frames_behind_several_dynamics(tmp_path):
    metabolites = np.array([fid(METABOLITES, noise=0.1, seed=n) for n in range(3)])
    water = np.array([fid(WATER, noise=0.1, seed=n) for n in range(3)])
    dataset = spectroscopy(1, np.concatenate([metabolites, water]))
    dataset.Manufacturer, dataset.WaterReferencedPhaseCorrection = "Philips Medical Systems", "YES"
    signal = signal_of(save(dataset, tmp_path / "philips.dcm"))
    assert np.allclose(signal.fids, metabolites[np.newaxis], atol=1e-4)
    assert signal.water is not None
    assert np.allclose(signal.water, water[np.newaxis], atol=1e-4)


def test_two_alike_philips_frames_are_transients_and_that_is_said(tmp_path):
    dataset = spectroscopy(1, np.array([fid(METABOLITES), fid(METABOLITES)]))
    dataset.Manufacturer, dataset.WaterReferencedPhaseCorrection = "Philips", "YES"
    signal = signal_of(save(dataset, tmp_path / "philips.dcm"))
    assert (signal.fids.shape, signal.water) == ((1, 2, builders.POINTS), None)
    assert "no frame looks like one" in " ".join(signal.warnings)


def test_frames_of_other_makers_are_transients(tmp_path):
    frames = np.array([fid(METABOLITES, noise=0.1, seed=n) for n in range(4)])
    signal = signal_of(save(spectroscopy(1, frames), tmp_path / "frames.dcm"))
    assert np.allclose(signal.fids, frames[np.newaxis], atol=1e-5)
    assert not signal.averaged_only


def test_frequency_domain_runs_from_high_to_low_frequency(tmp_path):
    """PS3.3 C.8.14.4.1: a line at 2.01 ppm lies behind one at 3.03 ppm in the file."""
    low_to_high = np.fft.fftshift(np.fft.fft(fid(METABOLITES)))
    dataset = spectroscopy(1, low_to_high[::-1], SignalDomainColumns="FREQUENCY")
    signal = signal_of(save(dataset, tmp_path / "frequency.dcm"))
    assert np.allclose(signal.fids[0, 0], fid(METABOLITES), atol=1e-4)


def test_parameters_of_the_siemens_object(siemens):
    """The protocol svs_se_30 is PRESS at 30 ms; the private header gives a dwell time of 833.4 us."""
    signal = signal_of(siemens / "SVS_XA60.dcm")
    known = signal.parameters
    assert known.spectral_width_hz == pytest.approx(1 / 833.4e-6, rel=1e-4)
    assert (known.te_s, known.tr_s, known.averages) == (0.030, 2.0, 80)
    assert (known.localisation, known.sequence, known.nucleus) == ("PRESS", "*svs_se", "1H")
    assert (signal.suppressed, signal.eddy_corrected, signal.averaged_only) == (False, True, True)
    assert known.reference_ppm == 4.7


def test_missing_reference_is_water_and_said(tmp_path):
    signal = signal_of(save(spectroscopy(1, fid(METABOLITES), ChemicalShiftReference=None), tmp_path / "a.dcm"))
    assert signal.parameters.reference_ppm == 4.65
    assert "4.65 ppm" in " ".join(signal.warnings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SpectroscopyData": None}, "without its data"),
        ({"SpectroscopyData": fid(METABOLITES).astype("<c8").tobytes()[:-8]}, "255 data points"),
        ({"SpectroscopyData": fid(METABOLITES).astype("<c8").tobytes() * 2}, "512 data points"),
        ({"DataPointColumns": 2**31}, "number of data points"),
        ({"DataPointColumns": None}, "number of data points"),
        ({"SpectralWidth": float("nan")}, "spectral width"),
        ({"SpectralWidth": None}, "spectral width"),
        ({"TransmitterFrequency": 0.0}, "transmitter frequency"),
        ({"ResonantNucleus": "31P"}, "31P"),
        ({"Rows": 16, "Columns": 16}, "announces 65536"),
        ({"Rows": 64, "Columns": 64}, "imaging grid of 64 x 64 x 1 voxels; at most 1024"),
        ({"DataPointRows": 2}, "two-dimensional"),
        ({"DataRepresentation": "MAGNITUDE"}, "not complex"),
        ({"SignalDomainColumns": "ODD"}, "unknown signal domain"),
        ({"SpectroscopyData": np.full(256, np.nan, "<c8").tobytes()}, "not numbers"),
        ({"SpectroscopyData": np.zeros(256, "<c8").tobytes()}, "all zero"),
        ({"StudyInstanceUID": None}, "Study Instance UID"),
    ],
)
def test_an_impossible_object_is_refused_in_one_sentence(changes, words, tmp_path):
    text = refusal(spectroscopy(1, fid(METABOLITES), **changes), tmp_path)
    assert words in text
    assert "\n" not in text
    assert "Builder" not in text


def test_a_study_uid_that_could_name_another_folder_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Invalid value for VR UI"):
        dataset = spectroscopy(1, fid(METABOLITES), StudyInstanceUID="1.2.3/../../x")
    assert "Study Instance UID" in refusal(dataset, tmp_path)


def test_frames_at_different_echo_times_are_refused(tmp_path):
    dataset = spectroscopy(1, np.array([fid(METABOLITES), fid(METABOLITES)]))
    dataset.PerFrameFunctionalGroupsSequence = [item(MREchoSequence=item(EffectiveEchoTime=te)) for te in (35.0, 144.0)]
    assert "echo times" in refusal(dataset, tmp_path)


@pytest.mark.parametrize("kept", [0.002, 0.005, 0.02, 0.05, 0.2, 0.5, 0.9, 0.97, 0.9999])
def test_a_file_that_was_cut_short_is_refused_wherever_it_ends(kept, siemens, tmp_path):
    path, whole = tmp_path / "short.dcm", (siemens / "SVS_XA60.dcm").read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(UnreadableFile, match=r"cut short|does not say|without its data|gives no"):
        read_file(InputFile(path, str(path)))


# --- the voxel -------------------------------------------------------------------------------------------------------


def test_siemens_voxel_agrees_with_spec2nii(siemens):
    """spec2nii takes it from the functional groups, we from the three slabs; RAS against LPS."""
    import nibabel.nicom.dicomwrappers as wrappers
    from spec2nii.Siemens.dicomfunctions import process_siemens_svs

    _, orientation, _, _ = process_siemens_svs(wrappers.wrapper_from_file(siemens / "SVS_XA60.dcm"), verbose=False)
    affine = np.diag([-1, -1, 1, 1]) @ orientation.Q44
    voxel = signal_of(siemens / "SVS_XA60.dcm").voxel
    assert voxel is not None
    assert voxel.centre_mm == pytest.approx(affine[:3, 3], abs=1e-4)
    ours = np.abs(np.array(voxel.axes).T * voxel.size_mm)
    assert sorted(map(tuple, ours.T.round(3))) == sorted(map(tuple, np.abs(affine[:3, :3]).T.round(3)))


def test_philips_angles_give_the_orientation_that_the_file_states_elsewhere(philips):
    dataset = pydicom.dcmread(philips)
    stated = dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient
    axes = philips_axes(np.asarray(dataset.VolumeLocalizationSequence[0].SlabOrientation))
    assert axes[:2].ravel() == pytest.approx([float(value) for value in stated], abs=1e-12)


def test_philips_voxel_has_the_planned_edges(philips):
    """The private volume is 25 x 15 x 15 mm (RL, AP, FH); pixel spacing, 25 x 25 mm, would be wrong."""
    voxel = signal_of(philips).voxel
    assert voxel is not None
    assert voxel.size_mm == (25.0, 15.0, 15.0)
    assert voxel.centre_mm == pytest.approx((6.0696, 15.2077, 3.9631), abs=1e-3)


def test_without_the_private_volume_a_philips_voxel_is_unknown(philips):
    dataset = pydicom.dcmread(philips)
    dataset.remove_private_tags()
    assert voxel_of(dataset) is None


def test_an_oblique_voxel_is_where_its_slabs_meet():
    """The mid-points may be any points of the mid-planes: only their intersection is the centre."""
    turn = np.linalg.qr(np.array([[2.0, 1, 0.3], [-1, 2, 0.2], [0.1, -0.4, 1.5]]))[0].T
    centre = np.array([12.0, -34.0, 56.0])
    sequence = slabs(tuple(centre), turn, (10.0, 20.0, 30.0))
    for number, slab in enumerate(sequence):
        beside = centre + 7.0 * turn[(number + 1) % 3] - 3.0 * turn[(number + 2) % 3]
        slab.MidSlabPosition = [float(value) for value in beside]
    voxel = voxel_of(item(VolumeLocalizationSequence=sequence))
    assert voxel is not None
    assert voxel.centre_mm == pytest.approx(centre, abs=1e-9)
    assert np.allclose(voxel.axes, turn)
    assert voxel.size_mm == (10.0, 20.0, 30.0)


def test_slabs_that_make_no_box_give_no_voxel():
    skewed = np.array([[1.0, 0, 0], [0.5, 0.8660254, 0], [0, 0, 1]])
    assert voxel_of(item(VolumeLocalizationSequence=slabs((0.0, 0.0, 0.0), skewed, (10.0, 10.0, 10.0)))) is None


def test_the_functional_groups_place_a_voxel_without_slabs():
    dataset = item(
        SharedFunctionalGroupsSequence=item(
            PlaneOrientationSequence=item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1]),
            PlanePositionSequence=item(ImagePositionPatient=[1, 2, 3]),
            PixelMeasuresSequence=item(PixelSpacing=[30, 20], SliceThickness=10),
        )
    )
    voxel = voxel_of(dataset)
    assert voxel is not None
    assert voxel.size_mm == (20.0, 30.0, 10.0)  # columns are 20 mm apart along the row direction
    assert np.allclose(voxel.axes, [[0, 1, 0], [0, 0, -1], [-1, 0, 0]])


@pytest.mark.parametrize(("centre", "size"), [((1e5, 0, 0), (20, 20, 20)), ((0, 0, 0), (20, 1e4, 20))])
def test_a_voxel_outside_any_scanner_is_none(centre, size):
    assert make_voxel(np.array(centre, float), np.eye(3), np.array(size, float)) is None
