"""NIfTI-MRS and NIfTI images: dimensions, sign, and places that must not move."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from analysis.errors import NothingToRead, UnreadableFile
from analysis.readers import read_signal, read_studies
from analysis.readers.nifti_image import axis_order
from analysis.readers.records import InputFile, Signal
from analysis.readers.registry import read_file
from tests.analysis.readers.builders import F0_MHZ, METABOLITES, POINTS, WIDTH_HZ, fid, save_nifti_mrs
from tests.analysis.readers.peaks import lines_ppm


def signal_of(path: Path) -> Signal:
    (signal,) = read_file(InputFile(path, str(path))).signals
    return signal


def many(*shape: int) -> np.ndarray:
    """Different signals, (points, *shape), in the NIfTI-MRS sense."""
    random = np.random.default_rng(1)
    data = random.standard_normal((POINTS, *shape)) + 1j * random.standard_normal((POINTS, *shape))
    return data.astype(np.complex64)


# --- spectra ---------------------------------------------------------------------------------------------------------


def test_only_the_conjugate_has_the_lines_where_they_belong(seven_tesla):
    """A processed 7 T brain spectrum: NAA 2.01, creatine 3.03 and 3.91 ppm."""
    signal = signal_of(seven_tesla / "metab.nii.gz")
    known = signal.parameters
    where = (known.f0_mhz, known.spectral_width_hz, known.reference_ppm, 0.5, 4.2, 3)
    assert lines_ppm(signal.fids[0, 0], *where) == pytest.approx([2.01, 3.03, 3.91], abs=0.03)
    mirrored = lines_ppm(np.conj(signal.fids[0, 0]), *where)
    assert np.abs(np.subtract(mirrored, [2.01, 3.03, 3.91])).max() > 0.2


def test_simulated_spectra_have_their_creatine_and_choline(shared_data):
    signal = signal_of(shared_data / "synthetic_brain/metab_snr_100_pdist_norm.nii.gz")
    known = signal.parameters
    found = lines_ppm(signal.fids[0, 0], known.f0_mhz, known.spectral_width_hz, known.reference_ppm, 2.8, 4.0, 4)
    assert [min(abs(np.subtract(found, ppm))) < 0.03 for ppm in (3.03, 3.21, 3.91)] == [True] * 3
    assert (signal.fids.shape, signal.suppressed, known.localisation) == ((1, 25, 1024), True, "PRESS")
    assert signal.voxel is None  # a placeholder of 1 mm in the origin is no voxel
    assert "voxel" in signal.warnings[0]


def test_coils_and_transients_of_the_raw_set(seven_tesla):
    path = seven_tesla / "metab_raw.nii.gz"
    stored = np.asarray(nibabel.load(path).dataobj)
    signal = signal_of(path)
    assert signal.fids.shape == (4, 16, 4096)
    assert signal.fids[2, 11, 7] == np.conj(stored[0, 0, 0, 7, 2, 11])
    known = signal.parameters
    assert (known.te_s, known.tr_s, known.localisation) == (0.011, 5.0, "STEAM")
    assert (known.spectral_width_hz, known.f0_mhz) == (pytest.approx(1 / 8.33e-5, rel=1e-6), 297.219948)


def test_voxel_of_the_raw_set_is_in_lps(seven_tesla):
    """The file's sform puts the centre at RAS (-32.901, 10.663, 21.356)."""
    voxel = signal_of(seven_tesla / "metab_raw.nii.gz").voxel
    assert voxel is not None
    assert voxel.centre_mm == pytest.approx((32.901, -10.663, 21.356), abs=1e-3)
    assert voxel.size_mm == (20.0, 20.0, 20.0)


def test_an_oblique_voxel_keeps_centre_axes_and_edges(tmp_path):
    turn = np.linalg.qr(np.array([[2.0, 1, 0.3], [-1, 2, 0.2], [0.1, -0.4, 1.5]]))[0]
    affine = np.eye(4)
    affine[:3, :3] = turn * [10, 20, 30]
    affine[:3, 3] = [7, -8, 9]
    voxel = signal_of(save_nifti_mrs(tmp_path / "a.nii", many().reshape(1, 1, 1, -1), {}, affine)).voxel
    assert voxel is not None
    assert voxel.centre_mm == pytest.approx((-7, 8, 9))
    assert np.allclose(np.array(voxel.axes).T, np.diag([-1, -1, 1]) @ turn, atol=1e-6)
    assert voxel.size_mm == pytest.approx((10, 20, 30))


@pytest.mark.parametrize(
    ("tags", "axes"),
    [
        (["DIM_COIL", "DIM_DYN"], (1, 2, 0)),
        (["DIM_DYN", "DIM_COIL"], (2, 1, 0)),
        ([["DIM_COIL"], ["DIM_MEAS"]], (1, 2, 0)),  # some writers wrap each tag in a list
        ([None, None], (1, 2, 0)),  # the standard's defaults
    ],
)
def test_dimensions_come_in_any_order(tags, axes, tmp_path):
    data = many(3, 5)
    header = {f"dim_{5 + n}": tag for n, tag in enumerate(tags) if tag is not None}
    signal = signal_of(save_nifti_mrs(tmp_path / "a.nii.gz", data[np.newaxis, np.newaxis, np.newaxis], header))
    assert np.array_equal(signal.fids, np.conj(data.transpose(axes)).astype(complex))


def test_three_dimensions_with_repeats(tmp_path):
    data = many(2, 3, 4)
    header = {"dim_5": "DIM_DYN", "dim_6": "DIM_COIL", "dim_7": "DIM_MEAS"}
    signal = signal_of(save_nifti_mrs(tmp_path / "a.nii.gz", data[np.newaxis, np.newaxis, np.newaxis], header))
    assert signal.fids.shape == (3, 8, POINTS)
    assert signal.fids[2, 1 * 4 + 3, 9] == np.conj(data[9, 1, 2, 3])


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kind", [np.complex64, np.complex128])
def test_the_precision_is_that_of_the_file(name, kind, tmp_path):
    """Raw data of many coils in single precision take half the memory, and lose nothing."""
    data = many(3, 5)[np.newaxis, np.newaxis, np.newaxis]
    path = save_nifti_mrs(tmp_path / name, data, {}, kind=kind)
    signal = signal_of(path)
    assert signal.fids.dtype == kind
    assert np.array_equal(signal.fids, np.conj(data[0, 0, 0].transpose(1, 2, 0)))


def test_scaled_values_are_scaled(tmp_path):
    data = many(3)[np.newaxis, np.newaxis, np.newaxis]
    path = save_nifti_mrs(tmp_path / "a.nii", data, {})
    raw = bytearray(path.read_bytes())
    with path.open("rb") as stream:
        header = nibabel.Nifti2Header.from_fileobj(stream)
    header["scl_slope"], header["scl_inter"] = 2.0, 0.0
    raw[:540] = header.binaryblock
    path.write_bytes(raw)
    assert np.allclose(signal_of(path).fids[:, 0], 2 * np.conj(data[0, 0, 0].T))


@pytest.mark.parametrize(
    ("shape", "header", "words"),
    [
        ((1, 1, 1, POINTS, 2), {"dim_5": "DIM_EDIT"}, "edited"),
        ((1, 1, 1, POINTS, 2), {"dim_5": "DIM_METCYCLE"}, "metabolite-cycled"),
        ((1, 1, 1, POINTS, 2), {"dim_5": "DIM_INDIRECT_0"}, "DIM_INDIRECT_0"),
        ((64, 64, 1, POINTS), {}, "imaging grid of 64 x 64 x 1 voxels; at most 1024"),
        ((1, 1, 1, 4), {}, "no usable time dimension"),
        ((1, 1, 1, POINTS), {"ResonantNucleus": ["31P"]}, "31P"),
        ((1, 1, 1, POINTS), {"SpectrometerFrequency": [0.0]}, "transmitter frequency"),
        ((1, 1, 1, POINTS), {"SpectrometerFrequency": "fast"}, "transmitter frequency"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(shape, header, words, tmp_path):
    path = save_nifti_mrs(tmp_path / "a.nii.gz", np.ones(shape), header)
    with pytest.raises(UnreadableFile, match=words):
        signal_of(path)


def test_an_edited_dimension_of_size_one_does_no_harm(tmp_path):
    data = many(1).reshape(1, 1, 1, POINTS, 1)
    assert signal_of(save_nifti_mrs(tmp_path / "a.nii.gz", data, {"dim_5": "DIM_EDIT"})).fids.shape == (1, 1, POINTS)


def test_header_values_and_reference_offset(tmp_path):
    header = {
        "SpecFreqChemShift": 4.7,
        "RxOffset": -1.5,
        "MixingTime": 0.01,
        "WaterSuppressed": False,
        "ProcessingApplied": [{"Method": "Eddy current correction"}],
    }
    signal = signal_of(save_nifti_mrs(tmp_path / "a.nii.gz", many().reshape(1, 1, 1, -1), header))
    known = signal.parameters
    assert (known.reference_ppm, known.tm_s, known.f0_mhz) == (pytest.approx(3.2), 0.01, F0_MHZ)
    assert (signal.suppressed, signal.eddy_corrected, known.te_s) == (False, True, None)


def test_time_units_are_honoured(tmp_path):
    path = save_nifti_mrs(tmp_path / "a.nii", many().reshape(1, 1, 1, -1), {})
    image = nibabel.load(path)
    image.header.set_xyzt_units("mm", "msec")
    image.header["pixdim"][4] = 1000 / WIDTH_HZ
    nibabel.save(image, tmp_path / "b.nii")
    assert signal_of(tmp_path / "b.nii").parameters.spectral_width_hz == pytest.approx(WIDTH_HZ)


@pytest.mark.parametrize("kept", [100, 345, 700, 2000])
def test_a_file_that_was_cut_short_is_refused(kept, tmp_path):
    whole = save_nifti_mrs(tmp_path / "a.nii", many().reshape(1, 1, 1, -1), {}).read_bytes()
    for name, content in (("short.nii", whole[:kept]), ("short.nii.gz", gzip.compress(whole)[: kept // 2])):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(UnreadableFile):
            read_file(InputFile(path, str(path)))


def test_a_compressed_bomb_is_refused_before_it_is_unpacked(tmp_path):
    header = nibabel.Nifti1Header()
    header.set_data_shape((2000, 2000, 2000))
    header["magic"], header["vox_offset"] = b"n+1", 352
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(header.binaryblock + b"\0" * 4_000_000))
    with pytest.raises(UnreadableFile, match="more than 1 GiB"):
        read_file(InputFile(path, str(path)))


# --- images ----------------------------------------------------------------------------------------------------------


def check_places(path: Path, seed: int = 0) -> None:
    """Every voxel keeps its value at its place in the world: RAS of the file, LPS of the volume."""
    image = nibabel.load(path)
    data = np.asarray(image.dataobj, dtype=np.float32)
    (volume,) = read_studies([path])[0].volumes
    assert volume.pixels.size == data.size
    for index in np.random.default_rng(seed).integers(0, data.shape, (200, 3)):
        world = np.diag([-1, -1, 1, 1]) @ image.affine @ [*index, 1]
        column, row, part = (np.linalg.inv(volume.affine) @ world)[:3]
        assert np.allclose([column, row, part], np.round([column, row, part]), atol=1e-3)
        assert volume.pixels[round(part), round(row), round(column)] == data[tuple(index)]


@pytest.mark.parametrize(
    ("name", "plane", "shape"),
    [
        ("spine/t2_lumbar.nii.gz", "sagittal", (38, 201, 257)),
        ("spine/sub-unf01/sub-unf01_T2w.nii.gz", "axial", (16, 141, 131)),
        (
            "osprey/exampledata/sdat/UnEdited_with_MM_data/sub-01/ses-01/anat/"
            "sub-01_ses-01_T1w_scanner-space_FSL-skull-stripped.nii.gz",
            "sagittal",
            (160, 256, 256),
        ),
    ],
)
def test_real_images_keep_every_voxel_in_its_place(name, plane, shape, shared_data):
    check_places(shared_data / name)
    (volume,) = read_studies([shared_data / name])[0].volumes
    assert (volume.plane, volume.pixels.shape) == (plane, shape)
    # On the screen rows run down to the feet (sagittal) or to the back (axial), columns to the back or to the left.
    right, down = volume.affine[:3, 0], volume.affine[:3, 1]
    assert int(np.argmax(np.abs(right))) == {"sagittal": 1, "axial": 0}[plane]
    assert right[np.argmax(np.abs(right))] > 0
    assert (down[2] < 0) if plane == "sagittal" else (down[1] > 0)


@pytest.mark.parametrize("seed", range(6))
def test_any_orientation_keeps_every_voxel_in_its_place(seed, tmp_path):
    random = np.random.default_rng(seed)
    affine = np.eye(4)
    affine[:3, :3] = np.linalg.qr(random.standard_normal((3, 3)))[0] * random.uniform(0.5, 5, 3)
    affine[:3, 3] = random.uniform(-50, 50, 3)
    data = random.standard_normal((5, 6, 7)).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(data, affine), tmp_path / "a.nii.gz")
    check_places(tmp_path / "a.nii.gz", seed)


def test_slices_are_cut_along_the_thick_edge_or_the_short_axis():
    assert axis_order(np.diag([1.0, 1.0, 4.0, 1.0]), (100, 100, 10))[0] == 2
    assert axis_order(np.diag([4.0, 1.0, 1.0, 1.0]), (30, 100, 10))[0] == 0
    assert axis_order(np.eye(4), (40, 256, 200))[0] == 0


def test_label_maps_sheared_grids_and_missing_geometry_are_refused(tmp_path, shared_data):
    with pytest.raises(NothingToRead, match="map of labels"):
        read_studies([shared_data / "spine/sub-unf01/sub-unf01_T2w_labels-disc-manual.nii.gz"])
    data = np.random.default_rng(0).standard_normal((4, 5, 6)).astype(np.float32)
    sheared = np.eye(4)
    sheared[0, 1] = 0.5
    nibabel.save(nibabel.Nifti1Image(data, sheared), tmp_path / "sheared.nii")
    nowhere = nibabel.Nifti1Image(data, None)
    nowhere.header["sform_code"] = nowhere.header["qform_code"] = 0
    nibabel.save(nowhere, tmp_path / "nowhere.nii")
    nibabel.save(nibabel.Nifti1Image(np.stack([data, data], -1), np.eye(4)), tmp_path / "series.nii")
    nibabel.save(nibabel.Nifti1Image(data.astype(np.complex64), np.eye(4)), tmp_path / "complex.nii")
    with pytest.raises(NothingToRead) as error:
        read_studies([tmp_path])
    reasons = {Path(skipped.path).stem: skipped.reason for skipped in error.value.skipped}
    assert "sheared" in reasons["sheared"]
    assert "without geometry" in reasons["nowhere"]
    assert "not three-dimensional" in reasons["series"]
    assert "not marked as NIfTI-MRS" in reasons["complex"]


def test_fid_builder_and_reader_agree_on_the_sense(tmp_path):
    path = save_nifti_mrs(tmp_path / "a.nii", np.conj(fid(METABOLITES, 4.65)).reshape(1, 1, 1, -1), {})
    assert np.allclose(signal_of(path).fids[0, 0], fid(METABOLITES, 4.65), atol=1e-5)


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity", "1" + "0" * 400])
def test_numbers_without_end_are_unknown(tmp_path, number):
    """Found by damage: JSON may hold what no number can."""
    placeholder = "placeholder" + number
    path = save_nifti_mrs(tmp_path / "x.nii", np.conj(fid(METABOLITES))[None, None, None], {"EchoTime": placeholder})
    quoted = f'"{placeholder}"'.encode()
    content = path.read_bytes()
    assert content.count(quoted) == 1
    path.write_bytes(content.replace(quoted, number.encode().ljust(len(quoted))))
    assert read_signal(path).parameters.te_s is None
