"""Geometry and pixels of MR images, against the builder, nibabel's affines and the raw bytes of real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.errors import NothingToRead
from analysis.geometry import to_pixels
from analysis.readers import read_studies
from tests.analysis.readers.builders import enhanced, item, mr_slice, pixel_values, put_pixels, save

SAGITTAL = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]


def volumes_in(folder: Path):
    (study,) = read_studies([folder])
    return study


def write_stack(folder: Path, positions, cosines=SAGITTAL, first=10, **values) -> None:
    for number, position in enumerate(positions, start=first):
        save(mr_slice(number, np.asarray(position, float), list(cosines), **values), folder / f"{number}.dcm")


def test_an_oblique_stack_maps_every_pixel_centre_exactly(tmp_path):
    """PS3.3 C.7.6.2.1.1, written out by hand for one pixel of every slice."""
    turn = np.linalg.qr(np.array([[0.1, 2.0, 0.3], [0.2, 0.4, -1.5], [1.0, 0.0, 0.2]]).T)[0].T
    row, column = turn[0], turn[1]
    normal = np.cross(row, column)
    origin = np.array([5.0, -40.0, 60.0])
    order = [2, 0, 3, 1]  # files in another order than slices
    for name, index in enumerate(order):
        dataset = mr_slice(10 + index, origin + 4.4 * index * normal, [*row, *column])
        save(dataset, tmp_path / f"{name}.dcm")
    (volume,) = volumes_in(tmp_path).volumes
    assert volume.pixels.dtype == np.float32
    for index in range(4):
        assert np.array_equal(volume.pixels[index], pixel_values(10 + index))
        expected = origin + 4.4 * index * normal + 0.5 * 3 * row + 0.75 * 5 * column
        assert (volume.affine @ [3, 5, index, 1])[:3] == pytest.approx(expected, abs=1e-5)
    assert volume.slice_thickness_mm == 4  # the header's thickness; the step, 4.4 mm, is in the affine
    assert len(volume.sources) == 4


def test_slices_are_sorted_along_the_normal_whatever_their_numbers(tmp_path):
    write_stack(tmp_path, [(9, 0, 0), (3, 0, 0), (6, 0, 0)])
    (volume,) = volumes_in(tmp_path).volumes
    assert volume.affine[:3, 2] == pytest.approx([-3, 0, 0])  # right-handed: P x F = R
    assert [int(picture[0, 0]) for picture in volume.pixels] == [1000, 1200, 1100]
    assert volume.plane == "sagittal"


def test_rescale_and_window_of_the_header(tmp_path):
    write_stack(tmp_path, [(0, 0, 0)], RescaleSlope=2, RescaleIntercept=-5, WindowCenter=[40, 1], WindowWidth=[80, 1])
    (volume,) = volumes_in(tmp_path).volumes
    assert np.array_equal(volume.pixels[0], 2.0 * pixel_values(10) - 5)
    assert (volume.window_centre, volume.window_width) == (40, 80)


def test_a_gap_splits_a_stack_and_is_said(tmp_path):
    write_stack(tmp_path, [(x, 0, 0) for x in (0, 4, 8, 40, 44)])
    study = volumes_in(tmp_path)
    assert sorted(len(volume.pixels) for volume in study.volumes) == [2, 3]
    assert "gaps" in study.warnings[0]


def test_a_slice_before_a_gap_does_not_join_the_stack_behind_it(tmp_path):
    write_stack(tmp_path, [(x, 0, 0) for x in (0, -40, -44, -48)])
    assert [len(volume.pixels) for volume in volumes_in(tmp_path).volumes] == [1, 3]


def test_orientations_of_a_localizer_become_volumes(tmp_path):
    write_stack(tmp_path, [(0, 0, 0)])
    write_stack(tmp_path, [(0, 0, 0), (0, 0, 5)], [1, 0, 0, 0, 1, 0], first=20)
    write_stack(tmp_path, [(0, 0, 0)], [1, 0, 0, 0, 0, -1], first=30)
    assert sorted(volume.plane for volume in volumes_in(tmp_path).volumes) == ["axial", "coronal", "sagittal"]


def test_first_echo_and_first_repetition_are_kept_and_the_rest_is_said(tmp_path):
    places = [(0, 0, 0), (4, 0, 0)]
    write_stack(tmp_path, places, first=50, EchoTime=90)
    write_stack(tmp_path, places, first=20, EchoTime=10, AcquisitionNumber=2)
    write_stack(tmp_path, places, first=30, EchoTime=10, AcquisitionNumber=1)
    write_stack(tmp_path, places, first=10, EchoTime=5, ImageType=["ORIGINAL", "PRIMARY", "P"])
    study = volumes_in(tmp_path)
    (volume,) = study.volumes
    assert sorted(int(picture[0, 0]) for picture in volume.pixels) == [3000, 3100]
    assert "6 further images" in study.warnings[0]


def test_copies_are_not_read_twice(tmp_path):
    write_stack(tmp_path, [(0, 0, 0), (4, 0, 0)])
    (tmp_path / "copy.dcm").write_bytes((tmp_path / "10.dcm").read_bytes())
    study = volumes_in(tmp_path)
    assert (len(study.volumes[0].pixels), study.warnings) == (2, ())
    assert "copy of 10.dcm" in study.skipped[0].reason


def test_an_enhanced_image_takes_each_macro_from_where_it_is(tmp_path):
    """Shared orientation, per-frame position and rescale; two repetitions, of which the first is shown."""
    frames = [
        item(
            PlanePositionSequence=item(ImagePositionPatient=[x, 1, 2]),
            FrameContentSequence=item(TemporalPositionIndex=time),
            PixelValueTransformationSequence=item(RescaleSlope=time + 1, RescaleIntercept=x),
            FrameVOILUTSequence=item(WindowCenter=50, WindowWidth=60),
        )
        for time in (2, 1)
        for x in (6, 3, 0)
    ]
    shared = item(
        PlaneOrientationSequence=item(ImageOrientationPatient=SAGITTAL),
        PixelMeasuresSequence=item(PixelSpacing=[0.75, 0.5], SliceThickness=2.5),
    )
    pixels = np.arange(6 * 24, dtype=np.uint16).reshape(6, 6, 4)
    save(enhanced(1, frames, pixels, shared), tmp_path / "enhanced.dcm")
    study = volumes_in(tmp_path)
    (volume,) = study.volumes
    expected = np.array([pixels[3 + n] * 2.0 + x for n, x in enumerate((6, 3, 0))])
    assert np.array_equal(volume.pixels, expected)
    assert np.allclose(volume.affine, [[0, 0, -3, 6], [0.5, 0, 0, 1], [0, -0.75, 0, 2], [0, 0, 0, 1]])
    assert (volume.window_centre, volume.slice_thickness_mm, len(volume.sources)) == (50, 2.5, 1)
    assert "3 further images" in study.warnings[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ImagePositionPatient": None}, "without usable geometry"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "without usable geometry"),
        ({"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]}, "without usable geometry"),
        ({"PixelSpacing": [0, 0]}, "without usable geometry"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}, "mosaic"),
        ({"ImageType": ["DERIVED", "SECONDARY", "MIP"]}, "projection"),
        ({"SamplesPerPixel": 3}, "colour"),
        ({"Rows": 0}, "rows and columns"),
        ({"Rows": 60000, "Columns": 60000}, "rows and columns"),
        ({"PixelData": b"\0\1" * 20}, "pixel data are cut short"),
        ({"SeriesInstanceUID": ""}, "Series Instance UID"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "CT image"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33"}, "Comprehensive SR Storage"),
    ],
)
def test_what_is_no_usable_slice_is_refused_in_one_sentence(changes, words, tmp_path):
    dataset = mr_slice(1, np.zeros(3), SAGITTAL, **changes)
    with pytest.raises(NothingToRead, match=words) as error:
        read_studies([save(dataset, tmp_path / "image.dcm")])
    assert len(error.value.skipped) == 1
    assert "\n" not in str(error.value)


def test_one_bad_slice_leaves_the_others(tmp_path):
    write_stack(tmp_path, [(x, 0, 0) for x in (0, 4, 8, 12, 16)])
    path = tmp_path / "11.dcm"
    path.write_bytes(path.read_bytes()[:-20])
    study = volumes_in(tmp_path)
    assert sorted(len(volume.pixels) for volume in study.volumes) == [1, 3]
    assert [skipped.path for skipped in study.skipped] == [str(path)]


def test_a_compression_without_decoder_is_named(tmp_path):
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGLSNearLossless

    dataset = mr_slice(1, np.zeros(3), SAGITTAL)
    dataset.file_meta.TransferSyntaxUID = JPEGLSNearLossless
    dataset.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    with pytest.raises(NothingToRead, match="JPEG-LS.*cannot decode"):
        read_studies([save(dataset, tmp_path / "compressed.dcm")])


def test_a_damaged_name_of_a_compression_is_not_quoted(tmp_path):
    """Found by damage: what stood in the header's place ran over two lines."""
    path = save(mr_slice(1, np.zeros(3), SAGITTAL), tmp_path / "damaged.dcm")
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2#\nO\x1b[2J0008.1.2.1", 1))
    with pytest.raises(NothingToRead) as error:
        read_studies([path])
    assert str(error.value).isprintable()


def test_lossless_run_length_coding_is_decoded(tmp_path):
    from pydicom.uid import RLELossless

    dataset = mr_slice(1, np.zeros(3), SAGITTAL)
    put_pixels(dataset, pixel_values(1)[np.newaxis])
    dataset.compress(RLELossless)
    save(dataset, tmp_path / "rle.dcm")
    assert np.array_equal(volumes_in(tmp_path).volumes[0].pixels[0], pixel_values(1))


# --- real files ------------------------------------------------------------------------------------------------------


def test_the_siemens_series_keeps_pixels_and_places(siemens):
    """Pixels are the last bytes of each uncompressed file; the scanner repeats the position in (0019,1015)."""
    (study,) = read_studies([siemens / "mri"])
    (volume,) = study.volumes
    assert volume.pixels.shape == (30, 1024, 960)
    assert np.linalg.norm(volume.affine[:3, 2]) == pytest.approx(5.0, abs=1e-4)  # Spacing Between Slices
    for source in volume.sources[::7]:
        raw = np.frombuffer(Path(source.path).read_bytes()[-2 * 1024 * 960 :], "<u2").reshape(1024, 960)
        position = pydicom.dcmread(source.path, stop_before_pixels=True)[0x0019, 0x1015].value
        column, row, index = to_pixels(volume, np.array([position]))[0]
        assert (column, row) == pytest.approx((0, 0), abs=1e-3)
        assert index == pytest.approx(round(index), abs=1e-3)
        assert np.array_equal(volume.pixels[round(index)], raw)
    assert (volume.plane, study.info.study_date, study.info.body_part) == ("axial", "20160429", "BRAIN")


@pytest.mark.parametrize(
    ("name", "slices"), [("dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm", 32), ("dcm_qa_enh/In/Siemens/XA10/6_1.dcm", 6)]
)
def test_enhanced_files_agree_with_nibabel(name, slices, shared_data):
    """nibabel orders its array (row, column, slice), counts slices from the other end, and ignores repetitions."""
    import nibabel.nicom.dicomwrappers as wrappers

    path = shared_data / name
    (volume,) = read_studies([path])[0].volumes
    assert len(volume.pixels) == slices
    theirs = wrappers.wrapper_from_file(path).affine
    for column, row, index in ((0, 0, 0), (5, 7, 0), (60, 3, slices - 1)):
        expected = theirs @ [row, column, slices - 1 - index, 1]
        assert volume.affine @ [column, row, index, 1] == pytest.approx(expected, abs=5e-3)


def test_philips_field_map_shows_the_magnitude(shared_data):
    """The file holds magnitude and field map frames with different rescale slopes (1.28 and 0.244)."""
    path = shared_data / "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"
    (study,) = read_studies([path])
    raw = np.frombuffer(path.read_bytes()[-2 * 64 * 64 * 64 :], "<u2").reshape(64, 64, 64)
    assert np.allclose(study.volumes[0].pixels, raw[:32] * 1.27985347985347, rtol=1e-6)
    assert "32 further images" in study.warnings[0]


def test_repetitions_in_several_enhanced_files_are_one_volume(shared_data):
    (study,) = read_studies([shared_data / "dcm_qa_enh/In/Siemens/XA10"])
    (volume,) = study.volumes
    assert [Path(source.path).name for source in volume.sources] == ["6_1.dcm"]
    assert "18 further images" in study.warnings[0]


def test_united_imaging_slices(shared_data):
    (study,) = read_studies([shared_data / "dcm_qa_uih"])
    (volume,) = study.volumes
    assert (volume.pixels.shape, volume.plane) == ((10, 512, 460), "sagittal")
    assert np.linalg.norm(volume.affine[:3, :3], axis=0) == pytest.approx([0.5, 0.5, 1.0], abs=1e-4)


def test_odd_siemens_files_each_give_a_reason(shared_data):
    with pytest.raises(NothingToRead) as error:
        read_studies([shared_data / "nibabel"])
    reasons = {Path(skipped.path).name: skipped.reason for skipped in error.value.skipped}
    assert "mosaic" in reasons["0.dcm"]
    assert "mosaic" in reasons["csa_slice_norm.dcm"]
    assert "projection" in reasons["slicethickness_empty_string.dcm"]
    assert "Series Instance UID" in reasons["decimal_rescale.dcm"]
